"""Numbers for Prometheus. Web processes count requests; the database and the broker are asked when Prometheus asks."""

import functools
import os
import time
from collections.abc import Iterator

from django.db import Error as AnyDatabaseError
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from apps.models import JobRun
from apps.services import health, notifications, webhooks

_METHODS = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

_requests = Counter("togo_http_requests", "Requests answered.", ["method", "route", "status"])
_latency = Histogram("togo_http_request_seconds", "From request to answer.", ["method", "route"], buckets=_SECONDS)
_replica_reads = Counter(
    "togo_replica_reads",
    "Reads that a replica may answer, by whether it did (replica), or why not (behind, away, conflict).",
    ["outcome"],
)
for _outcome in ("replica", "behind", "away", "conflict"):
    # An alert compares them, also if one has never happened.
    _replica_reads.labels(_outcome)
_refusals = Counter("togo_refusals", "Refusals of the API, by the code of docs/errors.md.", ["code"])


def count_request(*, method: str, route: str, status: int, seconds: float) -> None:
    """Count an answer. `route` is the pattern and not the path, so that the number of time series is bounded."""
    requests, latency = _counted(method if method in _METHODS else "other", route, status)
    requests.inc()
    latency.observe(seconds)


@functools.cache
def _counted(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    return _requests.labels(method, route, str(status)), _latency.labels(method, route)


def count_refusal(code: str) -> None:
    """Count a refusal."""
    _refusals.labels(code).inc()


def count_replica_read(outcome: str) -> None:
    """Count a read that the replica has answered (`replica`), or why it hasn't: `behind`, `away` or `conflict`."""
    _replica_reads.labels(outcome).inc()


def text() -> bytes:
    """All numbers in Prometheus' text format: the sums over the web processes of this machine, and the state of the
    jobs, the database and the broker.

    Raises nothing when the database or the broker is gone: two of the numbers say so.
    """
    registry = CollectorRegistry()
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library's, untyped
    else:
        registry.register(REGISTRY)
    registry.register(_State())
    return generate_latest(registry)


class _State(Collector):
    """The numbers that are the same in every process."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            runs, backlog = list(JobRun.objects.order_by("name")), webhooks.backlog()
            messages = notifications.backlog()
        except AnyDatabaseError:
            yield GaugeMetricFamily("togo_database_up", "Whether the database answers.", 0)
        else:
            yield GaugeMetricFamily("togo_database_up", "Whether the database answers.", 1)
            yield from _of_jobs(runs)
            yield from _of_webhooks(backlog)
            yield from _of_messages(messages)
        waiting = health.jobs_waiting()
        yield GaugeMetricFamily("togo_broker_up", "Whether the broker answers.", int(waiting is not None))
        if waiting is not None:
            yield GaugeMetricFamily("togo_queue_jobs", "Jobs that wait for a worker.", waiting)


def _of_jobs(runs: list[JobRun]) -> Iterator[GaugeMetricFamily]:
    last = GaugeMetricFamily(
        "togo_job_last_success_timestamp_seconds", "When a periodic job last ran to its end.", labels=["job"]
    )
    lasted = GaugeMetricFamily("togo_job_duration_seconds", "How long its last run took.", labels=["job"])
    drifted = GaugeMetricFamily(
        "togo_drifted_days", "Days whose `taken` the last check found not to be the sum of the efforts."
    )
    for run in runs:
        last.add_metric([run.name], run.finished_at.timestamp())
        if run.seconds is not None:
            lasted.add_metric([run.name], run.seconds)
        if run.name == health.DRIFT_JOB and run.found is not None:
            drifted.add_metric([], run.found)
    yield from (last, lasted, drifted)


def _of_webhooks(backlog: webhooks.Backlog) -> Iterator[GaugeMetricFamily]:
    yield GaugeMetricFamily("togo_webhook_pending", "Messages to send, now or later.", backlog.pending)
    yield GaugeMetricFamily(
        "togo_webhook_late_seconds", "For how long a message should have been sent.", backlog.late_seconds
    )
    yield GaugeMetricFamily(
        "togo_webhook_unread_seconds", "For how long an event has waited to be read.", backlog.unread_seconds
    )


def _of_messages(backlog: notifications.Backlog) -> Iterator[GaugeMetricFamily]:
    yield GaugeMetricFamily("togo_message_pending", "E-mails to send, now or later.", backlog.pending)
    yield GaugeMetricFamily(
        "togo_message_late_seconds", "For how long an e-mail should have been sent.", backlog.late_seconds
    )


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._start = time.perf_counter()

    def seconds(self) -> float:
        return time.perf_counter() - self._start
