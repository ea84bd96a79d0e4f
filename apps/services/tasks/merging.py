"""Merges two tasks: all that is assigned or waits as one of them becomes the other."""

from typing import NamedTuple

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext

from apps.exceptions.base import InvalidRequest
from apps.exceptions.tasks import TaskInactive
from apps.models import Assignment, Task, User, WaitingEntry
from apps.models.assignments import AssignmentQuerySet
from apps.services import series, slots, tasks, unit_of_work
from apps.services.board import saved
from apps.services.shared import permissions

# Days that change in one transaction, and in one call.
_DAYS_PER_BLOCK = 250
_MOST_DAYS = 5000
# Assignments that stay, of which the page shows no more.
SHOWN = 20


class Merge(NamedTuple):
    """What a merge has done, or would do: the number of assignments that change, and of those that stay because the
    person has both tasks on that date, some of which are `left`. With `more`, the call has to be made again."""

    changed: int
    stay: int
    left: list[Assignment]
    more: bool = False


def preview(*, actor: User, old_id: int, new_id: int) -> Merge:
    """What a merge would do now. Writes nothing, and raises what `merge` raises."""
    permissions.require_taskmaster(actor)
    old, new = _both(old_id, new_id)
    return _merge_now(old, new, _movable(old, new).count())


def merge(*, actor: User, old_id: int, new_id: int) -> Merge:
    """Let every assignment of one task, open or done, past or coming, be of another one; then retire the first.

    1. Its place among favourites, its series, what waits for a full day, and what was handed back, go over, too.
    2. The old task is retired, so that nobody is given it meanwhile.
    3. Its assignments change, some days at a time, each time in a transaction of its own: what is done stays done if
       the rest is interrupted, and another call goes on.

    Raises `NotAllowed`, `TaskNotFound`, `TaskInactive` for a retired new task, `InvalidRequest` for the same task
    twice, and `TryAgain`.
    """
    permissions.require_taskmaster(actor)
    old, new = _both(old_id, new_id)
    changed = 0

    def change(day_ids: list[int]) -> int:
        return unit_of_work.retry(lambda: slots.change_task(actor=actor, old=old, new=new, day_ids=day_ids))

    series.change_task(old=old, new=new)
    saved.change_favourite(old=old, new=new)
    unit_of_work.run(lambda: slots.change_returned(old=old, new=new))
    waiting = WaitingEntry.objects.filter(task=old).values_list("daily_limit", flat=True)
    for block in _blocks(sorted(waiting)):
        changed += change(block)
    if old.is_active:
        tasks.update_task(actor=actor, task_id=old.pk, is_active=False)
    days = _movable(old, new).order_by("daily_limit").values_list("daily_limit", flat=True)
    for block in _blocks(list(days[:_MOST_DAYS])):
        changed += change(block)
        unit_of_work.let_others_write()
    return _merge_now(old, new, changed)


def _both(old_id: int, new_id: int) -> tuple[Task, Task]:
    old, new = tasks.get(task_id=old_id), tasks.get(task_id=new_id)
    if old == new:
        raise InvalidRequest(gettext("Choose another task to merge this one into."))
    if not new.is_active:
        raise TaskInactive(
            gettext("The task “%(name)s” is retired; choose another one.") % {"name": new.name}, task=new_id
        )
    return old, new


def _merge_now(old: Task, new: Task, changed: int) -> Merge:
    stay = Assignment.objects.filter(_has(new), task=old)
    left = stay.select_related("daily_limit__user").order_by("-daily_limit__date", "pk")
    return Merge(changed, stay.count(), list(left[:SHOWN]), more=_movable(old, new).exists())


def _movable(old: Task, new: Task) -> AssignmentQuerySet:
    return Assignment.objects.filter(~_has(new), task=old)


def _has(task: Task) -> Exists:
    """Whether the day of an assignment has this task, too."""
    return Exists(Assignment.objects.filter(daily_limit=OuterRef("daily_limit"), task=task))


def _blocks(day_ids: list[int]) -> list[list[int]]:
    return [day_ids[start : start + _DAYS_PER_BLOCK] for start in range(0, len(day_ids), _DAYS_PER_BLOCK)]
