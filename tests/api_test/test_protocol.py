"""Parts of HTTP and JSON that clients write in more than one way."""

import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from rest_framework.test import APIClient

from apps.models import Task, User
from apps.services import health
from lab.processes import Client as Caller
from lab.processes import start_server
from tests.api_test.test_problems import assert_problem
from tests.conftest import token_of

pytestmark = [pytest.mark.no_db, pytest.mark.django_db]

ME = "/api/users/me/"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_of_a_token_is_case_insensitive(alice: User, scheme: str) -> None:
    assert APIClient().get(ME, HTTP_AUTHORIZATION=f"{scheme} {token_of(alice)}").json()["id"] == alice.pk


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "bearer a b", "Basic YTox"])
def test_another_scheme_or_a_missing_token_is_refused(header: str) -> None:
    assert APIClient().get(ME, HTTP_AUTHORIZATION=header).status_code == 401


def test_an_empty_accept_header_accepts_anything(alice: User) -> None:
    answer = APIClient().get(ME, HTTP_AUTHORIZATION=f"Bearer {token_of(alice)}", HTTP_ACCEPT="")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")


@pytest.mark.parametrize("scheme", ["https", "HTTPS", "Https"])
def test_https_behind_a_proxy_is_not_redirected(settings: Any, scheme: str) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert Client().get("/sign-in/", HTTP_X_FORWARDED_PROTO=scheme).status_code == 200
    assert Client().get("/sign-in/", HTTP_X_FORWARDED_PROTO="http").status_code == 301


def test_times_are_in_utc_whatever_the_time_zone_is(taskmaster: User, cooking: Task, settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    caller = APIClient()
    caller.credentials(HTTP_AUTHORIZATION=f"Bearer {token_of(taskmaster)}")
    body = {"task": cooking.pk, "user": taskmaster.pk, "date": "2026-03-02"}
    week = BytesIO(f"task,user,date\r\n{cooking.pk},{taskmaster.pk},2026-03-03\r\n".encode())
    week.name = "week.csv"
    key = {"name": "backup", "scope": "read", "expires_at": "2026-03-02T14:00:00+01:00"}

    told = [
        caller.post("/api/users/assignment/", body, format="json").json()["created_at"],
        caller.post("/api/users/limit-rule/", {"maximum": 3}, format="json").json()["created_at"],
        caller.get("/api/users/event/").json()["results"][0]["at"],
        caller.post("/api/users/assignment/import/", {"file": week}, format="multipart").json()["created_at"],
        caller.post("/api/users/api-key/", key, format="json").json()["expires_at"],
    ]

    assert told == [*["2026-03-02T12:00:00Z"] * 4, "2026-03-02T13:00:00Z"]


def test_a_duplicate_member_is_refused_by_name(taskmaster: User) -> None:
    text = '{"name": "cooking", "is_active": true, "name": "baking"}'

    answer = APIClient().post(
        "/api/tasks/", text, content_type="application/json", HTTP_AUTHORIZATION=f"Bearer {token_of(taskmaster)}"
    )

    assert "an object has 'name' more than once" in assert_problem(answer, 400, "invalid_request")["detail"]
    assert not Task.objects.exists()


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "br", "gzip, identity"])
def test_a_compressed_body_is_refused(taskmaster: User, coding: str) -> None:
    body = gzip.compress(json.dumps({"name": "cooking"}).encode())

    answer = APIClient().post(
        "/api/tasks/",
        body,
        content_type="application/json",
        HTTP_CONTENT_ENCODING=coding,
        HTTP_AUTHORIZATION=f"Bearer {token_of(taskmaster)}",
    )

    assert_problem(answer, 415, "unsupported_media_type")
    assert not Task.objects.exists()


def test_the_document_has_an_etag_and_is_not_sent_twice() -> None:
    first = Client().get("/api/schema/")
    again = Client().get("/api/schema/", HTTP_IF_NONE_MATCH=first["ETag"])
    as_json = Client().get("/api/schema/", HTTP_ACCEPT="application/json")

    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert as_json.json()["info"]["title"] == "ToGo"
    assert as_json["ETag"] != first["ETag"]


@pytest.mark.real_time
@pytest.mark.django_db(transaction=True)
def test_a_new_process_answers_many_requests_for_the_document_at_once() -> None:
    with start_server(workers=1, threads=16) as server, ThreadPoolExecutor(16) as pool:
        callers = [Caller(server, "") for _ in range(16)]
        for caller in callers:
            caller.headers = {"Accept": "application/json"}
        answers = list(pool.map(lambda caller: caller.call("GET", "/api/schema/"), callers))

    assert [status for status, _ in answers] == [200] * 16
    assert all(document == answers[0][1] for _, document in answers)


def test_a_static_file_is_named_by_its_content_and_cached_for_a_year() -> None:
    page = Client().get("/sign-in/").content.decode()
    address = page.split('href="/static/css/tokens.css', 1)[1].split('"', 1)[0]

    assert address.startswith("?v=")
    assert len(address) == len("?v=") + 12
    assert settings.WHITENOISE_MAX_AGE == 31_536_000


def test_pages_are_compressed_and_calls_and_health_checks_are_not(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    # GZipMiddleware leaves short answers as they are.
    reasons = ["The broker can't be reached."] * 50
    monkeypatch.setattr(health, "readiness", lambda: health.Readiness("degraded", reasons))
    page = Client().get("/sign-in/", HTTP_ACCEPT_ENCODING="gzip")
    call = APIClient().get("/api/schema/", HTTP_ACCEPT_ENCODING="gzip")
    check = APIClient().get("/health/ready/", HTTP_ACCEPT_ENCODING="gzip")

    assert page["Content-Encoding"] == "gzip"
    assert b"<title>" in gzip.decompress(page.content)
    assert not call.has_header("Content-Encoding")
    assert not check.has_header("Content-Encoding")
    assert check.json()["reasons"] == reasons


def test_security_txt_names_the_contact_of_the_settings(settings: Any) -> None:
    assert Client().get("/.well-known/security.txt").status_code == 404

    settings.TOGO_SECURITY_CONTACT = "mailto:security@example.org"
    answer = Client().get("/.well-known/security.txt")

    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    lines = answer.content.decode().splitlines()
    assert lines[0] == "Contact: mailto:security@example.org"
    assert lines[1] == "Expires: 2026-08-29T12:00:00Z"
