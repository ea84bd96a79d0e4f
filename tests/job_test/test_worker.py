"""A real worker on a real broker sets the limits, whatever happens to it."""

import os
import re
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils.timezone import localdate

from apps.models import DailyLimit, JobRun, LimitDay, Task, User
from apps.services import limits
from lab.processes import Client, run_python, start_server, start_worker, wait_until
from tests.conftest import make_person, token_of

pytestmark = [pytest.mark.real_time, pytest.mark.django_db(transaction=True)]


def _make_people(count: int) -> None:
    User.objects.bulk_create([User(username=f"person {number}", password="!") for number in range(count)])


def _tomorrow() -> date:
    return localdate() + timedelta(days=1)


def _limits_of(day: date) -> int:
    return DailyLimit.objects.filter(date=day).count()


@pytest.mark.no_db
def test_the_given_command_sets_today_and_tomorrow_as_soon_as_it_runs(broker_url: str, tmp_path: Path) -> None:
    _make_people(3)
    make_person("gone", is_active=False)
    with start_worker(broker_url, tmp_path, "-B"):
        wait_until(lambda: JobRun.objects.exists(), what="the job")

    assert (_limits_of(localdate()), _limits_of(_tomorrow())) == (3, 3)
    assert set(LimitDay.objects.exclude(done_at=None).values_list("date", flat=True)) == {localdate(), _tomorrow()}
    log = (tmp_path / "togo_task_pick_limit_debug.log").read_text().splitlines()
    assert len(log) >= 2
    assert re.search(rf'"date": "{localdate()}", "seconds": [\d.]+, "people": 3, "rows_set": 3', log[0])


@pytest.mark.no_db
def test_a_new_day_is_set_for_everybody_soon_after_the_first_assignment(broker_url: str, tmp_path: Path) -> None:
    taskmaster = make_person("taskmaster", is_taskmaster=True)
    _make_people(2500)
    task = Task.objects.create(name="cooking")
    day = localdate() + timedelta(days=30)
    with (
        start_worker(broker_url, tmp_path),
        start_server(CELERY_BROKER_URL=broker_url) as server,
    ):
        body = {"task": task.pk, "user": taskmaster.pk, "date": day.isoformat()}
        status, _ = Client(server, token_of(taskmaster)).call("POST", "/api/users/assignment/", body)
        assert status == 201

        wait_until(lambda: LimitDay.objects.filter(date=day).exclude(done_at=None).exists(), what="the day")

    assert _limits_of(day) == 2501
    assert DailyLimit.objects.get(user=taskmaster, date=day).taken == 1


def test_a_worker_that_is_killed_half_way_leaves_the_rest_to_the_next(broker_url: str, tmp_path: Path) -> None:
    admin = make_person("admin", is_admin=True)
    _make_people(12_000)
    limits.set_by_hand(actor=admin, user_id=admin.pk, date=localdate(), maximum=9, reason="mine")
    with start_worker(broker_url, tmp_path) as worker:
        wait_until(lambda: _limits_of(localdate()) > 1000, what="the first chunk")
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
    half_way = set(DailyLimit.objects.values_list("pk", flat=True))
    assert 1000 < len(half_way) < 24_002

    with start_worker(broker_url, tmp_path):
        wait_until(
            lambda: _limits_of(localdate()) == _limits_of(_tomorrow()) == 12_001, seconds=60, what="the other chunks"
        )

    assert half_way <= set(DailyLimit.objects.values_list("pk", flat=True))
    day = DailyLimit.objects.get(user=admin, date=localdate())
    assert (day.maximum, day.source_kind, day.source_reason) == (9, "hand", "mine")


def test_three_jobs_at_once_end_as_one_would(tmp_path: Path) -> None:
    admin = make_person("admin", is_admin=True)
    _make_people(5000)
    limits.set_by_hand(actor=admin, user_id=admin.pk, date=localdate(), maximum=9, reason="mine")
    with ThreadPoolExecutor(3) as at_once:
        jobs = [at_once.submit(run_python, "manage.py", "set_daily_limits") for _ in range(3)]

    assert [job.result().returncode for job in jobs] == [0, 0, 0]
    assert all("5001 people have one." in job.result().stdout for job in jobs)
    assert _limits_of(localdate()) == 5001
    assert DailyLimit.objects.filter(date=localdate(), maximum=5, taken=0).count() == 5000
    assert DailyLimit.objects.get(user=admin, date=localdate()).maximum == 9
    before = list(DailyLimit.objects.order_by("pk").values_list())
    call_command("set_daily_limits")
    assert list(DailyLimit.objects.order_by("pk").values_list()) == before
