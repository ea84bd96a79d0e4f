"""Runs the statements of every call, written out: on PostgreSQL each is parsed and planned once for a connection.

Django writes values into the text of what it sends there, so PostgreSQL plans every statement anew. A statement that is
run here keeps its text, and its values travel beside it. Other databases get the same text through Django's cursor.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.utils import CursorDebugWrapper, CursorWrapper
from psycopg.types.numeric import Int8

from apps.models.database_sessions import session_is_own


def first_row(statement: str, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """The first row that a statement returns, or None; see `rows`."""
    return next(iter(rows(statement, values)), None)


def rows(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows that a statement returns, whether it reads or writes.

    `values` are whole numbers, texts, dates, times and, on PostgreSQL, texts of arrays. SQLite returns dates as texts,
    which `as_date` reads. Raises the errors that Django raises for its own statements.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor == "postgresql":
        return _prepared_rows(connection, statement, values)
    adapted = {name: _adapted(connection, one) for name, one in values.items()}
    with connection.cursor() as cursor:
        cursor.execute(statement, adapted)
        return list(cursor.fetchall())


def as_date(value: date | str | None) -> date | None:
    """The date in a column of a row of `rows`."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def _adapted(connection: Any, value: Any) -> Any:
    """The value as Django would send it to SQLite or MySQL."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return connection.ops.adapt_datefield_value(value) if isinstance(value, date) else value


class _LoggingCursor(CursorDebugWrapper):
    """Logs a statement as it is sent: with names in place of its values, which travel beside it."""

    def execute(self, sql: Any, params: Any = None) -> Any:
        """Execute and log."""
        with self.debug_sql(sql, params):
            return CursorWrapper.execute(self, sql, params)


def _prepared_rows(connection: Any, statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    # Every whole number is sent as a bigint: another type would be another statement to plan.
    values = {name: Int8(one) if type(one) is int else one for name, one in values.items()}
    connection.ensure_connection()
    session = connection.connection
    # One cursor for all prepared statements of a session: to make a cursor for each costs time that can be measured.
    prepared = getattr(connection, "prepared_cursor", None)
    if prepared is None or prepared.connection is not session:
        prepared = connection.prepared_cursor = psycopg.Cursor(session)
    # Django's wrapper around the cursor, so that execute wrappers and the query log see the statement.
    cursor = (_LoggingCursor if connection.queries_logged else CursorWrapper)(prepared, connection)
    # Prepare this statement only: else psycopg would count, and so keep, every text that Django sends. Prepare none
    # where the session doesn't stay with this connection.
    session.prepare_threshold = 0 if session_is_own(connection) else None
    try:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
    finally:
        session.prepare_threshold = None
