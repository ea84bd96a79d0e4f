"""The lock that lets only one process migrate the database, also behind a pooler and on the nodes of a cluster.

| database | lock | ends |
|---|---|---|
| PostgreSQL | an advisory lock of a transaction: a pooler keeps one session for a transaction | with the transaction |
| MariaDB, MySQL | `GET_LOCK` | with the connection |
| Galera, where `GET_LOCK` holds on one node only | a row, which one node commits first | 30 s after its owner died |
| SQLite | none: its migrations take the only write lock | |
"""

import contextlib
import secrets
import threading
import time
from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandError
from django.db import Error, connection

from apps.models import database_sessions

# How many seconds to wait for another process that migrates.
LOCK_PATIENCE = 600
# How often the holder of a row shows that it lives, and how many looks in a row, a second apart, must find no sign of
# life before the row is taken over. A look that takes longer doesn't count: while one node changes a table, Galera lets
# nobody write, the holder neither.
_BEAT, _LOOKS, _SLOW = 3.0, 30, 1.0

_STATEMENTS = {
    "postgresql": "SELECT pg_try_advisory_xact_lock(hashtext('togo migrate'))",
    "mysql": "SELECT GET_LOCK('togo migrate', 0)",
}


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Hold the lock; wait ten minutes for it, then fail with one line."""
    if connection.vendor not in _STATEMENTS:
        yield
        return
    galera = connection.vendor == "mysql" and database_sessions.is_galera(connection)
    lock = _Row() if galera else _Session()
    try:
        end = time.monotonic() + LOCK_PATIENCE
        while not lock.take():
            if time.monotonic() > end:
                raise CommandError(
                    f"Another process has been migrating the database for {LOCK_PATIENCE // 60} minutes. "
                    "Check whether it still does, end it, and start again."
                )
            time.sleep(1)
        yield
    finally:
        lock.release()


class _Session:
    """A lock of a session or transaction of the database, on a connection of its own."""

    def __init__(self) -> None:
        self._holder = connection.copy()

    def take(self) -> bool:
        """Try to take the lock, without waiting for it."""
        holder: Any = self._holder
        if holder.vendor == "postgresql":
            holder.ensure_connection()
            holder.rollback()
            holder.set_autocommit(False)
        with holder.cursor() as cursor:
            if holder.vendor == "postgresql":
                # The transaction lasts for as long as the migrations do.
                cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            cursor.execute(_STATEMENTS[holder.vendor])
            taken = bool(cursor.fetchone()[0])
        if not taken and holder.vendor == "postgresql":
            holder.rollback()
        return taken

    def release(self) -> None:
        """Release it with its connection."""
        self._holder.close()


class _Row:
    """A row with the name of its owner, who counts up a number in it while it lives."""

    def __init__(self) -> None:
        self._owner = secrets.token_hex(16)
        self._holder = connection.copy()
        self._seen: tuple[str, int] | None = None
        self._looks = 0
        self._ended = threading.Event()
        self._heart: threading.Thread | None = None
        # All nodes run this one after the other.
        self._do(
            "CREATE TABLE IF NOT EXISTS togo_migration_lock "
            "(id int PRIMARY KEY, owner char(32) NOT NULL, beats bigint NOT NULL)"
        )

    def take(self) -> bool:
        """Try to insert the row, or to take over one whose owner has died."""
        taken = self._insert() or self._take_over()
        if taken:
            self._heart = threading.Thread(target=self._beat, name="migration lock", daemon=True)
            self._heart.start()
        return taken

    def release(self) -> None:
        """Delete the row."""
        self._ended.set()
        if self._heart:
            self._heart.join()
            with contextlib.suppress(Error):
                self._do("DELETE FROM togo_migration_lock WHERE owner = %s", self._owner)
        self._holder.close()

    def _insert(self) -> bool:
        """Insert the row; of several nodes that do it at once, the cluster lets one commit."""
        try:
            return self._do("INSERT INTO togo_migration_lock VALUES (1, %s, 0)", self._owner) == 1
        except Error:
            return False

    def _take_over(self) -> bool:
        began = time.monotonic()
        try:
            with self._holder.cursor() as cursor:
                cursor.execute("SELECT owner, beats FROM togo_migration_lock WHERE id = 1")
                seen = cursor.fetchone()
        except Error:
            seen = None
        quick = time.monotonic() - began < _SLOW
        self._looks = self._looks + 1 if seen and seen == self._seen and quick else 0
        self._seen = seen
        if not seen or self._looks < _LOOKS:
            return False
        statement = "UPDATE togo_migration_lock SET owner = %s, beats = 0 WHERE owner = %s AND beats = %s"
        with contextlib.suppress(Error):
            return self._do(statement, self._owner, *seen) == 1
        return False

    def _beat(self) -> None:
        own = connection.copy()
        statement = "UPDATE togo_migration_lock SET beats = beats + 1 WHERE owner = %s"
        while not self._ended.wait(_BEAT):
            # A lost connection or a conflict is no end: the next beat tries again.
            try:
                with own.cursor() as cursor:
                    cursor.execute(statement, [self._owner])
            except Error:
                own.close()
        own.close()

    def _do(self, statement: str, *values: str | int) -> int:
        try:
            with self._holder.cursor() as cursor:
                cursor.execute(statement, values)
                return int(cursor.rowcount)
        except Error:
            # The session may be lost with its node.
            self._holder.close()
            raise
