"""`/api/webhook/`"""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient
from standardwebhooks import Webhook as Verifier

from apps.models import Delivery, Task, User, Webhook, WebhookSecret
from apps.models.events import Kind
from apps.serializers.webhooks import message
from apps.services import events, webhooks
from apps.services.webhooks import delivering
from apps.tasks.webhooks import deliver
from tests.api_test.test_problems import assert_problem, nothing_written

pytestmark = pytest.mark.no_db

WEBHOOKS = "/api/webhook/"
URL = "https://93.184.215.14/togo"


@pytest.fixture
def caller(admin: User, signed_in: Callable[[User], APIClient]) -> APIClient:
    return signed_in(admin)


@pytest.fixture
def webhook(admin: User) -> Webhook:
    return webhooks.create(actor=admin, url=URL, events=["*"])[0]


def happen(number: int = 1) -> None:
    for _ in range(number):
        events.note(Kind.LIMIT_SET, actor_id=1, user_id=1)
    delivering.read_on()


@pytest.mark.every_database
def test_a_webhook_is_made_and_its_secret_shown_once(caller: APIClient) -> None:
    response = caller.post(WEBHOOKS, {"url": URL, "events": ["assignment.*", "limit.set"]}, format="json")

    made = response.json()
    secret = made.pop("secret")
    row = Webhook.objects.get()
    assert response.status_code == 201
    assert response["Location"].endswith(f"{WEBHOOKS}{row.pk}/")
    assert response["Cache-Control"] == "no-store"
    assert made == {
        "id": row.pk,
        "url": URL,
        "events": ["assignment.*", "limit.set"],
        "enabled": True,
        "created_at": "2026-03-02T12:00:00Z",
        "gone_at": None,
        "resume_at": None,
    }
    assert WebhookSecret.objects.get().secret == secret
    assert len(Verifier(secret)._whsecret) == 32
    assert caller.get(f"{WEBHOOKS}{row.pk}/").json() == made
    assert caller.get(WEBHOOKS).json() == {"results": [made], "next": None, "previous": None}
    assert secret not in caller.get(f"{WEBHOOKS}{row.pk}/").content.decode()


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"events": ["*"]}, "url", "required"),
        ({"url": URL}, "events", "required"),
        ({"url": "", "events": ["*"]}, "url", "blank"),
        ({"url": 7, "events": ["*"]}, "url", "invalid"),
        ({"url": "example.org", "events": ["*"]}, "url", "invalid"),
        ({"url": "https://me:secret@93.184.215.14/", "events": ["*"]}, "url", "invalid"),
        ({"url": f"{URL}/{'x' * 2000}", "events": ["*"]}, "url", "max_length"),
        ({"url": URL, "events": []}, "events", "min_length"),
        ({"url": URL, "events": "*"}, "events", "not_a_list"),
        ({"url": URL, "events": None}, "events", "null"),
        ({"url": URL, "events": ["assignment.*", "task.*"]}, "events.1", "invalid_choice"),
        ({"url": URL, "events": ["assignment"]}, "events.0", "invalid_choice"),
        ({"url": URL, "events": ["*"], "enabled": "yes"}, "enabled", "invalid"),
        ({"url": URL, "events": ["*"], "secret": "whsec_mine"}, "secret", "unknown"),
    ],
)
def test_a_body_with_a_wrong_field_is_refused_by_its_name(
    caller: APIClient, body: dict[str, Any], field: str, code: str
) -> None:
    with nothing_written():
        response = caller.post(WEBHOOKS, body, format="json")

    problem = assert_problem(response, 400, "invalid_request")
    assert [(error["field"], error["code"]) for error in problem["errors"]] == [(field, code)]


def test_a_url_that_leads_to_a_private_address_is_refused_and_the_setting_named(
    caller: APIClient, webhook: Webhook
) -> None:
    for call, path in ((caller.post, WEBHOOKS), (caller.patch, f"{WEBHOOKS}{webhook.pk}/")):
        with nothing_written():
            response = call(path, {"url": "http://169.254.169.254/latest", "events": ["*"]}, format="json")

        problem = assert_problem(response, 400, "webhook_url_refused")
        assert (problem["address"], problem["setting"]) == ("169.254.169.254", "TOGO_WEBHOOK_ALLOW")


@pytest.mark.every_database
def test_a_webhook_is_changed_in_part(caller: APIClient, webhook: Webhook) -> None:
    path = f"{WEBHOOKS}{webhook.pk}/"

    assert caller.patch(path, {"enabled": False}, format="json").json()["enabled"] is False
    changed = caller.patch(path, {"events": ["rule.*", "rule.*"]}, format="json").json()
    assert (changed["url"], changed["events"], changed["enabled"]) == (URL, ["rule.*"], False)
    assert caller.patch(path, {}, format="json").json() == changed
    webhook.refresh_from_db()
    assert (webhook.events, webhook.enabled) == (["rule.*"], False)


@pytest.mark.every_database
def test_a_deleted_webhook_takes_its_deliveries_and_secrets_along(caller: APIClient, webhook: Webhook) -> None:
    happen(3)

    assert caller.delete(f"{WEBHOOKS}{webhook.pk}/").status_code == 204
    assert (Webhook.objects.count(), Delivery.objects.count(), WebhookSecret.objects.count()) == (0, 0, 0)
    assert_problem(caller.get(f"{WEBHOOKS}{webhook.pk}/"), 404, "not_found")


def test_there_may_be_fifty_webhooks(caller: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "MOST", 2)
    body = {"url": URL, "events": ["*"]}

    statuses = [caller.post(WEBHOOKS, body, format="json").status_code for _ in range(3)]

    assert statuses == [201, 201, 409]
    assert assert_problem(caller.post(WEBHOOKS, body, format="json"), 409, "too_many_webhooks")["maximum"] == 2
    assert Webhook.objects.count() == 2


@pytest.mark.every_database
def test_a_new_secret_is_shown_once_and_the_old_one_signs_for_a_day(caller: APIClient, webhook: Webhook) -> None:
    old = WebhookSecret.objects.get()

    response = caller.post(f"{WEBHOOKS}{webhook.pk}/rotate/")

    shown = response.json()
    assert response.status_code == 200
    assert shown["secret"].startswith("whsec_")
    assert shown["secret"] != old.secret
    assert shown["old_secret_until"] == "2026-03-03T12:00:00Z"
    secrets = webhook.secrets.order_by("pk").values_list("secret", "expires_at")
    assert [(secret, bool(until)) for secret, until in secrets] == [(old.secret, True), (shown["secret"], False)]


def test_a_test_makes_a_delivery_that_tells_what_is_sent(caller: APIClient, webhook: Webhook) -> None:
    response = caller.post(f"{WEBHOOKS}{webhook.pk}/test/", HTTP_IDEMPOTENCY_KEY="once")
    again = caller.post(f"{WEBHOOKS}{webhook.pk}/test/", HTTP_IDEMPOTENCY_KEY="once")

    assert (response.status_code, again.json()) == (202, response.json())
    delivery = Delivery.objects.get()
    assert response["Location"].endswith(f"{WEBHOOKS}{webhook.pk}/delivery/{delivery.pk}/")
    assert caller.get(response["Location"]).json() == {
        "id": delivery.pk,
        "message_id": delivery.message_id,
        "type": "webhook.test",
        "event": None,
        "status": "pending",
        "created_at": "2026-03-02T12:00:00Z",
        "attempts": 0,
        "tried_at": None,
        "seconds": None,
        "http_status": None,
        "error": "",
        "next_try_at": "2026-03-02T12:00:00Z",
        "sent": '{"type":"webhook.test","timestamp":"2026-03-02T12:00:00Z","data":{}}',
        "answer": "",
    }


@pytest.mark.every_database
def test_deliveries_are_listed_newest_first_and_by_status(caller: APIClient, webhook: Webhook) -> None:
    happen(3)
    first, second, third = Delivery.objects.order_by("pk")
    Delivery.objects.filter(pk=second.pk).update(status="failed", attempts=10, http_status=500, next_try_at=None)
    path = f"{WEBHOOKS}{webhook.pk}/delivery/"

    assert [one["id"] for one in caller.get(path).json()["results"]] == [third.pk, second.pk, first.pk]
    assert [one["id"] for one in caller.get(f"{path}?status=failed").json()["results"]] == [second.pk]
    page = caller.get(f"{path}?page_size=2").json()
    assert [one["id"] for one in caller.get(page["next"]).json()["results"]] == [first.pk]
    assert_problem(caller.get(f"{path}?status=lost"), 400, "invalid_request")


def test_a_delivery_of_another_webhook_is_not_found(caller: APIClient, admin: User, webhook: Webhook) -> None:
    other, _ = webhooks.create(actor=admin, url=URL, events=["*"])
    delivery = webhooks.test(actor=admin, webhook_id=other.pk)

    for call, path in ((caller.get, ""), (caller.post, "retry/")):
        with nothing_written():
            response = call(f"{WEBHOOKS}{webhook.pk}/delivery/{delivery.pk}/{path}")
        assert_problem(response, 404, "not_found")


@pytest.mark.every_database
def test_a_delivery_that_was_given_up_is_tried_again_as_often_as_a_new_one(caller: APIClient, webhook: Webhook) -> None:
    happen()
    delivery = Delivery.objects.get()
    Delivery.objects.update(status="failed", attempts=10, next_try_at=None)

    response = caller.post(f"{WEBHOOKS}{webhook.pk}/delivery/{delivery.pk}/retry/")

    assert response.status_code == 202
    told = response.json()
    assert (told["status"], told["attempts"], told["next_try_at"]) == ("pending", 0, "2026-03-02T12:00:00Z")


def test_nothing_is_sent_to_a_disabled_webhook(caller: APIClient, admin: User, webhook: Webhook) -> None:
    happen()
    delivery = Delivery.objects.get()
    webhooks.update(actor=admin, webhook_id=webhook.pk, enabled=False)

    for path in ("test/", f"delivery/{delivery.pk}/retry/"):
        with nothing_written():
            response = caller.post(f"{WEBHOOKS}{webhook.pk}/{path}")
        assert_problem(response, 409, "webhook_disabled")
    happen()
    assert Delivery.objects.count() == 1


def test_what_a_delivery_shows_as_sent_is_what_is_sent(caller: APIClient, webhook: Webhook) -> None:
    happen()
    delivery, event = webhooks.get_delivery(
        actor=User.objects.get(), webhook_id=webhook.pk, delivery_id=Delivery.objects.get().pk
    )

    told = caller.get(f"{WEBHOOKS}{webhook.pk}/delivery/{delivery.pk}/").json()

    assert told["sent"].encode() == message(delivery, event)
    assert (told["event"], told["type"]) == (event.pk, "limit.set")


@pytest.mark.parametrize("call", ["create", "update", "test", "retry"])
def test_the_worker_is_asked_after_the_commit(
    admin: User, webhook: Webhook, call: str, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    delivery = webhooks.test(actor=admin, webhook_id=webhook.pk)
    asked: list[str] = []
    monkeypatch.setattr(deliver, "delay", lambda: asked.append("deliver"))
    with django_capture_on_commit_callbacks(execute=True):
        match call:
            case "create":
                webhooks.create(actor=admin, url=URL, events=["*"])
            case "update":
                webhooks.update(actor=admin, webhook_id=webhook.pk, enabled=True)
            case "test":
                webhooks.test(actor=admin, webhook_id=webhook.pk)
            case "retry":
                webhooks.retry(actor=admin, webhook_id=webhook.pk, delivery_id=delivery.pk)
        assert asked == []
    assert asked == ["deliver"]


def test_webhooks_cost_a_call_no_statement(admin: User, alice: User, tasks: list[Task], caller: APIClient) -> None:
    def assign(task: Task) -> list[str]:
        with CaptureQueriesContext(connection) as queries:
            body = {"task": task.pk, "user": alice.pk, "date": "2026-03-03"}
            assert caller.post("/api/users/assignment/", body, format="json").status_code == 201
        return [re.sub(r"'[^']*'|\d+", "?", query["sql"]) for query in queries]

    assign(tasks[0])
    without = assign(tasks[1])
    for _ in range(3):
        webhooks.create(actor=admin, url=URL, events=["*"])

    assert assign(tasks[2]) == without
