"""A worker that is alive but consumes nothing: `/health/ready/` tells."""

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
    """What it says now: it remembers for a second what it has looked up."""
    time.sleep(1.1)
    status, body = Client(server, "").call("GET", "/health/ready/")
    assert status == 200
    return {"status": body["status"], "reasons": body["reasons"]}


def turns_go_by(broker: Broker) -> None:
    """What beat sends while the worker is silent, and the time that this takes; a test doesn't wait for it."""
    for _ in range(5):
        send_job(broker.url, "apps.tasks.limits.set_due_limits")
    silent = timezone.now() - health.JOB_SILENCE - timedelta(seconds=1)
    JobRun.objects.update(finished_at=silent)


def assert_deaf(server: Server) -> None:
    told = ready(server)
    assert told["status"] == "degraded"
    (reason,) = told["reasons"]
    assert reason.startswith("No worker has set limits since ")
    assert reason.endswith("no worker runs, or it is alive but deaf.")


def hears_again(server: Server) -> None:
    wait_until(lambda: ready(server) == {"status": "ok", "reasons": []}, seconds=120, what="the worker to consume")


def test_a_worker_that_stands_still_is_told(broker: Broker, tmp_path: Path) -> None:
    with (
        start_server(CELERY_BROKER_URL=broker.url) as server,
        start_worker(broker.url, tmp_path) as worker,
    ):
        hears_again(server)
        os.kill(worker.pid, signal.SIGSTOP)
        try:
            assert ready(server)["status"] == "ok"  # Nobody can know yet.
            turns_go_by(broker)
            assert_deaf(server)
            assert worker.poll() is None
        finally:
            os.kill(worker.pid, signal.SIGCONT)

        hears_again(server)


@pytest.mark.parametrize("how", ["another broker", "a connection that is dead"])
def test_a_worker_on_a_stale_broker_is_told(broker: Broker, tmp_path: Path, how: str) -> None:
    """It holds a connection, and nothing ever comes from there."""
    with Proxy(broker.socket) as proxy, Broker(tmp_path / "old broker") as old:
        url = old.url if how == "another broker" else f"redis://127.0.0.1:{proxy.port}/0"
        with start_server(CELERY_BROKER_URL=broker.url) as server, start_worker(url, tmp_path) as worker:
            hears_again(server)
            proxy.mode = Mode.HANG
            turns_go_by(broker)
            assert_deaf(server)
            assert worker.poll() is None

            # Once it is cut, the worker notices and connects again.
            proxy.mode = Mode.PASS
            proxy.cut()
            if how == "a connection that is dead":
                hears_again(server)


def test_without_beat_no_job_waits_and_the_reason_says_so(broker: Broker, tmp_path: Path, settings: Any) -> None:
    settings.CELERY_BROKER_URL = broker.url
    with start_server(CELERY_BROKER_URL=broker.url) as server, start_worker(broker.url, tmp_path):
        hears_again(server)
        wait_until(lambda: health.jobs_waiting() == 0, what="the first jobs")
        JobRun.objects.update(finished_at=timezone.now() - health.JOB_SILENCE - timedelta(seconds=1))

        (reason,) = ready(server)["reasons"]
        assert reason.endswith("; is one running, with beat?")
