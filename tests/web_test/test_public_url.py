"""`TOGO_PUBLIC_URL`, behind a proxy that hands on another host name than the one in the browser's address."""

from typing import Any

import pytest
from django.test import Client

from apps.models import User

pytestmark = pytest.mark.no_db

ORIGIN = "https://togo.example.org"


@pytest.fixture(autouse=True)
def _behind_a_proxy(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["togo.internal"]
    settings.TOGO_PUBLIC_URL, settings.TOGO_ORIGIN, settings.CSRF_TRUSTED_ORIGINS = f"{ORIGIN}/", ORIGIN, [ORIGIN]


def test_the_links_in_answers_lead_to_the_public_url(taskmaster: User, signed_in: Any) -> None:
    program = signed_in(taskmaster)
    program.defaults["HTTP_HOST"] = "togo.internal"

    made = [program.post("/api/tasks/", {"name": name}, format="json") for name in ("cooking", "baking")]
    first = program.get("/api/tasks/?page_size=1").json()

    assert made[0]["Location"] == f"{ORIGIN}/api/tasks/{made[0].json()['id']}/"
    assert first["next"].startswith(f"{ORIGIN}/api/tasks/?")
    assert program.get("/api/users/calendar/token/").json()["url"].startswith(f"{ORIGIN}/api/users/calendar/")


@pytest.mark.parametrize(
    ("origin", "back", "status", "led_to"),
    [
        (ORIGIN, f"{ORIGIN}/account/", 302, f"{ORIGIN}/account/"),
        (ORIGIN, "https://evil.example.org/", 302, "/"),
        ("https://evil.example.org", "/account/", 403, None),
    ],
)
def test_a_form_of_the_public_url_is_accepted_and_leads_back_there(
    alice: User, origin: str, back: str, status: int, led_to: str | None
) -> None:
    browser = Client(enforce_csrf_checks=True, headers={"host": "togo.internal"})
    browser.force_login(alice)
    token = browser.get("/account/").context["csrf_token"]

    sent = {"first_name": "Alice", "back": back, "csrfmiddlewaretoken": str(token)}
    answer = browser.post("/account/name/", sent, headers={"origin": origin})

    assert (answer.status_code, answer.get("Location")) == (status, led_to)
    alice.refresh_from_db()
    assert alice.first_name == ("Alice" if status == 302 else "")
