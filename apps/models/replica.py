"""Which server answers reads: the writer, or, within `asking`, its replica.

The writer is the server of `DATABASE_URL`, and the replica that of `DATABASE_REPLICA_URL`. Writes and transactions are
always the writer's.
"""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

ALIAS = "replica"
_asking = ContextVar("_asking", default=False)


def is_configured() -> bool:
    """Whether there is a replica."""
    return ALIAS in connections.settings


def alias() -> str:
    """The connection for a read, now and in this thread."""
    if _asking.get() and not connections[DEFAULT_DB_ALIAS].in_atomic_block:
        return ALIAS
    return DEFAULT_DB_ALIAS


@contextlib.contextmanager
def asking() -> Iterator[None]:
    """Let the replica answer the reads of this thread."""
    token = _asking.set(True)
    try:
        yield
    finally:
        _asking.reset(token)


class Router:
    """Tells Django what `alias` says."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        """The connection for a read."""
        return alias()

    def db_for_write(self, model: Any, **hints: Any) -> str:
        """The writer's connection."""
        return DEFAULT_DB_ALIAS

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        """Rows of both servers are the same rows."""
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        """The replica gets its tables from the writer."""
        return db != ALIAS
