"""Restores the SQLite database of the embedded way from a copy."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.exceptions.backups import BackupRefused
from apps.services import backups


class Command(BaseCommand):
    """`manage.py restore FILE`"""

    help = "Check a backup, and make it the SQLite database."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """The copy, and whether it may replace an existing database."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--force", action="store_true", help="replace an existing database")

    def handle(self, *args: Any, file: Path, force: bool, **options: Any) -> None:
        """Check the copy, and restore it."""
        try:
            backups.restore(source=file, force=force)
        except BackupRefused as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"{file} is the database now. Run manage.py migrate, then manage.py check_limits.")
