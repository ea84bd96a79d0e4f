"""No password, token, key or link gets into a log, or into an answer that isn't meant to send it."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import OperationalError, connection
from django.test import Client
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import RefreshToken

from apps.models import User
from apps.services import calendar, limits, users
from apps.services import tokens as token_service
from apps.services.board import pages
from apps.services.users import invitations

PASSWORD = "xyzzy of my own choice"
WRONG = "plugh of another choice"


class Logs:
    """The text that is written to any log file from now on."""

    def __init__(self) -> None:
        self.folder = Path(settings.TOGO_LOG_DIR)
        self.starts = {path: path.stat().st_size for path in self.folder.iterdir()}

    def text(self) -> str:
        files = [path for path in self.folder.iterdir() if path.is_file()]
        return "".join(path.read_bytes()[self.starts.get(path, 0) :].decode(errors="replace") for path in files)


@pytest.fixture
def bob(db: None, settings: Any) -> User:
    settings.TOGO_METRICS_TOKEN = "for the eyes of Prometheus"
    return users.create_user(actor=None, username="bob", password=PASSWORD, is_taskmaster=True)


def text_of(answer: Any) -> str:
    """The headers and the body of an answer."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return f"{answer.headers}{body.decode(errors='replace')}"


@pytest.mark.parametrize("trouble", ["all is well", "an internal error", "the database is down"])
def test_nothing_secret_is_logged_or_answered(
    bob: User, trouble: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    logs = Logs()
    pair = token_service.obtain(username="bob", password=PASSWORD, address="192.0.2.1")
    link = calendar.token_of(actor=bob)
    boss = User.objects.create(username="boss", password="!", is_admin=True)
    invitation = invitations.token_for(actor=boss, user_id=bob.pk)
    page = Client(raise_request_exception=False, headers={"user-agent": "a browser"})
    assert page.post("/sign-in/", {"username": "bob", "password": PASSWORD}).status_code == 302
    session = page.cookies[settings.SESSION_COOKIE_NAME].value
    key = "one-of-my-keys-4711"
    secrets = {
        *(PASSWORD, WRONG, "xyzzy", "plugh", bob.password, settings.SECRET_KEY, settings.TOGO_METRICS_TOKEN),
        *(pair["access"], pair["refresh"], link, invitation, session, Session.objects.get().session_data, key),
        *(RefreshToken(pair["refresh"])["jti"], "eyJ"),  # type: ignore[arg-type]  # the library's hint says Token, its code takes text
    }

    def fail(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("a mistake")

    def down(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        raise OperationalError("the connection is closed")

    if trouble == "an internal error":
        for service, name in (
            *((limits, "today_of"), (calendar, "feed"), (pages, "page"), (token_service, "refresh")),
            *((token_service, "authenticated"), (users, "change_password"), (invitations, "person_of")),
        ):
            monkeypatch.setattr(service, name, fail)
    client = APIClient(raise_request_exception=False)
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {pair['access']}"}
    answers: list[Any] = []

    def calls() -> None:
        def post(path: str, body: Any, **more: Any) -> None:
            text = body if isinstance(body, str) else json.dumps(body)
            answers.append(client.post(path, text, content_type="application/json", **more))

        post("/api/users/token/", {"username": "bob", "password": WRONG})
        post("/api/users/token/", {"username": PASSWORD, "password": WRONG})
        post("/api/users/token/?password=xyzzy", {"username": 1, "password": WRONG})
        post("/api/users/token/", f'{{"password": "{PASSWORD}"')
        post("/api/users/token/", {"username": "bob", "password": PASSWORD, "passwort": [WRONG]})
        post("/api/users/token/refresh/", {"refresh": pair["access"]})
        post("/api/users/token/refresh/", {"refresh": f"{pair['refresh']}x"})
        post("/api/users/token/revoke/", {"refresh": pair["access"]})
        post("/api/users/me/password/", {"old_password": WRONG, "new_password": PASSWORD}, **bearer)
        post("/api/users/assignment/", {"task": 1}, HTTP_IDEMPOTENCY_KEY=key, **bearer)
        for path in ("/api/users/me/", "/api/users/", "/api/users/event/", "/api/users/assignment/export.csv"):
            answers.append(client.get(path, **bearer))
            answers.append(client.get(path, HTTP_AUTHORIZATION=f"Bearer {pair['refresh']}"))
        answers.append(client.get("/api/users/me/", HTTP_AUTHORIZATION=f"Basic {PASSWORD}"))
        answers.append(client.get(f"/api/users/calendar/{link}.ics"))
        answers.append(client.get("/metrics", HTTP_AUTHORIZATION=f"Bearer {settings.TOGO_METRICS_TOKEN}"))
        answers.append(page.post("/sign-in/", {"username": "bob", "password": WRONG}))
        answers.append(page.get(f"/password/{invitation}/"))
        answers.append(page.get("/board/"))
        answers.append(page.get("/today/", HTTP_HOST="evil.example.org"))

    if trouble == "the database is down":
        with connection.execute_wrapper(down):
            calls()
    else:
        calls()

    statuses = {answer.status_code for answer in answers}
    assert statuses & {"all is well": {200}, "an internal error": {500}, "the database is down": {503}}[trouble]
    written = logs.text() + "".join(capfd.readouterr())
    assert ("a mistake" in written) == (trouble == "an internal error")
    assert ("the connection is closed" in written) == (trouble == "the database is down")
    answered = "".join(map(text_of, answers))
    for secret in secrets:
        assert secret not in written
        assert secret not in answered
