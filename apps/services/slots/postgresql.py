"""How slots are taken on PostgreSQL: replaces some functions of `portable.py` and `many.py` by one statement each.

One statement is one round trip, and alone it is one transaction. None has `ON CONFLICT DO NOTHING`, which
would commit a slot without its assignment.
"""

import datetime
from collections.abc import Collection, Sequence

from django.utils import timezone

from apps.models import Assignment, DailyLimit, Task, User
from apps.models.assignments import Status
from apps.models.base import DayKey, array, object_of
from apps.models.events import Kind
from apps.models.limits import DAY, DaySnapshot
from apps.models.prepared_statements import first_row, rows
from apps.models.users import IS_AS_REMEMBERED
from apps.services.slots.many import count_slots
from apps.services.slots.records import Accepted, CreatedAssignment, columns_of_new
from apps.services.unit_of_work import LostRace, single_statement

# Only our own words are put together here; values are sent beside them.
_TAKE = f"""
WITH task AS (
    SELECT id, name, is_active, coalesce(%(effort)s::smallint, effort) AS effort
    FROM togo_task WHERE id = %(task)s AND is_active
), day AS (
    UPDATE togo_dailylimit SET taken = taken + (SELECT effort FROM task)
    WHERE user_id = %(user)s AND date = %(date)s AND taken + (SELECT effort FROM task) <= maximum
        AND waiting = 0
        AND EXISTS (SELECT 1 FROM togo_user WHERE id = %(user)s AND is_active)
        {{guard}}
    RETURNING {DAY}
), created AS (
    INSERT INTO togo_assignment (daily_limit_id, user_id, task_id, taskmaster_id, status, effort, created_at)
    SELECT day.id, day.user_id, task.id, %(actor)s, %(status)s, task.effort, %(now)s FROM day, task RETURNING id
), event AS (
    INSERT INTO togo_event (at, actor, kind, "user", task, task_name, date, assignment, data)
    SELECT %(now)s, %(actor)s, %(kind)s, %(user)s, task.id, task.name, %(date)s, created.id,
        jsonb_build_object('effort', task.effort)
    FROM created, task
)
SELECT created.id, task.*, day.* FROM created, task, day
"""  # noqa: S608
TAKE = _TAKE.format(guard="")
_TAKE_IF_AS_REMEMBERED = _TAKE.format(guard=f"AND {IS_AS_REMEMBERED}")

_LOCK_DAYS = f"""
SELECT {", ".join(DaySnapshot.columns())} FROM togo_dailylimit AS day
JOIN unnest(%(users)s::bigint[], %(dates)s::date[]) AS key (user_id, date) USING (user_id, date)
ORDER BY id FOR NO KEY UPDATE OF day
"""  # noqa: S608

_WRITE_MANY = """
WITH accepted AS (
    SELECT * FROM unnest(%(days)s::bigint[], %(tasks)s::bigint[], %(efforts)s::smallint[])
        WITH ORDINALITY AS accepted (day, task, effort, number)
), day AS (
    UPDATE togo_dailylimit SET taken = taken + more.effort
    FROM (SELECT day, sum(effort) AS effort FROM accepted GROUP BY day) AS more
    WHERE togo_dailylimit.id = more.day
    RETURNING id, user_id, date
), created AS (
    INSERT INTO togo_assignment (daily_limit_id, user_id, task_id, taskmaster_id, status, effort, created_at)
    SELECT day.id, day.user_id, accepted.task, %(actor)s, %(status)s, accepted.effort, %(now)s
    FROM accepted JOIN day ON day.id = accepted.day
    ORDER BY accepted.number
    RETURNING id, daily_limit_id, task_id, effort
), event AS (
    INSERT INTO togo_event (at, actor, kind, "user", task, task_name, date, assignment, data)
    SELECT %(now)s, %(actor)s, %(kind)s, day.user_id, created.task_id, task.name, day.date, created.id,
        jsonb_build_object('effort', created.effort)
    FROM created JOIN day ON day.id = created.daily_limit_id JOIN togo_task AS task ON task.id = created.task_id
    ORDER BY created.id
)
SELECT id, daily_limit_id, task_id FROM created
"""


def take(
    *, actor: User, task_id: int, user_id: int, date: datetime.date, effort: int | None = None
) -> Assignment | None:
    """As `portable.take`, in one statement, for a day for which nobody waits."""
    now = timezone.now()
    values = {
        "task": task_id,
        "user": user_id,
        "actor": actor.pk,
        "date": date,
        "effort": effort,
        "now": now,
        "status": Status.OPEN.value,
        "kind": Kind.ASSIGNED.value,
    }
    with single_statement():
        if actor.remembered_with_key is None:
            row = first_row(TAKE, values)
        else:
            row = first_row(_TAKE_IF_AS_REMEMBERED, values | actor.as_remembered(now))
    if row is None:
        return None
    actor.remembered_with_key = None
    pk, task_id, name, is_active, taken, *day = row
    written = columns_of_new(
        day_id=day[0], user_id=user_id, task_id=task_id, taskmaster_id=actor.pk, effort=taken, now=now
    )
    task = object_of(Task, {"id": task_id, "name": name, "is_active": is_active})
    return object_of(Assignment, {"id": pk, **written}, daily_limit=DailyLimit.of_row(day), task=task, taskmaster=actor)


def lock_days(keys: Collection[DayKey]) -> dict[DayKey, DaySnapshot]:
    """As `many.lock_days`, in one statement."""
    values = {"users": array(user_id for user_id, _ in keys), "dates": array(date for _, date in keys)}
    return {(day.user_id, day.date): day for day in (DaySnapshot(*row) for row in rows(_LOCK_DAYS, values))}


def write_many(*, actor: User, accepted: Sequence[Accepted]) -> list[CreatedAssignment]:
    """As `many.write_many`, in one statement."""
    now, actor_id = timezone.now(), actor.pk
    values = {
        "days": array(day.id for _, day, _ in accepted),
        "tasks": array(task.id for task, _, _ in accepted),
        "efforts": array(effort for _, _, effort in accepted),
        "actor": actor_id,
        "now": now,
        "status": Status.OPEN.value,
        "kind": Kind.ASSIGNED.value,
    }
    ids = {(day_id, task_id): pk for pk, day_id, task_id in rows(_WRITE_MANY, values)}
    if len(ids) != len(accepted):
        raise LostRace
    count_slots(accepted)
    return [
        CreatedAssignment(ids[day.id, task.id], day, task.id, actor_id, Status.OPEN, effort, now)
        for task, day, effort in accepted
    ]
