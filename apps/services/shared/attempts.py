"""Limits how many passwords are checked: a caller who guesses must wait, and nobody else must.

1. A try reserves a place of its account and address, and a place of its address, and commits that transaction before it
   checks the password. Reserved places and wrong passwords together never exceed the number of places. So even if many
   callers try at the same time, ToGo checks no more wrong passwords than that.
2. A wrong password keeps its places for 15 minutes; a right one gives them back.
3. A reservation is a lease of 10 seconds: if its process is killed, it refuses others for no longer. If a check takes
   longer than its lease, its result is thrown away.

The places are stored in the database, which sign-ins need anyway.
"""

import datetime
import math
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeVar

from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext

from apps.exceptions.base import TooManyRequests, TryAgain
from apps.exceptions.tokens import TooManyAttempts
from apps.models import PasswordTries
from apps.models.names import tidy_username
from apps.models.passwords import turn
from apps.services import unit_of_work
from apps.services.shared import rate_limits

T = TypeVar("T")

WINDOW = datetime.timedelta(minutes=15)
LEASE = datetime.timedelta(seconds=10)
# The most wrong passwords within the window: for an account from one address, so that nobody can lock a person out from
# another address, and for all accounts from one address, which a whole office may share.
PER_ACCOUNT = 5
PER_ADDRESS = 50
# The most wrong codes of an account's app within the window, from all addresses together: somebody who knows the
# password and has many addresses could guess six digits.
PER_APP = 10
# The most right passwords of an account from one address, and in how many seconds: each costs a tenth of a second of
# processor time.
SIGN_INS = (120, 60)


class _Tries(NamedTuple):
    """The tries of a row that still count: the times at which wrong passwords and undecided tries began."""

    wrong: list[float]
    pending: list[float]


def verified(*, username: str, address: str, verify: Callable[[], T]) -> T:
    """Call `verify`, which checks a password, and return its result; a false value means that the password is wrong.

    Raises these without calling it:

    - `TooManyAttempts` after 5 wrong passwords for this account, or 50 for any, from this address in 15 minutes,
      whether the account exists or not.
    - `TooManyRequests` if a further try might be one too many, because others are undecided, and after 120 right
      passwords for this account from this address in a minute.
    - `TryAgain` if too many people sign in at the same time.

    Also raises `TryAgain` if the check took longer than the lease.
    """
    # The form of the name in which a sign-in looks it up.
    account = _key("account", tidy_username(username), address)
    places = {account: PER_ACCOUNT, _key("address", address): PER_ADDRESS}
    # A flood of refused tries locks nothing, writes nothing and waits for nothing.
    _require_place(PasswordTries.objects.in_bulk(list(places)), places, timezone.now())
    rate_limits.require_room(f"sign-in {account}", what="sign-ins", rate=SIGN_INS, count=False)
    # A try that waits for its turn takes no place, so many right passwords at the same time don't count as guesses.
    with turn():
        found = _tried(places, verify)
    if found:
        rate_limits.count(f"sign-in {account}", rate=SIGN_INS)
    return found


def verified_app(*, user_id: int, verify: Callable[[], T]) -> T:
    """Call `verify`, which checks a code of this person's app, and return its result; a false value means that the code
    is wrong. The password has been checked: nobody who doesn't know it can hold the app of another person.

    Raises `TooManyAttempts` after 10 wrong codes from any addresses in 15 minutes, `TooManyRequests` and `TryAgain`.
    """
    return _tried({_key("app", str(user_id)): PER_APP}, verify)


def remove_old() -> int:
    """Delete the rows whose tries no longer count; returns how many."""
    return unit_of_work.run(lambda: PasswordTries.objects.filter(last_at__lt=timezone.now() - WINDOW).delete()[0])


def _tried(places: Mapping[str, int], verify: Callable[[], T]) -> T:
    began = _reserve(places)
    try:
        found = verify()
    except (TooManyAttempts, TooManyRequests):
        # Another bound, within this one, let nothing be checked: that was no guess.
        _decide(places, began, right=True)
        raise
    _decide(places, began, right=bool(found))
    return found


def _reserve(places: Mapping[str, int]) -> float:
    """Reserve a place of each kind; returns the time of the reservation, which identifies it."""
    known = PasswordTries.objects.filter(pk__in=places).values_list("pk", flat=True)
    missing = [PasswordTries(key=key, last_at=timezone.now()) for key in sorted(places.keys() - set(known))]
    if missing:
        unit_of_work.run(lambda: PasswordTries.objects.bulk_create(missing, ignore_conflicts=True))

    def work() -> float:
        rows = {row.key: row for row in PasswordTries.objects.locked().filter(pk__in=places)}
        if len(rows) < len(places):
            raise TryAgain(gettext("Old sign-ins are being cleaned up; try again."), retry_after=1)
        # Read the clock after the rows are locked: the times that others wrote meanwhile must not lie in the future.
        now = timezone.now()
        _require_place(rows, places, now)
        for row in rows.values():
            tries = _counting(row, now)
            row.times, row.pending, row.last_at = tries.wrong, [*tries.pending, now.timestamp()], now
            row.save(update_fields=["times", "pending", "last_at"])
        return now.timestamp()

    return unit_of_work.run(work)


def _decide(places: Mapping[str, int], began: float, *, right: bool) -> None:
    """Turn the reservation into a wrong password, or give it back. Raises `TryAgain` if the lease is over."""

    def work() -> bool:
        now = timezone.now()
        for row in PasswordTries.objects.locked().filter(pk__in=places):
            tries = _counting(row, now)
            row.pending = tries.pending
            if began in row.pending:
                row.pending.remove(began)
            row.times = tries.wrong if right else sorted([*tries.wrong, began])
            row.save(update_fields=["times", "pending"])
        return now.timestamp() < began + LEASE.total_seconds()

    if not unit_of_work.run(work):
        raise TryAgain(gettext("Checking the password took too long; try again."), retry_after=1)


def _require_place(rows: Mapping[str, PasswordTries], places: Mapping[str, int], now: datetime.datetime) -> None:
    tries = {key: _counting(row, now) for key, row in rows.items()}
    full = [one.wrong for key, one in tries.items() if len(one.wrong) >= places[key]]
    if full:
        free_at = max(min(wrong) for wrong in full) + WINDOW.total_seconds()
        raise TooManyAttempts(
            gettext("There were too many wrong passwords from here; wait before you try again."),
            retry_after=math.ceil(free_at - now.timestamp()),
        )
    if any(len(one.wrong) + len(one.pending) >= places[key] for key, one in tries.items()):
        raise TooManyRequests(
            gettext("Other sign-ins from here are being checked; try again in a moment."), retry_after=1
        )


def _counting(row: PasswordTries, now: datetime.datetime) -> _Tries:
    def since(times: list[float] | None, age: datetime.timedelta) -> list[float]:
        return [time for time in times or [] if time > (now - age).timestamp()]

    return _Tries(since(row.times, WINDOW), since(row.pending, LEASE))


def _key(*parts: str) -> str:
    return salted_hmac("apps.services.shared.attempts", "\0".join(parts), algorithm="sha256").hexdigest()
