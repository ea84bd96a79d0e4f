"""Sets what ToGo relies on in each new session of the database, and finds out whether the session is its own.

Behind a pooler that gives a server's session to a transaction, such as PgBouncer with `pool_mode=transaction`, the next
statement may run in another session. A prepared statement would be missing there, or be another one of the same name.

In a cluster, a session must not wait for ever for a server that has lost its lead, must not begin on a standby, and
must see what was acknowledged on another node.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

# Sent by togo/databases.py when it connects. A pooler that shares sessions drops it.
MARK = "togo.session"

# However the server, the database or the role are configured: times are read in ISO, texts are escaped by quotes alone.
# PgBouncer keeps the first and the last for each client.
_SET = f"""
    SELECT set_config('datestyle', 'ISO, YMD', false), set_config('intervalstyle', 'postgres', false),
        set_config('standard_conforming_strings', 'on', false), pg_is_in_recovery(), current_setting('{MARK}', true)
"""
# On a node of Galera: reads, changes and inserts begin only when the node has what was acknowledged before on any node.
_GALERA_WAITS = 1 | 2 | 4
_SECONDS = "ANSWER_SECONDS"


def bound_answers(seconds: int) -> None:
    """Let new connections of this process wait at most so many seconds for each answer of the database.

    Then the connection is lost, and what it was doing may be done or not. No cancel is sent: PostgreSQL acknowledges a
    commit that is cancelled while it waits for a standby, although the standby may never get it.
    """
    for database in connections.settings.values():
        if database["ENGINE"].endswith("postgresql"):
            database[_SECONDS] = seconds
        elif database["ENGINE"].endswith("mysql"):
            for name in ("read_timeout", "write_timeout"):
                database["OPTIONS"].setdefault(name, seconds)


@contextlib.contextmanager
def answering_within(connection: BaseDatabaseWrapper, seconds: int) -> Iterator[None]:
    """Wait at most so many seconds for each answer to this connection to PostgreSQL."""
    connection.ensure_connection()
    session = connection.connection
    before, session.answer_seconds = session.answer_seconds, seconds
    try:
        yield
    finally:
        session.answer_seconds = before


def prepare_session(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Prepare a new connection: the receiver of Django's `connection_created`.

    The settings of the connection itself are in togo/databases.py.
    """
    if connection.vendor == "postgresql":
        _prepare_postgresql(connection)
    elif connection.vendor == "mysql":
        _prepare_galera(connection)


def session_is_own(connection: BaseDatabaseWrapper) -> bool:
    """Whether this connection keeps one session of the server, so that statements may be prepared in it."""
    return getattr(connection, "session_is_own", False)


def is_galera(connection: BaseDatabaseWrapper) -> bool:
    """Whether this connection leads to a node of a Galera cluster."""
    connection.ensure_connection()
    return getattr(connection, "is_galera", False)


def lock_timeout(connection: BaseDatabaseWrapper) -> str:
    """How long PostgreSQL lets a statement of this connection wait for a lock; `0` stands for ever."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        return str(cursor.fetchone()[0])


def _prepare_postgresql(connection: BaseDatabaseWrapper) -> None:
    _guard_answers(connection.connection, connection.settings_dict.get(_SECONDS))
    with connection.cursor() as cursor:
        cursor.execute(_SET)
        *_others, is_standby, mark = cursor.fetchone()
    if is_standby and connection.alias == DEFAULT_DB_ALIAS:
        # Such as just after another server took the lead: a write would fail in every request of this connection.
        connection.close()
        raise OperationalError("DATABASE_URL leads to a standby, which can't be written to.")
    own = mark == "own"
    connection.session_is_own = own  # type: ignore[attr-defined]  # read by `session_is_own`
    # In a shared session, a cursor on the server would be gone at the next fetch.
    connection.settings_dict["DISABLE_SERVER_SIDE_CURSORS"] = not own


def _prepare_galera(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        # MySQL has no such variable.
        cursor.execute("SHOW VARIABLES LIKE 'wsrep_on'")
        row = cursor.fetchone()
        galera = row is not None and row[1] == "ON"
        connection.is_galera = galera  # type: ignore[attr-defined]  # read by `is_galera`
        if galera:
            cursor.execute(f"SET SESSION wsrep_sync_wait = @@SESSION.wsrep_sync_wait | {_GALERA_WAITS}")


def _guard_answers(session: Any, seconds: int | None) -> None:
    """Let the session fail if an answer takes too long, and if a commit is acknowledged that no standby has."""
    wait: Callable[..., Any] = session.wait
    unsafe: list[str] = []

    def look(notice: psycopg.errors.Diagnostic) -> None:
        # By the function's name, because the message is in the server's language.
        if notice.source_function == "SyncRepWaitForLSN":
            unsafe.append(notice.message_primary or "")

    def guarded_wait(talk: Any, *arguments: Any, **more: Any) -> Any:
        if "timeout" in more:
            return wait(talk, *arguments, **more)
        try:
            answer = wait(talk, *arguments, timeout=session.answer_seconds, **more)
        except psycopg.errors._WaitTimeout as error:  # noqa: SLF001 - the documented error of `wait` has no public name
            session.close()
            raise psycopg.OperationalError(f"The database has not answered for {session.answer_seconds} s.") from error
        if unsafe:
            session.close()
            raise psycopg.OperationalError(f"The standby may not have this commit: {unsafe.pop()}")
        return answer

    session.answer_seconds = seconds
    session.add_notice_handler(look)
    session.wait = guarded_wait
