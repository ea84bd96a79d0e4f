"""Jobs that set daily limits. Their arguments are ids and ISO dates. Each may run twice, late, or in part."""

import datetime
import logging
import time
from typing import Any

from celery import shared_task
from django.dispatch import receiver

from apps.services import health, limits, waiting
from apps.services.shared import repicking
from apps.tasks.base import ask

log = logging.getLogger("apps.limits")


@shared_task
def set_due_limits() -> None:
    """Set the limits of today, tomorrow and every date that was asked for; apply rules that a crash left unapplied; end
    waiting entries whose time is over, and serve those that an older version overlooked.

    The dates are computed when it runs, so it may come late.
    """
    started = time.monotonic()
    for date in limits.due_dates():
        set_daily_limits(date.isoformat())
    apply_rules()
    waiting.keep()
    health.note_job(health.LIMIT_JOB, seconds=time.monotonic() - started)


@shared_task
def count_drift() -> None:
    """Recount the assignments of every day, and record how many days have a wrong `taken`: none, unless a bug or a
    change past ToGo broke them."""
    started = time.monotonic()
    found = sum(1 for _ in limits.drifted())
    health.note_job(health.DRIFT_JOB, seconds=time.monotonic() - started, found=found)
    if found:
        log.error("%s days have drifted; manage.py check_limits names them", found)


@shared_task
def set_daily_limits(date: str) -> None:
    """Set everybody's limit of one date. Many people are split into chunks for several workers."""
    started = time.monotonic()
    day = datetime.date.fromisoformat(date)
    chunks = list(limits.missing_chunks(day))
    if len(chunks) > 1:
        for first_id, last_id in chunks:
            set_chunk.delay(date, first_id, last_id)
        finish_date.delay(date)
        _log("shared out", date, started, chunks=len(chunks))
        return
    rows_set = sum(limits.set_chunk(day, first_id, last_id) for first_id, last_id in chunks)
    _log("set", date, started, people=limits.finish_date(day), rows_set=rows_set)


@shared_task
def set_chunk(date: str, first_id: int, last_id: int) -> None:
    """Set one date's limit for the people from `first_id` to `last_id` who have none."""
    started = time.monotonic()
    rows_set = limits.set_chunk(datetime.date.fromisoformat(date), first_id, last_id)
    _log("set a chunk", date, started, people=f"{first_id}-{last_id}", rows_set=rows_set)


@shared_task
def finish_date(date: str) -> None:
    """Note that a date is set for everybody. If a chunk is missing, do nothing: the periodic job comes again."""
    started = time.monotonic()
    _log("checked", date, started, people=limits.finish_date(datetime.date.fromisoformat(date)), rows_set=0)


@shared_task
def apply_rules() -> None:
    """Pick days again that were picked with older rules. A restarted job continues with the remaining days."""
    repicking.apply_rules()


@receiver(limits.date_requested)
def ask_for_a_date(date: datetime.date, **_: Any) -> None:
    """Enqueue the job for a date that someone needed, instead of waiting for the periodic job."""
    ask(set_daily_limits, date.isoformat())


@receiver(repicking.many_days_outdated)
def ask_for_the_rules(**_: Any) -> None:
    """Enqueue the job after a change of the rules that affects more days than a request waits for."""
    ask(apply_rules)


def _log(what: str, date: str, started: float, **data: Any) -> None:
    seconds = round(time.monotonic() - started, 3)
    log.info("%s %s", date, what, extra={"date": date, "seconds": seconds, **data})
