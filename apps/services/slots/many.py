"""How the slots of many days are taken at once on every database, in plain ORM."""

from collections import Counter
from collections.abc import Collection, Sequence

from django.db.models import Case, F, PositiveSmallIntegerField, Value, When

from apps.models import Assignment, DailyLimit, Event, User
from apps.models.base import DayKey, conditions_for
from apps.models.events import Kind
from apps.models.limits import DaySnapshot
from apps.services import events
from apps.services.slots.records import Accepted, CreatedAssignment
from apps.services.unit_of_work import LostRace


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
    if DailyLimit.objects.filter(pk__in=efforts).update(taken=F("taken") + number_of_day(efforts)) != len(efforts):
        raise LostRace
    rows = Assignment.objects.bulk_create(
        [
            Assignment(daily_limit_id=day.id, user=day.user_id, task=task, taskmaster=actor, effort=effort)
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


def number_of_day(numbers: Counter[int]) -> Case:
    """An expression for the number of each of these days."""
    days_with: dict[int, list[int]] = {}
    for day_id, number in numbers.items():
        days_with.setdefault(number, []).append(day_id)
    return Case(
        *(When(pk__in=day_ids, then=Value(number)) for number, day_ids in days_with.items()),
        output_field=PositiveSmallIntegerField(),
    )
