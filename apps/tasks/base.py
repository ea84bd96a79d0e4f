"""Enqueues jobs for the signals of services, and runs work in threads beside the jobs."""

import logging
import math
import threading
import time
from collections.abc import Callable
from typing import Any

from celery.signals import task_postrun, task_prerun, worker_process_shutdown
from django.db import connections
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)
# Waits so many seconds, and returns whether the worker is stopping.
Wait = Callable[[float], bool]
# A thread gives way to jobs until none has run in its process for a while, but not longer than this, in seconds.
_QUIET, _LONGEST_WAIT = 0.2, 1.0


def ask(job: Any, *args: object) -> None:
    """Enqueue a job. Its work is noted in the database, so without a broker the periodic job does it later."""
    try:
        job.delay(*args)
    except OperationalError as error:
        logger.warning("The broker can't be reached (%s); the periodic job will do %s.", error, job.name)


class ThreadBesideJobs:
    """A thread of a worker process, for work that mostly waits for others: it occupies no worker."""

    def __init__(self, name: str, work: Callable[[Wait], object]) -> None:
        self._name = name
        self._work = work
        self._stopping = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        worker_process_shutdown.connect(self.stop, weak=False)

    def ensure_running(self) -> None:
        """Start the thread, unless it runs."""
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def stop(self, **_: Any) -> None:
        """Ask the thread to stop, and wait for it for two seconds."""
        self._stopping.set()
        if self._thread:
            self._thread.join(timeout=2)

    def _run(self) -> None:
        try:
            self._work(self._stopping.wait)
        except Exception:
            logger.exception("The thread for %s has ended; the periodic job starts another one.", self._name)
        finally:
            connections.close_all()


class _Jobs:
    """Knows whether this process runs a job, or has just run one and probably gets the next."""

    def __init__(self) -> None:
        self._busy_until = 0.0
        task_prerun.connect(self._begin, weak=False)
        task_postrun.connect(self._end, weak=False)

    def are_running(self) -> bool:
        """Whether a job runs, or ran a moment ago."""
        return time.monotonic() < self._busy_until

    def _begin(self, **_: Any) -> None:
        self._busy_until = math.inf

    def _end(self, **_: Any) -> None:
        self._busy_until = time.monotonic() + _QUIET


_jobs = _Jobs()


def giving_way(wait: Wait) -> Wait:
    """A `wait` that first waits for the jobs of this process to end, but not longer than a second: a thread would take
    the processor from them."""

    def wait_for_jobs(seconds: float) -> bool:
        give_up_at = time.monotonic() + _LONGEST_WAIT
        while _jobs.are_running() and time.monotonic() < give_up_at:
            if wait(_QUIET / 4):
                return True
        return wait(seconds)

    return wait_for_jobs
