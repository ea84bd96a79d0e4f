"""Runs a unit of work in one transaction, and the whole of it again when the database asks for that."""

import contextlib
import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from django.db import DatabaseError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from apps.exceptions.base import TryAgain

logger = logging.getLogger(__name__)
T = TypeVar("T")

ATTEMPTS = 5

# Deadlock, serialization failure, lock time-out: the database has undone the work and says so.
# https://www.sqlite.org/rescode.html: SQLITE_BUSY, SQLITE_LOCKED
_SQLITE_CODES = {5, 6}
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRESQL_CODES = {"40001", "40P01", "55P03"}
# https://mariadb.com/kb/en/mariadb-error-codes/: ER_LOCK_WAIT_TIMEOUT, ER_LOCK_DEADLOCK, ER_CHECKREAD
_MYSQL_CODES = {1205, 1213, 1020}

# SQLite's own queue for the write lock is unfair (one writer waited 16 s): the threads of a process line up here,
# and only one of them at a time competes with other processes.
_sqlite_queue = threading.Lock()
_SQLITE_QUEUE_SECONDS = 5.0
# The longest that SQLite sleeps before it looks again (`sqliteDefaultBusyCallback` in its main.c).
_SQLITE_PAUSE = 0.1


def run(work: Callable[[], T], *, one_statement: bool = False) -> T:
    """Do `work` in one transaction and return what it returned.

    Work that writes with `one_statement` on PostgreSQL is a transaction by itself there, without a begin and an end
    that cost two more trips.

    As the outermost transaction it is done again from its start, at most 5 times in all, after a deadlock, a
    serialization failure or a lock time-out; then `TryAgain` is raised. Inside another transaction it runs once, in
    a savepoint, and the outermost one decides. A lost connection is never tried again: the work may be committed.
    """
    connection = transaction.get_connection()
    if connection.in_atomic_block:
        with transaction.atomic():
            return work()
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _run_once(connection, work, one_statement=one_statement)
        except DatabaseError as error:
            code = retry_code(error)
            if code is None:
                raise
            logger.warning("The database asks to try again (%s), attempt %d of %d.", code, attempt, ATTEMPTS)
        time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - spreads retries, keeps no secret
    raise TryAgain("The database is too busy at the moment.", retry_after=1)


def let_others_write() -> None:
    """Pause between the transactions of long work: on SQLite whoever waits to write looks every 100 ms at the latest
    whether they can, and would hardly ever find it so."""
    if transaction.get_connection().vendor == "sqlite":
        time.sleep(_SQLITE_PAUSE)


def after_commit(action: Callable[[], object]) -> None:
    """Do `action` once the work is committed, or never. Its errors are logged and harm nobody."""
    transaction.on_commit(action, robust=True)


def retry_code(error: DatabaseError) -> str | None:
    """The database's code for an error after which the whole transaction may be done again, else None."""
    cause = error.__cause__
    if isinstance(error, _QueueTimeout):
        return "queue"
    if (code := getattr(cause, "sqlite_errorcode", None)) is not None:
        # The lowest byte is the primary code, what is above it says which kind.
        return f"sqlite {code}" if code & 0xFF in _SQLITE_CODES else None
    if error.args and error.args[0] in _MYSQL_CODES:
        return f"mysql {error.args[0]}"
    # After MySQL's, whose errors have one too: HY000 for a lock time-out.
    state = getattr(cause, "sqlstate", None)
    return f"postgresql {state}" if state in _POSTGRESQL_CODES else None


@contextlib.contextmanager
def in_turn(name: str, *, seconds: int) -> Iterator[None]:
    """Around a unit of work that inserts a row of this name: on MariaDB and MySQL one after the other.

    There, those whose INSERT waits for another's row deadlock with each other when that one is undone. Raises
    `WaitedTooLong` after so many seconds; `name` has 64 characters at most. Elsewhere nobody waits here.
    """
    connection = transaction.get_connection()
    if connection.vendor != "mysql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT GET_LOCK(%s, %s)", [name, seconds])
        if cursor.fetchone() != (1,):
            raise WaitedTooLong
    try:
        yield
    finally:
        # Past Django, which lets nothing through once a transaction failed. A lost connection holds no lock.
        with contextlib.suppress(Exception), connection.connection.cursor() as cursor:
            cursor.execute("DO RELEASE_LOCK(%s)", [name])


@contextlib.contextmanager
def waiting_at_most(seconds: int) -> Iterator[None]:
    """Wait for locks no longer than so many seconds in this part of a transaction; raises `WaitedTooLong`.

    On PostgreSQL. On SQLite a transaction waits when it begins, and finds nothing locked once it has begun.
    """
    connection = transaction.get_connection()
    if connection.vendor != "postgresql":
        yield
        return
    # With an error the transaction is undone, and what was set for it.
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{seconds}s'")
    try:
        yield
    except DatabaseError as error:
        if retry_code(error) == "postgresql 55P03":
            raise WaitedTooLong from error
        raise
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout TO DEFAULT")


class WaitedTooLong(Exception):
    """Somebody else held what was needed for longer than this work waits."""


class _QueueTimeout(DatabaseError):
    """A thread waited too long for its turn to write."""


class _Turn:
    """A thread's turn to write to SQLite: given back as soon as the transaction has ended, before what follows it."""

    def __init__(self) -> None:
        self._held = _sqlite_queue.acquire(timeout=_SQLITE_QUEUE_SECONDS)
        if not self._held:
            raise _QueueTimeout

    def end(self) -> None:
        if self._held:
            self._held = False
            _sqlite_queue.release()


def _run_once(connection: BaseDatabaseWrapper, work: Callable[[], T], *, one_statement: bool) -> T:
    if one_statement and connection.vendor == "postgresql":
        return work()
    if connection.vendor != "sqlite":
        with transaction.atomic():
            return work()
    turn = _Turn()
    try:
        with transaction.atomic():
            transaction.on_commit(turn.end)
            return work()
    finally:
        turn.end()
