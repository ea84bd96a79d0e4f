"""Compares `taken` of every day with the efforts of its assignments."""

import sys
import time
from typing import Any

from django.core.management.base import BaseCommand

from apps.services import health, limits


class Command(BaseCommand):
    """`manage.py check_limits`"""

    help = "Add up the efforts of every day, print the days whose `taken` is another number, and then exit 1."

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
        if drifted:
            self.stderr.write(f"{drifted} days have drifted.")
            sys.exit(1)
        self.stdout.write("No day has drifted.")
