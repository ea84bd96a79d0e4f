"""Jobs for the archive."""

import logging
import time
from dataclasses import asdict

from celery import shared_task

from apps.exceptions.archive import ArchiveRefused
from apps.services import archive, health

log = logging.getLogger("apps.archive")
# A run ends after so many seconds, and the next one goes on: so it keeps no worker from other jobs for long.
_SECONDS = 600
JOB = "archive_old_days"


@shared_task
def archive_old_days() -> None:
    """Move what is older than `TOGO_KEEP_DAYS` into files. It may run twice, late, or in part."""
    before = archive.due()
    if before is None:
        return
    started = time.monotonic()
    total = archive.Counts()
    try:
        for moved in archive.move(before):
            total += moved
            if time.monotonic() - started > _SECONDS:
                break
    except ArchiveRefused as refusal:
        log.error("%s", refusal)
        return
    seconds = time.monotonic() - started
    if total.files:
        log.info("archived what is before %s", before, extra={"seconds": round(seconds, 3), **asdict(total)})
    health.note_job(JOB, seconds=seconds)
