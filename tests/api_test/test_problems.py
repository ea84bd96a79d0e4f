"""Every refusal is problem+json with its code and writes nothing.

This file has the paths, methods and headers; the fields, bodies and tokens are in the files beside it.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.http import HttpResponse
from rest_framework.test import APIClient

from apps.models import BrowserSession, User
from tests.tables import everything

pytestmark = pytest.mark.no_db

PROBLEM = "application/problem+json"
ASSIGNMENT = "/api/users/assignment/"


@contextlib.contextmanager
def nothing_written() -> Iterator[None]:
    """Assert that no row of any table changes meanwhile; but a page may note that its session was used."""
    before = everything(but=[BrowserSession])
    yield
    assert everything(but=[BrowserSession]) == before


def assert_problem(response: HttpResponse, status: int, code: str) -> dict[str, Any]:
    """Check what every problem has, and return the problem."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == PROBLEM
    assert response["X-Request-ID"]
    problem: dict[str, Any] = response.json()
    assert (problem["status"], problem["code"], problem["type"]) == (status, code, f"/errors/#{code}")
    assert problem["title"]
    assert problem["detail"]
    assert status != 401 or response["WWW-Authenticate"].startswith("Bearer")
    return problem


@pytest.fixture
def caller(taskmaster: User, signed_in: Callable[[User], APIClient]) -> APIClient:
    """A signed-in taskmaster, with Django's CSRF checks as in production."""
    client = signed_in(taskmaster)
    client.handler.enforce_csrf_checks = True
    return client


# --- paths and methods ------------------------------------------------------------------------------------------


METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "FOO")


@pytest.mark.parametrize(
    "path",
    [
        "/api/",
        "/api/nothing/",
        "/api/users",
        "/api/users/0x1/",
        "/api/tasks",
        "/api/users/assignment",
        "/api/users/token",
        "/api/users/assignment/1",
        "/api/users/assignment/1/more/",
        "/api/users/me/../assignment/",
        "/api//users/me/",
        "/api/%ff%fe/",
        "/api/%00/",
        "/api/a%0Ab",
        "/api/<script>/",
        "/api/" + "x" * 10_000,
    ],
    ids=lambda path: path[:40],
)
def test_an_unknown_path_is_not_found_by_any_method(caller: APIClient, path: str) -> None:
    with nothing_written():
        for method in (*METHODS, "OPTIONS"):
            problem = assert_problem(caller.generic(method, path), 404, "not_found")

            assert path.endswith("/") or problem["detail"].endswith("Paths end with a slash.")


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/api/users/assignment/", {"GET", "POST"}),
        ("/api/users/assignment/1/", {"GET", "PATCH", "DELETE"}),
        ("/api/users/assignment/export.csv", {"GET"}),
        ("/api/users/assignment/import/", {"POST"}),
        ("/api/users/assignment/import/1/", {"GET"}),
        ("/api/users/assignment/import/1/report.csv", {"GET"}),
        ("/api/users/limit/", {"GET"}),
        ("/api/users/limit/1/2026-03-02/", {"PUT", "DELETE"}),
        ("/api/users/limit-rule/", {"GET", "POST"}),
        ("/api/users/limit-rule/1/", {"GET", "PATCH", "DELETE"}),
        ("/api/users/availability/", {"GET"}),
        ("/api/users/event/", {"GET"}),
        ("/api/users/", {"GET", "POST"}),
        ("/api/users/1/", {"GET", "PATCH"}),
        ("/api/users/me/", {"GET"}),
        ("/api/users/me/password/", {"POST"}),
        ("/api/users/calendar/token/", {"GET", "POST"}),
        ("/api/users/calendar/x.ics", {"GET"}),
        ("/api/tasks/", {"GET", "POST"}),
        ("/api/tasks/1/", {"GET", "PATCH", "DELETE"}),
        ("/api/users/assignment/bulk/", {"POST"}),
        ("/api/users/assignment/earliest/", {"POST"}),
        ("/api/users/token/", {"POST"}),
        ("/api/users/token/refresh/", {"POST"}),
        ("/api/users/token/revoke/", {"POST"}),
        ("/api/schema/", {"GET"}),
        ("/api/docs/", {"GET"}),
        ("/api/redocs/", {"GET"}),
        ("/health/live/", {"GET"}),
        ("/health/ready/", {"GET"}),
    ],
)
def test_a_wrong_method_is_refused_and_the_allowed_ones_are_named(
    caller: APIClient, path: str, allowed: set[str]
) -> None:
    with nothing_written():
        for method in {*METHODS} - allowed:
            response = caller.generic(method, path, "{}", content_type="application/json")

            assert_problem(response, 405, "method_not_allowed")
            assert allowed <= set(response["Allow"].split(", ")) <= {*allowed, "HEAD", "OPTIONS"}


# --- headers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["evil.example.org", "a b", "localhost:x", "", "\xe9", "[::"])
def test_refuses_another_host(caller: APIClient, host: str) -> None:
    with nothing_written():
        for path in (ASSIGNMENT, "/api/nothing/"):
            problem = assert_problem(caller.post(path, {}, format="json", HTTP_HOST=host), 400, "invalid_request")

            assert "TOGO_ALLOWED_HOSTS" in problem["detail"]


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "text/*", ";;;", "/", "x", "i=9;" * 2000], ids=repr)
def test_refuses_callers_who_do_not_accept_json(caller: APIClient, accept: str) -> None:
    for path in (ASSIGNMENT, "/api/users/me/", "/health/live/"):
        assert_problem(caller.get(path, HTTP_ACCEPT=accept), 406, "not_acceptable")


@pytest.mark.parametrize(
    "accept", ["*/*", "application/*", "application/json;indent", "application/json; q=0.5, text/html"]
)
def test_answers_json_to_callers_who_accept_it(caller: APIClient, accept: str) -> None:
    for path in (ASSIGNMENT, "/api/users/me/", "/health/live/"):
        response = caller.get(path, HTTP_ACCEPT=accept)

        assert response.status_code == 200
        assert isinstance(response.json(), dict)


@pytest.mark.parametrize("path", ["/api/docs/", "/api/redocs/", "/api/schema/"])
def test_the_pages_of_the_documentation_are_refused_in_json_too(caller: APIClient, path: str) -> None:
    assert_problem(caller.get(path, HTTP_ACCEPT="image/png"), 406, "not_acceptable")


@pytest.mark.parametrize(
    ("sent", "taken"),
    [
        ("abc-123", True),
        ("!" * 128, True),
        ("!" * 129, False),
        ("", False),
        ("a b", False),
        ("a\tb", False),
        ("\xe9", False),
    ],
)
def test_an_answer_carries_the_callers_request_id_or_a_new_one(caller: APIClient, sent: str, taken: bool) -> None:
    for path in ("/api/users/me/", "/api/nothing/", "/health/live/", "/errors/", "/nothing/"):
        answered = caller.get(path, HTTP_X_REQUEST_ID=sent)["X-Request-ID"]

        assert (answered == sent) is taken
        assert taken or (len(answered) == 32 and answered.isalnum())


# --- unexpected errors ------------------------------------------------------------------------------------------


def test_a_lost_database_is_answered_with_try_again(caller: APIClient) -> None:
    def fail(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        raise OperationalError("server closed the connection unexpectedly")

    with connection.execute_wrapper(fail):
        response = caller.get("/api/users/me/")

    problem = assert_problem(response, 503, "try_again")
    assert response["Retry-After"] == "5"
    assert "server closed" not in problem["detail"]


def test_an_internal_error_does_not_reveal_its_message(caller: APIClient) -> None:
    def fail(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        raise RuntimeError("the key is 1234")

    caller.raise_request_exception = False
    with connection.execute_wrapper(fail):
        response = caller.get("/api/users/me/")

    assert_problem(response, 500, "internal_error")
    assert b"1234" not in response.content


def test_errors_of_pages_are_html(caller: APIClient, settings: Any) -> None:
    assert caller.get("/nothing/")["Content-Type"].startswith("text/html")
    assert caller.get("/admin/", HTTP_HOST="evil.example.org")["Content-Type"].startswith("text/html")
    assert caller.post("/errors/").status_code == 403
