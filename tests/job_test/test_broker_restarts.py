"""The broker restarts, with and without notice, and the worker consumes again each time."""

import datetime
import os
import signal
import time
from pathlib import Path

import pytest

from apps.models import LimitDay, User
from lab.processes import send_job, start_worker, wait_until
from togo.embedded.broker import Broker

pytestmark = [pytest.mark.no_db, pytest.mark.real_time, pytest.mark.django_db(transaction=True)]

FIRST_DAY = datetime.date(2026, 3, 2)


def _is_done(day: datetime.date) -> bool:
    return LimitDay.objects.filter(date=day, done_at__isnull=False).exists()


@pytest.mark.parametrize("restarts", [3, pytest.param(20, marks=pytest.mark.slow)])
def test_a_worker_consumes_again_within_a_minute(broker: Broker, tmp_path: Path, restarts: int) -> None:
    User.objects.create(username="alice", password="!")
    with start_worker(broker.url, tmp_path) as worker:
        wait_until(LimitDay.objects.exists, what="the first job")
        for number in range(restarts):
            day = FIRST_DAY + datetime.timedelta(days=number)
            if number % 2:
                os.kill(broker.pid, signal.SIGKILL)
            broker.stop()
            # The worker tries again after 2, 4, 6 … seconds.
            time.sleep([0, 1, 5][number % 3])
            broker.start()
            send_job(broker.url, "apps.tasks.limits.set_daily_limits", day.isoformat())
            wait_until(lambda day=day: _is_done(day), what=f"the job after restart {number + 1}")  # type: ignore[misc]

        assert worker.poll() is None
