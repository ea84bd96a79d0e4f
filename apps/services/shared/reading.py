"""Reads the history to its end again and again, without losing an event. Every reader has a name.

The ids of events don't become visible in their order: a transaction takes an id when it inserts its event, and another
one with a higher id may commit first. A reader that only remembers the highest id that it has seen would lose the event
that is committed later. So a reader also remembers which ids below it were missing, and looks for these again, for an
hour after it noticed each. A missing id belongs to a transaction that still runs, or to one that was rolled back; no
transaction of ToGo takes an hour.

What readers may rely on, on every database:

- each committed event is handed over once, and nothing of a transaction that is rolled back;
- an event comes after each event that was committed before its own id was taken. Events of the same day and of the same
  assignment therefore come in the order in which they happened. Two events that were written at the same moment, for
  different days, may come in either order.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from operator import or_

from django.db import IntegrityError
from django.db.models import Max, Q
from django.utils import timezone

from apps.models import Event, ReadingPosition
from apps.services import unit_of_work

# For so many seconds a reader looks for an id that was missing: longer than any transaction takes.
LOOKED_FOR = 3600
# How far back a new reader looks for ids that are still being committed.
_LOOK_BACK = 1000
_RANGES_PER_QUERY = 100
# The first and the last of some missing ids, and when they were noticed.
Gap = list[int]


def read(reader: str, handle: Callable[[list[Event]], object], *, most: int = 500) -> int:
    """Hand the next events over to `handle`, and note in the same transaction that they are read; returns how many.

    `handle` gets about `most` events, ordered by id, and must do nothing that can't be undone: it may run again. A
    reader that is new begins at the end of the history. Readers of one name wait for each other.
    """
    if not _has_news(reader, most):
        return 0

    def work() -> int:
        position = locked(reader)
        # First what is new, then what was missing: an event that is committed in between is found by the second query,
        # before a later one that depends on it is found by the next call.
        new = list(Event.objects.filter(pk__gt=position.last).order_by("pk")[:most])
        late = _late(position.missing)
        now = int(timezone.now().timestamp())
        kept = [gap for gap in position.missing if gap[2] > now - LOOKED_FOR]
        if new:
            kept += _gaps(position.last + 1, [event.pk for event in new], now)
            position.last = new[-1].pk
        position.missing = _without(kept, [event.pk for event in late])
        position.save(update_fields=["last", "missing"])
        found = sorted([*late, *new], key=lambda event: event.pk)
        handle(found)
        return len(found)

    # A row that `handle` refers to may be deleted meanwhile.
    return unit_of_work.run(work, restart_on=IntegrityError)


def read_all(reader: str, handle: Callable[[list[Event]], object]) -> None:
    """Hand over all events that were committed before this call, as `read` does."""
    end = highest_id()
    while read(reader, handle) and ReadingPosition.objects.get(pk=reader).last < end:
        pass


def locked(reader: str) -> ReadingPosition:
    """Where the reader is. Call it in a transaction: until that ends, `read` waits. On SQLite the transaction itself is
    the lock."""
    if not ReadingPosition.objects.filter(pk=reader).exists():
        last, missing = _end_of_history()
        ReadingPosition.objects.get_or_create(pk=reader, defaults={"last": last, "missing": missing})
    return ReadingPosition.objects.select_for_update().get(pk=reader)


def skip(position: ReadingPosition) -> None:
    """Let the reader go on from the end of the history; it still reads what is being committed at this moment."""
    position.last, position.missing = _end_of_history()
    position.save(update_fields=["last", "missing"])


def highest_id() -> int:
    """The id of the newest event; 0 if there is none."""
    return Event.objects.aggregate(highest=Max("pk"))["highest"] or 0


def unread_since(reader: str) -> float | None:
    """For how many seconds the oldest event has waited for the reader; None if it has read everything."""
    position = ReadingPosition.objects.filter(pk=reader).first()
    first = Event.objects.filter(pk__gt=position.last).order_by("pk").first() if position else None
    return (timezone.now() - first.at).total_seconds() if first else None


def _has_news(reader: str, most: int) -> bool:
    """Whether there is an event to read, or a gap to forget: most calls find nothing, and write nothing."""
    position = ReadingPosition.objects.filter(pk=reader).first()
    if position is None or Event.objects.filter(pk__gt=position.last).exists():
        return True
    expired = timezone.now().timestamp() - LOOKED_FOR
    return bool(any(gap[2] <= expired for gap in position.missing) or _late(position.missing))


def _end_of_history() -> tuple[int, list[Gap]]:
    last = highest_id()
    first = max(last - _LOOK_BACK, 0) + 1
    there = Event.objects.filter(pk__gte=first, pk__lte=last).order_by("pk").values_list("pk", flat=True)
    return last, list(_gaps(first, list(there), int(timezone.now().timestamp())))


def _late(missing: Sequence[Gap]) -> list[Event]:
    """The events in these gaps, committed by now."""
    found: list[Event] = []
    for start in range(0, len(missing), _RANGES_PER_QUERY):
        ranges = (Q(pk__range=gap[:2]) for gap in missing[start : start + _RANGES_PER_QUERY])
        found += Event.objects.filter(reduce(or_, ranges))
    return found


def _gaps(first: int, there: Sequence[int], now: int) -> Iterator[Gap]:
    """The ids from `first` on that are not among these, up to the last of them."""
    for number in there:
        if number > first:
            yield [first, number - 1, now]
        first = number + 1


def _without(gaps: Sequence[Gap], found: Sequence[int]) -> list[Gap]:
    """The gaps without the ids that were found in them."""
    left: list[Gap] = []
    for first, last, since in gaps:
        inside = sorted(number for number in found if first <= number <= last)
        left += _gaps(first, [*inside, last + 1], since)
    return left
