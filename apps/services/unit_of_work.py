"""Runs a unit of work: one transaction, started again from its beginning while it can't be done.

There is one loop and one budget for every reason to start again: the database undid the work (a deadlock, a lock
time-out), the work lost a race, or a row that it needs has to be created first.
"""

import contextlib
import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from django.db import DatabaseError, OperationalError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.translation import gettext

from apps.exceptions.base import TryAgain
from apps.services.shared import storage

logger = logging.getLogger(__name__)
T = TypeVar("T")

# The budget of a unit of work: it is started so often at most, and not again after so many seconds.
ATTEMPTS = 10
SECONDS = 15.0
_LONGEST_PAUSE = 0.5

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


class Restart(TryAgain):
    """Raised by work to be undone and started again. When the budget is used up, the caller is told to try again."""

    def __init__(self, detail: str = "Someone else is changing this; try again.") -> None:
        super().__init__(detail, retry_after=1)

    def prepare(self) -> None:
        """Create what the work needs, in transactions of its own, before the work starts again."""


class LostRace(Restart):
    """Someone else changed a row after this work had read it."""


class TransactionLost(Restart):
    """A savepoint could not be rolled back, because the database has undone the whole transaction."""


def run(work: Callable[[], T], *, restart_on: type[Exception] | tuple[type[Exception], ...] = ()) -> T:
    """Do `work` in one transaction and return its result; within another unit of work in a savepoint of that.

    The outermost unit of work starts again from its beginning, at most 10 times and for 15 seconds: after a deadlock,
    a serialization failure or a lock time-out, after `Restart`, and after an error of `restart_on`. Raises `TryAgain`
    when that is not enough. Work is never started again after a lost connection: it may have been committed.
    """

    def step() -> T:
        try:
            with atomic():
                return work()
        except restart_on as error:
            raise LostRace from error

    return retry(step)


def retry(step: Callable[[], T]) -> T:
    """Do a step that opens its own transaction, such as a function of `slots`; start it again as `run` does.

    Within another unit of work the step is done once, and the outermost one decides. Within a transaction that is no
    unit of work, as Django's admin opens, it can't start again after an error of the database.
    """
    connection = transaction.get_connection()
    if not _is_outermost(connection):
        return step()
    deadline = time.monotonic() + SECONDS
    attempt = 1
    while True:
        may_restart = attempt < ATTEMPTS and time.monotonic() < deadline
        try:
            return step()
        except Restart as restart:
            if not may_restart:
                raise
            restart.prepare()
        except DatabaseError as error:
            storage.note(error)
            code = retry_code(error)
            if code is None or connection.in_atomic_block:
                raise  # Nothing to try again, or the transaction around this unit is undone with it.
            logger.warning("The database asks to try again (%s), attempt %d of %d.", code, attempt, ATTEMPTS)
            if not may_restart:
                raise TryAgain(gettext("The database is too busy at the moment."), retry_after=1) from error
            time.sleep(random.uniform(0, min(0.02 * 2**attempt, _LONGEST_PAUSE)))  # noqa: S311 - spreads retries, keeps no secret
        attempt += 1


def atomic() -> contextlib.AbstractContextManager[None]:
    """A transaction, or a savepoint of the one that is open. Raises `TransactionLost` where the savepoint is lost."""
    connection = transaction.get_connection()
    if connection.in_atomic_block:
        return _savepoint(connection)
    return _TransactionInTurn() if connection.vendor == "sqlite" else _Transaction()


@contextlib.contextmanager
def _savepoint(connection: BaseDatabaseWrapper) -> Iterator[None]:
    try:
        with _Transaction():
            yield
    except OperationalError:
        raise  # The loop decides by its code.
    except Exception as error:
        # Django keeps quiet about a savepoint that could not be rolled back; every further statement would fail.
        if connection.needs_rollback:
            raise TransactionLost from error
        raise


@contextlib.contextmanager
def single_statement() -> Iterator[None]:
    """Around one statement that writes: alone it is a transaction by itself, within another one it gets a savepoint."""
    if transaction.get_connection().in_atomic_block:
        with atomic():
            yield
    else:
        yield


def let_others_write() -> None:
    """Pause between the transactions of long work: on SQLite others look every 100 ms at the latest whether they can
    write, and would hardly ever find that they can."""
    if transaction.get_connection().vendor == "sqlite":
        time.sleep(_SQLITE_PAUSE)


def share_of(rows: int) -> int:
    """How many rows of so many to change in one transaction of long work: a fifth on SQLite, where everybody who writes
    waits for it."""
    return max(rows // 5, 1) if transaction.get_connection().vendor == "sqlite" else rows


def after_commit(action: Callable[[], object]) -> None:
    """Do `action` once the work is committed, or never. Its errors are logged and harm nobody."""
    transaction.on_commit(action, robust=True)


def retry_code(error: DatabaseError) -> str | None:
    """The database's code for an error after which the whole transaction may be done again, else None."""
    cause = error.__cause__
    if isinstance(error, _QueueTimeout):
        return "queue"
    if (code := getattr(cause, "sqlite_errorcode", None)) is not None:
        # The lowest byte is the primary code; the bytes above it say which kind.
        return f"sqlite {code}" if code & 0xFF in _SQLITE_CODES else None
    if error.args and error.args[0] in _MYSQL_CODES:
        return f"mysql {error.args[0]}"
    # After MySQL's, whose errors have a state too: HY000 for a lock time-out.
    state = getattr(cause, "sqlstate", None)
    return f"postgresql {state}" if state in _POSTGRESQL_CODES else None


@contextlib.contextmanager
def in_turn(name: str, *, seconds: int) -> Iterator[None]:
    """Around a unit of work that inserts a row of this name: on MariaDB and MySQL one caller after the other.

    There, callers whose INSERT waits for the same row deadlock with each other when the first one is rolled back.
    Raises `WaitedTooLong` after so many seconds; `name` has 64 characters at most. Elsewhere nobody waits here.
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
    # An error rolls the transaction back, and with it this setting.
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
    """Somebody else held a lock for longer than this work waits."""


class _QueueTimeout(DatabaseError):
    """A thread waited too long for its turn to write."""


class _Transaction(transaction.Atomic):
    """A transaction or savepoint that a unit of work has opened."""

    def __init__(self) -> None:
        super().__init__(using=None, savepoint=True, durable=False)


def _is_outermost(connection: BaseDatabaseWrapper) -> bool:
    """Whether no unit of work has a transaction open. Django's admin and tests open some of their own around it."""
    return not any(isinstance(block, _Transaction) for block in connection.atomic_blocks)


class _TransactionInTurn(_Transaction):
    """A transaction on SQLite: the threads of this process take turns to write. Raises `DatabaseError` after 5 seconds
    of waiting for one's turn."""

    def __enter__(self) -> None:
        if not _sqlite_queue.acquire(timeout=_SQLITE_QUEUE_SECONDS):
            raise _QueueTimeout
        self._is_held = True
        try:
            super().__enter__()
            # The first action after the commit: what follows it holds nobody up.
            transaction.on_commit(self._let_next)
        except BaseException:
            self._let_next()
            raise

    def __exit__(self, *error: Any) -> None:
        try:
            super().__exit__(*error)
        finally:
            self._let_next()

    def _let_next(self) -> None:
        if self._is_held:
            self._is_held = False
            _sqlite_queue.release()
