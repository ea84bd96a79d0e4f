"""Messages to people's channels, by the true program with Apprise, to a receiver on this machine."""

import contextlib
import datetime
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from apps.models import Channel, Message, Notification, Task, User
from apps.models.notifications import MessageKind, Way
from apps.services import assignments, notifications
from apps.services.channels import child, guard, process
from apps.services.notifications import sending
from apps.services.notifications.parcels import ServerAway
from lab.processes import PATIENCE, ROOT, wait_until
from tests.clock import freeze_time
from tests.conftest import TODAY
from tests.receivers import HERE, Answer, Receiver, receiver

pytestmark = [pytest.mark.no_db, pytest.mark.django_db]


@pytest.fixture
def service(settings: Any) -> Iterator[Receiver]:
    """A service of Apprise that ToGo may call; there is no mail server."""
    settings.TOGO_APPRISE_SCHEMAS = ["json"]
    settings.TOGO_WEBHOOK_ALLOW = HERE
    settings.TOGO_ORIGIN = "https://togo.example.org"
    with receiver() as one:
        yield one


def url_of(service: Receiver, path: str = "alice") -> str:
    return f"json://{service.url.removeprefix('http://').removesuffix('hook')}{path}"


def channel_for(person: User, url: str) -> Channel:
    """The person's confirmed channel."""
    Notification.objects.create(user=person)
    return Channel.objects.create(user=person, url=url, shown=url, confirmed_at=timezone.now())


def due_message(person: User) -> Message:
    now = timezone.now()
    later = now + datetime.timedelta(days=1)
    return Message.objects.create(user=person, way=Way.CHANNEL, kind=MessageKind.TEST, due_at=now, give_up_at=later)


def texts(service: Receiver) -> list[tuple[str, str]]:
    """The titles and texts that the service got."""
    bodies = [json.loads(body) for _, body in service.got]
    return [(body["title"], body["message"]) for body in bodies]


def test_a_channel_counts_once_its_link_was_followed_and_then_gets_messages(
    service: Receiver, taskmaster: User, alice: User, cooking: Task
) -> None:
    sending.send_what_is_due()
    notifications.change(actor=alice, channel=url_of(service))
    assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=TODAY)
    sending.send_what_is_due()
    [(title, text)] = texts(service)
    assert title == "Confirm your channel"
    assert "alice wants to get messages from ToGo in this channel." in text
    [link] = [line for line in text.splitlines() if line.startswith("https://togo.example.org/messages/confirm/")]

    # What has happened until then is not told.
    confirmed = notifications.confirm(token=link.split("/")[-2])
    assert confirmed == Channel.objects.get()
    assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=TODAY + datetime.timedelta(days=1))
    notifications.send_test(actor=alice)
    sending.send_what_is_due()
    with freeze_time("2026-03-02T12:02:00Z"):
        sending.send_what_is_due()

    assert [title for title, _ in texts(service)[1:]] == ["A test message", "New task on Tuesday 3 March: cooking"]
    assert "New: cooking, on Tuesday 3 March" in texts(service)[2][1]
    assert {(one.way, one.status) for one in Message.objects.all()} == {("channel", "sent")}
    assert mail.outbox == []


def test_a_digest_goes_to_the_address_and_to_the_channel_once(
    service: Receiver, taskmaster: User, alice: User, cooking: Task, settings: Any
) -> None:
    settings.TOGO_EMAIL_SERVER = {"host": "mail.example.org"}
    channel_for(alice, url_of(service))
    Notification.objects.update(
        email="alice@example.org",
        confirmed_at=timezone.now(),
        digest_at="07:00",
        digest_weekdays="0",
        digest_from=TODAY,
        assigned="off",
    )
    assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=TODAY)
    for _ in range(2):
        sending.send_what_is_due()

    assert [one.subject for one in mail.outbox] == ["Your day, Monday 2 March: 1 task"]
    assert [title for title, _ in texts(service)] == ["Your day, Monday 2 March: 1 task"]
    assert Message.objects.count() == 2


@pytest.mark.every_database
def test_changes_are_told_at_the_address_and_in_the_channel(
    service: Receiver, taskmaster: User, alice: User, tasks: list[Task], settings: Any
) -> None:
    settings.TOGO_EMAIL_SERVER = {"host": "mail.example.org"}
    channel_for(alice, url_of(service))
    Notification.objects.update(email="alice@example.org", confirmed_at=timezone.now())
    sending.send_what_is_due()
    for task in tasks[:2]:
        assignments.assign(actor=taskmaster, task_id=task.pk, user_id=alice.pk, date=TODAY)
        sending.send_what_is_due()
    with freeze_time("2026-03-02T12:02:00Z"):
        sending.send_what_is_due()

    assert [one.subject for one in mail.outbox] == ["2 changes of your tasks"]
    assert [title for title, _ in texts(service)] == ["2 changes of your tasks"]


def test_a_digest_in_the_channel_tells_what_only_the_mail_has_told(
    service: Receiver, taskmaster: User, alice: User, cooking: Task, settings: Any
) -> None:
    settings.TOGO_EMAIL_SERVER = {"host": "mail.example.org"}
    Notification.objects.create(
        user=alice,
        email="alice@example.org",
        confirmed_at=timezone.now(),
        digest_at="12:00",
        digest_weekdays="01",
        digest_from=TODAY,
        assigned="digest",
    )
    later = TODAY + datetime.timedelta(days=9)
    assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=later)
    sending.send_what_is_due()
    Channel.objects.create(user=alice, url=url_of(service), shown="json://", confirmed_at=timezone.now())
    with freeze_time("2026-03-03T11:59:59Z"):
        Message.objects.create(
            user=alice,
            way=Way.CHANNEL,
            kind=MessageKind.DIGEST,
            date=TODAY + datetime.timedelta(days=1),
            due_at=timezone.now(),
            give_up_at=timezone.now() + datetime.timedelta(hours=1),
        )
        sending.send_what_is_due()

    assert len(mail.outbox) == 1
    assert ["New: cooking, on Wednesday 11 March" in text for _, text in texts(service)] == [True]


@pytest.mark.every_database
def test_a_channel_whose_address_is_not_allowed_any_more_is_refused_and_not_called(
    service: Receiver, alice: User, settings: Any
) -> None:
    channel = channel_for(alice, url_of(service))
    first = due_message(alice)
    settings.TOGO_WEBHOOK_ALLOW = []
    sending.send_what_is_due()
    second = due_message(alice)
    sending.send_what_is_due()

    for message in (first, second, channel):
        message.refresh_from_db()
    assert (first.status, second.status) == ("failed", "dropped")
    assert channel.refusal == (
        "It leads to 127.0.0.1, which is not a public address. TOGO_WEBHOOK_ALLOW can allow its network."
    )
    assert (service.connections, notifications.state_of(notifications.of(actor=alice), Way.CHANNEL)) == (0, "refused")


def test_a_service_that_takes_no_message_is_tried_again_and_the_person_sees_why(service: Receiver, alice: User) -> None:
    service.answer = (503, {}, b"")
    channel = channel_for(alice, url_of(service))
    message = due_message(alice)
    sending.send_what_is_due()
    message.refresh_from_db()
    channel.refresh_from_db()
    assert (message.status, message.attempts) == ("pending", 1)
    assert "error=503" in channel.problem

    service.answer = (200, {}, b"")
    with freeze_time("2026-03-02T12:01:00Z"):
        sending.send_what_is_due()

    message.refresh_from_db()
    channel.refresh_from_db()
    assert (message.status, message.attempts, channel.problem) == ("sent", 2, "")


def test_a_message_that_waits_does_not_go_to_a_new_channel_before_its_link_is_followed(
    service: Receiver, alice: User
) -> None:
    channel_for(alice, url_of(service, "old"))
    message = due_message(alice)
    notifications.change(actor=alice, channel=url_of(service, "new"))
    sending.send_what_is_due()

    assert [title for title, _ in texts(service)] == ["Confirm your channel"]
    message.refresh_from_db()
    assert message.status == "dropped"


def test_a_redirect_is_not_followed(service: Receiver, alice: User) -> None:
    with receiver() as other:
        service.answer = (307, {"Location": other.url}, b"")
        channel_for(alice, url_of(service))
        due_message(alice)
        sending.send_what_is_due()

    assert (len(service.got), other.connections) == (1, 0)
    assert Message.objects.get().status == "pending"


@pytest.mark.every_database
def test_a_service_that_is_mute_holds_up_nobody_else(
    service: Receiver, alice: User, stranger: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "SECONDS", 1.0)

    def answer(number: int) -> Answer:
        if "authorization" in service.got[number][0]:
            time.sleep(3)
        return (200, {}, b"")

    service.answer = answer
    channel_for(alice, url_of(service).replace("json://", "json://mute:x@"))
    channel_for(stranger, url_of(service, "stranger"))
    mute, other = due_message(alice), due_message(stranger)
    sending.send_what_is_due()

    mute.refresh_from_db()
    other.refresh_from_db()
    assert (mute.status, other.status) == ("pending", "sent")
    assert Channel.objects.get(user=alice).problem == "There was no complete answer within 1 seconds."


def test_a_program_that_does_not_start_costs_no_message(
    service: Receiver, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel_for(alice, url_of(service))
    message = due_message(alice)
    monkeypatch.setattr(sys, "executable", "/bin/false")

    with pytest.raises(ServerAway, match="the program for channels doesn't start"):
        sending.send_what_is_due()

    message.refresh_from_db()
    assert (message.status, message.attempts) == ("pending", 0)


def test_the_program_gets_no_secret_and_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TOGO_SECRET_KEY", "DATABASE_URL", "HTTPS_PROXY", "https_proxy", "PYTHONPATH"):
        monkeypatch.setenv(name, "secret")

    assert "secret" not in process._environment().values()


FORBIDDEN = """
import os, pathlib, socket, subprocess, sys
from apps.services.channels import guard
from ipaddress import ip_network
guard.stand_guard([ip_network("10.0.0.0/8")])
def inet(kind=socket.SOCK_STREAM):
    return socket.socket(socket.AF_INET, kind)
tries = {
    "loopback": lambda: inet().connect(("127.0.0.1", 9)),
    "a name": lambda: inet().connect(("localhost", 9)),
    "without errors": lambda: inet().connect_ex(("169.254.169.254", 80)),
    "IPv6": lambda: socket.socket(socket.AF_INET6).connect(("::ffff:127.0.0.1", 9)),
    "a datagram": lambda: inet(socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9)),
    "a local socket": lambda: socket.socket(socket.AF_UNIX).connect("/run/dbus/system_bus_socket"),
    "a file": lambda: open("/etc/hostname"),
    "the environment of others": lambda: pathlib.Path(f"/proc/{os.getppid()}/environ").read_bytes(),
    "a file behind Python's": lambda: open(sys.prefix + "/../../../../../../../etc/hostname"),
    "a new file": lambda: open(sys.prefix + "/new", "w"),
    "a program": lambda: subprocess.run(["/bin/true"]),
    "a shell": lambda: os.system("true"),
    "a removal": lambda: os.remove("/tmp/nothing"),
}
for name, act in tries.items():
    try:
        act()
        print(name)
    except guard.Refused:
        pass
    except Exception as error:
        print(name, error)
import wave  # a module of Python that nobody has loaded
open(os.devnull, "w").close()
try:
    inet(socket.SOCK_DGRAM).connect(("10.1.2.3", 9))
except OSError as error:
    assert not isinstance(error, guard.Refused)
print("end")
"""


def test_the_program_can_be_talked_into_no_file_no_program_and_no_private_address() -> None:
    """Services of Apprise take names of files, such as the templates of Discord, and send what these hold."""
    done = subprocess.run([sys.executable, "-c", FORBIDDEN], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)

    assert (done.stdout, done.stderr) == ("end\n", "")


@pytest.mark.parametrize(
    ("event", "arguments", "is_refused"),
    [
        ("socket.connect", (None, ("127.0.0.1", 80)), True),
        ("socket.connect", (None, ("10.1.2.3", 80)), False),
        ("socket.connect", (None, ("192.0.32.7", 80)), False),
        ("socket.connect", (None, ("localhost", 80)), True),
        ("socket.connect", (None, "/run/dbus/system_bus_socket"), True),
        ("socket.sendmsg", (None, None), False),
        ("open", ("/etc/hostname", "r", os.O_RDONLY), True),
        ("open", (b"/etc/hostname", "r", os.O_RDONLY), True),
        ("open", (os.__file__, "r", os.O_RDONLY), False),
        ("open", (os.__file__, "w", os.O_WRONLY), True),
        ("open", (0, "r", os.O_RDONLY), False),
        ("os.system", ("true",), True),
        ("import", ("wave",), False),
    ],
)
def test_the_hook_refuses_what_a_channel_does_not_need(
    monkeypatch: pytest.MonkeyPatch, event: str, arguments: tuple[Any, ...], is_refused: bool
) -> None:
    hooks: list[Any] = []
    monkeypatch.setattr(sys, "addaudithook", hooks.append)
    guard.stand_guard([ip_network("10.0.0.0/8")])

    with pytest.raises(guard.Refused) if is_refused else contextlib.nullcontext():
        hooks[0](event, arguments)


def test_the_program_answers_each_line_with_another(service: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "stand_guard", lambda _: None)
    url, answers = url_of(service), io.StringIO()
    message = {"title": "A title", "body": "A text"}
    questions = [
        {"do": "check", "with": {"url": "json://localhost/"}},
        {"do": "check", "with": {"url": "xml://127.0.0.1/"}},
        {"do": "send", "with": {"url": url, **message}},
        {"do": "send", "with": {"url": "xml://127.0.0.1/", **message}},
        {"do": "send", "with": {}},
    ]

    def lines() -> Iterator[str]:
        yield json.dumps({"schemas": ["json"], "allowed": ["127.0.0.0/8"], "link": ""})
        for number, question in enumerate(questions, 1):
            yield json.dumps({"number": number, **question})
            wait_until(lambda number=number: answers.getvalue().count("\n") > number, what="an answer")

    child.serve(lines(), answers)

    ready, checked, unknown, sent, unsent, broken = [json.loads(line) for line in answers.getvalue().splitlines()]
    assert ready == {"ready": True}
    assert checked in (
        {"number": 1, "refused": [], "shown": "json://localhost/"},
        {"number": 1, "refused": ["::1"], "error": "::1 is not a public address"},
    )
    assert unknown["error"] == "is not an address that Apprise understands"
    assert (sent["sent"], texts(service)) == (True, [("A title", "A text")])
    assert unsent["error"] == "ToGo doesn't send to such a channel any more."
    assert broken["error"] == "The message can't be sent: TypeError."
