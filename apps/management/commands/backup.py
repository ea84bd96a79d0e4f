"""Copies the SQLite database of the embedded way."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.exceptions.backups import BackupRefused
from apps.services import backups


class Command(BaseCommand):
    """`manage.py backup FILE`"""

    help = "Copy the SQLite database into a new file, as it is at one moment, while ToGo runs."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """The file to write."""
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        """Copy the database, and check the copy."""
        try:
            size = backups.backup(target=file)
        except BackupRefused as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"{file}: {size} bytes, complete.")
