"""Checks passwords, but not many: a caller who guesses has to wait, and nobody else.

1. A try reserves a place of its account and address, and a place of its address, in a transaction that is committed
   before the password is checked. Reserved places and wrong passwords together never exceed the places there are, so
   however many try at once, no more wrong passwords are checked.
2. A wrong password keeps its places for 15 minutes; a right one gives them back.
3. A reservation is a lease of 10 seconds: a process that is killed in between refuses nobody for longer. The result of
   a check that outlasts its lease is told to nobody.

The places are kept in the database, which sign-ins need anyway.
"""

import datetime
import math
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeVar

from django.utils import timezone
from django.utils.crypto import salted_hmac

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
# Wrong passwords within the window: for an account from one address, so that nobody can be locked out from elsewhere,
# and from one address for all accounts, which a whole office may share.
PER_ACCOUNT = 5
PER_ADDRESS = 50
# Right passwords of an account from one address, and the seconds they are counted in: each costs a tenth of a second
# of a processor.
SIGN_INS = (120, 60)


class _Tries(NamedTuple):
    """What counts of a row: when wrong passwords and undecided tries began."""

    wrong: list[float]
    pending: list[float]


def verified(*, username: str, address: str, verify: Callable[[], T]) -> T:
    """What `verify` returns, which checks a password; a false value means that the password is wrong.

    Raises these without calling it:

    - `TooManyAttempts` after 5 wrong passwords for this account, or 50 for any, from this address in 15 minutes. It
      makes no difference whether there is such an account.
    - `TooManyRequests` when so many tries are undecided that a further one might be one too many, and after 120 right
      passwords for this account from this address in a minute.
    - `TryAgain` when too many people sign in at once.

    Raises `TryAgain` as well when the check took longer than the lease.
    """
    # The same form of the name as signing in looks for.
    account = _key("account", tidy_username(username), address)
    places = {account: PER_ACCOUNT, _key("address", address): PER_ADDRESS}
    # A flood of refused tries locks nothing, writes nothing and waits for nothing.
    _require_place(PasswordTries.objects.in_bulk(list(places)), places, timezone.now())
    rate_limits.require_room(f"sign-in {account}", what="sign-ins", rate=SIGN_INS, count=False)
    # Waiting for a turn takes no place: a crowd of right passwords is not taken for guesses.
    with turn():
        began = _reserve(places)
        found = verify()
        _decide(places, began, right=bool(found))
    if found:
        rate_limits.count(f"sign-in {account}", rate=SIGN_INS)
    return found


def remove_old() -> int:
    """Delete the rows whose tries no longer count; returns how many."""
    return unit_of_work.run(lambda: PasswordTries.objects.filter(last_at__lt=timezone.now() - WINDOW).delete()[0])


def _reserve(places: Mapping[str, int]) -> float:
    """Reserve a place of each kind; returns the moment, by which the reservation is found again."""
    known = PasswordTries.objects.filter(pk__in=places).values_list("pk", flat=True)
    missing = [PasswordTries(key=key, last_at=timezone.now()) for key in sorted(places.keys() - set(known))]
    if missing:
        unit_of_work.run(lambda: PasswordTries.objects.bulk_create(missing, ignore_conflicts=True))

    def work() -> float:
        rows = {row.key: row for row in PasswordTries.objects.locked().filter(pk__in=places)}
        if len(rows) < len(places):
            raise TryAgain("Old sign-ins are being cleaned up; try again.", retry_after=1)
        # Read the clock only when the locks are held: what others wrote meanwhile must not lie in the future.
        now = timezone.now()
        _require_place(rows, places, now)
        for row in rows.values():
            tries = _counting(row, now)
            row.times, row.pending, row.last_at = tries.wrong, [*tries.pending, now.timestamp()], now
            row.save(update_fields=["times", "pending", "last_at"])
        return now.timestamp()

    return unit_of_work.run(work)


def _decide(places: Mapping[str, int], began: float, *, right: bool) -> None:
    """Turn the reservation into a wrong password, or give it back. Raises `TryAgain` where the lease is over."""

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
        raise TryAgain("Checking the password took too long; try again.", retry_after=1)


def _require_place(rows: Mapping[str, PasswordTries], places: Mapping[str, int], now: datetime.datetime) -> None:
    tries = {key: _counting(row, now) for key, row in rows.items()}
    full = [one.wrong for key, one in tries.items() if len(one.wrong) >= places[key]]
    if full:
        free_at = max(min(wrong) for wrong in full) + WINDOW.total_seconds()
        raise TooManyAttempts(
            "There were too many wrong passwords from here; wait before you try again.",
            retry_after=math.ceil(free_at - now.timestamp()),
        )
    if any(len(one.wrong) + len(one.pending) >= places[key] for key, one in tries.items()):
        raise TooManyRequests("Other sign-ins from here are being checked; try again in a moment.", retry_after=1)


def _counting(row: PasswordTries, now: datetime.datetime) -> _Tries:
    def since(times: list[float] | None, age: datetime.timedelta) -> list[float]:
        return [time for time in times or [] if time > (now - age).timestamp()]

    return _Tries(since(row.times, WINDOW), since(row.pending, LEASE))


def _key(*parts: str) -> str:
    return salted_hmac("apps.services.shared.attempts", "\0".join(parts), algorithm="sha256").hexdigest()
