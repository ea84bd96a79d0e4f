"""Migrates the database, also when several parts of an installation start at the same time."""

import time
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection

from apps.management import migration_lock

# How many seconds to wait for the database.
DATABASE_PATIENCE = 60


class Command(BaseCommand):
    """`manage.py migrate_under_lock`"""

    help = "Wait for the database, then migrate it. Of several processes, only one migrates at a time."
    # The checks read tables that may not exist yet.
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Wait a minute for the database and ten minutes for another process that migrates; then fail with one line."""
        _wait_for_database()
        with migration_lock.held():
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
