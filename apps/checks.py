"""ToGo's own system checks, run by `manage.py check`."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004  (Django's own name)
from django.db import DatabaseError, OperationalError, connection

from apps.models import database_sessions
from apps.services import users


@register("sqlite", deploy=True)
def sqlite_version(app_configs: Sequence[Any] | None, **_: Any) -> list[CheckMessage]:
    """togo.W001: this SQLite may, in rare cases, corrupt a database that several processes write."""
    if connection.vendor != "sqlite" or not (3, 7, 0) <= sqlite3.sqlite_version_info < (3, 51, 3):
        return []
    return [
        Warning(
            f"SQLite {sqlite3.sqlite_version} can, in rare cases, corrupt a database in WAL mode when several "
            "processes write and checkpoint at the same moment.",
            hint="Use a Python with SQLite 3.51.3 or later, or PostgreSQL if many processes write.",
            id="togo.W001",
        )
    ]


@register("demo", deploy=True)
def demo_passwords(
    app_configs: Sequence[Any] | None, databases: Sequence[str] | None = None, **_: Any
) -> list[CheckMessage]:
    """togo.E001: somebody can sign in with a password that everyone knows. Runs only with `--database`."""
    if not databases:
        return []
    try:
        if not users.demo_passwords_work():
            return []
    except DatabaseError:
        if "togo_user" in connection.introspection.table_names():
            raise  # The table exists, but the query failed: the passwords may work.
        return []  # The database isn't migrated yet.
    return [
        Error(
            "The demonstration's passwords work, and everyone knows them.",
            hint="Change them with manage.py changepassword a (and b), or start with a new TOGO_HOME.",
            id="togo.E001",
        )
    ]


@register("pooler", deploy=True)
def pooler_lock_timeout(
    app_configs: Sequence[Any] | None, databases: Sequence[str] | None = None, **_: Any
) -> list[CheckMessage]:
    """togo.E002: behind a pooler, statements wait for locks for ever. Runs only with `--database`."""
    if not databases or connection.vendor != "postgresql":
        return []
    try:
        connection.ensure_connection()
        if database_sessions.session_is_own(connection) or database_sessions.lock_timeout(connection) != "0":
            return []
    except OperationalError:
        return []  # The database can't be reached; every other step of a start reports that.
    return [
        Error(
            "DATABASE_URL leads to a pooler, which drops lock_timeout: a statement may wait for a lock for ever.",
            hint="Set it for the role: ALTER ROLE togo SET lock_timeout = '5s'; then reconnect the pooler's servers.",
            id="togo.E002",
        )
    ]


@register("names", deploy=True)
def names_of_people(
    app_configs: Sequence[Any] | None, databases: Sequence[str] | None = None, **_: Any
) -> list[CheckMessage]:
    """togo.W002: "Bob" and "bob" are one username to this database, and two to ToGo.

    Runs only with `--database`.
    """
    if not databases or connection.vendor != "mysql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT collation_name FROM information_schema.columns "
            "WHERE table_schema = DATABASE() AND table_name = %s AND column_name = %s",
            ["togo_user", "username"],
        )
        row = cursor.fetchone()
    if row is None or row[0].endswith("_bin"):  # None: not migrated yet.
        return []
    return [
        Warning(
            f"In the collation {row[0]} of this database “Bob” and “bob”, or “jörg” and “jorg”, are one username: only "
            "one of the two can be made, and only its exact spelling signs in.",
            hint="Stop ToGo, back the database up, and run: ALTER TABLE togo_user MODIFY username varchar(150) "
            "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL; likewise togo_task for its name, varchar(255). Make "
            "new databases with COLLATE utf8mb4_bin.",
            id="togo.W002",
        )
    ]
