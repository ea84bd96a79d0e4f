"""`TOGO_SECRET_KEY` is renewed: what the key before signed stays valid while it is a fallback, and not longer.

The tests sign with the key of their own process; the servers have another one.
"""

import http.client
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from apps.models import User
from apps.services import calendar
from apps.views.http.jwt import JsonWebTokens
from lab.processes import PATIENCE, Server, start_server
from tests.conftest import make_person

pytestmark = [pytest.mark.no_db, pytest.mark.real_time, pytest.mark.django_db(transaction=True)]

NEW_KEY = "the key after the renewal with characters enough for ToGo"
KINDS = ["a session", "an access token", "a refresh token", "a link to a calendar"]


@pytest.fixture(scope="module")
def renewed(django_db_setup: None) -> Iterator[Server]:
    """A server whose key is new, and the old one its fallback."""
    keys = {"TOGO_SECRET_KEY": NEW_KEY, "TOGO_SECRET_KEY_FALLBACKS": settings.SECRET_KEY}
    with start_server(workers=1, threads=1, **keys) as server:
        yield server


@pytest.fixture(scope="module")
def without_fallback(django_db_setup: None) -> Iterator[Server]:
    """A server that has forgotten the old key."""
    with start_server(workers=1, threads=1, TOGO_SECRET_KEY=NEW_KEY) as server:
        yield server


@pytest.fixture
def tara(transactional_db: None) -> User:
    return make_person("tara", is_taskmaster=True)


def send(server: Server, path: str, body: dict[str, str] | None = None, **headers: str) -> tuple[int, Any, str]:
    """The status, the JSON if it is some, and the cookies of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    sent = json.dumps(body) if body else None
    connection.request("POST" if body else "GET", path, sent, {"Content-Type": "application/json", **headers})
    answer = connection.getresponse()
    text = answer.read()
    is_json = answer.headers.get_content_type() == "application/json"
    return answer.status, json.loads(text) if is_json else None, answer.getheader("Set-Cookie", "")


def make(kind: str, person: User) -> str:
    match kind:
        case "a session":
            client = Client()
            client.force_login(person)
            return client.cookies[settings.SESSION_COOKIE_NAME].value
        case "a link to a calendar":
            return calendar.token_of(actor=person)
        case _:
            return JsonWebTokens().issue(person)["refresh" if kind == "a refresh token" else "access"]


def works(server: Server, kind: str, made: str) -> bool:
    match kind:
        case "a session":
            return send(server, "/board/", Cookie=f"{settings.SESSION_COOKIE_NAME}={made}")[0] == 200
        case "a link to a calendar":
            return send(server, f"/api/users/calendar/{made}.ics")[0] == 200
        case "a refresh token":
            return send(server, "/api/users/token/refresh/", {"refresh": made})[0] == 200
        case _:
            return send(server, "/api/users/me/", Authorization=f"Bearer {made}")[0] == 200


@pytest.mark.parametrize("kind", KINDS)
def test_a_fallback_keeps_what_it_signed_and_ends_it_when_it_is_taken_away(
    tara: User, renewed: Server, without_fallback: Server, kind: str
) -> None:
    made = make(kind, tara)

    assert not works(without_fallback, kind, made)
    assert works(renewed, kind, made)


def test_tokens_from_a_refresh_outlive_the_fallback(tara: User, renewed: Server, without_fallback: Server) -> None:
    _, pair, _ = send(renewed, "/api/users/token/refresh/", {"refresh": make("a refresh token", tara)})

    assert works(without_fallback, "an access token", pair["access"])
    assert works(without_fallback, "a refresh token", pair["refresh"])


def test_a_session_that_is_used_outlives_the_fallback(tara: User, renewed: Server, without_fallback: Server) -> None:
    status, _, cookies = send(renewed, "/board/", Cookie=f"{settings.SESSION_COOKIE_NAME}={make('a session', tara)}")
    assert status == 200

    session = cookies.partition(f"{settings.SESSION_COOKIE_NAME}=")[2].partition(";")[0]
    assert works(without_fallback, "a session", session)


def test_a_forged_token_is_refused_also_with_fallbacks(tara: User, renewed: Server) -> None:
    header, claims, signature = make("an access token", tara).split(".")

    assert not works(renewed, "an access token", f"{header}.{claims}.{signature[::-1]}")
    assert not works(renewed, "an access token", f"{header}.{claims}.")
