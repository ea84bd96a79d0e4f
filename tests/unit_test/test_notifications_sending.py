"""What a real mail server gets, and what its refusals lead to."""

import datetime
import logging
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from apps.models import Message, Notification, User
from apps.models.notifications import MessageKind
from apps.services import notifications
from apps.services.notifications import post, sending
from apps.services.notifications.post import ServerAway
from tests.clock import freeze_time
from tests.mail_servers import MailServer, mail_server


@pytest.fixture(scope="module")
def _server_of_all() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def server(_server_of_all: MailServer, settings: Any) -> MailServer:
    """A real mail server, which ToGo uses."""
    _server_of_all.begin_anew()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.TOGO_EMAIL_SERVER = _server_of_all.as_setting()
    settings.TOGO_ORIGIN = "https://togo.example.org"
    return _server_of_all


@pytest.fixture
def waiting(alice: User) -> Message:
    """A message to Alice that is due."""
    Notification.objects.create(user=alice, email="alice@example.org", confirmed_at=timezone.now())
    return due_message(alice)


def due_message(person: User) -> Message:
    now = timezone.now()
    return Message.objects.create(
        user=person, kind=MessageKind.TEST, due_at=now, give_up_at=now + datetime.timedelta(hours=24)
    )


def send_at(moment: str) -> None:
    with freeze_time(moment):
        sending.send_what_is_due()


def state(message: Message) -> tuple[str, int]:
    message.refresh_from_db()
    return message.status, message.attempts


def test_a_mail_has_a_plain_and_an_html_part(server: MailServer, waiting: Message) -> None:
    sending.send_what_is_due()

    [sent] = server.mails
    text, html = sent.get_body(("plain",)), sent.get_body(("html",))
    assert text
    assert "https://togo.example.org/today/" in text.get_content()
    assert html
    assert '<meta name="color-scheme" content="light dark">' in html.get_content()
    assert sent["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert server.recipients == ["alice@example.org"]
    assert state(waiting) == ("sent", 1)


def test_an_address_that_is_refused_for_good_gets_nothing_more(
    server: MailServer, waiting: Message, alice: User
) -> None:
    server.refuse_recipient = "550 5.1.1 There is no such person"
    sending.send_what_is_due()
    server.refuse_recipient = ""
    another = due_message(alice)
    sending.send_what_is_due()

    assert server.mails == []
    assert state(waiting) == ("failed", 1)
    assert state(another) == ("dropped", 0)
    one = notifications.of(actor=alice)
    assert (notifications.state_of(one), one.refusal) == ("refused", "550 5.1.1 There is no such person")

    # The address can be tried again, with a new link.
    notifications.change(actor=alice, email="alice@example.org")
    sending.send_what_is_due()
    assert [mail["Subject"] for mail in server.mails] == ["Confirm your address"]


@pytest.mark.parametrize("answer", ["451 4.7.1 Greylisted, try again later", "550 5.7.1 Relaying denied"])
def test_a_refusal_for_now_is_tried_again_after_growing_delays(
    server: MailServer, waiting: Message, alice: User, answer: str
) -> None:
    server.refuse_recipient = answer
    tries = []
    for minute in (0, 0, 1, 5, 6, 20, 21):
        send_at(f"2026-03-02T12:{minute:02}:00Z")
        tries.append(state(waiting)[1])
    server.refuse_recipient = ""
    send_at("2026-03-02T14:00:00Z")

    assert tries == [1, 1, 2, 2, 3, 3, 4]
    assert state(waiting) == ("sent", 5)
    assert notifications.state_of(notifications.of(actor=alice)) == "ready"


def test_a_message_is_given_up_after_a_bounded_time(server: MailServer, waiting: Message) -> None:
    server.refuse_recipient = "451 Try again later"
    sending.send_what_is_due()
    server.refuse_recipient = ""
    send_at("2026-03-03T12:00:00Z")

    assert state(waiting) == ("failed", 1)
    assert server.mails == []


def test_a_message_whose_content_is_refused_is_not_sent_again(
    server: MailServer, waiting: Message, alice: User
) -> None:
    server.refuse_data = "554 5.6.0 Looks like spam"
    sending.send_what_is_due()

    assert state(waiting) == ("failed", 1)
    assert notifications.state_of(notifications.of(actor=alice)) == "ready"


def test_a_server_that_is_away_costs_no_message_a_try(server: MailServer, waiting: Message, settings: Any) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        settings.TOGO_EMAIL_SERVER = {**server.as_setting(), "port": nobody.getsockname()[1]}
        with pytest.raises(ServerAway):
            sending.send_what_is_due()
    assert state(waiting) == ("pending", 0)

    settings.TOGO_EMAIL_SERVER = server.as_setting()
    sending.send_what_is_due()
    assert state(waiting) == ("sent", 1)


def test_a_mute_server_is_left_after_a_time_out(
    server: MailServer, waiting: Message, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(post, "_TIMEOUT", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        settings.TOGO_EMAIL_SERVER = {**server.as_setting(), "port": mute.getsockname()[1]}
        with pytest.raises(ServerAway, match=r"TimeoutError|timed out"):
            sending.send_what_is_due()

    assert state(waiting) == ("pending", 0)


def test_nothing_is_sent_in_the_clear_where_starttls_is_required(
    server: MailServer, waiting: Message, settings: Any
) -> None:
    settings.TOGO_EMAIL_SERVER = {**server.as_setting(), "use_tls": True}
    with pytest.raises(ServerAway, match="STARTTLS"):
        sending.send_what_is_due()

    assert server.mails == []


def test_a_message_is_sent_twice_at_most_if_its_process_dies_before_noting_it(
    server: MailServer, waiting: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*args: object) -> None:
        raise Killed

    monkeypatch.setattr(sending, "_settle", die)
    with pytest.raises(Killed):
        sending.send_what_is_due()
    monkeypatch.undo()
    send_at("2026-03-02T12:04:59Z")
    assert len(server.mails) == 1
    send_at("2026-03-02T12:05:00Z")
    send_at("2026-03-02T13:00:00Z")

    # The same id, by which mailboxes drop the duplicate.
    assert len({mail["Message-ID"] for mail in server.mails}) == 1
    assert len(server.mails) == 2
    assert state(waiting) == ("sent", 2)


def test_two_senders_never_send_the_same_message(
    server: MailServer, waiting: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = post.Post.send
    found: list[int] = []

    def send_while_another_looks(self: post.Post, *args: Any) -> Any:
        monkeypatch.undo()
        found.append(sending.send_what_is_due())
        return send(self, *args)

    monkeypatch.setattr(post.Post, "send", send_while_another_looks)
    sending.send_what_is_due()

    assert found == [0]
    assert len(server.mails) == 1


def test_logs_hold_no_address(server: MailServer, waiting: Message, caplog: pytest.LogCaptureFixture) -> None:
    server.refuse_recipient = "550 5.1.1 <alice@example.org> is unknown"
    with caplog.at_level(logging.DEBUG):
        sending.send_what_is_due()

    assert f"Message {waiting.pk} to person {waiting.user_id}, try 1: address refused (550)." in caplog.text
    assert "alice@" not in "".join(record.getMessage() for record in caplog.records if record.name.startswith("apps"))
