"""How assignments and waiting entries get another task, when two tasks are merged. No number of a day changes."""

from collections.abc import Collection

from apps.models import Assignment, DailyLimit, Event, Task, User, WaitingEntry
from apps.models.events import Kind
from apps.services import events
from apps.services.slots.waiting import leave_assigned
from apps.services.unit_of_work import LostRace, atomic


def change_task(*, actor: User, old: Task, new: Task, day_ids: Collection[int]) -> int:
    """Let what is `old` on these days be `new`: assignments, and entries that wait. What a day has as `new` already
    stays `old`. Returns the number of assignments that changed. Raises `LostRace`; then nothing is changed.

    Each keeps its effort, so the day's numbers stay as they are.
    """
    with atomic():
        # While the days are locked, nobody else gives, moves or takes away one of their tasks.
        waiting = dict(DailyLimit.objects.filter(pk__in=day_ids).locked().values_list("pk", "waiting"))
        there = Assignment.objects.filter(daily_limit__in=waiting, task=new).values_list("daily_limit", flat=True)
        free = set(waiting) - set(there)
        assigned = Assignment.objects.filter(daily_limit__in=free, task=old).select_related("daily_limit")
        changed = list(assigned.order_by("pk"))
        if Assignment.objects.filter(pk__in=[one.pk for one in changed]).update(task=new) != len(changed):
            raise LostRace
        # An entry for `new` has ended where `new` is assigned by now.
        queued = {one.daily_limit_id for one in changed if waiting[one.daily_limit_id]}
        leave_assigned(actor=actor, assigned={(day_id, new.pk) for day_id in queued})
        waits = WaitingEntry.objects.filter(daily_limit__in=waiting, task=new).values_list("daily_limit", flat=True)
        entries = WaitingEntry.objects.filter(daily_limit__in=free - set(waits) - queued, task=old)
        moved = list(entries.select_related("daily_limit").order_by("pk"))
        if WaitingEntry.objects.filter(pk__in=[one.pk for one in moved]).update(task=new) != len(moved):
            raise LostRace
        both: list[Assignment | WaitingEntry] = [*changed, *moved]
        events.note_all([_event(actor, old, new, one) for one in both])
        return len(changed)


def _event(actor: User, old: Task, new: Task, one: Assignment | WaitingEntry) -> Event:
    is_assigned = isinstance(one, Assignment)
    was = {"task": old.pk, "task_name": old.name}
    return Event(
        kind=Kind.TASK_CHANGED,
        actor=actor.pk,
        user=one.user_id,
        task=new.pk,
        task_name=new.name,
        date=one.date,
        assignment=one.pk if is_assigned else None,
        data={"from": was} if is_assigned else {"from": was, "waiting": one.pk},
    )
