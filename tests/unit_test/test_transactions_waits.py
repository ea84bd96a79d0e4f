"""A part of a transaction that waits less for locks than the rest: with real ones, held by another connection."""

import threading
from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection, transaction

from apps.models import IdempotencyKey
from apps.services import transactions

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite waits only for its turn to begin"),
]


def insert_the_key() -> None:
    with transactions.waiting_at_most(1):
        IdempotencyKey.objects.create(scope="one", body="")


def test_who_inserts_what_another_is_inserting_waits_no_longer() -> None:
    inserted, over = threading.Event(), threading.Event()
    holder = threading.Thread(target=_insert_and_hold, args=(inserted, over.wait))
    holder.start()
    try:
        assert inserted.wait(10)
        with pytest.raises(transactions.WaitedTooLong):
            transactions.run(insert_the_key)
    finally:
        over.set()
        holder.join(10)

    assert _waits() == 5
    assert not IdempotencyKey.objects.exists()


def test_other_errors_leave_no_shorter_wait_behind() -> None:
    IdempotencyKey.objects.create(scope="one", body="")

    with pytest.raises(IntegrityError):
        transactions.run(insert_the_key)

    assert _waits() == 5


def test_what_comes_after_it_waits_as_long_as_always() -> None:
    def work() -> int:
        insert_the_key()
        return _waits()

    assert transactions.run(work) == 5
    assert _waits() == 5


def _insert_and_hold(inserted: threading.Event, wait: Callable[[float], bool]) -> None:
    """Insert the key, tell it, and undo it when that is told."""
    try:
        with transaction.atomic():
            IdempotencyKey.objects.create(scope="one", body="")
            inserted.set()
            wait(10)
            transaction.set_rollback(True)
    finally:
        connection.close()


def _waits() -> int:
    """For how many seconds this connection waits for a lock."""
    with connection.cursor() as cursor:
        postgresql = connection.vendor == "postgresql"
        cursor.execute("SHOW lock_timeout" if postgresql else "SELECT @@innodb_lock_wait_timeout")
        [value] = cursor.fetchone()
    return int(str(value).removesuffix("s"))
