"""Units of work are retried when the database asks for it, and only then."""

import contextlib
import sqlite3
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import psycopg
import pymysql
import pytest
from django.db import DatabaseError, InterfaceError, connection, connections, transaction
from django.db.utils import DatabaseErrorWrapper

from apps.exceptions.base import TryAgain
from apps.models import Task
from apps.services import unit_of_work
from lab.processes import PATIENCE


def wrapped(driver: Any, error: Exception) -> DatabaseError:
    """The error that Django makes of a driver's error."""
    with pytest.raises(DatabaseError) as raised, DatabaseErrorWrapper(SimpleNamespace(Database=driver)):
        raise error
    return raised.value


def sqlite_error(code: int) -> DatabaseError:
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = code
    return wrapped(sqlite3, error)


def mysql_error(code: int, sqlstate: str = "HY000") -> DatabaseError:
    return wrapped(pymysql, pymysql.OperationalError(code, "as the server says", sqlstate=sqlstate))


def deadlock() -> DatabaseError:
    return wrapped(psycopg, psycopg.errors.DeadlockDetected("deadlock detected"))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (sqlite_error(sqlite3.SQLITE_BUSY), "sqlite 5"),
        (sqlite_error(sqlite3.SQLITE_BUSY_SNAPSHOT), "sqlite 517"),
        (sqlite_error(sqlite3.SQLITE_LOCKED), "sqlite 6"),
        (sqlite_error(sqlite3.SQLITE_FULL), None),
        (sqlite_error(sqlite3.SQLITE_IOERR), None),
        (deadlock(), "postgresql 40P01"),
        (wrapped(psycopg, psycopg.errors.SerializationFailure()), "postgresql 40001"),
        (wrapped(psycopg, psycopg.errors.LockNotAvailable()), "postgresql 55P03"),
        (wrapped(psycopg, psycopg.errors.UniqueViolation()), None),
        (wrapped(psycopg, psycopg.errors.AdminShutdown("terminating connection")), None),
        (wrapped(psycopg, psycopg.OperationalError("server closed the connection unexpectedly")), None),
        (mysql_error(1213, "40001"), "mysql 1213"),
        (mysql_error(1205), "mysql 1205"),
        (mysql_error(1020), "mysql 1020"),
        (mysql_error(1146, "42S02"), None),
        (mysql_error(2006), None),
        (mysql_error(2013), None),
        (wrapped(pymysql, pymysql.IntegrityError(1062, "Duplicate entry")), None),
        (DatabaseError("made by Django"), None),
        (DatabaseError(), None),
    ],
)
def test_an_error_is_recognized_by_its_code(error: DatabaseError, code: str | None) -> None:
    assert unit_of_work.retry_code(error) == code


class Work:
    """Creates a task, and then raises the next of its errors."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        # Nothing is left of an attempt that was rolled back.
        assert not Task.objects.exists()
        Task.objects.create(name=f"attempt {self.calls}")
        if self.errors:
            raise self.errors.pop(0)
        return "done"


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits before each new attempt; the test does not really wait."""
    waits: list[float] = []
    monkeypatch.setattr(unit_of_work.time, "sleep", waits.append)
    return waits


@pytest.mark.django_db(transaction=True)
def test_the_whole_work_is_retried_after_a_deadlock(waits: list[float]) -> None:
    work = Work(deadlock(), mysql_error(1213), sqlite_error(sqlite3.SQLITE_BUSY), mysql_error(1205))

    assert unit_of_work.run(work) == "done"

    assert work.calls == 5
    assert Task.objects.get().name == "attempt 5"
    assert len(waits) == 4
    assert all(0 <= wait <= 0.02 * 2 ** (number + 1) for number, wait in enumerate(waits))


@pytest.mark.django_db(transaction=True)
def test_after_10_attempts_the_caller_is_asked_to_try_again(waits: list[float]) -> None:
    work = Work(*(deadlock() for _ in range(19)))

    with pytest.raises(TryAgain) as refusal:
        unit_of_work.run(work)

    assert refusal.value.data == {"retry_after": 1}
    assert work.calls == 10
    assert not Task.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "error",
    [
        wrapped(psycopg, psycopg.OperationalError("server closed the connection unexpectedly")),
        mysql_error(2013),
        InterfaceError(0, ""),
        wrapped(psycopg, psycopg.errors.UniqueViolation()),
        ValueError("a mistake"),
    ],
    ids=["PostgreSQL is gone", "MySQL is gone", "MySQL was gone before", "not unique", "no error of a database"],
)
def test_other_errors_are_not_retried(waits: list[float], error: Exception) -> None:
    work = Work(error)

    with pytest.raises(type(error)) as raised:
        unit_of_work.run(work)

    assert raised.value is error
    assert (work.calls, waits) == (1, [])
    assert not Task.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_within_another_unit_of_work_the_outermost_one_is_retried(waits: list[float]) -> None:
    order: list[str] = []
    inner = Work(deadlock(), deadlock())

    def outer() -> str:
        order.append("outer")
        return unit_of_work.run(lambda: order.append("inner") or inner())

    assert unit_of_work.run(outer) == "done"

    assert order == ["outer", "inner"] * 3
    assert Task.objects.get().name == "attempt 3"


class Unready(unit_of_work.Restart):
    """The work needs a task that doesn't exist yet."""

    def prepare(self) -> None:
        Task.objects.create(name="prepared")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_nested", [False, True])
def test_a_missing_row_is_created_outside_of_the_transaction_and_the_work_starts_again(is_nested: bool) -> None:
    attempts: list[int] = []

    def work() -> int:
        attempts.append(Task.objects.create(name="undone").pk)
        if not Task.objects.filter(name="prepared").exists():
            raise Unready
        return Task.objects.count()

    assert unit_of_work.run(lambda: unit_of_work.run(work) if is_nested else work()) == 2
    assert len(attempts) == 2
    assert sorted(Task.objects.values_list("name", flat=True)) == ["prepared", "undone"]


@pytest.mark.django_db(transaction=True)
def test_lost_races_missing_rows_and_deadlocks_share_one_budget(waits: list[float]) -> None:
    reasons = [unit_of_work.LostRace(), deadlock(), Unready()] * 10
    work = Work(*reasons)

    with pytest.raises(TryAgain) as refusal:
        unit_of_work.run(lambda: unit_of_work.run(lambda: (Task.objects.all().delete(), work())))

    assert work.calls == 10
    assert refusal.value.data == {"retry_after": 1}


@pytest.mark.django_db(transaction=True)
def test_work_that_fails_for_too_long_is_not_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unit_of_work, "SECONDS", 0)
    work = Work(unit_of_work.LostRace())

    with pytest.raises(TryAgain, match="Someone else is changing this"):
        unit_of_work.run(work)

    assert work.calls == 1


@pytest.mark.django_db(transaction=True)
def test_a_lost_savepoint_starts_the_whole_work_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """MariaDB rolls back the whole transaction after a deadlock and loses the savepoint; Django doesn't report it."""
    undo = connection._savepoint_rollback
    deadlocks = [deadlock()]

    def fail_once(savepoint: str) -> None:
        if deadlocks:
            raise deadlocks.pop()
        undo(savepoint)

    monkeypatch.setattr(connection, "_savepoint_rollback", fail_once)
    attempts = []

    def refuse() -> None:
        raise ValueError("refused")

    def outer() -> int:
        attempts.append(Task.objects.create(name="kept").pk)
        with contextlib.suppress(ValueError):
            unit_of_work.run(refuse)
        return Task.objects.count()

    assert unit_of_work.run(outer) == 1
    assert len(attempts) == 2


@pytest.mark.django_db(transaction=True)
def test_inside_another_transaction_nothing_is_retried(waits: list[float]) -> None:
    work = Work(deadlock())

    with transaction.atomic():
        with pytest.raises(DatabaseError):
            unit_of_work.run(work)
        assert not Task.objects.exists()
        Task.objects.create(name="the rest goes on")

    assert (work.calls, waits) == (1, [])
    assert Task.objects.get().name == "the rest goes on"


@pytest.mark.django_db(transaction=True)
def test_actions_after_the_commit_run_once_and_their_errors_do_no_harm(waits: list[float]) -> None:
    seen: list[Any] = []
    work = Work(deadlock())

    def with_actions() -> None:
        attempt = work.calls + 1
        unit_of_work.after_commit(lambda: seen.append((attempt, connection.in_atomic_block)))
        unit_of_work.after_commit(lambda: 1 / 0)
        unit_of_work.after_commit(lambda: seen.append(unit_of_work.run(lambda: Task.objects.count())))
        work()
        assert seen == []

    unit_of_work.run(with_actions)

    assert seen == [(2, False), 1]


# --- SQLite's queue ---------------------------------------------------------------------------------------------


def queue_is_locked() -> bool:
    return unit_of_work._sqlite_queue.locked()


@pytest.mark.django_db(transaction=True)
def test_writers_hold_the_queue_on_sqlite_until_their_transaction_ends(waits: list[float]) -> None:
    seen: dict[str, bool] = {}

    def work() -> None:
        seen["at work"] = queue_is_locked()
        unit_of_work.after_commit(lambda: seen.update({"after the commit": queue_is_locked()}))

    unit_of_work.run(work)
    with pytest.raises(ValueError, match="a mistake"):
        unit_of_work.run(Work(ValueError("a mistake")))
    seen["after an error"] = queue_is_locked()
    with pytest.raises(TryAgain):
        unit_of_work.run(Work(*[deadlock()] * 10))
    seen["after giving up"] = queue_is_locked()

    assert seen == {
        "at work": connection.vendor == "sqlite",
        "after the commit": False,
        "after an error": False,
        "after giving up": False,
    }


@pytest.mark.django_db(transaction=True)
def test_a_writer_who_waits_too_long_in_the_queue_is_asked_to_try_again(
    waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unit_of_work, "_SQLITE_QUEUE_SECONDS", 0.01)
    monkeypatch.setattr(connections["default"], "vendor", "sqlite")
    work = Work()

    with unit_of_work._sqlite_queue, pytest.raises(TryAgain):
        unit_of_work.run(work)

    assert (work.calls, len(waits)) == (0, 9)
    assert unit_of_work.run(work) == "done"


# --- real locks -------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_work_is_retried_after_a_real_lock_time_out() -> None:
    task = Task.objects.create(name="cooking")
    locked, attempted = threading.Event(), threading.Event()
    holder = threading.Thread(target=_hold, args=(task.pk, locked, attempted.wait))
    holder.start()
    assert locked.wait(PATIENCE)
    attempts = 0

    def work() -> int:
        nonlocal attempts
        attempts += 1
        try:
            return Task.objects.filter(pk=task.pk).update(name="baking")
        finally:
            attempted.set()

    _set_lock_timeout("50ms")
    if connection.vendor == "sqlite":  # SQLite fails before the work begins.
        threading.Timer(0.2, attempted.set).start()
    try:
        assert unit_of_work.run(work) == 1
    finally:
        attempted.set()
        holder.join(PATIENCE)
        _set_lock_timeout("5s")

    assert attempts == (1 if connection.vendor == "sqlite" else 2)
    assert Task.objects.get().name == "baking"


def _hold(task_id: int, locked: threading.Event, wait: Callable[[float], bool]) -> None:
    """Keep a row locked from another connection until `wait` returns."""
    try:
        with transaction.atomic():
            Task.objects.filter(pk=task_id).update(name="held")
            locked.set()
            wait(PATIENCE)
    finally:
        connection.close()


def _set_lock_timeout(time: str) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"PRAGMA busy_timeout = {50 if time == '50ms' else 5000}")
        elif connection.vendor == "postgresql":
            cursor.execute(f"SET lock_timeout = '{time}'")
        else:
            cursor.execute(f"SET SESSION innodb_lock_wait_timeout = {1 if time == '50ms' else 5}")
