"""The headers that ToGo sends to browsers behind an HTTPS proxy."""

import contextlib
import http.client
import re
from collections.abc import Iterator
from http.cookies import SimpleCookie
from urllib.parse import urlencode

import pytest

from apps.models import User
from apps.services import calendar, users
from lab.processes import PATIENCE, Server, start_server
from tests.conftest import token_of

pytestmark = [pytest.mark.no_db, pytest.mark.real_time, pytest.mark.django_db(transaction=True)]

PASSWORD = "a walk in the woods"
# The headers of every answer.
EVERYWHERE = {
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Access-Control-Allow-Origin": None,
    "Server": "granian",
}
NOTHING = "default-src 'none'; frame-ancestors 'none'"
PAGES = {
    "base-uri": "'none'",
    "connect-src": "'self'",
    "default-src": "'none'",
    "font-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "manifest-src": "'self'",
    "img-src": "'self' data:",
    "script-src": "'self'",
    "style-src": "'self'",
}


@pytest.fixture
def tara(transactional_db: None) -> User:
    return users.create_user(actor=None, username="tara", password=PASSWORD, is_taskmaster=True)


@pytest.fixture
def behind_https(tara: User) -> Iterator[Server]:
    with start_server(workers=1, TOGO_HTTPS="on") as server:
        yield server


def get(server: Server, path: str, *, method: str = "GET", body: str = "", **headers: str) -> http.client.HTTPResponse:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)) as connection:
        connection.request(method, path, body, {"X-Forwarded-Proto": "https", **headers})
        response = connection.getresponse()
        response.read()
        return response


def policy(response: http.client.HTTPResponse) -> dict[str, str]:
    said = response.headers["Content-Security-Policy"].split(";")
    return {name: rest for name, _, rest in (one.strip().partition(" ") for one in said)}


def test_pages_calls_problems_and_files_have_a_strict_policy(behind_https: Server, tara: User) -> None:
    token = {"Authorization": f"Bearer {token_of(tara)}"}
    feed = f"/api/users/calendar/{calendar.token_of(actor=tara)}.ics"
    answers = {
        "page": get(behind_https, "/sign-in/"),
        "errors": get(behind_https, "/errors/"),
        "no page": get(behind_https, "/nothing/"),
        "redirect": get(behind_https, "/board/"),
        "call": get(behind_https, "/api/users/me/", **token),
        "export": get(behind_https, "/api/users/assignment/export.csv", **token),
        "feed": get(behind_https, feed),
        "problem": get(behind_https, "/api/users/me/"),
        "no call": get(behind_https, "/api/nothing/"),
        "another host": get(behind_https, "/api/users/me/", Host="evil.example.org"),
        "file": get(behind_https, "/static/css/base.css"),
        "health": get(behind_https, "/health/live/"),
        "documentation": get(behind_https, "/api/docs/"),
    }

    statuses = [answer.status for answer in answers.values()]
    assert statuses == [200, 200, 404, 302, 200, 200, 200, 401, 404, 400, 200, 200, 200]
    for name, answer in answers.items():
        assert {header: answer.headers[header] for header in EVERYWHERE} == EVERYWHERE, name
        if name in ("page", "errors", "no page", "redirect", "documentation"):
            inline = {"style-src": "'self' 'unsafe-inline'"} if name == "documentation" else {}
            assert policy(answer) == PAGES | inline, name
            assert "camera=()" in answer.headers["Permissions-Policy"]
            assert answer.headers["X-Frame-Options"] == "DENY"
        else:
            assert answer.headers["Content-Security-Policy"] == NOTHING, name
    cached = {name for name, answer in answers.items() if "no-store" not in answer.headers["Cache-Control"]}
    assert cached == {"feed", "file"}
    assert answers["feed"].headers["Cache-Control"] == "private, no-cache"


def test_cookies_are_only_for_this_host_over_https_and_hidden_from_scripts(behind_https: Server) -> None:
    page = get(behind_https, "/sign-in/")
    secret = SimpleCookie(page.headers["Set-Cookie"])["__Host-csrftoken"]
    form = urlencode({"username": "tara", "password": PASSWORD, "csrfmiddlewaretoken": secret.value})
    answer = get(
        behind_https,
        "/sign-in/",
        method="POST",
        body=form,
        **{"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"__Host-csrftoken={secret.value}"},
        Referer=f"https://127.0.0.1:{behind_https.port}/sign-in/",
    )

    assert answer.status == 302
    cookies = SimpleCookie("\r\n".join(answer.headers.get_all("Set-Cookie", [])))
    assert set(cookies) == {"__Host-csrftoken", "__Host-sessionid"}
    for cookie in cookies.values():
        assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax")
        assert (cookie["path"], cookie["domain"]) == ("/", "")


def test_plain_http_is_redirected_to_https(behind_https: Server) -> None:
    answer = get(behind_https, "/board/?week=2026-W48", **{"X-Forwarded-Proto": "http"})

    assert answer.status == 301
    assert re.fullmatch(r"https://127\.0\.0\.1:\d+/board/\?week=2026-W48", answer.headers["Location"])
