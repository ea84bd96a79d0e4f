"""How slots are taken and freed on every database: the readable definition, in plain ORM."""

import datetime
from collections.abc import Sequence
from typing import Any

from django.db.models import Exists, F, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from apps.models import Assignment, DailyLimit, ReturnedTask, Task, User
from apps.models.assignments import Status
from apps.models.base import object_of
from apps.models.composed import Update, insert_row, read_objects, update_object
from apps.models.events import Kind
from apps.models.limits import DailyLimitQuerySet
from apps.models.tasks import TaskQuerySet
from apps.models.users import is_as_remembered
from apps.services import events
from apps.services.shared.picking import Pick
from apps.services.slots.records import DayMissing, columns_of_new
from apps.services.slots.waiting import handing_over, leave_assigned
from apps.services.unit_of_work import LostRace, atomic


class SlotNotTaken(Exception):
    """The guarded update changed no row: the day has no room or isn't set, or the person isn't active."""


def take_slot(user_id: int, date: datetime.date, effort: int, *, actor: User | None = None) -> DailyLimit | None:
    """Take this effort of an active person's day if it fits, and if a remembered `actor` is as remembered. Returns the
    day as it is then, or None if nothing was taken.

    This update is the rule that keeps limits: whether it changed a row decides.
    """
    key = {"user_id": user_id, "date": date}
    values = {**key, "effort": effort}
    if actor and actor.remembered_with_key is not None:
        values |= actor.as_remembered(timezone.now())
    return update_object(_more_taken, values, _day, key)


def _more_taken(*, user_id: int, date: datetime.date, effort: int, **remembered: Any) -> Update:
    # EXISTS instead of a filter on the relation, which PostgreSQL wouldn't check again after waiting for a lock.
    is_active = Exists(User.objects.active().filter(pk=user_id))
    day = DailyLimit.objects.of(user_id, date).with_room(effort).filter(is_active)
    if remembered:
        day = day.filter(is_as_remembered(remembered))
    return day, {"taken": F("taken") + effort}


def take_slot_back(user_id: int, date: datetime.date, effort: int) -> bool:
    """The same for a task that goes back to this day: the person may be deactivated meanwhile."""
    return DailyLimit.objects.of(user_id, date).with_room(effort).update(taken=F("taken") + effort) == 1


def free_slot(day_id: int, effort: int, freed: set[int]) -> None:
    """Give this effort of the day back, and lower a `maximum` above `wanted` by as much. Adds the day to `freed` if
    somebody waits for it. Raises `LostRace` if less is taken."""
    # `maximum` before `taken`: MySQL assigns from left to right.
    lowered = {"maximum": Greatest("wanted", F("taken") - effort), "taken": F("taken") - effort}
    day = DailyLimit.objects.filter(pk=day_id, taken__gte=effort)
    # Nearly always nobody waits, and then one statement frees the slot and finds that out.
    if day.filter(waiting=0).update(**lowered) == 1:
        return
    if day.update(**lowered) != 1:
        raise LostRace
    freed.add(day_id)


def take(
    *,
    actor: User,
    task_id: int,
    user_id: int,
    date: datetime.date,
    effort: int | None = None,
    given_by: User | None = None,
) -> Assignment | None:
    """Write the slot, the assignment and the event. Without `effort` it takes the task's; it is given by `actor` unless
    `given_by` says otherwise.

    Writes nothing and returns None if the day isn't set or has too little room, if the task or the person doesn't
    exist or isn't active, or if a remembered `actor` isn't as remembered; if something is written, they were. Raises
    `IntegrityError` if the person has the task on that date already.
    """
    with atomic():
        found = read_objects(_active_task, (), {"task_id": task_id}, {})
        if not found:
            return None
        [task] = found
        effort = effort or task.effort
        day = take_slot(user_id, date, effort, actor=actor)
        if day is None:
            return None
        taskmaster = given_by or actor
        columns = columns_of_new(
            day_id=day.pk,
            user_id=user_id,
            task_id=task.pk,
            taskmaster_id=taskmaster.pk,
            effort=effort,
            now=timezone.now(),
        )
        pk = insert_row(Assignment, columns)
        assignment = object_of(Assignment, {"id": pk, **columns}, daily_limit=day, task=task, taskmaster=taskmaster)
        _note(Kind.ASSIGNED, actor, assignment, data={"effort": effort})
        _leave_assigned(actor, assignment)
    actor.remembered_with_key = None
    return assignment


def move(
    *,
    actor: User,
    assignment: Assignment,
    user_id: int,
    date: datetime.date,
    effort: int,
    status: str | None,
    is_back: bool,
) -> Assignment:
    """Free the old slot and take the new one; the days are locked in the order of their ids. Raises `SlotNotTaken`,
    `DayMissing`, `LostRace` and `IntegrityError`."""
    take_new = take_slot_back if is_back else take_slot
    with handing_over(actor) as freed:
        new_day = DailyLimit.objects.of(user_id, date).values_list("pk", flat=True).first()
        if new_day is None:
            raise DayMissing((user_id, date), for_everybody=True)
        if new_day > assignment.daily_limit_id:
            free_slot(assignment.daily_limit_id, assignment.effort, freed)
        if not take_new(user_id, date, effort):
            raise SlotNotTaken
        if new_day < assignment.daily_limit_id:
            free_slot(assignment.daily_limit_id, assignment.effort, freed)
        moved = _update(assignment, daily_limit=new_day, user=user_id, effort=effort)
        came_from = {"user": assignment.user_id, "date": assignment.date.isoformat()}
        _note(Kind.MOVED, actor, moved, data={"from": came_from}, moved_from=assignment)
        _note_effort(actor, moved, was=assignment.effort)
        _leave_assigned(actor, moved)
        return mark(actor=actor, assignment=moved, status=status) if status else moved


def change_effort(*, actor: User, assignment: Assignment, effort: int, status: str | None) -> Assignment:
    """Take the difference to a higher effort of the same day, or free the difference to a lower one. Raises
    `SlotNotTaken` and `LostRace`."""
    more = effort - assignment.effort
    with handing_over(actor) as freed:
        if more < 0:
            free_slot(assignment.daily_limit_id, -more, freed)
        elif not take_slot(assignment.user_id, assignment.date, more):
            raise SlotNotTaken
        changed = _update(assignment, effort=effort)
        _note_effort(actor, changed, was=assignment.effort)
        if status:
            changed = mark(actor=actor, assignment=changed, status=status)
    if freed:
        changed.daily_limit.refresh_from_db()
    return changed


def mark(*, actor: User, assignment: Assignment, status: str) -> Assignment:
    """Write another status and its event. Raises `LostRace`."""
    if status == assignment.status:
        return assignment
    done = status == Status.DONE
    with atomic():
        marked = _update(assignment, status=status, done_at=timezone.now() if done else None)
        _note(Kind.DONE if done else Kind.REOPENED, actor, marked)
        return marked


def free(*, actor: User, assignment: Assignment) -> None:
    """Free the slot, delete the assignment and write the event. Raises `LostRace`."""
    with handing_over(actor) as freed:
        _remove(assignment, freed)
        _note(Kind.UNASSIGNED, actor, assignment, data={"effort": assignment.effort})


def give_back(*, actor: User, assignment: Assignment, reason: str) -> ReturnedTask:
    """Free the slot, delete the assignment, and write the returned task and the event. Raises `LostRace`."""
    with handing_over(actor) as freed:
        _remove(assignment, freed)
        returned = ReturnedTask.objects.create(
            user_id=assignment.user_id,
            date=assignment.date,
            task=assignment.task,
            taskmaster=assignment.taskmaster,
            effort=assignment.effort,
            reason=reason,
        )
        _note(
            Kind.RETURNED,
            actor,
            assignment,
            data={
                "effort": assignment.effort,
                "reason": reason,
                "taskmaster": assignment.taskmaster_id,
                "returned": returned.pk,
            },
        )
        return returned


def resize(*, actor: User | None, days: Sequence[DailyLimit], pick: Pick, rules_version: int | None = None) -> None:
    """Give these locked days this limit. `maximum` stays at least `taken`, and no unwanted slot opens."""
    with handing_over(actor) as freed:
        DailyLimit.objects.filter(pk__in=[day.pk for day in days]).update(
            wanted=pick.maximum,
            maximum=Greatest(Value(pick.maximum), F("taken")),
            source_kind=pick.kind,
            source_rule=pick.rule,
            source_reason=pick.reason,
            rules_version=F("rules_version") if rules_version is None else rules_version,
        )
        freed.update(day.pk for day in days if day.waiting)


def _active_task(*, task_id: int) -> TaskQuerySet:
    return Task.objects.brief().filter(pk=task_id, is_active=True)


def _day(*, user_id: int, date: datetime.date) -> DailyLimitQuerySet:
    return DailyLimit.objects.of(user_id, date)


def _remove(assignment: Assignment, freed: set[int]) -> None:
    # The day before the assignment: the one lock order.
    free_slot(assignment.daily_limit_id, assignment.effort, freed)
    as_read = {name: getattr(assignment, name) for name in ("pk", "daily_limit_id", "effort", "status")}
    deleted, _ = Assignment.objects.filter(**as_read).delete()
    if deleted != 1:
        raise LostRace


def _leave_assigned(actor: User, assignment: Assignment) -> None:
    if assignment.daily_limit.waiting:
        leave_assigned(actor=actor, assigned={(assignment.daily_limit_id, assignment.task_id)})


def _update(assignment: Assignment, **fields: object) -> Assignment:
    """Write these fields, and return the row as it is now. Raises `LostRace` if someone else changed it meanwhile."""
    as_read = {name: getattr(assignment, name) for name in ("pk", "daily_limit_id", "effort", "status")}
    if Assignment.objects.filter(**as_read).update(**fields) != 1:
        raise LostRace
    return Assignment.objects.with_day().select_related("task").get(pk=assignment.pk)


def _note_effort(actor: User, assignment: Assignment, *, was: int) -> None:
    if was != assignment.effort:
        _note(Kind.EFFORT_CHANGED, actor, assignment, data={"from": was, "to": assignment.effort})


def _note(
    kind: Kind,
    actor: User,
    assignment: Assignment,
    *,
    data: dict[str, object] | None = None,
    moved_from: Assignment | None = None,
) -> None:
    events.note(
        kind,
        actor_id=actor.pk,
        user_id=assignment.user_id,
        task=assignment.task,
        date=assignment.date,
        assignment_id=assignment.pk,
        from_user_id=moved_from.user_id if moved_from and moved_from.user_id != assignment.user_id else None,
        data=data,
    )
