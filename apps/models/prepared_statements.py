"""Runs the statements of every call, written out: on PostgreSQL each is parsed and planned once for a connection.

Django writes values into the text of what it sends there, so PostgreSQL plans every statement anew. A statement that is
run here keeps its text, and its values travel beside it. SQLite and MariaDB get the same text.
"""

import functools
import itertools
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import psycopg
from django.db import connections
from django.db.backends.utils import CursorDebugWrapper, CursorWrapper
from psycopg import generators
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus, Format
from psycopg.pq.abc import PGresult
from psycopg.types.numeric import Int8

from apps.models import replica
from apps.models.database_sessions import session_is_own

# The code of PostgreSQL: invalid_sql_statement_name.
_NO_SUCH_STATEMENT = b"26000"
_NAME = re.compile(r"%\((\w+)\)s", re.ASCII)


def first_row(statement: str, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """The first row that a statement returns, or None; see `rows`."""
    return next(iter(rows(statement, values)), None)


def rows(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows that a statement returns, whether it reads or writes.

    `values` are whole numbers, texts, dates, times and, on PostgreSQL, texts of arrays. SQLite returns dates as texts,
    which `as_date` reads. Raises the errors that Django raises for its own statements.
    """
    connection = connections[replica.alias()]
    if connection.vendor == "postgresql":
        return _rows_on_postgresql(connection, statement, values)
    found, _, _ = execute(connection, statement, adapted(connection, values))
    return found


# The rows that a statement returned, how many it changed, and the id of the row that it inserted, where the database
# tells that.
Ran = tuple[list[tuple[Any, ...]], int, Any]


def execute(connection: Any, statement: str, values: Mapping[str, Any]) -> Ran:
    """Run a statement with values as Django's cursor takes them. On SQLite it passes Django's cursor by, which takes
    longer than the statement; Python's sqlite3 keeps the last 128 statements of a connection prepared."""
    if connection.vendor == "sqlite" and not (connection.queries_logged or connection.execute_wrappers):
        if connection.connection is None:
            connection.ensure_connection()
        if connection.needs_rollback:
            connection.validate_no_broken_transaction()
        try:
            cursor = connection.connection.execute(_with_colons(statement), values)
            return cursor.fetchall(), cursor.rowcount, cursor.lastrowid
        except connection.Database.Error:
            with connection.wrap_database_errors:
                raise
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found = list(cursor.fetchall()) if cursor.description else []
        return found, cursor.rowcount, getattr(cursor, "lastrowid", None)


def as_date(value: date | str | None) -> date | None:
    """The date in a column of a row of `rows`."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def adapted(connection: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as Django's cursor takes them."""
    return {name: _adapted(connection, one) if isinstance(one, date) else one for name, one in values.items()}


def _adapted(connection: Any, value: date) -> Any:
    if isinstance(value, datetime):
        # As `connection.ops.adapt_datetimefield_value`, which asks three times whether the time has a zone.
        return str(value.astimezone(connection.timezone).replace(tzinfo=None))
    return connection.ops.adapt_datefield_value(value)


class _LoggingCursor(CursorDebugWrapper):
    """Logs a statement as it is sent: with names in place of its values, which travel beside it."""

    def execute(self, sql: Any, params: Any = None) -> Any:
        """Execute and log."""
        with self.debug_sql(sql, params):
            return CursorWrapper.execute(self, sql, params)


def _rows_on_postgresql(connection: Any, statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    # Every whole number is sent as a bigint: another type would be another statement to plan.
    values = {name: Int8(one) if type(one) is int else one for name, one in values.items()}
    connection.ensure_connection()
    session = connection.connection
    # psycopg begins transactions, and Django's wrapper logs statements, runs execute wrappers, and refuses to go on in
    # a failed transaction. Prepare nothing where the session doesn't stay with this connection.
    if (
        not connection.in_atomic_block
        and session.autocommit
        and session_is_own(connection)
        and not (connection.queries_logged or connection.execute_wrappers)
    ):
        prepared = getattr(connection, "prepared_statements", None)
        if prepared is None or prepared.session is not session:
            prepared = connection.prepared_statements = _Prepared(session)
        with connection.wrap_database_errors:
            return prepared.rows(statement, values)
    cursor = (_LoggingCursor if connection.queries_logged else CursorWrapper)(psycopg.Cursor(session), connection)
    # Prepare this statement only: else psycopg would count, and so keep, every text that Django sends.
    session.prepare_threshold = 0 if session_is_own(connection) else None
    try:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
    finally:
        session.prepare_threshold = None


class _Prepared:
    """The statements that are prepared in a session. It calls libpq directly: psycopg's cursor takes longer for a
    statement than PostgreSQL does."""

    def __init__(self, session: psycopg.Connection[Any]) -> None:
        self.session = session
        self._adapt = Transformer(session)
        self._numbers = itertools.count()
        self._names: dict[tuple[str, tuple[int, ...]], bytes] = {}

    def rows(self, statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """The rows of a statement, which is prepared at its first run with values of these types."""
        text, order, formats = _with_numbers(statement)
        adapt, server = self._adapt, self.session.pgconn
        sent = adapt.dump_sequence([values[name] for name in order], formats)
        assert adapt.types is not None
        key = (statement, adapt.types)
        server.send_query_prepared(self._name(key, text), sent, adapt.formats, Format.BINARY)
        result = self._answer()
        if result.error_field(DiagnosticField.SQLSTATE) == _NO_SUCH_STATEMENT:
            # psycopg discards all statements of the session when a transaction is rolled back. Nothing was run.
            self._names.clear()
            server.send_query_prepared(self._name(key, text), sent, adapt.formats, Format.BINARY)
            result = self._answer()
        self._require(result, ExecStatus.TUPLES_OK)
        adapt.set_pgresult(result)
        return adapt.load_rows(0, result.ntuples, tuple)

    def _name(self, key: tuple[str, tuple[int, ...]], text: bytes) -> bytes:
        """The name of the prepared statement, which is prepared if it isn't yet."""
        if (name := self._names.get(key)) is None:
            name = b"togo_%d" % next(self._numbers)
            self.session.pgconn.send_prepare(name, text, key[1])
            self._require(self._answer(), ExecStatus.COMMAND_OK)
            self._names[key] = name
        return name

    def _answer(self) -> PGresult:
        # `wait` is guarded: see `database_sessions`. libpq's own calls would wait for a false leader for ever.
        results: list[PGresult] = self.session.wait(generators.execute(self.session.pgconn))
        return results[0]

    def _require(self, result: PGresult, status: ExecStatus) -> None:
        if result.status == status:
            return
        if self.session.pgconn.status == ConnStatus.BAD:
            raise psycopg.OperationalError(result.get_error_message())
        raise psycopg.errors.error_from_result(result)


@functools.cache
def _with_colons(statement: str) -> str:
    """The statement with :name in place of each %(name)s."""
    return _NAME.sub(r":\1", statement).replace("%%", "%")


@functools.cache
def _with_numbers(statement: str) -> tuple[bytes, list[str], list[PyFormat]]:
    """The statement with $1, $2 … in place of names, the names in this order, and how to send each value."""
    order: dict[str, int] = {}
    text = _NAME.sub(lambda found: f"${order.setdefault(found[1], len(order) + 1)}", statement)
    return text.replace("%%", "%").encode(), list(order), [PyFormat.AUTO] * len(order)
