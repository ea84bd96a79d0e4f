"""How slots are taken and freed on every database: the readable definition, in plain ORM."""

import datetime
from collections import Counter
from collections.abc import Collection, Sequence

from django.db.models import Case, Exists, F, PositiveSmallIntegerField, Value, When
from django.db.models.functions import Greatest
from django.utils import timezone

from apps.models import Assignment, DailyLimit, Event, Task, User
from apps.models.assignments import Status
from apps.models.base import DayKey, conditions_for
from apps.models.events import Kind
from apps.models.limits import DaySnapshot
from apps.services import events
from apps.services.limits import DayMissing
from apps.services.slots.records import Accepted, CreatedAssignment
from apps.services.unit_of_work import LostRace, atomic


class SlotNotTaken(Exception):
    """The guarded update changed no row: the day has no room or isn't set, or the person isn't active."""


def take_slot(user_id: int, date: datetime.date, effort: int) -> bool:
    """Take this effort of an active person's day if it fits; returns whether it did.

    This update is the rule that keeps limits: the number of rows that it changed decides.
    """
    # EXISTS instead of a filter on the relation, which PostgreSQL wouldn't check again after waiting for a lock.
    is_active = Exists(User.objects.active().filter(pk=user_id))
    day = DailyLimit.objects.of(user_id, date).with_room(effort).filter(is_active)
    return day.update(taken=F("taken") + effort) == 1


def free_slot(day_id: int, effort: int) -> None:
    """Give this effort of the day back, and lower a `maximum` above `wanted` by as much. Raises `LostRace` if less is
    taken."""
    # `maximum` before `taken`: MySQL assigns from left to right.
    lowered = {"maximum": Greatest("wanted", F("taken") - effort), "taken": F("taken") - effort}
    if DailyLimit.objects.filter(pk=day_id, taken__gte=effort).update(**lowered) != 1:
        raise LostRace


def take(
    *, actor: User, task_id: int, user_id: int, date: datetime.date, effort: int | None = None
) -> Assignment | None:
    """Write the slot, the assignment and the event. Without `effort` it takes the task's.

    Writes nothing and returns None if the day isn't set or has too little room, or if the task or the person doesn't
    exist or isn't active. Raises `IntegrityError` if the person has the task on that date already.
    """
    with atomic():
        task = Task.objects.filter(pk=task_id, is_active=True).first()
        if task is None:
            return None
        effort = effort or task.effort
        if not take_slot(user_id, date, effort):
            return None
        day = DailyLimit.objects.get(user=user_id, date=date)
        assignment = Assignment.objects.create(daily_limit=day, task=task, taskmaster=actor, effort=effort)
        _note(Kind.ASSIGNED, actor, assignment, data={"effort": effort})
        return assignment


def move(
    *, actor: User, assignment: Assignment, user_id: int, date: datetime.date, effort: int, status: str | None
) -> Assignment:
    """Free the old slot and take the new one; the days are locked in the order of their ids. Raises `SlotNotTaken`,
    `DayMissing`, `LostRace` and `IntegrityError`."""
    with atomic():
        new_day = DailyLimit.objects.of(user_id, date).values_list("pk", flat=True).first()
        if new_day is None:
            raise DayMissing((user_id, date), for_everybody=True)
        if new_day > assignment.daily_limit_id:
            free_slot(assignment.daily_limit_id, assignment.effort)
        if not take_slot(user_id, date, effort):
            raise SlotNotTaken
        if new_day < assignment.daily_limit_id:
            free_slot(assignment.daily_limit_id, assignment.effort)
        moved = _update(assignment, daily_limit=new_day, effort=effort)
        came_from = {"user": assignment.user_id, "date": assignment.date.isoformat()}
        _note(Kind.MOVED, actor, moved, data={"from": came_from}, moved_from=assignment)
        _note_effort(actor, moved, was=assignment.effort)
        return mark(actor=actor, assignment=moved, status=status) if status else moved


def change_effort(*, actor: User, assignment: Assignment, effort: int, status: str | None) -> Assignment:
    """Take the difference to a higher effort of the same day, or free the difference to a lower one. Raises
    `SlotNotTaken` and `LostRace`."""
    more = effort - assignment.effort
    with atomic():
        if more < 0:
            free_slot(assignment.daily_limit_id, -more)
        elif not take_slot(assignment.user_id, assignment.date, more):
            raise SlotNotTaken
        changed = _update(assignment, effort=effort)
        _note_effort(actor, changed, was=assignment.effort)
        return mark(actor=actor, assignment=changed, status=status) if status else changed


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
    with atomic():
        # The day before the assignment: the one lock order.
        free_slot(assignment.daily_limit_id, assignment.effort)
        as_read = {"pk": assignment.pk, "daily_limit": assignment.daily_limit_id, "effort": assignment.effort}
        deleted, _ = Assignment.objects.filter(**as_read).delete()
        if deleted != 1:
            raise LostRace
        _note(Kind.UNASSIGNED, actor, assignment, data={"effort": assignment.effort})


def lock_days(keys: Collection[DayKey]) -> dict[DayKey, DaySnapshot]:
    """The days of these people and dates that are set, locked in the order of their ids."""
    found = (DailyLimit.objects.filter(some).values_list("pk", flat=True) for some in conditions_for(keys))
    locked = DailyLimit.objects.filter(pk__in=[day_id for some in found for day_id in some]).locked().snapshots()
    return {(day.user_id, day.date): day for day in locked}


def write_many(*, actor: User, accepted: Sequence[Accepted]) -> list[CreatedAssignment]:
    """Write slots, assignments and events on days that are locked and have room. Raises `LostRace` if a day is gone,
    and `IntegrityError`."""
    efforts: Counter[int] = Counter()
    for _, day, effort in accepted:
        efforts[day.id] += effort
    if DailyLimit.objects.filter(pk__in=efforts).update(taken=F("taken") + _effort_of_day(efforts)) != len(efforts):
        raise LostRace
    rows = Assignment.objects.bulk_create(
        [
            Assignment(daily_limit_id=day.id, task=task, taskmaster=actor, effort=effort)
            for task, day, effort in accepted
        ]
    )
    count_slots(accepted)
    created = [
        CreatedAssignment(row.pk, day, row.task_id, actor.pk, row.status, row.effort, row.created_at)
        for row, (_, day, _) in zip(rows, accepted, strict=True)
    ]
    events.note_all(
        [
            Event(
                kind=Kind.ASSIGNED,
                actor=actor.pk,
                user=day.user_id,
                task=task.pk,
                task_name=task.name,
                date=day.date,
                assignment=one.id,
                data={"effort": one.effort},
            )
            for one, (task, day, _) in zip(created, accepted, strict=True)
        ]
    )
    return created


def count_slots(accepted: Sequence[Accepted]) -> None:
    """Add the written efforts to `taken` of the snapshots."""
    for _, day, effort in accepted:
        day.taken += effort


def _effort_of_day(efforts: Counter[int]) -> Case:
    """An expression for the effort to add to each of these days."""
    days_with: dict[int, list[int]] = {}
    for day_id, effort in efforts.items():
        days_with.setdefault(effort, []).append(day_id)
    return Case(
        *(When(pk__in=day_ids, then=Value(effort)) for effort, day_ids in days_with.items()),
        output_field=PositiveSmallIntegerField(),
    )


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
