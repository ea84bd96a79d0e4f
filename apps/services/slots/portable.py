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
    """The guard let nothing through: the day is full, or isn't there."""


def take_slot(user_id: int, date: datetime.date) -> bool:
    """Take a slot of an active person's day if one is free; returns whether it was. The rule: its row count decides."""
    # Not across the relation: PostgreSQL would not check that again after it waited for another transaction.
    is_active = Exists(User.objects.active().filter(pk=user_id))
    return DailyLimit.objects.of(user_id, date).with_room().filter(is_active).update(taken=F("taken") + 1) == 1


def free_slot(day_id: int) -> None:
    """Free a slot of this day; a maximum above the wanted one falls with it. Raises `LostRace` if none is taken."""
    # `maximum` before `taken`: MySQL assigns from left to right.
    lowered = {"maximum": Greatest("wanted", F("taken") - 1), "taken": F("taken") - 1}
    if DailyLimit.objects.filter(pk=day_id, taken__gt=0).update(**lowered) != 1:
        raise LostRace


def take(*, actor: User, task_id: int, user_id: int, date: datetime.date) -> Assignment | None:
    """Write the slot, the assignment and the event. None, and nothing, where the day isn't set or is full, or the task
    or the person isn't there or active. Raises `IntegrityError` where the person has the task on that date already.
    """
    with atomic():
        task = Task.objects.filter(pk=task_id, is_active=True).first()
        if task is None or not take_slot(user_id, date):
            return None
        day = DailyLimit.objects.get(user=user_id, date=date)
        assignment = Assignment.objects.create(daily_limit=day, task=task, taskmaster=actor)
        _note(Kind.ASSIGNED, actor, assignment)
        return assignment


def move(*, actor: User, assignment: Assignment, user_id: int, date: datetime.date, status: str | None) -> Assignment:
    """Free the old slot and take the new one, the days in the order of their ids. Raises `SlotNotTaken`, `DayMissing`,
    `LostRace` and `IntegrityError`."""
    with atomic():
        new_day = DailyLimit.objects.of(user_id, date).values_list("pk", flat=True).first()
        if new_day is None:
            raise DayMissing((user_id, date), for_everybody=True)
        if new_day > assignment.daily_limit_id:
            free_slot(assignment.daily_limit_id)
        if not take_slot(user_id, date):
            raise SlotNotTaken
        if new_day < assignment.daily_limit_id:
            free_slot(assignment.daily_limit_id)
        moved = _update(assignment, daily_limit=new_day)
        _note(Kind.MOVED, actor, moved, moved_from=assignment)
        return mark(actor=actor, assignment=moved, status=status) if status else moved


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
        free_slot(assignment.daily_limit_id)
        deleted, _ = Assignment.objects.filter(pk=assignment.pk, daily_limit=assignment.daily_limit_id).delete()
        if deleted != 1:
            raise LostRace
        _note(Kind.UNASSIGNED, actor, assignment)


def lock_days(keys: Collection[DayKey]) -> dict[DayKey, DaySnapshot]:
    """The days of these people and dates that are set, locked in the order of their ids."""
    found = (DailyLimit.objects.filter(some).values_list("pk", flat=True) for some in conditions_for(keys))
    locked = DailyLimit.objects.filter(pk__in=[day_id for some in found for day_id in some]).locked().snapshots()
    return {(day.user_id, day.date): day for day in locked}


def write_many(*, actor: User, accepted: Sequence[Accepted]) -> list[CreatedAssignment]:
    """Write slots, assignments and events on days that are locked and have room. Raises `LostRace` where a day is
    gone, and `IntegrityError`."""
    slots = Counter(day.id for _, day in accepted)
    if DailyLimit.objects.filter(pk__in=slots).update(taken=F("taken") + _number_of_slots(slots)) != len(slots):
        raise LostRace
    rows = Assignment.objects.bulk_create(
        [Assignment(daily_limit_id=day.id, task=task, taskmaster=actor) for task, day in accepted]
    )
    count_slots(accepted)
    created = [
        CreatedAssignment(row.pk, day, row.task_id, actor.pk, row.status, row.created_at)
        for row, (_, day) in zip(rows, accepted, strict=True)
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
            )
            for one, (task, day) in zip(created, accepted, strict=True)
        ]
    )
    return created


def count_slots(accepted: Sequence[Accepted]) -> None:
    """Let the snapshots tell what is taken after the write."""
    for _, day in accepted:
        day.taken += 1


def _number_of_slots(slots: Counter[int]) -> Case:
    """How many slots each of these days gives, as an expression."""
    days_with: dict[int, list[int]] = {}
    for day_id, number in slots.items():
        days_with.setdefault(number, []).append(day_id)
    return Case(
        *(When(pk__in=day_ids, then=Value(number)) for number, day_ids in days_with.items()),
        output_field=PositiveSmallIntegerField(),
    )


def _update(assignment: Assignment, **fields: object) -> Assignment:
    """Write these fields, and read the row as it is then. Raises `LostRace` where someone else changed it meanwhile."""
    as_read = {"pk": assignment.pk, "daily_limit": assignment.daily_limit_id, "status": assignment.status}
    if Assignment.objects.filter(**as_read).update(**fields) != 1:
        raise LostRace
    return Assignment.objects.with_day().select_related("task").get(pk=assignment.pk)


def _note(kind: Kind, actor: User, assignment: Assignment, *, moved_from: Assignment | None = None) -> None:
    events.note(
        kind,
        actor_id=actor.pk,
        user_id=assignment.user_id,
        task=assignment.task,
        date=assignment.date,
        assignment_id=assignment.pk,
        from_user_id=moved_from.user_id if moved_from and moved_from.user_id != assignment.user_id else None,
        data={"from": {"user": moved_from.user_id, "date": moved_from.date.isoformat()}} if moved_from else {},
    )
