"""`/health/ready/` reports a worker that runs and takes no jobs."""

import os
import signal
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from apps.models import JobRun
from apps.services import health
from lab.processes import Client, Server, send_job, start_server, start_worker, wait_until
from lab.prove.proxy import Mode, Proxy
from togo.embedded.broker import Broker

pytestmark = [
    pytest.mark.no_db,
    pytest.mark.real_time,
    pytest.mark.django_db(transaction=True),
    pytest.mark.parametrize("broker", [None], ids=["valkey"], indirect=True),
]


def ready(server: Server) -> dict[str, Any]:
    """The readiness now. The server keeps its answer for a second, so wait until that is over."""
    time.sleep(1.1)
    status, body = Client(server, "").call("GET", "/health/ready/")
    assert status == 200
    return {"status": body["status"], "reasons": body["reasons"]}


def simulate_missed_runs(broker: Broker) -> None:
    """Send the jobs of five minutes as beat would, and move the last run back, so that no test waits that long."""
    for _ in range(5):
        send_job(broker.url, "apps.tasks.limits.set_due_limits")
    silent = timezone.now() - health.JOB_SILENCE - timedelta(seconds=1)
    JobRun.objects.update(finished_at=silent)


def assert_no_worker_takes_jobs(server: Server) -> None:
    readiness = ready(server)
    assert readiness["status"] == "degraded"
    (reason,) = readiness["reasons"]
    assert reason.startswith("No worker has set limits since ")
    assert reason.endswith("no worker runs, or it no longer takes jobs.")


def wait_until_ok(server: Server) -> None:
    wait_until(lambda: ready(server) == {"status": "ok", "reasons": []}, what="the worker to consume")


def test_a_stopped_worker_is_reported(broker: Broker, tmp_path: Path) -> None:
    with (
        start_server(CELERY_BROKER_URL=broker.url) as server,
        start_worker(broker.url, tmp_path) as worker,
    ):
        wait_until_ok(server)
        os.kill(worker.pid, signal.SIGSTOP)
        try:
            assert ready(server)["status"] == "ok"  # No run is missed yet.
            simulate_missed_runs(broker)
            assert_no_worker_takes_jobs(server)
            assert worker.poll() is None
        finally:
            os.kill(worker.pid, signal.SIGCONT)

        wait_until_ok(server)


@pytest.mark.parametrize("how", ["another broker", "a connection that is dead"])
def test_a_worker_on_a_stale_broker_is_reported(broker: Broker, tmp_path: Path, how: str) -> None:
    """The worker holds a connection on which no job ever comes."""
    with Proxy(broker.socket) as proxy, Broker(tmp_path / "old broker") as old:
        url = old.url if how == "another broker" else f"redis://127.0.0.1:{proxy.port}/0"
        with start_server(CELERY_BROKER_URL=broker.url) as server, start_worker(url, tmp_path) as worker:
            wait_until_ok(server)
            proxy.mode = Mode.HANG
            simulate_missed_runs(broker)
            assert_no_worker_takes_jobs(server)
            assert worker.poll() is None

            # Once the connection is cut, the worker notices and connects again.
            proxy.mode = Mode.PASS
            proxy.cut()
            if how == "a connection that is dead":
                wait_until_ok(server)


def test_without_beat_no_job_waits_and_the_reason_says_so(broker: Broker, tmp_path: Path, settings: Any) -> None:
    settings.CELERY_BROKER_URL = broker.url
    with start_server(CELERY_BROKER_URL=broker.url) as server, start_worker(broker.url, tmp_path):
        wait_until_ok(server)
        wait_until(lambda: health.jobs_waiting() == 0, what="the first jobs")
        JobRun.objects.update(finished_at=timezone.now() - health.JOB_SILENCE - timedelta(seconds=1))

        (reason,) = ready(server)["reasons"]
        assert reason.endswith("; check that a worker and beat are running.")
