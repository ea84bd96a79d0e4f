"""Ids in the log of a real worker."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils.timezone import localdate

from apps.models import Task
from lab.processes import Client, start_server, start_worker, wait_until
from tests.conftest import make_person, token_of

pytestmark = [pytest.mark.no_db, pytest.mark.real_time, pytest.mark.django_db(transaction=True)]


def test_a_job_logs_its_id_and_that_of_the_request_that_asked_for_it(broker_url: str, tmp_path: Path) -> None:
    taskmaster = make_person("taskmaster", is_taskmaster=True)
    task = Task.objects.create(name="cooking")
    day = localdate() + timedelta(days=30)
    log = tmp_path / "togo_task_pick_limit_debug.log"

    def lines() -> list[dict[str, Any]]:
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    with start_worker(broker_url, tmp_path), start_server(CELERY_BROKER_URL=broker_url) as server:
        wait_until(lambda: len(lines()) >= 2, what="the first turn")
        caller = Client(server, token_of(taskmaster))
        caller.headers["X-Request-ID"] = "seen-by-the-caller"
        body = {"task": task.pk, "user": taskmaster.pk, "date": day.isoformat()}
        assert caller.call("POST", "/api/users/assignment/", body)[0] == 201
        wait_until(lambda: any(line["date"] == day.isoformat() for line in lines()), what="the day's job")

    (asked,) = [line for line in lines() if line["date"] == day.isoformat()]
    by_beat = [line for line in lines() if line["date"] != day.isoformat()]
    assert asked["request_id"] == "seen-by-the-caller"
    assert {line["request_id"] for line in by_beat} == {None}
    # The dates of one turn have one job.
    assert len({line["job_id"] for line in by_beat[:2]}) == 1
    assert asked["job_id"] not in {line["job_id"] for line in by_beat}
