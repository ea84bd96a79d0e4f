"""The pages of webhooks, in a browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from apps.models import Delivery, User, Webhook
from apps.models.events import Kind
from apps.services import events, webhooks
from apps.services.webhooks import delivering
from tests.browser_test.conftest import NARROW, WIDE, Visit
from tests.conftest import make_person

Visits = Callable[..., Visit]
URL = "https://93.184.215.14/" + "a-long-path-without-a-blank/" * 6


def with_deliveries(admin: User) -> Webhook:
    """A webhook with deliveries in each state."""
    webhook, _ = webhooks.create(actor=admin, url=URL, events=["assignment.*", "limit.*"])
    for kind in (Kind.ASSIGNED, Kind.EFFORT_CHANGED, Kind.LIMIT_GIVEN_BACK):
        events.note(kind, actor_id=admin.pk, user_id=admin.pk, data={"reason": "Ünïcode and a long text " * 8})
    delivering.read_on()
    webhooks.test(actor=admin, webhook_id=webhook.pk)
    first, second, third = Delivery.objects.exclude(event=None).order_by("pk")
    tried = {"tried_at": first.created_at, "seconds": 0.031}
    Delivery.objects.filter(pk=first.pk).update(status="delivered", attempts=1, http_status=204, **tried)
    Delivery.objects.filter(pk=second.pk).update(
        attempts=3, http_status=502, error="The receiver answered 502.", **tried
    )
    failed = {"status": "failed", "attempts": 10, "http_status": 500, "answer": "out of order\n" * 60}
    Delivery.objects.filter(pk=third.pk).update(error="The receiver answered 500.", next_try_at=None, **failed, **tried)
    return webhook


def test_an_admin_makes_a_webhook_copies_its_secret_and_tests_it(visit: Visits) -> None:
    browser = visit(make_person("ada", is_admin=True))
    page = browser.open("/board/")
    page.get_by_role("link", name="Webhooks").click()
    page.get_by_label("URL").fill("http://localhost:9/")
    page.get_by_label("assignment.*").check()
    page.get_by_role("button", name="Make the webhook").click()
    expect(page.get_by_role("alert")).to_contain_text("TOGO_WEBHOOK_ALLOW can allow its network.")
    browser.assert_accessible()

    page.get_by_label("URL").fill(URL)
    page.get_by_role("button", name="Make the webhook").click()
    secret = page.locator(".secret code").inner_text()
    assert secret.startswith("whsec_")
    browser.assert_accessible()

    page.get_by_role("link", name="To the webhook").click()
    expect(page.get_by_label("assignment.*")).to_be_checked()
    page.get_by_label("rule.deleted").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The webhook is changed.")).to_be_visible()
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_role("heading", name="webhook.test")).to_be_visible()
    expect(page.locator("pre")).to_contain_text('"type": "webhook.test"')

    webhook = Webhook.objects.get()
    assert webhook.events == ["assignment.*", "rule.deleted"]
    browser.open(f"/webhooks/{webhook.pk}/")
    page.get_by_role("button", name="Make a new secret").click()
    assert page.locator(".secret code").inner_text() not in ("", secret)
    page.get_by_role("link", name="To the webhook").click()
    page.get_by_text("Delete", exact=True).click()
    page.get_by_role("button", name="Delete the webhook").click()
    expect(page.get_by_role("heading", name="New webhook")).to_be_visible()
    assert not Webhook.objects.exists()


@pytest.mark.parametrize(
    ("size", "scheme"), [(WIDE, "light"), (NARROW, "dark")], ids=["wide and light", "narrow and dark"]
)
def test_the_pages_are_readable(visit: Visits, size: dict[str, int], scheme: str) -> None:
    admin = make_person("ada", is_admin=True)
    webhook = with_deliveries(admin)
    browser = visit(admin, size=size, scheme=scheme)
    deliveries = [
        f"/webhooks/{webhook.pk}/delivery/{number}/" for number in Delivery.objects.values_list("pk", flat=True)
    ]
    for path in ("/webhooks/", f"/webhooks/{webhook.pk}/", *deliveries[1:3]):
        page = browser.open(path)
        browser.assert_accessible()
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path
