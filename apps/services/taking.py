"""Takes a slot and writes what it is taken for: the guarded statement of the rule, as each database does it best.

On PostgreSQL all of it is one statement, and so one round trip and one transaction. It holds no `ON CONFLICT DO
NOTHING`, which would commit a slot without its assignment.
"""

import datetime
from typing import Any

import psycopg
from django.db import connection
from django.db.models import Exists, F
from django.utils import timezone

from apps.models import Assignment, DailyLimit, Task, User
from apps.models.assignments import Status
from apps.models.events import Kind
from apps.services import events

ONE_STATEMENT = """
WITH task AS (
    SELECT id, name, is_active FROM togo_task WHERE id = %(task)s::bigint AND is_active
), day AS (
    UPDATE togo_dailylimit SET taken = taken + 1
    WHERE user_id = %(user)s::bigint AND date = %(date)s AND taken < maximum
        AND EXISTS (SELECT 1 FROM task) AND EXISTS (SELECT 1 FROM togo_user WHERE id = %(user)s::bigint AND is_active)
    RETURNING id, user_id, date, wanted, maximum, taken, source_kind, source_rule, source_reason, rules_version
), made AS (
    INSERT INTO togo_assignment (daily_limit_id, task_id, taskmaster_id, status, created_at)
    SELECT day.id, task.id, %(actor)s::bigint, %(status)s, %(now)s FROM day, task
    RETURNING id
), told AS (
    INSERT INTO togo_event (at, actor, kind, "user", task, task_name, date, assignment, data)
    SELECT %(now)s, %(actor)s::bigint, %(kind)s, %(user)s::bigint, task.id, task.name, %(date)s, made.id, '{}'
    FROM made, task
)
SELECT made.id, task.*, day.* FROM made, task, day
"""


def take(*, actor: User, task_id: int, user_id: int, date: datetime.date) -> Assignment | None:
    """Write the assignment, the slot that it takes and the history; None, and nothing, where the day isn't set or
    full, or the task or the person isn't there or active.

    Raises `IntegrityError` where the person has the task on that date already.
    """
    if connection.vendor == "postgresql":
        return _take_at_once(actor, task_id, user_id, date)
    task = Task.objects.filter(pk=task_id, is_active=True).first()
    person, days = User.objects.active().filter(pk=user_id), DailyLimit.objects.of(user_id, date)
    if task is None or not days.with_room().filter(Exists(person)).update(taken=F("taken") + 1):
        return None
    assignment = Assignment.objects.create(daily_limit=days.get(), task=task, taskmaster=actor)
    events.note(Kind.ASSIGNED, actor_id=actor.pk, user_id=user_id, task=task, date=date, assignment_id=assignment.pk)
    return assignment


def _take_at_once(actor: User, task_id: int, user_id: int, date: datetime.date) -> Assignment | None:
    now = timezone.now()
    values: dict[str, Any] = {"task": task_id, "user": user_id, "date": date, "actor": actor.pk, "now": now}
    values |= {"status": Status.OPEN.value, "kind": Kind.ASSIGNED.value}
    connection.ensure_connection()
    # Past Django's cursor, which writes the values into the text: so the server plans the statement only once.
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        row = cursor.execute(ONE_STATEMENT, values, prepare=True).fetchone()
    if row is None:
        return None
    task, day = Task(*row[1:4]), DailyLimit(*row[4:])
    return Assignment(id=row[0], daily_limit=day, task=task, taskmaster=actor, status=Status.OPEN, created_at=now)
