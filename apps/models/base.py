"""What reads of several tables share."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Q
from psycopg.types.numeric import Int8


def first_row(statement: str, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """The first row that a statement of every call returns; see `rows`."""
    return next(iter(rows(statement, values)), None)


def rows(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows that a statement returns which is written out because it is needed so often. The values are whole
    numbers, texts, dates and, on PostgreSQL, times.

    SQLite's dates come as texts, which `as_date` reads. On PostgreSQL the statement is planned once for each
    connection; what Django sends isn't, with the values written into it.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor == "postgresql":
        return _rows_of_postgresql(connection, statement, values)
    adapt = connection.ops.adapt_datefield_value
    with connection.cursor() as cursor:
        cursor.execute(statement, {name: adapt(one) if isinstance(one, date) else one for name, one in values.items()})
        return list(cursor.fetchall())


def _rows_of_postgresql(connection: Any, statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    # Of one width, whatever their size: another type of value would be another statement to plan.
    values = {name: Int8(one) if type(one) is int else one for name, one in values.items()}
    connection.ensure_connection()
    session = connection.connection
    # One cursor for all that a session prepares: to make one each time is a part of the cost that shows.
    prepared = getattr(connection, "prepared_cursor", None)
    if prepared is None or prepared.connection is not session:
        prepared = connection.prepared_cursor = psycopg.Cursor(session)
    # For this statement alone: psycopg would keep count of every text that Django sends, and so the texts.
    session.prepare_threshold = 0
    try:
        # In Django's own cursor, so that whoever watches statements sees this one.
        cursor = connection.make_cursor(prepared)
        cursor.execute(statement, values)
        found = list(cursor.fetchall())
    finally:
        session.prepare_threshold = None
    if connection.queries_logged:
        sql = psycopg.ClientCursor(session).mogrify(statement, values)
        connection.queries_log.append({"sql": sql, "time": "0"})
    return found


def as_date(value: date | str | None) -> date | None:
    """The date that a column of a row of `rows` holds."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def holds(column: str, text: str) -> Q:
    """Whether a column holds the text, in capitals or not."""
    # Not `icontains`: SQLite's knows no capitals but A to Z, and MariaDB's none at all where "Bob" and "bob" are two.
    return Q(**{f"{column}__iregex": f"(?i){re.escape(text)}"})
