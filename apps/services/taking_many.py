"""Locks many days and takes slots on them: the statements behind `bulk`, as each database does them best.

Who calls this decides under the locks what fits, so nothing is guarded here but by the constraints of the database.
"""

import datetime
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import reduce
from operator import or_
from typing import NamedTuple, TypeVar

import psycopg
from django.db import connection
from django.db.models import Case, F, PositiveSmallIntegerField, Q, Value, When
from django.db.models.expressions import RawSQL
from django.utils import timezone

from apps.models import Assignment, DailyLimit, Event, Task, User
from apps.models.assignments import Status
from apps.models.events import Kind
from apps.models.limits import Room
from apps.services import events
from apps.services.limits import Day

T = TypeVar("T", int, str)
# What is taken, and for what.
Given = tuple[Task, Room]

# Dates in one search for days: each is a condition of its own.
_DATES_PER_QUERY = 100

_LOCK = f"""
SELECT {", ".join(Room.columns())} FROM togo_dailylimit AS day
JOIN unnest(%s::bigint[], %s::date[]) AS place (user_id, date) USING (user_id, date)
ORDER BY id FOR NO KEY UPDATE OF day
"""  # noqa: S608 - only our own names
# No `ON CONFLICT DO NOTHING`, which would commit slots without their assignments.
_TAKE = """
WITH given AS (
    SELECT * FROM unnest(%(days)s::bigint[], %(tasks)s::bigint[]) WITH ORDINALITY AS given (day, task, number)
), day AS (
    UPDATE togo_dailylimit SET taken = taken + many.number
    FROM (SELECT day, count(*) AS number FROM given GROUP BY day) AS many
    WHERE togo_dailylimit.id = many.day
    RETURNING id, user_id, date
), made AS (
    INSERT INTO togo_assignment (daily_limit_id, task_id, taskmaster_id, status, created_at)
    SELECT day.id, given.task, %(actor)s, %(status)s, %(now)s FROM given JOIN day ON day.id = given.day
    ORDER BY given.number
    RETURNING id, daily_limit_id, task_id
), told AS (
    INSERT INTO togo_event (at, actor, kind, "user", task, task_name, date, assignment, data)
    SELECT %(now)s, %(actor)s, %(kind)s, day.user_id, made.task_id, task.name, day.date, made.id, '{}'
    FROM made JOIN day ON day.id = made.daily_limit_id JOIN togo_task AS task ON task.id = made.task_id
    ORDER BY made.id
)
SELECT id, daily_limit_id, task_id FROM made
"""


class Made(NamedTuple):
    """An assignment that was made, with what is told of it. Models' objects would take ten times as long."""

    id: int
    daily_limit: Room
    task_id: int
    taskmaster_id: int
    status: str
    created_at: datetime.datetime

    @property
    def user_id(self) -> int:
        """The id of the person who was given the task."""
        return self.daily_limit.user_id

    @property
    def date(self) -> datetime.date:
        """The date that the task was given for."""
        return self.daily_limit.date


def lock(places: Collection[Day]) -> dict[Day, Room]:
    """Those of these people's dates that are set, locked in the order of their ids."""
    if not places:
        return {}
    if connection.vendor == "postgresql":
        values = [_array(user_id for user_id, _ in places), _array(date for _, date in places)]
        with connection.cursor() as cursor:
            cursor.execute(_LOCK, values)
            locked: Iterable[Room] = [Room(*row) for row in cursor.fetchall()]
    else:
        rows = (DailyLimit.objects.filter(some).values_list("pk", flat=True) for some in of_days(places))
        locked = DailyLimit.objects.filter(pk__in=[day_id for some in rows for day_id in some]).locked().rooms()
    return {(day.user_id, day.date): day for day in locked}


def take(*, actor: User, given: Sequence[Given]) -> list[Made] | None:
    """Write these assignments on days that are locked, the slots that they take and the history; None, and then the
    transaction must be undone, where a day is gone."""
    slots = Counter(day.id for _, day in given)
    made = _take_at_once(actor, given) if connection.vendor == "postgresql" else _take_each(actor, given, slots)
    if made is not None:
        for day in {day.id: day for _, day in given}.values():
            day.taken += slots[day.id]
    return made


def of_days(days: Iterable[Day]) -> Iterator[Q]:
    """What finds these people's dates, and no others, in any table with `user` and `date`; some dates with a query."""
    people: dict[datetime.date, set[int]] = {}
    for user_id, date in days:
        people.setdefault(date, set()).add(user_id)
    dates = sorted(people)
    for start in range(0, len(dates), _DATES_PER_QUERY):
        chunk = dates[start : start + _DATES_PER_QUERY]
        yield reduce(or_, (Q(date=date, user__in=people[date]) for date in chunk))


def among(values: Collection[T]) -> Collection[T] | RawSQL:
    """What a lookup with `__in` takes for many ids or texts: on PostgreSQL one value instead of one for each."""
    if connection.vendor != "postgresql" or not values:
        return values
    if isinstance(next(iter(values)), str):
        return RawSQL("SELECT unnest(%s::text[])", [list(values)])
    return RawSQL("SELECT unnest(%s::bigint[])", [_array(values)])


def _take_at_once(actor: User, given: Sequence[Given]) -> list[Made] | None:
    now = timezone.now()
    values = {"days": _array(day.id for _, day in given), "tasks": _array(task.id for task, _ in given)}
    values |= {"status": Status.OPEN.value, "kind": Kind.ASSIGNED.value}
    # Past Django's cursor, see `taking`.
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        rows = cursor.execute(_TAKE, {**values, "actor": actor.pk, "now": now}).fetchall()
    ids = {(day_id, task_id): pk for pk, day_id, task_id in rows}
    if len(ids) != len(given):
        return None
    return [Made(ids[day.id, task.id], day, task.id, actor.pk, Status.OPEN, now) for task, day in given]


def _take_each(actor: User, given: Sequence[Given], slots: Counter[int]) -> list[Made] | None:
    days_with: dict[int, list[int]] = {}
    for day_id, number in slots.items():
        days_with.setdefault(number, []).append(day_id)
    number_of_slots = Case(
        *(When(pk__in=day_ids, then=Value(number)) for number, day_ids in days_with.items()),
        output_field=PositiveSmallIntegerField(),
    )
    if DailyLimit.objects.filter(pk__in=slots).update(taken=F("taken") + number_of_slots) != len(slots):
        return None
    rows = Assignment.objects.bulk_create(
        [Assignment(daily_limit_id=day.id, task=task, taskmaster=actor) for task, day in given]
    )
    made = [
        Made(row.pk, day, row.task_id, actor.pk, row.status, row.created_at)
        for row, (_, day) in zip(rows, given, strict=True)
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
            for one, (task, day) in zip(made, given, strict=True)
        ]
    )
    return made


def _array(values: Iterable[int | str | datetime.date]) -> str:
    """An array of numbers or dates as PostgreSQL reads it: one text is written faster than each value by itself."""
    return f"{{{','.join(map(str, values))}}}"
