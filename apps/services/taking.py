"""Takes a slot and writes what it is taken for: the guarded statement of the rule, as each database does it best.

On PostgreSQL all of it is one statement, and so one round trip and one transaction. It holds no `ON CONFLICT DO
NOTHING`, which would commit a slot without its assignment. Elsewhere they are statements of one transaction. They are
written out, because an assignment is what is asked for most and building them takes longer than to run them.
"""

import datetime
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone
from psycopg.types.numeric import Int8

from apps.models import Assignment, DailyLimit, Task, User
from apps.models.assignments import Status
from apps.models.base import first_row
from apps.models.events import Kind

_TASK = "SELECT id, name, is_active FROM togo_task WHERE id = %(task)s AND is_active"
# The rule: the day's own columns decide, and the number of rows says whether they did.
_SLOT = """UPDATE togo_dailylimit SET taken = taken + 1
    WHERE user_id = %(user)s AND date = %(date)s AND taken < maximum
        AND EXISTS (SELECT 1 FROM togo_user WHERE id = %(user)s AND is_active)"""
_DAY = "id, user_id, date, wanted, maximum, taken, source_kind, source_rule, source_reason, rules_version"
_ASSIGNMENT = "INSERT INTO togo_assignment (daily_limit_id, task_id, taskmaster_id, status, created_at)"
_EVENT = "INSERT INTO togo_event (at, actor, kind, {user}, task, task_name, date, assignment, data)"

# Only our own words are put together here; what is asked for is sent beside them.
ONE_STATEMENT = f"""
WITH task AS ({_TASK}), day AS (
    {_SLOT} AND EXISTS (SELECT 1 FROM task) RETURNING {_DAY}
), made AS (
    {_ASSIGNMENT} SELECT day.id, task.id, %(actor)s, %(status)s, %(now)s FROM day, task RETURNING id
), told AS (
    {_EVENT.format(user='"user"')}
    SELECT %(now)s, %(actor)s, %(kind)s, %(user)s, task.id, task.name, %(date)s, made.id, '{{}}' FROM made, task
)
SELECT made.id, task.*, day.* FROM made, task, day
"""  # noqa: S608
_READ_DAY = f"SELECT {_DAY} FROM togo_dailylimit WHERE user_id = %(user)s AND date = %(date)s"  # noqa: S608
_MAKE = f"{_ASSIGNMENT} VALUES (%(day)s, %(task)s, %(actor)s, %(status)s, %(now)s)"
_TELL = f"{_EVENT} VALUES (%(now)s, %(actor)s, %(kind)s, %(user)s, %(task)s, %(name)s, %(date)s, %(made)s, '{{{{}}}}')"


def take(*, actor: User, task_id: int, user_id: int, date: datetime.date) -> Assignment | None:
    """Write the assignment, the slot that it takes and the history; None, and nothing, where the day isn't set or
    full, or the task or the person isn't there or active.

    Raises `IntegrityError` where the person has the task on that date already.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    now = timezone.now()
    words: dict[str, Any] = {"status": Status.OPEN.value, "kind": Kind.ASSIGNED.value}
    ids = {"task": task_id, "user": user_id, "actor": actor.pk}
    if connection.vendor == "postgresql":
        # Of one width, whatever their size: another type of value would be another statement to plan.
        row = first_row(
            ONE_STATEMENT, {name: Int8(number) for name, number in ids.items()} | words | {"date": date, "now": now}
        )
    else:
        row = _in_steps(connection, ids | words, date, now)
    if row is None:
        return None
    task, day = Task(*row[1:4]), DailyLimit(*row[4:])
    return Assignment(id=row[0], daily_limit=day, task=task, taskmaster=actor, status=Status.OPEN, created_at=now)


def _in_steps(
    connection: BaseDatabaseWrapper, values: dict[str, Any], date: datetime.date, now: datetime.datetime
) -> tuple[Any, ...] | None:
    """What the one statement returns."""
    values["date"] = connection.ops.adapt_datefield_value(date)
    values["now"] = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.execute(_TASK, values)
        if (task := cursor.fetchone()) is None:
            return None
        cursor.execute(_SLOT, values)
        if cursor.rowcount != 1:
            return None
        cursor.execute(_READ_DAY, values)
        day, user, _, *rest = cursor.fetchone()
        cursor.execute(_MAKE, values | {"day": day})
        made = cursor.lastrowid
        cursor.execute(_TELL.format(user=connection.ops.quote_name("user")), values | {"name": task[1], "made": made})
    # SQLite has the date as text.
    return (made, *task, day, user, date, *rest)
