"""Moves what is older than `TOGO_KEEP_DAYS` out of the database into files, whole months at a time.

Each chunk is one transaction: its days are locked, its file is written and synced, and then its rows are summed up and
deleted. A process that is killed leaves the rows, or the file and no rows; never neither.
"""

import contextlib
import datetime
import uuid
from collections.abc import Iterator

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from apps.exceptions.archive import ArchiveRefused
from apps.models import Archive, Assignment, Event, LimitDay
from apps.services import unit_of_work
from apps.services.archive import days, happenings
from apps.services.archive.counts import Counts
from apps.services.archive.files import damaged, folder
from apps.services.shared import leases, permissions

__all__ = ["Counts", "count", "damaged", "due", "folder", "move"]

_LEASE = "archive"


def due() -> datetime.date | None:
    """The date before which days and events go to the archive: the first of a month, at least `TOGO_KEEP_DAYS` ago.
    None if everything is kept."""
    if settings.TOGO_KEEP_DAYS is None:
        return None
    return (permissions.today() - datetime.timedelta(days=settings.TOGO_KEEP_DAYS)).replace(day=1)


def count(before: datetime.date) -> Counts:
    """What would be moved now: the days with their assignments, and at most so many events. Writes nothing."""
    going = days.candidates(before)
    return Counts(
        days=going.count(),
        assignments=Assignment.objects.filter(daily_limit__in=going).count(),
        events=Event.objects.filter(at__lt=_midnight(before)).count(),
    )


def move(before: datetime.date) -> Iterator[Counts]:
    """Move what is older than that date; yields what each transaction moved. It may be interrupted, and run again.

    1. Close the dates, so that nobody can be given a task on them any more.
    2. Move the days that have no open task.
    3. Move the events that are left of these dates.

    Raises `ArchiveRefused` if the files can't be written, or if another process is at it.
    """
    holder = uuid.uuid4().hex
    since = _midnight(before)
    try:
        _hold(holder)
        unit_of_work.run(lambda: _close(before))
        for step in (days.move(before, since), happenings.move(before, since)):
            for moved in step:
                _hold(holder)
                yield moved
    finally:
        # Without the database it ends by itself.
        with contextlib.suppress(DatabaseError):
            leases.release(_LEASE, holder=holder)


def _close(before: datetime.date) -> None:
    """Dates that are closed once stay so, also if more is kept from now on."""
    archive, _ = Archive.objects.get_or_create(pk=Archive.ID, defaults={"closed_before": before})
    if archive.closed_before < before:
        Archive.objects.filter(pk=Archive.ID).update(closed_before=before)
    # The periodic job would set everybody's limits of these dates again.
    LimitDay.objects.filter(date__lt=before).delete()


def _hold(holder: str) -> None:
    # Two at once would do no harm, but wait for each other.
    if not leases.hold(_LEASE, holder=holder):
        raise ArchiveRefused("Another process writes to the archive at the moment.")


def _midnight(date: datetime.date) -> datetime.datetime:
    return datetime.datetime.combine(date, datetime.time(), timezone.get_default_timezone())
