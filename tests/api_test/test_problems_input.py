"""Bad values in fields, paths and queries are refused: nothing is coerced, nothing is written."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.models import Assignment, Task, User
from apps.services import assignments
from tests.api_test.test_problems import ASSIGNMENT, assert_problem, caller, nothing_written
from tests.conftest import TODAY

pytestmark = pytest.mark.no_db

__all__ = ["caller"]

HIGHEST = 2**63 - 1


def send(caller: APIClient, person: User, thing: Task, **fields: str) -> Any:
    """Send a good body in which these fields are replaced by other JSON."""
    good = {"task": str(thing.pk), "user": str(person.pk), "date": '"2026-03-02"'}
    body = ", ".join(f'"{name}": {value}' for name, value in {**good, **fields}.items())
    return caller.generic("POST", ASSIGNMENT, f"{{{body}}}", content_type="application/json")


# --- fields -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", [["task"], ["user"], ["date"], ["task", "date"], ["task", "user", "date"]], ids=str)
def test_names_every_field_that_is_missing(
    caller: APIClient, taskmaster: User, cooking: Task, missing: list[str]
) -> None:
    body = {"task": cooking.pk, "user": taskmaster.pk, "date": "2026-03-02"}
    for name in missing:
        del body[name]

    with nothing_written():
        problem = assert_problem(caller.post(ASSIGNMENT, body, format="json"), 400, "invalid_request")

    expected = [(name, "required") for name in ("task", "user", "date") if name in missing]
    assert [(error["field"], error["code"]) for error in problem["errors"]] == expected


@pytest.mark.parametrize(
    "value",
    [
        "0",
        "-1",
        "-0",
        "9223372036854775808",
        "18446744073709551617",
        "1" * 4000,
        '"1"',
        '""',
        '"one"',
        "1.0",
        "1.5",
        "1e0",
        "1e999",
        "true",
        "false",
        "null",
        "[]",
        "[1]",
        "{}",
        '{"id": 1}',
        "[" * 500 + "]" * 500,
    ],
    ids=lambda value: value[:20],
)
def test_refuses_an_invalid_id(caller: APIClient, taskmaster: User, cooking: Task, value: str) -> None:
    with nothing_written():
        for field in ("task", "user"):
            response = send(caller, taskmaster, cooking, **{field: value})

            (error,) = assert_problem(response, 400, "invalid_request")["errors"]
            assert error["field"] == field
            assert len(error["message"]) < 100


@pytest.mark.parametrize(
    "value",
    [
        '"2026-02-29"',
        '"2026-02-30"',
        '"2026-13-01"',
        '"2026-00-01"',
        '"2026-01-00"',
        '"0000-01-01"',
        '"10000-01-01"',
        '"2026-3-2"',
        '"26-03-02"',
        '"20260302"',
        '"2026-W10-1"',
        '"2026-061"',
        '"02.03.2026"',
        '"2026/03/02"',
        '"2026-03-02T00:00:00"',
        '"2026-03-02Z"',
        '" 2026-03-02"',
        '"2026-03-02 "',
        '"2026-03-02\\n"',
        '"2026-03-02\\u0000"',
        '"\\uff12026-03-02"',
        '"-2026-03-02"',
        '"today"',
        '""',
        "20260302",
        "2026.03",
        "null",
        "true",
        "[]",
        '["2026-03-02"]',
        "{}",
    ],
)
def test_refuses_an_invalid_date(caller: APIClient, taskmaster: User, cooking: Task, value: str) -> None:
    with nothing_written():
        problem = assert_problem(send(caller, taskmaster, cooking, date=value), 400, "invalid_request")

    assert [error["field"] for error in problem["errors"]] == ["date"]


def test_refuses_dates_that_are_too_far_ahead(caller: APIClient, taskmaster: User, cooking: Task) -> None:
    with nothing_written():
        for date in ("2027-03-04", "2999-12-31", "9999-12-31"):
            response = send(caller, taskmaster, cooking, date=f'"{date}"')

            problem = assert_problem(response, 400, "date_out_of_range")
            assert (problem["earliest"], problem["latest"]) == (None, "2027-03-03")


def test_says_which_of_the_ids_does_not_exist(caller: APIClient, taskmaster: User, cooking: Task) -> None:
    with nothing_written():
        unknown_task = send(caller, taskmaster, cooking, task=str(HIGHEST), user=str(HIGHEST))
        unknown_user = send(caller, taskmaster, cooking, user=str(HIGHEST))

    assert assert_problem(unknown_task, 404, "task_not_found")["task"] == HIGHEST
    assert assert_problem(unknown_user, 404, "user_not_found")["user"] == HIGHEST


@pytest.mark.parametrize(
    "value",
    ['""', "1", "1.5", "true", "null", "[]", '["a"]', "{}", '"a\\u0000b"', '"a\\nb"', '"\\ud800"', f'"{"x" * 1001}"'],
    ids=lambda value: value[:20],
)
def test_signing_in_accepts_only_text(caller: APIClient, value: str) -> None:
    good = {"username": '"a"', "password": '"1"'}
    with nothing_written():
        for field in good:
            body = ", ".join(f'"{name}": {text}' for name, text in {**good, field: value}.items())
            response = caller.generic("POST", "/api/users/token/", f"{{{body}}}", content_type="application/json")

            (error,) = assert_problem(response, 400, "invalid_request")["errors"]
            assert error["field"] == field


# --- paths ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("0", "assignment_not_found"),
        ("9223372036854775807", "assignment_not_found"),
        ("9223372036854775808", "not_found"),
        ("1" * 5000, "not_found"),
        ("-1", "not_found"),
        ("+1", "not_found"),
        ("1.0", "not_found"),
        ("1e1", "not_found"),
        ("one", "not_found"),
        ("%31%00", "not_found"),
        ("%D9%A1", "not_found"),
        ("1%0A", "not_found"),
        ("true", "not_found"),
        ("null", "not_found"),
    ],
    ids=lambda value: value[:20],
)
def test_an_id_in_a_path_has_only_digits(
    caller: APIClient, taskmaster: User, cooking: Task, path: str, code: str
) -> None:
    assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=taskmaster.pk, date=TODAY)

    with nothing_written():
        for method in ("GET", "DELETE"):
            assert_problem(caller.generic(method, f"{ASSIGNMENT}{path}/"), 404, code)


# --- queries ----------------------------------------------------------------------------------------------------


def assert_query_refused(caller: APIClient, path: str, query: str, field: str) -> None:
    problem = assert_problem(caller.get(f"{path}?{query}"), 400, "invalid_request")
    assert [error["field"] for error in problem["errors"]] == [field]


BAD_IDS = ["", "0", "-1", "1.0", "one", "null", "%2B1", "1%00", str(HIGHEST + 1), "1" * 5000, "%D9%A1", "1,2", "[1]"]
BAD_DATES = ["", "2026-02-30", "2026-3-2", "today", "20260302", "2026-03-02%00", "10000-01-01"]
BAD_ORDERINGS = ["", "id", "--date", "Date", "date,created_at", "daily_limit__user__password"]


@pytest.mark.parametrize(
    ("fields", "values"),
    [
        (["user", "task", "page_size"], BAD_IDS),
        (["date", "date_from", "date_to"], BAD_DATES),
        (["status"], ["", "Open", "closed", "open%00", "1"]),
        (["ordering"], BAD_ORDERINGS),
    ],
)
def test_the_list_refuses_bad_filters(caller: APIClient, fields: list[str], values: list[str]) -> None:
    for field in fields:
        for value in values:
            assert_query_refused(caller, ASSIGNMENT, f"{field}={value}", field)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("nothing=1", "nothing"),
        ("User=1", "User"),
        ("%00=1", "\x00"),
        ("%ff=1", "\ufffd"),
        ("=1", ""),
        ("date_from=2026-03-02&date_from=2026-03-02", "date_from"),
        ("date_from=2026-03-03&date_to=2026-03-02", "date_to"),
    ],
)
def test_one_bad_parameter_refuses_the_whole_query(caller: APIClient, query: str, field: str) -> None:
    for path in (ASSIGNMENT, "/api/users/limit/", "/api/users/event/"):
        assert_query_refused(caller, path, query, field)


def test_refuses_thousands_of_parameters(caller: APIClient) -> None:
    for path in (ASSIGNMENT, "/api/users/limit/", "/api/users/me/"):
        assert_problem(caller.get(f"{path}?{'user=1&' * 2000}"), 400, "invalid_request")


def test_calls_without_parameters_refuse_them(caller: APIClient, taskmaster: User, cooking: Task) -> None:
    given = assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=taskmaster.pk, date=TODAY)

    with nothing_written():
        for method, path in (
            ("POST", ASSIGNMENT),
            ("GET", f"{ASSIGNMENT}{given.pk}/"),
            ("DELETE", f"{ASSIGNMENT}{given.pk}/"),
            ("GET", "/api/users/me/"),
            ("POST", "/api/users/token/"),
            ("POST", "/api/users/token/refresh/"),
        ):
            problem = assert_problem(caller.generic(method, f"{path}?dry_run=1"), 400, "invalid_request")

            assert [error["field"] for error in problem["errors"]] == ["dry_run"]
    assert Assignment.objects.get() == given
