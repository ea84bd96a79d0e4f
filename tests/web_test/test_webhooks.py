"""The pages of webhooks without scripts."""

import re
from typing import Any

import pytest
from django.test import Client

from apps.models import Delivery, User, Webhook, WebhookSecret
from apps.models.events import Kind
from apps.services import events, webhooks
from apps.services.webhooks import delivering

URL = "https://93.184.215.14/togo"


@pytest.fixture
def page(admin: User, client: Client) -> Client:
    """A browser in which the admin is signed in."""
    client.force_login(admin)
    return client


@pytest.fixture
def webhook(admin: User) -> Webhook:
    return webhooks.create(actor=admin, url=URL, events=["*"])[0]


def text_of(response: Any) -> str:
    """The text of the page, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


@pytest.mark.every_database
def test_a_webhook_is_made_and_its_secret_is_on_the_answer_alone(page: Client) -> None:
    response = page.post("/webhooks/", {"url": URL, "events": ["assignment.*", "rule.created"]})

    webhook = Webhook.objects.get()
    secret = WebhookSecret.objects.get().secret
    assert response.status_code == 200
    assert secret in text_of(response)
    assert "no-store" in response["Cache-Control"]
    assert (webhook.url, webhook.events) == (URL, ["assignment.*", "rule.created"])
    for path in ("/webhooks/", f"/webhooks/{webhook.pk}/"):
        shown = text_of(page.get(path))
        assert URL in shown
        assert secret not in shown


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"url": "", "events": ["*"]}, "This field is required."),
        ({"url": "example.org", "events": ["*"]}, "This must be an address such as https://example.org/togo"),
        ({"url": "http://127.0.0.1/", "events": ["*"]}, "TOGO_WEBHOOK_ALLOW can allow its network."),
        ({"url": URL}, "Choose at least one."),
        ({"url": URL, "events": ["task.*"]}, "task.* is not one of the available choices."),
    ],
)
def test_a_form_that_cannot_be_used_says_why_beside_the_field(page: Client, sent: dict[str, Any], says: str) -> None:
    response = page.post("/webhooks/", sent)

    assert response.status_code == 400
    assert says in text_of(response)
    assert not Webhook.objects.exists()


@pytest.mark.every_database
def test_a_webhook_is_changed_and_enabled_and_disabled(page: Client, webhook: Webhook) -> None:
    path = f"/webhooks/{webhook.pk}/"

    response = page.post(
        path, {"url": f"{URL}/2", "events": ["limit.*"]}, headers={"Referer": f"http://testserver{path}"}
    )
    webhook.refresh_from_db()
    assert (response.status_code, response["Location"]) == (302, f"http://testserver{path}")
    assert (webhook.url, webhook.events, webhook.enabled) == (f"{URL}/2", ["limit.*"], False)
    assert "Disabled" in text_of(page.get(path))
    assert "Send a test" not in text_of(page.get(path))

    page.post(path, {"url": f"{URL}/2", "events": ["limit.*"], "enabled": "on"})
    webhook.refresh_from_db()
    assert webhook.enabled


def test_a_test_leads_to_its_delivery_which_shows_what_is_sent(page: Client, webhook: Webhook) -> None:
    response = page.post(f"/webhooks/{webhook.pk}/test/", follow=True)

    shown = text_of(response)
    assert "To be sent" in shown
    assert "&quot;type&quot;: &quot;webhook.test&quot;" in shown
    assert Delivery.objects.get().message_id in shown


@pytest.mark.every_database
def test_a_delivery_shows_the_answer_and_can_be_sent_again(page: Client, webhook: Webhook) -> None:
    events.note(Kind.LIMIT_SET, actor_id=1, user_id=1)
    delivering.read_on()
    Delivery.objects.update(
        status="failed",
        attempts=10,
        http_status=500,
        error="The receiver answered 500.",
        answer="<b>out of order</b>",
        next_try_at=None,
        tried_at="2026-03-02T12:00:00Z",
        seconds=0.25,
    )
    delivery = Delivery.objects.get()
    path = f"/webhooks/{webhook.pk}/delivery/{delivery.pk}/"

    assert "✕ Given up" in text_of(page.get(f"/webhooks/{webhook.pk}/"))
    shown = text_of(page.get(path))
    assert "10 of 10" in shown
    assert "The receiver answered 500." in shown
    assert "&lt;b&gt;out of order&lt;/b&gt;" in shown
    page.post(f"{path}retry/")
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts) == ("pending", 0)


@pytest.mark.every_database
def test_a_new_secret_is_shown_once(page: Client, webhook: Webhook) -> None:
    response = page.post(f"/webhooks/{webhook.pk}/rotate/")

    secret = WebhookSecret.objects.get(expires_at=None).secret
    assert secret in text_of(response)
    assert "no-store" in response["Cache-Control"]
    assert "For 24 hours" in text_of(response)
    assert secret not in text_of(page.get(f"/webhooks/{webhook.pk}/"))


@pytest.mark.every_database
def test_a_webhook_is_deleted(page: Client, webhook: Webhook) -> None:
    response = page.post(f"/webhooks/{webhook.pk}/remove/")

    assert response["Location"] == "/webhooks/"
    assert not Webhook.objects.exists()


def test_only_admins_see_the_page_in_the_navigation(page: Client, taskmaster: User) -> None:
    assert "/webhooks/" in page.get("/webhooks/").content.decode().partition("<main")[0]
    page.force_login(taskmaster)
    assert "/webhooks/" not in page.get("/board/").content.decode()
