"""Migrates the database, also when several parts of an installation start at the same time."""

import contextlib
import time
from collections.abc import Iterator
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection

# How many seconds to wait for the database, and for another process that migrates it.
DATABASE_PATIENCE = 60
LOCK_PATIENCE = 600

# On PostgreSQL the lock belongs to a transaction: a pooler keeps one session for a transaction, and the lock ends with
# it. A session's lock would stay in the pool and stop every later start.
_LOCKS = {
    "postgresql": "SELECT pg_try_advisory_xact_lock(hashtext('togo migrate'))",
    "mysql": "SELECT GET_LOCK('togo migrate', 0)",
}


class Command(BaseCommand):
    """`manage.py migrate_under_lock`"""

    help = "Wait for the database, then migrate it. Of several processes, only one migrates at a time."
    # The checks read tables that may not exist yet.
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Wait a minute for the database and ten minutes for another process that migrates; then fail with one line."""
        _wait_for_database()
        with _lock():
            call_command("migrate", interactive=False, verbosity=options["verbosity"])


def _wait_for_database() -> None:
    end = time.monotonic() + DATABASE_PATIENCE
    while True:
        try:
            connection.ensure_connection()
            return
        except OperationalError as error:
            if "startup parameter" in str(error):
                raise CommandError(
                    "DATABASE_URL leads to a pooler that refuses the settings of a session: "
                    "add ?prepare_statements=off to it, see docs/scaling.md."
                ) from None
            if time.monotonic() > end:
                raise CommandError(f"The database can't be reached: {error}") from None
        time.sleep(1)


@contextlib.contextmanager
def _lock() -> Iterator[None]:
    """Hold the migration lock on a separate connection. The lock ends with that connection."""
    if connection.vendor not in _LOCKS:
        yield  # SQLite: its migrations take the only write lock.
        return
    holder = connection.copy()
    try:
        end = time.monotonic() + LOCK_PATIENCE
        while not _take(holder):
            if time.monotonic() > end:
                raise CommandError(
                    f"Another process has been migrating the database for {LOCK_PATIENCE // 60} minutes. "
                    "Check whether it still does, end it, and start again."
                )
            time.sleep(1)
        yield
    finally:
        holder.close()


def _take(holder: Any) -> bool:
    """Try to take the lock, without waiting for it."""
    if holder.vendor == "postgresql":
        holder.ensure_connection()
        holder.rollback()
        holder.set_autocommit(False)
    with holder.cursor() as cursor:
        if holder.vendor == "postgresql":
            # The transaction lasts for as long as the migrations do.
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute(_LOCKS[holder.vendor])
        taken = bool(cursor.fetchone()[0])
    if not taken and holder.vendor == "postgresql":
        holder.rollback()
    return taken
