"""Fills a database with millions of people, days, assignments and events, by statements that run on the server."""

import datetime
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from apps.services.shared import picking

# Every person has these days, counted from today, and two tasks on each of them but one: ten assignments.
OFFSETS = range(-2, 4)
PER_DAY = 2
TASKS = 50

_PEOPLE = """
INSERT INTO togo_user (username, password, first_name, last_name, is_active, is_taskmaster, is_admin, created_at,
    active_since)
SELECT 'p' || lpad(n::text, 8, '0'), '!', 'Person', n::text, true, false, false, {then}, {then}
FROM generate_series(1, {people}) n
"""
_DAYS = """
INSERT INTO togo_dailylimit (id, user_id, date, wanted, maximum, taken, source_kind, source_reason, rules_version)
SELECT {before} + n, {boss} + n, {date}, 2 + n % 4, 2 + n % 4, CASE WHEN n % 6 = {number} THEN 0 ELSE 2 END,
    'default', '', {version}
FROM generate_series(1, {people}) n
"""
_ASSIGNMENTS = """
INSERT INTO togo_assignment (daily_limit_id, user_id, task_id, taskmaster_id, status, created_at)
SELECT {before} + n, {boss} + n, {task} + (n * 7 + k * 13 + {number}) % {tasks}, {boss},
    CASE WHEN {number} < 2 AND n % 3 > 0 THEN 'done' ELSE 'open' END,
    {then} + {number} * interval '1 day' + n * interval '1 millisecond'
FROM generate_series(1, {people}) n, generate_series(0, 1) k WHERE n % 6 <> {number}
"""
_EVENTS = """
INSERT INTO togo_event (at, actor, kind, "user", task, task_name, date, assignment, data)
SELECT one.created_at, one.taskmaster_id, 'assigned', day.user_id, one.task_id, 'a task', day.date, one.id, '{{}}'
FROM togo_assignment one JOIN togo_dailylimit day ON day.id = one.daily_limit_id
"""


@dataclass(frozen=True)
class Filled:
    """A filled database, and the ids in it."""

    url: str
    people: int
    first_person: int
    first_task: int

    @property
    def assignments(self) -> int:
        """The number of assignments."""
        return self.people * (len(OFFSETS) - 1) * PER_DAY


def copy_of(url: str, name: str) -> str:
    """Copy a database to which nobody is connected; returns the URL of the copy."""
    address, _, options = url.partition("?")
    head, _, old = address.rpartition("/")
    with psycopg.connect(url, autocommit=True, dbname="template1") as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(old)))
    return f"{head}/{name}?{options}"


def fill(url: str, *, people: int, boss: int, first_task: int, today: datetime.date) -> Filled:
    """Fill a database that holds one person, `boss`, and the tasks: everyone gets the same days and ten assignments.

    To be fast, it makes the indexes afterwards, and doesn't wait for the disk.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        connection.execute("SET maintenance_work_mem = '1GB'")
        # This switches the checks of foreign keys off: these statements write valid keys only.
        connection.execute("SET session_replication_role = replica")
        indexes = _plain_indexes(connection)
        for name, _ in indexes:
            connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
        long_ago = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=10)
        values: dict[str, Any] = {"people": people, "boss": boss, "task": first_task, "tasks": TASKS, "then": long_ago}
        values["version"] = picking.ORDER + 1
        _run(connection, _PEOPLE, values)
        # The boss has no days. With this date ToGo doesn't take the boss for a new person whose limits are missing.
        connection.execute("UPDATE togo_user SET active_since = %s", [long_ago])
        for number, offset in enumerate(OFFSETS):
            values |= {"number": number, "date": today + datetime.timedelta(days=offset), "before": number * people}
            _run(connection, _DAYS, values)
            _run(connection, _ASSIGNMENTS, values)
            connection.execute(
                "INSERT INTO togo_limitday VALUES (%s, %s, %s)",
                [values["date"], long_ago, datetime.datetime.now(datetime.UTC)],
            )
        _run(connection, _EVENTS, values)
        connection.execute(
            "SELECT setval(pg_get_serial_sequence('togo_dailylimit', 'id'), %s)", [len(OFFSETS) * people]
        )
        for _, definition in indexes:
            connection.execute(definition)
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
    return Filled(url, people, boss + 1, first_task)


def _run(connection: psycopg.Connection[Any], statement: str, values: dict[str, Any]) -> None:
    connection.execute(sql.SQL(statement).format(**{name: sql.Literal(value) for name, value in values.items()}))


def _plain_indexes(connection: psycopg.Connection[Any]) -> list[tuple[str, Any]]:
    """The names and definitions of the filled tables' indexes that don't belong to a constraint."""
    return connection.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN ('togo_assignment', 'togo_dailylimit',"
        " 'togo_event') AND indexname NOT IN (SELECT conname FROM pg_constraint)"
    ).fetchall()
