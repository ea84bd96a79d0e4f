"""Compares `taken` of every day with the efforts of its assignments, and looks for entries that wait without need."""

import sys
import time
from typing import Any

from django.core.management.base import BaseCommand

from apps.services import health, limits, waiting


class Command(BaseCommand):
    """`manage.py check_limits`"""

    help = (
        "Add up the efforts of every day, and count who waits for it. Print each day whose `taken` or `waiting` is "
        "another number, and each entry that waits although its day has room; exit 1 if there are any."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Check every day; exits with 1 if some differ."""
        started = time.monotonic()
        drifted = 0
        for day in limits.drifted():
            drifted += 1
            self.stdout.write(
                "person {user_id}, {date}: taken {taken}, efforts {counted}, maximum {maximum}".format(**day)
            )
        # Metrics and alerts report this number.
        health.note_job(health.DRIFT_JOB, seconds=time.monotonic() - started, found=drifted)
        overlooked = 0
        for day in waiting.miscounted():
            overlooked += 1
            self.stdout.write("person {user_id}, {date}: waiting {waiting}, entries {counted}".format(**day))
        for entry in waiting.overlooked():
            overlooked += 1
            self.stdout.write(
                "person {user}, {date}: task {task} waits for {effort}, and there is room".format(**entry)
            )
        if drifted:
            self.stderr.write(f"{drifted} days have drifted.")
        if overlooked:
            self.stderr.write(f"{overlooked} waiting entries or counts of them are wrong.")
        if drifted or overlooked:
            sys.exit(1)
        self.stdout.write("No day has drifted.")
