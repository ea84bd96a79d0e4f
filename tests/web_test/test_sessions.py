"""Signing in to the pages and out, and changing one's own password."""

from typing import Any

import pytest
from django.test import Client

from apps.models import ApiKey, User
from apps.models.api_keys import Scope
from apps.services import api_keys, calendar, users
from apps.services.board import pages

pytestmark = pytest.mark.no_db

PASSWORD = "a walk in the woods"


@pytest.fixture
def tara(db: None) -> User:
    return users.create_user(actor=None, username="tara", password=PASSWORD, is_taskmaster=True)


def sign_in(client: Client, **more: str) -> object:
    return client.post("/sign-in/", {"username": "tara", "password": PASSWORD, **more})


def is_signed_in(client: Client) -> bool:
    return client.get("/board/").status_code == 200


@pytest.mark.parametrize(
    ("wanted", "led_to"),
    [
        ("/board/?week=2026-W48", "/board/?week=2026-W48"),
        ("", "/"),
        ("https://example.org/", "/"),
        ("//example.org/", "/"),
        ("javascript:alert(1)", "/"),
        ("board", "/"),
        ("no such view", "/"),
        ("\x00", "/"),
    ],
)
def test_signing_in_redirects_to_the_wanted_page_but_never_to_another_site(
    tara: User, client: Client, wanted: str, led_to: str
) -> None:
    response = client.post("/sign-in/", {"username": "tara", "password": PASSWORD, "next": wanted})

    assert (response.status_code, response["Location"]) == (302, led_to)
    assert is_signed_in(client)


@pytest.mark.parametrize(
    "wrong",
    [{"password": "x"}, {"username": "nobody"}, {"username": "\x00"}, {"username": ""}, {"username": "x" * 151}],
)
def test_wrong_credentials_sign_in_nobody(tara: User, client: Client, wrong: dict[str, str]) -> None:
    response = client.post("/sign-in/", {"username": "tara", "password": PASSWORD, **wrong})

    assert response.status_code == 401
    assert not is_signed_in(client)


def test_a_deactivation_and_a_new_password_end_sessions_at_once(tara: User, client: Client) -> None:
    for change in ({"is_active": False}, {"password": "argon2$another"}):
        User.objects.filter(pk=tara.pk).update(is_active=True, password=tara.password)
        sign_in(client)
        assert is_signed_in(client)
        User.objects.filter(pk=tara.pk).update(**change)
        assert not is_signed_in(client)


def test_signing_out_ends_the_session_and_needs_a_form(tara: User, client: Client) -> None:
    sign_in(client)
    assert client.get("/sign-out/").status_code == 405
    assert is_signed_in(client)
    assert client.post("/sign-out/")["Location"] == "/sign-in/"
    assert not is_signed_in(client)


def change_password(client: Client, **more: str) -> Any:
    sent = {"old_password": PASSWORD, "new_password": "a swim in the sea", "again": "a swim in the sea", **more}
    return client.post("/account/password/", sent)


def test_everybody_changes_their_own_password_and_stays_signed_in_only_here(client: Client, db: None) -> None:
    ada = users.create_user(actor=None, username="ada", password=PASSWORD)
    elsewhere = Client()
    for browser in (client, elsewhere):
        browser.force_login(ada)
    link = calendar.token_of(actor=ada)
    assert 'href="/account/"' in client.get("/today/").content.decode()
    assert 'href="/account/password/"' in client.get("/account/").content.decode()

    assert change_password(client, back="/account/", new_link="on")["Location"] == "/account/"

    assert client.get("/today/").status_code == 200
    assert elsewhere.get("/today/").status_code == 302
    assert calendar.token_of(actor=ada) != link
    ada.refresh_from_db()
    assert ada.check_password("a swim in the sea")


@pytest.mark.every_database
def test_the_page_names_the_api_keys_that_a_new_password_leaves(client: Client, tara: User, db: None) -> None:
    ada = users.create_user(actor=None, username="ada", password=PASSWORD)
    client.force_login(ada)
    assert "API key" not in client.get("/account/password/").content.decode()
    keys = [api_keys.create(actor=ada, name=f"program <{n}>", scope=Scope.READ)[1] for n in range(1, 5)]
    api_keys.create(actor=tara, name="of somebody else", scope=Scope.ALL)
    ApiKey.objects.filter(name="program <4>").update(expires_at="2026-03-02T12:00:00Z")

    shown = client.get("/account/password/").content.decode()
    for number, key in enumerate(keys, start=1):
        assert (f"program &lt;{number}&gt;" in shown) == (f"{key[:11]}…" in shown) == (number < 4)
        assert key not in shown
    assert "of somebody else" not in shown

    changed = client.post(
        "/account/password/",
        {"old_password": PASSWORD, "new_password": "a swim in the sea", "again": "a swim in the sea", "back": "/"},
        follow=True,
    ).content.decode()
    assert "These API keys still work: program &lt;3&gt;, program &lt;2&gt;, program &lt;1&gt;." in changed
    assert api_keys.in_use(key=keys[0]).person == ada


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"old_password": "x"}, "old_password"),
        ({"again": "x"}, "again"),
        ({"new_password": "1", "again": "1"}, "new_password"),
    ],
)
def test_a_refused_change_of_a_password_says_why_beside_the_field(
    tara: User, client: Client, wrong: dict[str, str], field: str
) -> None:
    client.force_login(tara)

    response = change_password(client, **wrong)

    assert (response.status_code, list(response.context["form"].errors)) == (400, [field])
    tara.refresh_from_db()
    assert tara.check_password(PASSWORD)


def test_the_page_of_the_password_says_how_long_to_wait_after_too_many_wrong_ones(tara: User, client: Client) -> None:
    client.force_login(tara)
    for _ in range(5):
        assert change_password(client, old_password="x").status_code == 400

    held = change_password(client)

    assert (held.status_code, held["Retry-After"]) == (429, "900")
    assert "too many wrong passwords" in held.content.decode()
    tara.refresh_from_db()
    assert tara.check_password(PASSWORD)


def test_pages_have_a_strict_policy(tara: User, client: Client) -> None:
    client.force_login(tara)
    for path in ("/sign-in/", "/board/", "/today/", "/errors/", "/admin/"):
        policy = client.get(path)["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in f"{policy};"
        assert "unsafe" not in policy, path
    for path in ("/api/docs/", "/api/redocs/"):
        policy = client.get(path)["Content-Security-Policy"]
        assert policy.count("unsafe") == 1
        assert "style-src 'self' 'unsafe-inline'" in policy


def test_missing_pages_and_internal_errors_are_explained(
    tara: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(tara)
    client.raise_request_exception = False
    missing = client.get("/nothing/")
    assert (missing.status_code, "There is no such page" in missing.content.decode()) == (404, True)

    monkeypatch.setattr(pages, "page", lambda **_: 1 / 0)
    broken = client.get("/board/")
    assert (broken.status_code, "Something went wrong here" in broken.content.decode()) == (500, True)
