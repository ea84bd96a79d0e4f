"""SIGTERM: calls and jobs in flight are finished or given back, and nothing is lost or done twice."""

import os
import signal
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from django.db import connections, transaction
from django.utils.timezone import localdate

from apps.models import Assignment, DailyLimit, Task, User
from apps.services import limits
from lab.processes import PATIENCE, Client, start_server, start_worker, wait_until
from tests.conftest import make_person, token_of
from togo.embedded.broker import Broker

pytestmark = [pytest.mark.no_db, pytest.mark.real_time, pytest.mark.django_db(transaction=True)]

PEOPLE = 12_000


def test_a_web_server_answers_calls_in_flight_before_it_ends() -> None:
    taskmaster, alice = make_person("taskmaster", is_taskmaster=True), make_person("alice")
    tasks = [Task.objects.create(name=f"task {number}").pk for number in range(5)]
    today = localdate()
    limits.create_days([(alice.pk, today)])
    body = {"assignments": [{"task": task, "user": alice.pk, "date": today.isoformat()} for task in tasks]}
    answers: list[tuple[int, Any]] = []
    # As entrypoint.sh starts it.
    with start_server(workers=2, threads=4, GRANIAN_WORKERS_KILL_TIMEOUT="20") as server:
        client = Client(server, token_of(taskmaster))
        assert client.call("GET", "/api/users/me/")[0] == 200
        caller = threading.Thread(
            target=lambda: answers.append(client.call("POST", "/api/users/assignment/bulk/", body))
        )
        with transaction.atomic():
            # The call waits for this test's lock. (On SQLite the transaction itself is the lock.)
            list(DailyLimit.objects.of(alice.pk, today).locked())
            caller.start()
            time.sleep(1)
            os.kill(server.pid, signal.SIGTERM)
            time.sleep(1)
            assert answers == []
        caller.join(PATIENCE)

        ((status, answer),) = answers
        assert status == 201, answer
        assert Assignment.objects.count() == len(answer["assignments"]) == 5
        assert server.program.wait(PATIENCE) == 0
        with pytest.raises(ConnectionRefusedError):
            Client(server, "").call("GET", "/health/live/")
    connections.close_all()


def _jobs(broker: Broker) -> tuple[int, int]:
    """The number of jobs that wait, and of those that a worker has received but not done."""
    with redis.Redis(unix_socket_path=str(broker.socket)) as client:
        return int(client.llen("celery")), int(client.hlen("unacked"))


# A container's worker gives jobs ten seconds; the worker of bin/run first gives them all the time they need.
@pytest.mark.parametrize("environment", [{"REMAP_SIGTERM": "SIGQUIT"}, {}], ids=["container", "bin/run"])
@pytest.mark.parametrize("broker", [None], ids=["valkey"], indirect=True)
def test_a_worker_finishes_its_chunk_and_leaves_the_others(
    broker: Broker, tmp_path: Path, environment: dict[str, str]
) -> None:
    User.objects.bulk_create([User(username=f"person {number}", password="!") for number in range(PEOPLE)])
    with start_worker(broker.url, tmp_path, **environment) as worker:
        wait_until(lambda: DailyLimit.objects.count() > 2000, what="some chunks")
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(PATIENCE) == 0
    half_way = DailyLimit.objects.count()
    assert 2000 < half_way < 2 * PEOPLE
    assert half_way % limits.PEOPLE_PER_CHUNK == 0
    waiting, unacknowledged = _jobs(broker)
    # Every chunk that isn't done waits in the queue for others, without a beat or an hour's wait.
    assert unacknowledged == 0
    assert waiting >= (2 * PEOPLE - half_way) / limits.PEOPLE_PER_CHUNK

    with start_worker(broker.url, tmp_path, **environment):
        wait_until(lambda: DailyLimit.objects.count() == 2 * PEOPLE, what="the other chunks")
    days = DailyLimit.objects.filter(date__in=[localdate(), localdate() + timedelta(days=1)])
    assert days.count() == 2 * PEOPLE
