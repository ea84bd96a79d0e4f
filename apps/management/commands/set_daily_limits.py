"""Sets everybody's limit of a date, in this process."""

import contextlib
import datetime
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from apps.services import limits
from apps.services.shared import permissions


def _date(value: str) -> datetime.date:
    with contextlib.suppress(ValueError):
        # Python accepts more forms of ISO 8601 than ToGo does.
        if (date := datetime.date.fromisoformat(value)).isoformat() == value:
            return date
    raise ArgumentTypeError(f"{value!r} is not a date as YYYY-MM-DD")


class Command(BaseCommand):
    """`manage.py set_daily_limits [--date YYYY-MM-DD]`"""

    help = "Set the daily limit of every active person who has none on that date. Running it again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`--date`, today by default."""
        parser.add_argument("--date", type=_date, help="YYYY-MM-DD; default: today")

    def handle(self, *args: Any, date: datetime.date | None, **options: Any) -> None:
        """Set the limits chunk by chunk, with a progress bar on a terminal."""
        date = date or permissions.today()
        rows_set = 0
        with tqdm(total=limits.count_missing(date), unit=" people", disable=None) as bar:
            for first_id, last_id in limits.missing_chunks(date):
                done = limits.set_chunk(date, first_id, last_id)
                rows_set += done
                bar.update(done)
        people = limits.finish_date(date)
        self.stdout.write(f"{date}: {rows_set} limits set; {people} people have one.")
