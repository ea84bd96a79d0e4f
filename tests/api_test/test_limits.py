"""`/api/users/limit/`"""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.models import DailyLimit, Task, User
from apps.services import assignments, limit_rules, limits
from tests.api_test.test_problems import assert_problem, nothing_written
from tests.conftest import TODAY, make_person

SignIn = Callable[[User], APIClient]


def test_a_day_tells_its_limit_and_where_it_came_from(
    taskmaster: User, alice: User, tasks: list[Task], signed_in: SignIn
) -> None:
    for task in tasks[:2]:
        assignments.assign(actor=taskmaster, task_id=task.pk, user_id=alice.pk, date=TODAY)
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TODAY, maximum=3, reason="Inventory")

    response = signed_in(alice).get("/api/users/limit/")

    assert response.status_code == 200
    assert response.json() == {
        "results": [
            {
                "user": alice.pk,
                "date": "2026-03-02",
                "maximum": 3,
                "wanted": 3,
                "taken": 2,
                "remaining": 1,
                "source": {"kind": "hand", "rule": None, "reason": "Inventory"},
            }
        ]
    }


def test_every_person_and_day_has_a_row_set_or_not_and_none_is_written(
    taskmaster: User, alice: User, stranger: User, signed_in: SignIn
) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TODAY, maximum=3)
    rule = limit_rules.create_rule(actor=taskmaster, weekday=1, maximum=0, reason="Closed")
    query = f"user={stranger.pk}&user={alice.pk}&user={stranger.pk}&date_from=2026-03-02&date_to=2026-03-03"

    with nothing_written():
        response = signed_in(taskmaster).get(f"/api/users/limit/?{query}")

    rows = [(row["user"], row["date"], row["maximum"], row["source"]["kind"]) for row in response.json()["results"]]
    assert rows == [
        (stranger.pk, "2026-03-02", 5, "default"),
        (stranger.pk, "2026-03-03", 0, "everyone_weekday"),
        (alice.pk, "2026-03-02", 3, "hand"),
        (alice.pk, "2026-03-03", 0, "everyone_weekday"),
    ]
    assert response.json()["results"][1]["source"] == {"kind": "everyone_weekday", "rule": rule.pk, "reason": "Closed"}


def test_a_limit_that_was_lowered_below_what_is_taken_says_both(
    taskmaster: User,
    alice: User,
    tasks: list[Task],
    signed_in: SignIn,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    for task in tasks[:2]:
        assignments.assign(actor=taskmaster, task_id=task.pk, user_id=alice.pk, date=TODAY)
    with django_capture_on_commit_callbacks(execute=True):
        limit_rules.create_rule(actor=taskmaster, maximum=1)

    (row,) = signed_in(alice).get("/api/users/limit/").json()["results"]

    assert (row["wanted"], row["maximum"], row["taken"], row["remaining"]) == (1, 2, 2, 0)


def test_only_taskmasters_see_other_peoples_limits(
    taskmaster: User, alice: User, stranger: User, signed_in: SignIn
) -> None:
    caller = signed_in(alice)

    assert caller.get(f"/api/users/limit/?user={alice.pk}").status_code == 200
    for query in (f"user={stranger.pk}", f"user={alice.pk}&user={stranger.pk}", "user=9223372036854775807"):
        # Whether there is such a person is not told.
        refused = caller.get(f"/api/users/limit/?{query}&date_from=2026-01-01&date_to=2026-01-02")
        assert_problem(refused, 404, "user_not_found")
    unknown = signed_in(taskmaster).get(f"/api/users/limit/?user={alice.pk}&user=9223372036854775807")
    assert assert_problem(unknown, 404, "user_not_found")["user"] == 2**63 - 1


@pytest.mark.parametrize(
    ("query", "first", "days"),
    [
        ("", "2026-03-02", 1),
        ("date_from=2026-04-01", "2026-04-01", 1),
        ("date_to=2026-04-01", "2026-04-01", 1),
        ("date_from=2026-01-01&date_to=2026-04-02", "2026-01-01", 92),
        ("date_from=0001-01-01&date_to=0001-01-02", "0001-01-01", 2),
        ("date_from=9999-12-31&date_to=9999-12-31", "9999-12-31", 1),
    ],
)
def test_dates_are_both_included(alice: User, signed_in: SignIn, query: str, first: str, days: int) -> None:
    rows = signed_in(alice).get(f"/api/users/limit/?{query}").json()["results"]

    assert (rows[0]["date"], len(rows)) == (first, days)


@pytest.mark.parametrize(
    "query", ["date_from=2026-01-01&date_to=2026-04-03", "date_from=0001-01-01&date_to=9999-12-31"]
)
def test_refuses_more_than_92_days(alice: User, signed_in: SignIn, query: str) -> None:
    assert_problem(signed_in(alice).get(f"/api/users/limit/?{query}"), 400, "date_out_of_range")


def test_50_people_can_be_asked_for_at_once_with_a_few_queries(taskmaster: User, signed_in: SignIn) -> None:
    people = [make_person(f"person {number}") for number in range(51)]
    limits.create_days([(person.pk, TODAY) for person in people[:20]])
    caller = signed_in(taskmaster)
    query = "&".join(f"user={person.pk}" for person in people[:50])

    with CaptureQueriesContext(connection) as queries:
        response = caller.get(f"/api/users/limit/?{query}&date_from=2026-03-01&date_to=2026-05-31")

    assert len(response.json()["results"]) == 50 * 92
    assert len(queries) == 5
    refused = caller.get(f"/api/users/limit/?{query}&user={people[50].pk}")
    (error,) = assert_problem(refused, 400, "invalid_request")["errors"]
    assert error["field"] == "user"


@pytest.mark.parametrize("value", ["", "0", "-1", "1.0", "me", "9223372036854775808", "1" * 5000, "1,2"])
def test_refuses_what_is_no_person(alice: User, signed_in: SignIn, value: str) -> None:
    for query in (f"user={value}", f"user=1&user={value}"):
        (error,) = assert_problem(signed_in(alice).get(f"/api/users/limit/?{query}"), 400, "invalid_request")["errors"]
        assert error["field"].startswith("user")


@pytest.mark.parametrize("value", ["", "2026-02-30", "2026-3-2", "today", "10000-01-01", "2026-03-02T00:00:00"])
def test_refuses_what_is_no_date(alice: User, signed_in: SignIn, value: str) -> None:
    for field in ("date_from", "date_to"):
        refused = signed_in(alice).get(f"/api/users/limit/?{field}={value}")
        (error,) = assert_problem(refused, 400, "invalid_request")["errors"]
        assert error["field"] == field


def test_what_it_says_of_a_day_that_is_not_set_is_what_an_assignment_gets(
    taskmaster: User, alice: User, cooking: Task, signed_in: SignIn
) -> None:
    limit_rules.create_rule(actor=taskmaster, user_id=alice.pk, maximum=2, date_to=date(2026, 3, 9))
    caller = signed_in(taskmaster)
    (said,) = caller.get(f"/api/users/limit/?user={alice.pk}&date_from=2026-03-09").json()["results"]
    assert not DailyLimit.objects.exists()

    body = {"task": cooking.pk, "user": alice.pk, "date": "2026-03-09"}
    got = caller.post("/api/users/assignment/", body, format="json").json()["limit"]

    assert (got["maximum"], got["source"]) == (said["maximum"], said["source"]) == (2, said["source"])
