"""Messages to real receivers on this machine."""

import itertools
import json
import re
import socket
import threading
from datetime import date, timedelta
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import OperationalError
from django.utils import timezone

from apps.models import Delivery, Event, Task, User
from apps.models.events import Kind
from apps.models.webhooks import TEST, TYPES
from apps.serializers.webhooks import message
from apps.services import assignments, events, unit_of_work, webhooks
from apps.services.shared import leases
from apps.services.webhooks import delivering, sending, signing
from lab.processes import PATIENCE, ROOT
from tests.clock import NOON, freeze_time
from tests.receivers import HERE, OK, raw_receiver, receiver

# Nothing here depends on the database; what does is in tests/unit_test/test_reading.py.
pytestmark = [pytest.mark.no_db]


@pytest.fixture(autouse=True)
def _receivers_here_are_allowed(settings: Any) -> None:
    settings.TOGO_WEBHOOK_ALLOW = HERE


def deliver() -> None:
    """Send what is due now."""
    delivering.run(render=message, stopping=lambda: False, once=True)


def happen(number: int, *, kind: Kind = Kind.ASSIGNED) -> None:
    for one in range(number):
        events.note(kind, actor_id=1, user_id=1, date=date(2026, 3, 2), assignment_id=one + 1)


def test_a_receiver_is_told_what_happened_signed_and_as_the_history_shows_it(
    admin: User, alice: User, cooking: Task, signed_in: Any
) -> None:
    with receiver() as bob:
        secret = webhooks.create(actor=admin, url=bob.url, events=["assignment.*"])[1]
        made = assignments.assign(actor=admin, task_id=cooking.pk, user_id=alice.pk, date=date(2026, 3, 3))
        deliver()

    [told] = bob.verified(secret)
    [shown] = signed_in(admin).get("/api/users/event/").json()["results"]
    assert told == {"type": "assignment.assigned", "timestamp": shown["at"], "data": shown}
    assert shown["assignment"] == made.pk
    [(headers, body)] = bob.got
    assert headers["content-type"] == "application/json"
    assert headers["user-agent"].startswith("ToGo/")
    assert headers["webhook-timestamp"] == str(int(timezone.now().timestamp()))
    assert b" " not in body.replace(b"cooking", b"")
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.attempts, delivery.http_status) == ("delivered", 1, 204)
    assert headers["webhook-id"] == delivery.message_id
    assert delivery.next_try_at is None


def test_a_receiver_gets_only_the_types_it_asked_for_and_only_from_then_on(admin: User) -> None:
    happen(1, kind=Kind.LIMIT_SET)
    with receiver() as bob:
        webhooks.create(actor=admin, url=bob.url, events=["limit.*", "rule.deleted"])
        for kind in Kind:
            happen(1, kind=kind)
        deliver()

    told = [json.loads(body)["type"] for _, body in bob.got]
    assert told == ["limit.set", "limit.given_back", "rule.deleted"]


def test_a_webhook_that_is_made_later_is_not_told_what_another_one_still_waits_for(admin: User) -> None:
    with receiver() as first, receiver() as second:
        webhooks.create(actor=admin, url=first.url, events=["*"])
        happen(2)
        webhooks.create(actor=admin, url=second.url, events=["*"])
        happen(1)
        deliver()

    assert (len(first.got), len(second.got)) == (3, 1)


def test_messages_come_in_the_order_of_the_history_over_one_connection(admin: User) -> None:
    with receiver() as bob:
        webhooks.create(actor=admin, url=bob.url, events=["*"])
        happen(30)
        deliver()

    assert [json.loads(body)["data"]["assignment"] for _, body in bob.got] == list(range(1, 31))
    assert bob.connections == 1


def test_nothing_is_told_of_a_change_that_is_rolled_back(admin: User) -> None:
    with receiver() as bob:
        webhooks.create(actor=admin, url=bob.url, events=["*"])

        def work() -> None:
            happen(1)
            raise KeyError

        with pytest.raises(KeyError):
            unit_of_work.run(work)
        deliver()

    assert bob.got == []


def test_a_failed_message_is_tried_ten_times_in_about_three_days_and_then_given_up(admin: User) -> None:
    with freeze_time(NOON) as clock, receiver((500, {}, b"not now")) as bob:
        secret = webhooks.create(actor=admin, url=bob.url, events=["*"])[1]
        happen(1)
        times = []
        for _ in range(10):
            deliver()
            times.append(timezone.now())
            delivery = Delivery.objects.get()
            if delivery.next_try_at:
                deliver()  # Nothing is due yet.
                clock.move_to(delivery.next_try_at)
        clock.shift(timedelta(days=30))
        deliver()

        assert len(bob.got) == 10
        assert len(set(bob.ids)) == 1
        assert len({body for _, body in bob.got}) == 1
        assert len({headers["webhook-timestamp"] for headers, _ in bob.got}) == 10
        assert timedelta(days=2.5) < times[-1] - times[0] < timedelta(days=3.6)
        waits = [(later - one).total_seconds() for one, later in itertools.pairwise(times)]
        assert waits == sorted(waits)
        assert (delivery.status, delivery.attempts, delivery.http_status) == ("failed", 10, 500)
        assert (delivery.error, delivery.answer) == ("The receiver answered 500.", "not now")

        webhooks.retry(actor=admin, webhook_id=delivery.webhook_id, delivery_id=delivery.pk)
        bob.answer = OK
        deliver()
        delivery.refresh_from_db()
        assert (delivery.status, delivery.attempts, delivery.error) == ("delivered", 1, "")
        bob.got = bob.got[-1:]
        assert bob.verified(secret)


def test_both_secrets_sign_for_a_day_after_a_rotation_also_after_two_of_them(admin: User) -> None:
    with freeze_time(NOON) as clock, receiver() as bob:
        webhook, first = webhooks.create(actor=admin, url=bob.url, events=["*"])
        _, second, until = webhooks.rotate(actor=admin, webhook_id=webhook.pk)
        _, third, _ = webhooks.rotate(actor=admin, webhook_id=webhook.pk)
        assert until == timezone.now() + timedelta(hours=24)
        happen(1)
        deliver()
        for secret in (first, second, third):
            assert bob.verified(secret)

        clock.shift(timedelta(hours=24, seconds=1))
        bob.got.clear()
        happen(1)
        deliver()
        assert bob.verified(third)
        assert len(bob.got[0][0]["webhook-signature"].split()) == 1


@pytest.mark.every_database
def test_410_disables_the_webhook_and_gives_the_message_up(admin: User) -> None:
    with receiver((410, {}, b"")) as bob:
        webhook, _ = webhooks.create(actor=admin, url=bob.url, events=["*"])
        happen(3)
        deliver()

        assert len(bob.got) == 1
        webhook.refresh_from_db()
        assert (webhook.enabled, webhook.gone_at) == (False, timezone.now())
        assert list(Delivery.objects.order_by("pk").values_list("status", flat=True)) == [
            "failed",
            "pending",
            "pending",
        ]

        happen(5)
        bob.answer = OK
        webhook = webhooks.update(actor=admin, webhook_id=webhook.pk, enabled=True)
        assert delivering.read_on() == 0, "what happened meanwhile is not even read"
        deliver()
        assert webhook.gone_at is None
        assert len(bob.got) == 1 + 2, "what was pending is sent, what happened meanwhile is not"


@pytest.mark.parametrize("value", ["120", "Mon, 02 Mar 2026 12:02:00 GMT"])
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_kept_to_by_all_messages_of_the_webhook(admin: User, status: int, value: str) -> None:
    with freeze_time(NOON) as clock, receiver((status, {"Retry-After": value}, b"")) as bob:
        webhooks.create(actor=admin, url=bob.url, events=["*"])
        happen(2)
        deliver()
        bob.answer = OK
        clock.shift(timedelta(seconds=119))
        deliver()
        assert len(bob.got) == 1

        clock.shift(timedelta(seconds=2))
        deliver()
        assert len(bob.got) == 3
    assert set(Delivery.objects.values_list("status", flat=True)) == {"delivered"}


@pytest.mark.every_database
def test_a_changed_webhook_is_told_at_once_though_its_receiver_asked_to_wait(admin: User) -> None:
    with receiver((503, {"Retry-After": "3600"}, b"")) as bob:
        webhook, _ = webhooks.create(actor=admin, url=bob.url, events=["*"])
        happen(2)
        deliver()
        bob.answer = OK
        webhooks.update(actor=admin, webhook_id=webhook.pk, url=f"{bob.url}/2")
        deliver()

    assert list(Delivery.objects.order_by("pk").values_list("status", flat=True)) == ["pending", "delivered"]


def test_the_result_of_a_try_counts_once(admin: User) -> None:
    webhook, _ = webhooks.create(actor=admin, url="http://127.0.0.1/", events=["*"])
    delivery = webhooks.test(actor=admin, webhook_id=webhook.pk)

    delivering._store(delivery, sending.Outcome(status=204))
    delivering._store(delivery, sending.Outcome(status=410))

    delivery.refresh_from_db()
    webhook.refresh_from_db()
    assert (delivery.status, delivery.attempts, webhook.enabled) == ("delivered", 1, True)


def test_a_redirect_is_a_failure_and_is_not_followed(admin: User) -> None:
    with receiver() as inner, receiver((307, {"Location": inner.url}, b"")) as bob:
        webhooks.create(actor=admin, url=bob.url, events=["*"])
        happen(1)
        deliver()

        assert (len(bob.got), inner.got) == (1, [])
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.http_status, delivery.error) == ("pending", 307, "The receiver answered 307.")


def test_the_answer_is_stored_in_part_and_without_control_characters(admin: User) -> None:
    with receiver((200, {}, b"\x00\x1b[31mred\xff\n" + b"x" * 10_000)) as bob:
        webhooks.create(actor=admin, url=bob.url, events=["*"])
        happen(2)
        deliver()

    assert len(bob.got) == 2
    answer = Delivery.objects.first().answer
    assert answer.startswith("[31mred�\nxxx")
    assert len(answer) < 2000


def never(connection: Any, ended: threading.Event) -> None:
    ended.wait(PATIENCE)


def a_byte_at_a_time(connection: Any, ended: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
    while not ended.wait(0.05):
        connection.sendall(b"x")


def a_byte_of_the_head_at_a_time(connection: Any, ended: threading.Event) -> None:
    while not ended.wait(0.05):
        connection.sendall(b"H")


def ten_gigabytes(connection: Any, ended: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
    while not ended.is_set():
        connection.sendall(b"x" * 65_536)


def endless_head(connection: Any, ended: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while not ended.is_set():
        connection.sendall(b"X-Header: more\r\n" * 1000)


def many_continues(connection: Any, ended: threading.Event) -> None:
    while not ended.wait(0.01):
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)


def no_http(connection: Any, ended: threading.Event) -> None:
    connection.sendall(b"220 mail.example.org ESMTP\r\n\r\n")


def hangs_up(connection: Any, ended: threading.Event) -> None:
    # Not `close`: what hasn't been read yet would make it a reset, which is told otherwise.
    connection.shutdown(socket.SHUT_WR)
    ended.wait(1)


SLOW = "There was no complete answer within 0.5 seconds."


@pytest.mark.parametrize(
    ("behave", "status", "error"),
    [
        (never, None, SLOW),
        (a_byte_at_a_time, None, SLOW),
        (a_byte_of_the_head_at_a_time, None, SLOW),
        (many_continues, None, SLOW),
        (ten_gigabytes, 200, ""),
        (endless_head, None, "The answer is not HTTP: "),
        (no_http, None, "The answer is not HTTP: "),
        (hangs_up, None, "The connection was closed before the answer."),
    ],
)
def test_a_receiver_that_misbehaves_takes_no_longer_than_the_time_out(
    admin: User, monkeypatch: pytest.MonkeyPatch, behave: Any, status: int | None, error: str
) -> None:
    if error == SLOW:
        monkeypatch.setattr(sending, "SECONDS", 0.5)
    with raw_receiver(behave) as bad:
        webhooks.create(actor=admin, url=bad, events=["*"])
        happen(1)
        deliver()

    delivery = Delivery.objects.get()
    assert (delivery.attempts, delivery.http_status) == (1, status)
    assert delivery.error.startswith(error)
    assert bool(delivery.error) == bool(error)
    assert delivery.status == ("pending" if error else "delivered")


def test_a_receiver_that_is_mute_holds_up_nobody_else(admin: User) -> None:
    """It answers only when the other one has got everything."""
    others_are_told = threading.Event()

    def when_the_others_are_told(number: int) -> Any:
        others_are_told.wait(PATIENCE)
        return OK

    def last_of(number: int) -> Any:
        if number == 19:
            others_are_told.set()
        return OK

    with receiver(when_the_others_are_told) as mute, receiver(last_of) as good:
        for one in (mute, good):
            webhooks.create(actor=admin, url=one.url, events=["*"])
        happen(20)
        deliver()

        assert (len(mute.got), len(good.got)) == (20, 20)
    assert set(Delivery.objects.values_list("status", "attempts")) == {("delivered", 1)}


def test_a_kept_connection_that_the_receiver_has_closed_costs_no_try(admin: User) -> None:
    def once(connection: Any, ended: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    with raw_receiver(once) as url:
        webhooks.create(actor=admin, url=url, events=["*"])
        happen(5)
        deliver()

    assert set(Delivery.objects.values_list("status", "attempts")) == {("delivered", 1)}


@pytest.mark.every_database
def test_the_address_that_was_checked_is_called_even_if_the_name_changes_then(
    admin: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The receiver is on 127.0.0.1, which isn't allowed here; its name leads there only from the second look-up on."""
    answers = ["127.0.0.2", "127.0.0.2", "127.0.0.1"]
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(2, 1, 6, "", (answers[min(len(asked), len(answers)) - 1], port))]

    settings.TOGO_WEBHOOK_ALLOW = [ip_network("127.0.0.2/32")]
    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with receiver() as inner:
        port = urlsplit(inner.url).port
        webhooks.create(actor=admin, url=f"http://receiver.example:{port}/", events=["*"])
        happen(1)
        deliver()
        first = Delivery.objects.get()
        Delivery.objects.update(next_try_at=timezone.now())
        deliver()
        second = Delivery.objects.get()

        assert inner.got == []
    # It was resolved once when it was made, and once for each try.
    assert asked == ["receiver.example"] * 3
    assert first.error == "There is no connection: Connection refused."
    assert second.error.startswith("The URL leads to 127.0.0.1, which is not a public address.")


def test_a_receiver_whose_certificate_cannot_be_verified_gets_nothing(admin: User) -> None:
    with receiver() as plain:
        webhooks.create(actor=admin, url=plain.url.replace("http", "https"), events=["*"])
        happen(1)
        deliver()

        assert plain.got == []
    assert Delivery.objects.get().error.startswith("There is no TLS connection: ")


def test_one_process_delivers_at_a_time_and_another_takes_over_after_it_has_died(admin: User) -> None:
    with freeze_time(NOON) as clock, receiver() as bob:
        webhooks.create(actor=admin, url=bob.url, events=["*"])
        happen(1)
        assert leases.hold(delivering.NAME, holder="a process that is killed now")
        deliver()
        assert bob.got == []

        clock.shift(timedelta(seconds=16))
        deliver()
        assert len(bob.got) == 1
        assert leases.hold(delivering.NAME, holder="the next one"), "it is free at once"


def test_a_message_whose_result_could_not_be_stored_is_sent_again_with_the_same_id(
    admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, failures = delivering._store, iter([OperationalError("The server has gone away")])

    def fail_once(*values: Any) -> None:
        for failure in failures:
            raise failure
        store(*values)

    monkeypatch.setattr(delivering, "_store", fail_once)
    monkeypatch.setattr(delivering, "_PAUSE", 0.01)
    with receiver() as bob:
        webhooks.create(actor=admin, url=bob.url, events=["*"])
        happen(1)
        deliver()

    assert len(bob.got) == 2
    assert len(set(bob.ids)) == 1


def test_a_webhook_that_is_deleted_or_changed_meanwhile_gets_nothing_more_at_the_old_url(admin: User) -> None:
    with receiver() as old, receiver() as new:
        webhook, _ = webhooks.create(actor=admin, url=old.url, events=["*"])
        happen(3)
        delivering.read_on()
        webhooks.update(actor=admin, webhook_id=webhook.pk, url=new.url)
        deliver()
        assert (len(old.got), len(new.got)) == (0, 3)

        happen(3)
        delivering.read_on()
        webhooks.delete(actor=admin, webhook_id=webhook.pk)
        deliver()
        assert len(new.got) == 3
    assert not Delivery.objects.exists()


def test_the_example_of_the_documentation_verifies_a_message_and_nothing_else(admin: User) -> None:
    [code] = re.findall(
        r"^```python\n(.*?)^```$", (ROOT / "docs" / "webhooks.md").read_text(), re.MULTILINE | re.DOTALL
    )
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - our own document
    is_genuine = names["is_genuine"]
    with freeze_time(NOON) as clock, receiver() as bob:
        webhook, old = webhooks.create(actor=admin, url=bob.url, events=["*"])
        new = webhooks.rotate(actor=admin, webhook_id=webhook.pk)[1]
        happen(1)
        deliver()
        [(headers, body)] = bob.got

        assert is_genuine(headers, body, old)
        assert is_genuine(headers, body, new)
        assert not is_genuine(headers, body + b" ", new)
        assert not is_genuine({**headers, "webhook-id": "msg_other"}, body, new)
        assert not is_genuine(headers, body, signing.new_secret())
        clock.shift(timedelta(seconds=301))
        assert not is_genuine(headers, body, new)


def test_the_types_of_the_documentation_are_those_that_there_are() -> None:
    text = (ROOT / "docs" / "webhooks.md").read_text()
    table = text[text.index("| type |") : text.index("`POST /api/webhook/{id}/test/`")]

    assert sorted(re.findall(r"`([a-z]+\.[a-z_]+)`", table)) == sorted([*TYPES, TEST])


@pytest.mark.every_database
def test_a_message_whose_event_is_gone_is_given_up_and_holds_up_no_other(admin: User) -> None:
    with receiver() as bob:
        webhooks.create(actor=admin, url=bob.url, events=["*"])
        happen(2)
        delivering.read_on()
        Event.objects.order_by("pk").first().delete()
        deliver()

    assert len(bob.got) == 1
    assert list(Delivery.objects.order_by("pk").values_list("status", "attempts")) == [("failed", 0), ("delivered", 1)]


def test_a_test_is_sent_whatever_the_webhook_asks_for(admin: User) -> None:
    with receiver() as bob:
        webhook, secret = webhooks.create(actor=admin, url=bob.url, events=["rule.deleted"])
        webhooks.test(actor=admin, webhook_id=webhook.pk)
        deliver()

    assert bob.verified(secret) == [{"type": "webhook.test", "timestamp": "2026-03-02T12:00:00Z", "data": {}}]


@pytest.mark.every_database
def test_deliveries_are_removed_after_thirty_days(admin: User) -> None:
    with freeze_time(NOON) as clock, receiver() as bob:
        webhooks.create(actor=admin, url=bob.url, events=["*"])
        happen(3)
        deliver()
        clock.shift(timedelta(days=30))
        happen(1)
        deliver()
        webhooks.remove_old()
        assert Delivery.objects.count() == 4

        clock.shift(timedelta(seconds=1))
        webhooks.remove_old()
        assert Delivery.objects.count() == 1


def test_nothing_secret_is_logged(admin: User, caplog: pytest.LogCaptureFixture) -> None:
    with receiver((500, {}, b"")) as bob:
        secret = webhooks.create(actor=admin, url=f"{bob.url}?token=of-the-receiver", events=["*"])[1]
        happen(1)
        with caplog.at_level("DEBUG"):
            deliver()

    assert "try 1 of 10 failed: The receiver answered 500." in caplog.text
    assert secret not in caplog.text
    assert "of-the-receiver" not in caplog.text
