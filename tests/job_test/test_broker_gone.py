"""Assigning without a broker, on days that nobody has used, so that each of them requests a job."""

import contextlib
import socket
import time
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.utils.timezone import localdate

from apps.models import DailyLimit, LimitDay, Task, User
from lab.processes import Client, start_server, wait_until
from tests.conftest import make_person, token_of

pytestmark = [pytest.mark.no_db, pytest.mark.real_time, pytest.mark.django_db(transaction=True)]

DAYS = [localdate() + timedelta(days=offset) for offset in range(20)]


@contextlib.contextmanager
def _refusing() -> Iterator[str]:
    """A port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        yield f"redis://127.0.0.1:{probe.getsockname()[1]}/0"


@contextlib.contextmanager
def _hanging() -> Iterator[str]:
    """A broker that accepts connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


@contextlib.contextmanager
def _with_a_full_backlog() -> Iterator[str]:
    """A broker whose backlog is full, so that a connection is not even established."""
    with socket.socket() as listener, contextlib.ExitStack() as stack:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)  # noqa: FBT003  (the only way to say it)
            filler.connect_ex(listener.getsockname())
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


@pytest.mark.parametrize("broker", [_refusing, _hanging, _with_a_full_backlog])
def test_a_broker_that_is_gone_costs_an_assignment_at_most_a_second(broker: type) -> None:
    taskmaster, alice = make_person("taskmaster", is_taskmaster=True), make_person("alice")
    task = Task.objects.create(name="cooking")
    with broker() as url, start_server(CELERY_BROKER_URL=url) as server:
        client = Client(server, token_of(taskmaster))

        def seconds(person: User, day: date) -> float:
            body = {"task": task.pk, "user": person.pk, "date": day.isoformat()}
            started = time.monotonic()
            status, answer = client.call("POST", "/api/users/assignment/", body)
            assert status == 201, answer
            return time.monotonic() - started

        # A day's first assignment requests a job and its second doesn't; a busy machine slows both.
        slowest = max(seconds(alice, day) - seconds(taskmaster, day) for day in DAYS)

        assert slowest <= 1.0
        assert DailyLimit.objects.filter(user=alice, taken=1).count() == len(DAYS)
        # The requested dates are stored, and the log has a line for each of them.
        assert LimitDay.objects.filter(done_at=None).count() == len(DAYS)
        log = wait_until((server.logs / "debug.log").read_text, what="a line in the log")
        assert log.count("The broker can't be reached") == len(DAYS)
        assert "Traceback" not in log

        _, ready = client.call("GET", "/health/ready/")
        assert ready["status"] == "degraded"
        assert ready["reasons"][0].startswith("The broker can't be reached")
