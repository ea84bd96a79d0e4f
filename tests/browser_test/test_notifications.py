"""Choosing what to be told, and how a message looks, in a browser."""

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from apps.models import Notification, Task, User
from apps.services import assignments, notifications
from apps.services.shared.permissions import today
from lab.processes import start_server
from tests.browser_test.conftest import NARROW, Visit
from tests.conftest import make_person

# Nobody listens there: the web server only needs to know that messages are on.
SENDS = {
    "TOGO_EMAIL_URL": "smtp://127.0.0.1:9",
    "TOGO_APPRISE_SCHEMAS": "json,ntfys",
    "TOGO_PUBLIC_URL": "http://localhost/",
}


@pytest.fixture
def ada(transactional_db: None) -> User:
    """Ada, whose address is confirmed, and who has a task today."""
    ada = make_person("ada")
    Notification.objects.create(user=ada, email="ada@example.org", confirmed_at=timezone.now())
    cooking = Task.objects.create(name="cooking")
    assignments.assign(actor=ada, task_id=cooking.pk, user_id=ada.pk, date=today())
    return ada


def test_a_person_chooses_what_to_be_told(visit: Callable[..., Visit], ada: User) -> None:
    browser = visit(ada, size=NARROW, scheme="dark")
    off = browser.open("/account/messages/")
    expect(off.get_by_role("status").first).to_contain_text("Messages are off")
    browser.assert_accessible()

    with start_server(workers=1, threads=2, **SENDS) as server:
        browser.address = f"http://localhost:{server.port}"
        page = browser.open("/account/messages/")
        expect(page.get_by_role("row", name="cooking to do")).to_be_visible()
        browser.assert_accessible()
        page.get_by_label("Send me my day").check()
        page.get_by_label("At (UTC)").fill("06:45")
        page.get_by_label("Sat").check()
        page.get_by_label("A task on another date").select_option("digest")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Saved.")).to_be_visible()
        expect(page.get_by_label("At (UTC)")).to_have_value("06:45")

        page.get_by_label("Your e-mail address").fill("ada@elsewhere.example.org")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Nothing is sent to ada@elsewhere.example.org before")).to_be_visible()
        browser.assert_accessible()
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]

        page.get_by_label("Your channel").fill("json://ada:geheim@10.1.2.3/")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("alert")).to_contain_text("leads to 10.1.2.3, which is not a public address")
        browser.assert_accessible()

    one = Notification.objects.get()
    assert (str(one.digest_at), one.digest_weekdays, one.moved) == ("06:45:00", "012345", "digest")
    assert one.confirmed_at is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_message_is_readable_and_loads_nothing(visit: Callable[..., Visit], ada: User, scheme: str) -> None:
    browser = visit(ada, size=NARROW, scheme=scheme)
    loaded: list[str] = []
    browser.page.on("request", lambda request: loaded.append(request.url))

    browser.page.set_content(notifications.preview(actor=ada).html)

    expect(browser.page.get_by_role("row", name="cooking to do")).to_be_visible()
    browser.assert_accessible()
    assert browser.page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    assert loaded == []
