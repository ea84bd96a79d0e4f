"""A second call with the same name or key waits for the first, but not for long. Another connection makes the first."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

import pytest
from django.db import IntegrityError, connection, transaction

from apps.models import IdempotencyKey
from apps.services import unit_of_work
from lab.processes import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)
postgresql_only = pytest.mark.skipif(connection.vendor != "postgresql", reason="an INSERT waits on PostgreSQL only")
mysql_only = pytest.mark.skipif(connection.vendor != "mysql", reason="in_turn waits on MariaDB and MySQL only")


def insert_the_key() -> None:
    with unit_of_work.waiting_at_most(1):
        IdempotencyKey.objects.create(scope="one", body="")


@postgresql_only
def test_an_insert_waits_at_most_a_second_for_another_insert_of_its_key() -> None:
    with elsewhere(transaction.atomic, _insert_and_undo), pytest.raises(unit_of_work.WaitedTooLong):
        unit_of_work.run(insert_the_key)

    assert _lock_timeout() == "5s"
    assert not IdempotencyKey.objects.exists()


@postgresql_only
def test_other_errors_restore_the_lock_time_out() -> None:
    IdempotencyKey.objects.create(scope="one", body="")

    with pytest.raises(IntegrityError):
        unit_of_work.run(insert_the_key)

    assert _lock_timeout() == "5s"


@postgresql_only
def test_later_statements_have_the_usual_lock_time_out() -> None:
    def work() -> str:
        insert_the_key()
        return _lock_timeout()

    assert unit_of_work.run(work) == "5s"
    assert _lock_timeout() == "5s"


@mysql_only
def test_work_of_one_name_runs_one_at_a_time() -> None:
    with elsewhere(lambda: unit_of_work.in_turn("one", seconds=1)):
        with pytest.raises(unit_of_work.WaitedTooLong), unit_of_work.in_turn("one", seconds=1):
            pytest.fail("two at a time")
        with unit_of_work.in_turn("two", seconds=1):
            pass
    with unit_of_work.in_turn("one", seconds=0):
        pass


@mysql_only
def test_a_turn_ends_however_the_work_ended() -> None:
    IdempotencyKey.objects.create(scope="one", body="")

    with pytest.raises(IntegrityError), unit_of_work.in_turn("one", seconds=0):
        unit_of_work.run(insert_the_key)
    with pytest.raises(IntegrityError), transaction.atomic(), unit_of_work.in_turn("one", seconds=0):
        insert_the_key()

    with elsewhere(lambda: unit_of_work.in_turn("one", seconds=0)):
        pass


@contextmanager
def elsewhere(context: Callable[[], AbstractContextManager[None]], *actions: Callable[[], None]) -> Iterator[None]:
    """Keep another connection inside `context`, after it has run the actions."""
    inside, over = threading.Event(), threading.Event()
    errors: list[BaseException] = []

    def stay() -> None:
        try:
            with context():
                for action in actions:
                    action()
                inside.set()
                over.wait(PATIENCE)
        except Exception as error:
            errors.append(error)
        finally:
            inside.set()
            connection.close()

    other = threading.Thread(target=stay)
    other.start()
    with ExitStack() as stack:
        stack.callback(other.join, PATIENCE)
        stack.callback(over.set)
        assert inside.wait(PATIENCE)
        assert not errors
        yield
    assert not errors


def _insert_and_undo() -> None:
    IdempotencyKey.objects.create(scope="one", body="")
    transaction.set_rollback(True)


def _lock_timeout() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        [value] = cursor.fetchone()
    return str(value)
