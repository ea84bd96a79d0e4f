"""Workers deliver to webhooks, also while they and the broker are killed again and again."""

import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections, transaction
from standardwebhooks import Webhook as Verifier

from apps.models import Delivery, Event, Lease
from apps.models.events import Kind
from apps.services import events, webhooks
from lab.processes import PATIENCE, Client, send_job, start_server, start_worker, wait_until
from tests.conftest import make_person, token_of
from tests.receivers import HERE, OK, Answer, Receiver, receiver
from togo.embedded.broker import Broker

pytestmark = [pytest.mark.real_time, pytest.mark.django_db(transaction=True)]

# The true app has longer leases, and beat sends the job every minute. That run is for every database, because they make
# events visible in different orders.
RUNS = [
    pytest.param("tests.hurried", 200, 1, id="quick", marks=pytest.mark.no_db),
    pytest.param("togo.celery", 10_000, 20, id="all", marks=pytest.mark.slow),
]


@pytest.fixture
def bob(settings: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """A receiver at an address that ToGo and its workers may call."""
    with receiver() as one:
        monkeypatch.setenv("TOGO_WEBHOOK_ALLOW", "127.0.0.0/8")
        settings.TOGO_WEBHOOK_ALLOW = HERE
        yield one


def write_history(number: int, written: list[int]) -> None:
    """Write events, one in each transaction, and roll every tenth transaction back."""
    for one in range(number * 10 // 9):
        with transaction.atomic():
            events.note(Kind.DONE, actor_id=1, user_id=1, assignment_id=one + 1)
            if one % 10 == 9:
                transaction.set_rollback(True)
            else:
                written.append(one + 1)
    connections.close_all()


@pytest.mark.parametrize(("application", "number", "kills"), RUNS)
def test_every_event_is_delivered_while_the_worker_and_the_broker_are_killed(
    bob: Receiver, tmp_path: Path, application: str, number: int, kills: int
) -> None:
    """None is lost, none is told of a change that was rolled back, and they come in order. A kill leads to at most one
    duplicate, of the message that was being sent, with the same id."""
    secret = webhooks.create(actor=make_person("admin", is_admin=True), url=bob.url, events=["*"])[1]
    told: list[dict[str, Any]] = []

    def verify(number: int) -> Answer:
        headers, body = bob.got[number]
        told.append(Verifier(secret).verify(body, headers)["data"])
        return OK

    bob.answer = verify
    written: list[int] = []
    writer = threading.Thread(target=write_history, args=(number, written))
    writer.start()
    for kill in range(kills + 1):
        is_last = kill == kills
        wanted = number * (kill + 1) // (kills + 1)
        with (
            Broker(tmp_path / "broker") as broker,
            start_worker(broker.url, tmp_path, "-B", "-s", str(tmp_path / "beat"), application=application) as worker,
        ):
            if is_last:
                writer.join()
                wait_until(lambda: len({*bob.ids}) >= len(written), seconds=600, what="all messages")
                wait_until(lambda: not Delivery.objects.filter(status="pending").exists(), what="the last result")
            else:
                wait_until(lambda wanted=wanted: len({*bob.ids}) >= wanted, seconds=600, what=f"{wanted} messages")
                os.killpg(worker.pid, signal.SIGKILL)
                os.kill(broker.pid, signal.SIGKILL)

    assert len(told) == len(bob.got)
    assert {event["assignment"] for event in told} == set(written)
    assert {event["id"] for event in told} == set(Event.objects.values_list("pk", flat=True))
    first_ones = list(dict.fromkeys(event["id"] for event in told))
    assert first_ones == sorted(first_ones)
    assert len(told) - len(first_ones) <= kills
    assert len(set(bob.ids)) == len(first_ones)
    assert set(Delivery.objects.values_list("status", flat=True)) == {"delivered"}


@pytest.mark.no_db
def test_a_call_is_told_within_seconds_by_a_worker_with_one_process_whose_other_jobs_go_on(
    bob: Receiver, tmp_path: Path
) -> None:
    """The worker has one process. Its thread waits for a receiver that is mute; meanwhile the process does jobs."""
    admin = make_person("admin", is_admin=True)
    told = threading.Event()

    def when_told(number: int) -> Answer:
        told.wait(PATIENCE)
        return OK

    with (
        receiver(when_told) as mute,
        Broker(tmp_path / "broker") as broker,
        start_worker(broker.url, tmp_path) as worker,
        start_server(workers=1, threads=2, CELERY_BROKER_URL=broker.url) as server,
    ):
        wait_until(lambda: "ready." in (tmp_path / "worker.txt").read_text(), what="a worker")
        client = Client(server, token_of(admin))
        for url in (mute.url, bob.url):
            status, _ = client.call("POST", "/api/webhook/", {"url": url, "events": ["rule.*"]})
            assert status == 201
        status, rule = client.call("POST", "/api/users/limit-rule/", {"maximum": 3})
        assert status == 201

        wait_until(lambda: bob.got, what="a message")
        assert json.loads(bob.got[0][1])["data"]["data"]["rule"]["id"] == rule["id"]
        wait_until(lambda: mute.got, what="the message to the receiver that is mute")
        send_job(broker.url, "apps.tasks.limits.set_due_limits")
        wait_until(lambda: (tmp_path / "worker.txt").read_text().count("set_due_limits[") >= 4, what="another job")
        assert not told.is_set()
        told.set()
        wait_until(lambda: not Delivery.objects.filter(status="pending").exists(), what="both results")

        os.kill(worker.pid, signal.SIGTERM)
        assert worker.wait(PATIENCE) == 0
    assert not Lease.objects.exclude(holder="").exists(), "the next worker begins at once"
