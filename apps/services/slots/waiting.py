"""Who waits for a full day, and how room that comes free is handed over: in the transaction that frees it.

So after every commit no waiting entry fits its day, and a newcomer that fits is smaller than every entry that waits.
"""

import contextlib
from collections import Counter
from collections.abc import Collection, Iterator
from itertools import groupby

from django.db.models import F
from django.utils.translation import gettext

from apps.exceptions.waiting import AlreadyWaiting, TooManyWaiting
from apps.models import DailyLimit, Event, User, WaitingEntry
from apps.models.events import Kind
from apps.models.waiting import Ending, WaitingQuerySet
from apps.services import events
from apps.services.shared import dates, permissions
from apps.services.slots.many import number_of_day, write_many
from apps.services.slots.records import Accepted, CreatedAssignment, DayFull
from apps.services.unit_of_work import LostRace, atomic

# The most entries that wait for one day of a person.
MOST = 1000


@contextlib.contextmanager
def handing_over(actor: User | None) -> Iterator[set[int]]:
    """A transaction that frees room. The ids of the days with more room that somebody waits for are added to the set;
    when the block ends, that room is given to the entries that fit. `actor` is who freed it, None if a rule did."""
    with atomic():
        freed: set[int] = set()
        yield freed
        if freed:
            promote(actor=actor, day_ids=freed)


def promote(*, actor: User | None, day_ids: Collection[int]) -> None:
    """Assign the waiting entries of these days that fit, in the order of their arrival. An entry that is too large for
    the room that is left doesn't hold up a smaller one behind it.

    The assignment is given by the person who queued it. `actor` is who freed the room, None if a rule did: then the
    event names the person who queued it, too. Raises `LostRace`.
    """
    with atomic():
        locked = DailyLimit.objects.filter(pk__in=day_ids, waiting__gt=0).locked().snapshots()
        days = {day.id: day for day in locked}
        waiting = WaitingEntry.objects.filter(daily_limit__in=days).live(permissions.today())
        room = {day.id: day.remaining for day in days.values()}
        chosen = []
        for entry in waiting.select_related("daily_limit", "task", "taskmaster").order_by("pk"):
            if entry.effort <= room[entry.daily_limit_id]:
                room[entry.daily_limit_id] -= entry.effort
                chosen.append(entry)
        if not chosen:
            return
        created: list[CreatedAssignment] = []
        for taskmaster, entries in groupby(chosen, key=lambda entry: entry.taskmaster):
            accepted = [Accepted(entry.task, days[entry.daily_limit_id], entry.effort) for entry in entries]
            created += write_many(actor=taskmaster, accepted=accepted)
        _remove(chosen)
        events.note_all(
            [
                _event(
                    Kind.PROMOTED,
                    actor or entry.taskmaster,
                    entry,
                    assignment=assignment.id,
                    freed_by=actor.pk if actor else None,
                )
                for entry, assignment in zip(chosen, created, strict=True)
            ]
        )


def join(*, actor: User, full: DayFull, task_id: int) -> WaitingEntry:
    """Queue a task for the locked day that is full for it. Raises `AlreadyWaiting` and `TooManyWaiting`."""
    day = full.day
    entries = WaitingEntry.objects.filter(daily_limit=day.id)
    if there := entries.filter(task=task_id).with_place(permissions.today()).first():
        raise AlreadyWaiting(
            gettext("This task waits for %(date)s already, at position %(position)s.")
            % {"date": dates.in_text(day.date), "position": there.position},
            task=task_id,
            user=day.user_id,
            date=day.date,
            waiting=there.pk,
            position=there.position,
        )
    if day.waiting >= MOST:
        raise TooManyWaiting(
            gettext("%(most)s tasks wait for %(date)s already; choose another day.")
            % {"most": MOST, "date": dates.in_text(day.date)},
            user=day.user_id,
            date=day.date,
            maximum=MOST,
        )
    entry = WaitingEntry.objects.create(daily_limit_id=day.id, task_id=task_id, taskmaster=actor, effort=full.effort)
    DailyLimit.objects.filter(pk=day.id).update(waiting=F("waiting") + 1)
    entry = entries.with_place(permissions.today()).get(pk=entry.pk)
    events.note_all([_event(Kind.QUEUED, actor, entry)])
    return entry


def leave(*, actor: User | None, entries: WaitingQuerySet, ending: Ending) -> int:
    """Remove these entries; returns how many were still there. `actor` is who did it: None stands for the person who
    queued each of them.

    Raises `LostRace`.
    """
    with atomic():
        # The days before the entries: the one lock order. Who waits is read under the locks, and not before.
        day_ids = set(entries.values_list("daily_limit", flat=True))
        list(DailyLimit.objects.filter(pk__in=day_ids).locked().values_list("pk", flat=True))
        found = entries.filter(daily_limit__in=day_ids).select_related("daily_limit", "task", "taskmaster")
        left = list(found.order_by("pk"))
        if left:
            _remove(left)
            events.note_all([_event(Kind.CANCELLED, actor or one.taskmaster, one, reason=ending.value) for one in left])
        return len(left)


def leave_assigned(*, actor: User, assigned: Collection[tuple[int, int]]) -> None:
    """Remove the entries of these pairs of a day and a task, which were assigned otherwise. The days are locked."""
    if not assigned:
        return
    days, tasks = zip(*assigned, strict=True)
    entries = WaitingEntry.objects.filter(daily_limit__in=days, task__in=tasks)
    found = entries.values_list("pk", "daily_limit", "task")
    if left := [pk for pk, *pair in found if tuple(pair) in assigned]:
        leave(actor=actor, entries=WaitingEntry.objects.filter(pk__in=left), ending=Ending.ASSIGNED)


def _remove(entries: list[WaitingEntry]) -> None:
    """Delete entries of locked days. Raises `LostRace`."""
    deleted, _ = WaitingEntry.objects.filter(pk__in=[entry.pk for entry in entries]).delete()
    if deleted != len(entries):
        raise LostRace
    numbers = Counter(entry.daily_limit_id for entry in entries)
    DailyLimit.objects.filter(pk__in=numbers).update(waiting=F("waiting") - number_of_day(numbers))


def _event(
    kind: Kind, actor: User, entry: WaitingEntry, *, assignment: int | None = None, **data: str | int | None
) -> Event:
    return Event(
        kind=kind,
        actor=actor.pk,
        user=entry.user_id,
        task=entry.task_id,
        task_name=entry.task.name,
        date=entry.date,
        assignment=assignment,
        data={"waiting": entry.pk, "effort": entry.effort, **data},
    )
