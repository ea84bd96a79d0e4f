"""Moves old days and events into files, in this process."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from apps.exceptions.archive import ArchiveRefused
from apps.services import archive


class Command(BaseCommand):
    """`manage.py archive_old_days [--dry-run | --check]`"""

    help = "Move days, assignments and events that are older than TOGO_KEEP_DAYS into files, as the job does."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`--dry-run` only counts, and `--check` only compares the files with their checksums."""
        only = parser.add_mutually_exclusive_group()
        only.add_argument("--dry-run", action="store_true", help="count what would be moved, and change nothing")
        only.add_argument(
            "--check", action="store_true", help="compare the files with their checksums; exit 1 if one differs"
        )

    def handle(self, *args: Any, dry_run: bool, check: bool, **options: Any) -> None:
        """Move what is due, with a progress bar on a terminal."""
        if check:
            self._check()
            return
        before = archive.due()
        if before is None:
            raise CommandError("TOGO_KEEP_DAYS isn't set: everything is kept.")
        due = archive.count(before)
        if dry_run:
            self.stdout.write(
                f"Before {before}: {due.days} days with {due.assignments} assignments would be moved to "
                f"{archive.folder()}, and at most {due.events} events."
            )
            return
        total = archive.Counts()
        try:
            with tqdm(total=due.days + due.events, unit=" rows", disable=None) as bar:
                for moved in archive.move(before):
                    total += moved
                    bar.update(moved.days + moved.events)
        except ArchiveRefused as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(
            f"Before {before}: {total.days} days with {total.assignments} assignments, and {total.events} events, are "
            f"in {total.files} new files in {archive.folder()}."
        )

    def _check(self) -> None:
        found = list(archive.damaged())
        for line in found:
            self.stdout.write(line)
        if found:
            sys.exit(1)
        self.stdout.write(f"All files in {archive.folder()} are as they were written.")
