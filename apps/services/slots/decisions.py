"""Decides whether a person can be given a task on a day: the same function for a single call, a bulk and a dry run."""

import datetime
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from apps.exceptions.assignments import AlreadyAssigned
from apps.exceptions.base import ToGoError
from apps.models import Assignment, DailyLimit, Task, User
from apps.models.base import DayKey, any_of, object_of
from apps.models.effort import DEFAULT_EFFORT
from apps.models.limits import DAY, DaySnapshot
from apps.models.prepared_statements import first_row
from apps.services.shared import refusals
from apps.services.slots.records import Accepted, Candidate, DayFull, DayMissing
from apps.services.unit_of_work import LostRace

Decision = Accepted | DayFull | ToGoError

_LOOK = f"""
SELECT task.id, task.name, task.is_active, task.effort, person.id, person.username, person.is_active,
    {", ".join(f"day.{column}" for column in DAY.split(", "))}, assignment.id
FROM (SELECT 1) AS one
LEFT JOIN togo_task AS task ON task.id = %(task)s
LEFT JOIN togo_user AS person ON person.id = %(user)s
LEFT JOIN togo_dailylimit AS day ON day.user_id = %(user)s AND day.date = %(date)s
LEFT JOIN togo_assignment AS assignment ON assignment.daily_limit_id = day.id AND assignment.task_id = %(task)s
"""  # noqa: S608 - only our own names


def refusal_on_day(
    task_id: int, day: DailyLimit | DaySnapshot, effort: int, assignment_id: int | None, promised: int = 0
) -> AlreadyAssigned | DayFull | None:
    """The refusal of this task on this day, because the person has it already or it doesn't fit; None if there is none.

    `assignment_id` is the assignment by which the person has the task, or 0 if an earlier candidate gets it. Earlier
    candidates take `promised` of the day.
    """
    if assignment_id is not None:
        return refusals.already_assigned(
            task_id=task_id, user_id=day.user_id, date=day.date, assignment_id=assignment_id or None
        )
    return None if promised + effort <= day.remaining else DayFull(day, effort, promised=promised)


def decide(candidates: Sequence[Candidate | ToGoError], days: Mapping[DayKey, DaySnapshot]) -> list[Decision]:
    """Decide about each candidate on these days, in this order. Writes nothing."""
    keys = {(one.user_id, one.date) for one in candidates if isinstance(one, Candidate)}
    task_ids = {one.task.id for one in candidates if isinstance(one, Candidate)}
    assigned = _assignments({key: days[key] for key in keys}, task_ids)
    promised: defaultdict[DayKey, int] = defaultdict(int)  # faster than a Counter
    decisions: list[Decision] = []
    for candidate in candidates:
        if isinstance(candidate, ToGoError):
            decisions.append(candidate)
            continue
        task, user_id, date, effort = candidate
        key, assignment = (user_id, date), (user_id, date, task.id)
        day = days[key]
        refusal = refusal_on_day(task.id, day, effort, assigned.get(assignment), promised[key])
        if refusal is None:
            promised[key] += effort
            assigned[assignment] = 0
        decisions.append(refusal or Accepted(task, day, effort))
    return decisions


def why_not(
    *, task_id: int, user_id: int, date: datetime.date, effort: int | None = None, moving: int | None = None
) -> Exception:
    """The exception that says why no slot was taken; one read looks for the reason afterwards.

    Without `effort` the task's counts. `moving` is the id of an assignment that is moved; it keeps its task, even a
    retired one. Returns a refusal, `DayFull`, `DayMissing` if the limit isn't set yet, or `LostRace` if the slot could
    be taken by now.
    """
    seen = _look(task_id=task_id, user_id=user_id, date=date)
    if moving is None and (refusal := refusals.of_task_or_person(task_id, seen.task, user_id, seen.person)):
        return refusal
    if seen.day is None:
        return DayMissing((user_id, date), for_everybody=True)
    if moving is not None and seen.assignment_id == moving:
        return LostRace()  # Someone else moved it there.
    asked = effort or (seen.task.effort if seen.task else DEFAULT_EFFORT)
    return refusal_on_day(task_id, seen.day, asked, seen.assignment_id) or LostRace()


class _Seen(NamedTuple):
    """The rows that decide; None for a missing row."""

    task: Task | None
    person: User | None
    day: DailyLimit | None
    # The assignment by which the person has the task on that date already.
    assignment_id: int | None


def _look(*, task_id: int, user_id: int, date: datetime.date) -> _Seen:
    row = first_row(_LOOK, {"task": task_id, "user": user_id, "date": date})
    assert row  # There is always one row, whatever is missing in it.
    task, person, day, assignment_id = row[:4], row[4:7], row[7:-1], row[-1]
    return _Seen(
        object_of(Task, dict(zip(["id", "name", "is_active", "effort"], task, strict=True))) if task[0] else None,
        object_of(User, dict(zip(["id", "username", "is_active"], person, strict=True))) if person[0] else None,
        DailyLimit.of_row(day) if day[0] else None,
        assignment_id,
    )


def _assignments(days: Mapping[DayKey, DaySnapshot], task_ids: set[int]) -> dict[tuple[int, datetime.date, int], int]:
    """The ids of the assignments of these tasks on these days, by person, date and task."""
    keys = {day.id: key for key, day in days.items() if day.id}
    rows = Assignment.objects.filter(daily_limit__in=any_of(keys), task__in=task_ids)
    return {(*keys[day], task): pk for day, task, pk in rows.values_list("daily_limit", "task", "pk")}
