"""What reads of several tables share."""

import contextlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Q


def first_row(statement: str, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """The first row that a statement of every call returns.

    On PostgreSQL it is planned once for each connection: past Django's cursor, which writes the values into the text.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            row: tuple[Any, ...] | None = cursor.fetchone()
            return row
    connection.ensure_connection()
    with connection.wrap_database_errors, _preparing(connection.connection) as prepared:
        row = prepared.execute(statement, values, prepare=True).fetchone()
    if connection.queries_logged:
        # As Django's cursor does, for who looks at what is asked of the database.
        sql = psycopg.ClientCursor(connection.connection).mogrify(statement, values)
        connection.queries_log.append({"sql": sql, "time": "0"})
    return row


@contextlib.contextmanager
def _preparing(connection: "psycopg.Connection[Any]") -> "Iterator[psycopg.Cursor[Any]]":
    # For this statement alone: psycopg would keep count of every text that Django sends, and so the texts.
    connection.prepare_threshold = 0
    try:
        with psycopg.Cursor(connection) as cursor:
            yield cursor
    finally:
        connection.prepare_threshold = None


def holds(column: str, text: str) -> Q:
    """Whether a column holds the text, in capitals or not."""
    # Not `icontains`: SQLite's knows no capitals but A to Z, and MariaDB's none at all where "Bob" and "bob" are two.
    return Q(**{f"{column}__iregex": f"(?i){re.escape(text)}"})
