"""A real worker sends messages to a real mail server."""

import os
import signal
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from apps.models import Channel, DailyLimit, Lease, Message, Notification
from apps.models.notifications import MessageKind, MessageStatus, Way
from lab.processes import PATIENCE, send_job, start_worker, wait_until
from tests.conftest import make_person
from tests.mail_servers import mail_server
from tests.receivers import receiver

pytestmark = [pytest.mark.no_db, pytest.mark.real_time, pytest.mark.django_db(transaction=True)]


def _test_message(person: Any, way: Way = Way.EMAIL) -> Message:
    now = timezone.now()
    later = now + timedelta(hours=1)
    return Message.objects.create(user=person, way=way, kind=MessageKind.TEST, due_at=now, give_up_at=later)


def _is_sent(message: Message) -> bool:
    return Message.objects.filter(pk=message.pk, status=MessageStatus.SENT).exists()


@pytest.mark.parametrize("broker", [None], ids=["valkey"], indirect=True)
def test_a_killed_worker_sends_one_duplicate_at_most_and_a_mute_server_delays_neither_jobs_nor_channels(
    broker_url: str, tmp_path: Path
) -> None:
    alice = make_person("alice")
    Notification.objects.create(user=alice, email="alice@example.org", confirmed_at=timezone.now())
    message = _test_message(alice)
    answers = threading.Event()
    with mail_server() as server, receiver() as service:
        sends = {
            "TOGO_EMAIL_URL": f"smtp://127.0.0.1:{server.port}",
            "TOGO_APPRISE_SCHEMAS": "json",
            "TOGO_WEBHOOK_ALLOW": "127.0.0.0/8",
            "TOGO_PUBLIC_URL": "http://127.0.0.1:8000/",
        }

        with start_worker(broker_url, tmp_path, name="killed", **sends) as worker:
            server.before_answer = lambda: os.killpg(worker.pid, signal.SIGKILL)
            worker.wait(PATIENCE)
        server.before_answer = lambda: None
        assert len(server.mails) == 1
        assert not _is_sent(message)

        # The lease of the killed worker ends after 15 seconds, and its claim after five minutes.
        Lease.objects.all().delete()
        Message.objects.update(due_at=timezone.now())
        with start_worker(broker_url, tmp_path, name="other", **sends):
            wait_until(lambda: _is_sent(message), what="the message")
            assert [mail["Message-ID"] for mail in server.mails] == [server.mails[0]["Message-ID"]] * 2

            server.before_answer = lambda: answers.wait(PATIENCE)
            waiting = _test_message(alice)
            wait_until(lambda: len(server.mails) == 3, what="the mail server to fall silent")
            newcomer = make_person("newcomer")
            send_job(broker_url, "apps.tasks.limits.set_due_limits")
            wait_until(lambda: DailyLimit.objects.filter(user=newcomer).count() == 2, what="the newcomer's limits")
            url = service.url.replace("http://", "json://")
            Channel.objects.create(user=alice, url=url, shown=url, confirmed_at=timezone.now())
            in_channel = _test_message(alice, Way.CHANNEL)
            wait_until(lambda: _is_sent(in_channel), what="the message in the channel")
            assert len(service.got) == 1
            assert not _is_sent(waiting)
            answers.set()
