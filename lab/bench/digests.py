"""The daily job while a worker sends digests to a real mail server, compared with the same job alone.

The two take turns. Each digest is sent to the end: the mail server counts them.
"""

import contextlib
import datetime
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from django.db import connection
from django.utils import timezone

from apps.models import DailyLimit, Message, Notification, User
from apps.models.notifications import MessageStatus
from apps.services import bulk, limits
from apps.services.bulk import Item
from lab.bench import dataset, report
from lab.processes import ROOT, free_port, send_job, start_worker, wait_until
from togo.embedded.broker import Broker

# How long the job, and the digests of a run, may take, in seconds.
_LONGEST = 900
_NOT_YET = datetime.date(2100, 1, 1)


@dataclass
class Found:
    """The seconds of the jobs, those in which digests were sent, and what the mail server has taken."""

    alone: list[float] = field(default_factory=list)
    beside: list[float] = field(default_factory=list)
    sending: float = 0
    sent_beside: int = 0
    mails: int = 0
    addressees: int = 0


def run(*, quick: bool) -> list[str]:
    """The section of the report."""
    rounds, digests, people = (1, 50, 6_000) if quick else (10, 1_000, 200_000)
    data = dataset.create(rounds * digests, 1)
    _subscribe(data)
    _add_people(people - len(data.people))
    found = Found()
    with _mail_server(found) as port, _worker(port) as broker_url:
        date = data.dates[0] + datetime.timedelta(days=1)
        # The worker sets the limits of tomorrow when it starts.
        wait_until(lambda: not list(limits.missing_chunks(date)), seconds=_LONGEST, what="the first limits")
        for number in range(rounds):
            some = data.people[number * digests : (number + 1) * digests]
            # Neither is always the first of its pair.
            for is_beside in (False, True) if number % 2 else (True, False):
                date += datetime.timedelta(days=1)
                if is_beside:
                    _beside(broker_url, date, some, found)
                else:
                    found.alone.append(_job(broker_url, date))
    return _report(found, people=people, wanted=rounds * digests)


def _beside(broker_url: str, date: datetime.date, people: Sequence[int], found: Found) -> None:
    """Run the job once these people's digests are being sent, and wait until all of them are."""
    began, end = time.perf_counter(), _sent() + len(people)
    Notification.objects.filter(pk__in=people).update(digest_from=timezone.localdate())
    send_job(broker_url, "apps.tasks.notifications.send_messages")
    wait_until(lambda: _sent() > end - len(people), seconds=_LONGEST, what="the first digest")
    first = _sent()
    found.beside.append(_job(broker_url, date))
    found.sent_beside += _sent() - first
    if _sent() == end:
        raise RuntimeError("all digests were sent before the job's end; send more of them")
    wait_until(lambda: _sent() == end, seconds=_LONGEST, what="all digests")
    found.sending += time.perf_counter() - began


def _job(broker_url: str, date: datetime.date) -> float:
    """The seconds until everybody has a limit on this date."""
    last_ids = [last for _, last in limits.missing_chunks(date)]
    rows = DailyLimit.objects.filter(date=date, user__in=last_ids)
    began = time.perf_counter()
    send_job(broker_url, "apps.tasks.limits.set_daily_limits", str(date))
    wait_until(lambda: rows.count() == len(last_ids), seconds=_LONGEST, what=f"the limits of {date}")
    return time.perf_counter() - began


def _sent() -> int:
    return Message.objects.filter(status=MessageStatus.SENT).count()


def _subscribe(data: dataset.Dataset) -> None:
    """Give everybody a task today, and a digest at midnight that doesn't begin yet."""
    boss = User.objects.get(username="boss")
    items = [Item(task_id=data.tasks[0], user_id=person, date=data.dates[0]) for person in data.people]
    for start in range(0, len(items), 1000):
        bulk.assign_all(actor=boss, asked=items[start : start + 1000])
    now = timezone.now()
    Notification.objects.bulk_create(
        Notification(
            user_id=person,
            email=f"p{person}@example.org",
            confirmed_at=now,
            digest_at="00:00",
            digest_weekdays="0123456",
            digest_from=_NOT_YET,
            assigned="off",
        )
        for person in data.people
    )


def _add_people(number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO togo_user (username, password, first_name, last_name, is_active, is_taskmaster, is_admin,"
            " created_at) SELECT 'other ' || n, '!', '', '', true, false, false, now()"
            " FROM generate_series(1, %s) n",
            [number],
        )
        cursor.execute("ANALYZE")


@contextlib.contextmanager
def _mail_server(found: Found) -> Iterator[int]:
    """A mail server, whose port this yields. At its end, `found` has what it has taken."""
    port = free_port()
    child = subprocess.Popen([sys.executable, "-m", "lab.bench.mailbox", str(port)], cwd=ROOT, stdout=subprocess.PIPE)
    try:
        yield port
    finally:
        child.terminate()
        found.mails, found.addressees = json.loads(child.communicate(timeout=30)[0])


@contextlib.contextmanager
def _worker(port: int) -> Iterator[str]:
    """A worker with two processes, whose broker's URL this yields."""
    settings = {"TOGO_EMAIL_URL": f"smtp://127.0.0.1:{port}", "TOGO_PUBLIC_URL": "http://localhost/"}
    with (
        tempfile.TemporaryDirectory(prefix="togo-bench-") as home,
        Broker(Path(home) / "broker") as broker,
        start_worker(broker.url, Path(home), "--concurrency", "2", **settings),
    ):
        yield broker.url


def _report(found: Found, *, people: int, wanted: int) -> list[str]:
    pairs = median(one / other for one, other in zip(found.beside, found.alone, strict=True))
    is_drained = found.mails == found.addressees == wanted
    return [
        "## The daily job beside digests",
        "",
        f"{people:,} people, a worker with two processes, medians of {len(found.alone)} runs each, which took turns. A "
        f"run beside digests begins when the first of {wanted // len(found.alone):,} is sent, and all are sent before "
        "the next run begins.",
        "",
        *report.table(
            ["", "seconds"],
            [
                ["the job alone", f"{median(found.alone):.2f}"],
                ["the job beside digests", f"{median(found.beside):.2f}"],
            ],
        ),
        "",
        f"The mail server took {found.mails:,} mails for {found.addressees:,} people in {found.sending:.0f} s, "
        f"{found.sent_beside:,} of them while the job ran.",
        "",
        report.target("digests sent to the end", f"{wanted:,}", f"{found.addressees:,}", reached=is_drained),
        report.at_most("the job beside digests relative to the job alone, median of pairs", 1.10, pairs),
    ]
