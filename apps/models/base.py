"""What reads of several tables share."""

import re
from collections.abc import Mapping
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
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as prepared:
        return prepared.execute(statement, values, prepare=True).fetchone()


def holds(column: str, text: str) -> Q:
    """Whether a column holds the text, in capitals or not."""
    # Not `icontains`: SQLite's knows no capitals but A to Z, and MariaDB's none at all where "Bob" and "bob" are two.
    return Q(**{f"{column}__iregex": f"(?i){re.escape(text)}"})
