"""Says whether ToGo can do its work."""

import datetime
import logging
from dataclasses import dataclass, field

from django.conf import settings
from django.db import Error as AnyDatabaseError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django.utils.module_loading import import_string

from apps.models import JobRun
from apps.services import unit_of_work
from apps.services.shared import storage

logger = logging.getLogger(__name__)

# The periodic job runs every minute. A worker may miss a few runs while it does a long job; after five missed runs it
# is gone or hangs.
JOB_SILENCE = datetime.timedelta(minutes=5)
LIMIT_JOB = "set_due_limits"
DRIFT_JOB = "check_limits"
NO_BROKER = "The broker can't be reached. Without it, a limit is set only when its person is assigned a task."


@dataclass
class Readiness:
    """`ok`, `degraded` (limits aren't set ahead, or the disk is full) or `unavailable`, and why."""

    status: str = "ok"
    reasons: list[str] = field(default_factory=list)


def readiness() -> Readiness:
    """Check the database and its migrations, the broker, and when the periodic job last ran."""
    try:
        if _unapplied():
            return Readiness("unavailable", ["The database's migrations are not applied; run manage.py migrate."])
        last = JobRun.objects.filter(pk=LIMIT_JOB).values_list("finished_at", flat=True).first()
    except AnyDatabaseError:
        logger.exception("The database can't be reached.")
        return Readiness("unavailable", ["The database can't be reached."])
    reasons = [str(storage.FULL)] if storage.was_full_lately() else []
    waiting = jobs_waiting()
    if waiting is None:
        reasons.append(NO_BROKER)
    if last is None or timezone.now() - last > JOB_SILENCE:
        since = f"No worker has set limits since {last or 'the start'}"
        if waiting:
            reasons.append(f"{since}, and {waiting} jobs wait: no worker runs, or it no longer takes jobs.")
        else:
            reasons.append(f"{since}; check that a worker and beat are running.")
    return Readiness("degraded" if reasons else "ok", reasons)


def note_job(name: str, *, seconds: float | None = None, found: int | None = None) -> None:
    """Record that a periodic job has just finished, how long it took, and how many faults it found."""
    values = {"finished_at": timezone.now(), "seconds": seconds, "found": found}
    unit_of_work.run(lambda: JobRun.objects.update_or_create(pk=name, defaults=values))


def jobs_waiting() -> int | None:
    """How many jobs wait in the broker; None if it can't be reached. `settings.TOGO_QUEUE_LENGTH` names the reader."""
    waiting: int | None = import_string(settings.TOGO_QUEUE_LENGTH)()
    return waiting


def _unapplied() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
