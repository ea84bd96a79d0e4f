"""Bodies that aren't JSON, aren't the expected JSON or are too long."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.models import Task, User
from tests.api_test.test_problems import ASSIGNMENT, assert_problem, caller, nothing_written

pytestmark = pytest.mark.no_db

__all__ = ["caller"]

JSON = "application/json"
LONGEST = 1_000_000


def send(caller: APIClient, body: bytes, content_type: str = JSON, **more: Any) -> Any:
    return caller.generic("POST", ASSIGNMENT, body, content_type=content_type, **more)


PATHS = (ASSIGNMENT, "/api/users/token/", "/api/users/token/refresh/", "/api/users/token/revoke/")


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"nothing",
        b"{'task': 1}",
        b'{"task": 1,}',
        b'{"task": 1} {}',
        b'{"task": 01}',
        b'{"task": NaN, "user": 1, "date": "2026-03-02"}',
        b'{"task": Infinity, "user": 1, "date": "2026-03-02"}',
        b'{"task": -Infinity, "user": 1, "date": "2026-03-02"}',
        b'{"task": ' + b"1" * 5000 + b"}",
        b'{"task": "\x00"}',
        b'{"task": "a\nb"}',
        b'{"task": "\xff"}',
        b'{"task": "\xed\xa0\x80"}',
        b'{"task": "\xc0\x80"}',
        b"\xef\xbb\xbf{}",
        '{"task": 1}'.encode("utf-16"),
        '{"task": 1}'.encode("utf-32"),
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b" ",
        b"\x00",
    ],
    ids=lambda body: str(body[:40]),
)
def test_refuses_a_body_that_is_not_json(caller: APIClient, body: bytes) -> None:
    with nothing_written():
        for path in PATHS:
            too_long = path != ASSIGNMENT and len(body) > 20_000
            expected = (413, "payload_too_large") if too_long else (400, "invalid_request")
            assert_problem(caller.generic("POST", path, body, content_type=JSON), *expected)


@pytest.mark.parametrize(
    "body", ["null", "true", "1", "1.5", "1e999", '"text"', "[]", "[{}]", "[" * 500 + "]" * 500, "{}", ""], ids=repr
)
def test_refuses_json_other_than_an_object_with_the_fields(caller: APIClient, body: str) -> None:
    with nothing_written():
        for path in PATHS:
            response = caller.generic("POST", path, body.encode(), content_type=JSON)

            problem = assert_problem(response, 400, "invalid_request")
            assert {error["field"] for error in problem["errors"]} == {""} or body in ("{}", "")


@pytest.mark.parametrize(
    "name", ["nothing", "", "Task", "task ", "id", "taskmaster", "limit", "\\ud800", "\\u0000", "__proto__"]
)
def test_refuses_unknown_fields(caller: APIClient, taskmaster: User, cooking: Task, name: str) -> None:
    body = f'{{"task": {cooking.pk}, "user": {taskmaster.pk}, "date": "2026-03-02", "{name}": 1}}'

    with nothing_written():
        problem = assert_problem(send(caller, body.encode()), 400, "invalid_request")

    (error,) = problem["errors"]
    assert (error["code"], error["message"]) == (
        "unknown",
        "This field is not known; known: task, user, date, effort, if_full.",
    )


def test_80_000_unknown_fields_get_a_short_answer(caller: APIClient) -> None:
    body = "{" + ",".join(f'"{number:x}":0' for number in range(80_000)) + "}"
    assert len(body) < LONGEST

    with nothing_written():
        response = send(caller, body.encode())

    assert_problem(response, 400, "invalid_request")
    assert len(response.content) < 10_000


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "application/jsonp",
        "garbage",
        "",
        "\xff/;;;",
    ],
)
def test_refuses_a_body_of_another_type(caller: APIClient, taskmaster: User, cooking: Task, content_type: str) -> None:
    body = f'{{"task": {cooking.pk}, "user": {taskmaster.pk}, "date": "2026-03-02"}}'

    with nothing_written():
        assert_problem(send(caller, body.encode(), content_type), 415, "unsupported_media_type")


def test_a_body_may_be_as_long_as_the_limit_and_no_longer(caller: APIClient, taskmaster: User, cooking: Task) -> None:
    body = f'{{"task": {cooking.pk}, "user": {taskmaster.pk}, "date": "2026-03-02"}}'.encode()

    with nothing_written():
        problem = assert_problem(send(caller, body.ljust(LONGEST + 1)), 413, "payload_too_large")
    assert problem["limit"] == LONGEST

    assert send(caller, body.ljust(LONGEST)).status_code == 201


@pytest.mark.parametrize("length", ["", "0", "-1", "5", "x", "9" * 30])
def test_a_wrong_content_length_is_refused(caller: APIClient, length: str) -> None:
    with nothing_written():
        response = send(caller, b"{" + b" " * LONGEST * 2, CONTENT_LENGTH=length)

    expected = (413, "payload_too_large") if length == "9" * 30 else (400, "invalid_request")
    assert_problem(response, *expected)
