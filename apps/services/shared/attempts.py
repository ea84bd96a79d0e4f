"""Looks at passwords, but not at many: whoever guesses has to wait, and nobody else.

A try takes one of the places of its account and address, and one of the places of its address, in a transaction that
is committed before the password is looked at: of however many at once, no more are verified than there are places. A
right password gives its places back. They are kept in the database, which is always there when people sign in.
"""

import datetime
import math
import unicodedata
from collections.abc import Callable, Mapping
from typing import TypeVar

from django.utils import timezone
from django.utils.crypto import salted_hmac

from apps.exceptions.base import TryAgain
from apps.exceptions.tokens import TooManyAttempts
from apps.models import PasswordTries
from apps.services import unit_of_work

T = TypeVar("T")

WINDOW = datetime.timedelta(minutes=15)
# Wrong passwords within the window: for an account from one address, so that nobody can be locked out from elsewhere,
# and from one address for all accounts, which a whole office may share.
PER_ACCOUNT = 5
PER_ADDRESS = 50


def verified(*, username: str, address: str, verify: Callable[[], T]) -> T:
    """What `verify` returns, which looks at a password; anything false means that it is wrong.

    Raises `TooManyAttempts`, without calling it, after 5 wrong ones for this account or 50 for any, from this address
    in 15 minutes; whether there is such an account makes no difference. Raises `TryAgain`.
    """
    places = {_key("account", _plain(username), address): PER_ACCOUNT, _key("address", address): PER_ADDRESS}
    taken_at = _take(places)
    found = verify()
    if found:
        _give_back(places, taken_at)
    return found


def remove_old() -> int:
    """Forget the tries that count no more; returns of how many accounts and addresses."""
    return unit_of_work.run(lambda: PasswordTries.objects.filter(last_at__lt=timezone.now() - WINDOW).delete()[0])


def _take(places: Mapping[str, int]) -> datetime.datetime:
    """Take a place of each kind; returns when, which tells it from others."""
    rows = PasswordTries.objects.in_bulk(list(places))
    now = timezone.now()
    # Looked at without a lock first: a flood of tries that are refused writes nothing.
    _require_room(rows, places, now)
    missing = [PasswordTries(key=key, last_at=now) for key in sorted(places.keys() - rows.keys())]
    if missing:
        unit_of_work.run(lambda: PasswordTries.objects.bulk_create(missing, ignore_conflicts=True))

    def work() -> datetime.datetime:
        rows = {row.key: row for row in PasswordTries.objects.locked().filter(pk__in=places)}
        if len(rows) < len(places):
            raise TryAgain("Old tries are being removed at the same time.", retry_after=1)
        # Only now: what others took while this waited for them is not in its future.
        now = timezone.now()
        _require_room(rows, places, now)
        for row in rows.values():
            row.times, row.last_at = [*_recent(row, now), now.timestamp()], now
            row.save(update_fields=["times", "last_at"])
        return now

    return unit_of_work.run(work)


def _give_back(places: Mapping[str, int], taken_at: datetime.datetime) -> None:
    def work() -> None:
        for row in PasswordTries.objects.locked().filter(pk__in=places):
            if taken_at.timestamp() in row.times:
                row.times.remove(taken_at.timestamp())
                row.save(update_fields=["times"])

    unit_of_work.run(work)


def _require_room(rows: Mapping[str, PasswordTries], places: Mapping[str, int], now: datetime.datetime) -> None:
    full = [times for key, row in rows.items() if len(times := _recent(row, now)) >= places[key]]
    if full:
        free_at = max(min(times) for times in full) + WINDOW.total_seconds()
        raise TooManyAttempts(
            "There were too many wrong passwords from here; wait before you try again.",
            retry_after=math.ceil(free_at - now.timestamp()),
        )


def _recent(row: PasswordTries, now: datetime.datetime) -> list[float]:
    return [time for time in row.times if time > (now - WINDOW).timestamp()]


def _key(*parts: str) -> str:
    return salted_hmac("apps.services.shared.attempts", "\0".join(parts), algorithm="sha256").hexdigest()


def _plain(username: str) -> str:
    """The name without what some databases overlook when they compare: else each spelling had places of its own."""
    letters = unicodedata.normalize("NFKD", username).casefold()
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).strip()
