"""A worker is killed while it sets limits; another running worker sets the rest within 2 minutes."""

import os
import signal
import time
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from django.db import transaction
from django.utils.timezone import localdate

from apps.models import DailyLimit, User
from lab.processes import children_of, start_beat, start_worker, wait_until
from togo.celery.schedule import BEAT_SCHEDULE

pytestmark = [pytest.mark.no_db, pytest.mark.real_time, pytest.mark.django_db(transaction=True)]

PEOPLE = 12_000
# The real beat sends the job every minute, in the slow test; the quick test only speeds beat up.
BEATS = ["tests.hurried", pytest.param("togo.celery", marks=pytest.mark.slow)]


def _unacknowledged(broker_url: str) -> int:
    """The number of jobs that workers have received but not done; those of a killed worker stay so for an hour."""
    with redis.Redis.from_url(broker_url.replace("redis+socket", "unix")) as broker:
        return int(broker.hlen("unacked"))


def _everybody_has_limits() -> bool:
    days = DailyLimit.objects.filter(date__in=[localdate(), localdate() + timedelta(days=1)])
    return days.count() == 2 * PEOPLE


def _has_started(folder: Path, name: str) -> bool:
    log = folder / f"{name}.txt"
    return log.exists() and "ready." in log.read_text()


def _waits_with_a_job(broker_url: str, log: Path) -> bool:
    """Whether a worker has a job, and its log did not grow in half a second."""
    before = log.stat().st_size
    time.sleep(0.5)
    return _unacknowledged(broker_url) >= 1 and log.stat().st_size == before


@pytest.mark.parametrize("app", BEATS)
@pytest.mark.parametrize("broker", [None], ids=["valkey"], indirect=True)
def test_another_worker_does_the_jobs_of_a_killed_worker(broker_url: str, tmp_path: Path, app: str) -> None:
    with (
        start_worker(broker_url, tmp_path, name="other"),
        start_worker(broker_url, tmp_path, name="killed") as worker,
    ):
        wait_until(lambda: _has_started(tmp_path, "other") and _has_started(tmp_path, "killed"), what="workers")
        wait_until(lambda: _unacknowledged(broker_url) == 0, what="the jobs of their start")
        User.objects.bulk_create([User(username=f"person {number}", password="!") for number in range(PEOPLE)])
        with start_beat(broker_url, tmp_path, application=app):
            wait_until(DailyLimit.objects.exists, what="a chunk")
            with transaction.atomic():
                # On SQLite this stops every job that writes. A worker receives one job at a time: two are with both.
                User.objects.filter(username="person 0").update(first_name="Held")
                wait_until(lambda: _unacknowledged(broker_url) >= 2, what="a job in each worker")
                os.killpg(worker.pid, signal.SIGKILL)
                worker.wait()
                assert not _everybody_has_limits()

            wait_until(_everybody_has_limits, what="the other chunks")

    # The broker has not delivered the jobs again; the other worker set the limits without them.
    assert _unacknowledged(broker_url) >= 1


@pytest.mark.parametrize("broker", [None], ids=["valkey"], indirect=True)
def test_the_jobs_of_a_killed_child_are_delivered_again_at_once(broker_url: str, tmp_path: Path) -> None:
    User.objects.bulk_create([User(username=f"person {number}", password="!") for number in range(PEOPLE)])
    with start_worker(broker_url, tmp_path) as worker:  # No beat.
        wait_until(DailyLimit.objects.exists, what="a chunk")
        with transaction.atomic():
            # This lock stops a job that sets this person's limit, on SQLite any job that sets one.
            User.objects.select_for_update().get(username=f"person {PEOPLE - 1}")
            wait_until(lambda: _waits_with_a_job(broker_url, tmp_path / "worker.txt"), what="a job that waits")
            (child,) = children_of(worker.pid)
            os.kill(child, signal.SIGKILL)
            assert not _everybody_has_limits()

        wait_until(_everybody_has_limits, what="the other chunks")
        wait_until(lambda: _unacknowledged(broker_url) == 0, what="the last job")
        assert worker.poll() is None
        assert "WorkerLostError" in (tmp_path / "worker.txt").read_text()


def test_beat_sends_the_job_every_minute() -> None:
    """After a worker is killed, the next job is in the queue within a minute."""
    schedule = BEAT_SCHEDULE["set the limits of today and tomorrow"]
    assert str(schedule["schedule"]).startswith("<crontab: * * * * *")
