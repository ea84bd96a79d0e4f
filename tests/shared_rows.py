"""Rows that all tests of a module share."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from django.db import transaction

from tests.clock import NOON, freeze_time

T = TypeVar("T")


@contextlib.contextmanager
def shared_rows(blocker: Any, write: Callable[[], T]) -> Iterator[T]:
    """Call `write` at noon, and keep the rows that it writes until the last test of the module has ended.

    For fixtures with the scope "module". What a test changes is rolled back after the test, as always. `blocker` is
    the fixture `django_db_blocker`.
    """
    with blocker.unblock(), transaction.atomic():
        with freeze_time(NOON):
            written = write()
        yield written
        transaction.set_rollback(True)
