"""`/api/users/limit/`"""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.models import DailyLimit, Event, Task, User
from apps.services import assignments, limit_rules, limits
from tests.api_test.test_problems import assert_problem, nothing_written
from tests.conftest import TODAY, make_person

pytestmark = pytest.mark.no_db

SignIn = Callable[[User], APIClient]


def test_a_day_has_its_limit_and_its_source(
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


def test_every_person_and_day_is_listed_and_no_row_is_written(
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


def test_a_limit_that_was_lowered_below_taken_shows_both_numbers(
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
        # A refusal doesn't reveal whether the person exists.
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
    assert len(queries) == 4
    refused = caller.get(f"/api/users/limit/?{query}&user={people[50].pk}")
    (error,) = assert_problem(refused, 400, "invalid_request")["errors"]
    assert error["field"] == "user"


@pytest.mark.parametrize("value", ["", "0", "-1", "1.0", "me", "9223372036854775808", "1" * 5000, "1,2"])
def test_refuses_an_invalid_person(alice: User, signed_in: SignIn, value: str) -> None:
    for query in (f"user={value}", f"user=1&user={value}"):
        (error,) = assert_problem(signed_in(alice).get(f"/api/users/limit/?{query}"), 400, "invalid_request")["errors"]
        assert error["field"].startswith("user")


@pytest.mark.parametrize("value", ["", "2026-02-30", "2026-3-2", "today", "10000-01-01", "2026-03-02T00:00:00"])
def test_refuses_an_invalid_date(alice: User, signed_in: SignIn, value: str) -> None:
    for field in ("date_from", "date_to"):
        refused = signed_in(alice).get(f"/api/users/limit/?{field}={value}")
        (error,) = assert_problem(refused, 400, "invalid_request")["errors"]
        assert error["field"] == field


def test_a_day_that_is_not_set_shows_the_limit_that_an_assignment_gets(
    taskmaster: User, alice: User, cooking: Task, signed_in: SignIn
) -> None:
    limit_rules.create_rule(actor=taskmaster, user_id=alice.pk, maximum=2, date_to=date(2026, 3, 9))
    caller = signed_in(taskmaster)
    (said,) = caller.get(f"/api/users/limit/?user={alice.pk}&date_from=2026-03-09").json()["results"]
    assert not DailyLimit.objects.exists()

    body = {"task": cooking.pk, "user": alice.pk, "date": "2026-03-09"}
    got = caller.post("/api/users/assignment/", body, format="json").json()["limit"]

    assert (got["maximum"], got["source"]) == (said["maximum"], said["source"]) == (2, said["source"])


# --- by hand ----------------------------------------------------------------------------------------------------


def path_of(person: User, day: str = "2026-03-02") -> str:
    return f"/api/users/limit/{person.pk}/{day}/"


@pytest.mark.every_database
def test_a_taskmaster_sets_a_day_by_hand_and_gives_it_back_to_the_rules(
    taskmaster: User, alice: User, signed_in: SignIn
) -> None:
    caller = signed_in(taskmaster)
    day = {"user": alice.pk, "date": "2026-03-09", "taken": 0}

    put = caller.put(path_of(alice, "2026-03-09"), {"maximum": 3, "reason": "Inventory"}, format="json")

    assert put.status_code == 200
    by_hand = {"kind": "hand", "rule": None, "reason": "Inventory"}
    assert put.json() == {**day, "maximum": 3, "wanted": 3, "remaining": 3, "source": by_hand}
    query = f"/api/users/limit/?user={alice.pk}&date_from=2026-03-09"
    assert caller.get(query).json()["results"] == [put.json()]
    assert DailyLimit.objects.values_list("user", "wanted", "maximum", "source_kind").get() == (alice.pk, 3, 3, "hand")

    # A call without a reason clears the old one.
    put = caller.put(path_of(alice, "2026-03-09"), {"maximum": 4}, format="json")
    assert put.json()["source"] == {"kind": "hand", "rule": None, "reason": ""}

    given_back = caller.delete(path_of(alice, "2026-03-09"))
    assert given_back.status_code == 200
    default = {"kind": "default", "rule": None, "reason": ""}
    assert given_back.json() == {**day, "maximum": 5, "wanted": 5, "remaining": 5, "source": default}
    assert caller.get(query).json()["results"] == [given_back.json()]
    assert DailyLimit.objects.values_list("maximum", "source_kind").get() == (5, "default")

    told = Event.objects.order_by("pk").values_list("kind", "actor", "user", "date")
    assert [kind for kind, *_ in told] == ["limit_set", "limit_set", "limit_given_back"]
    assert {tuple(rest) for _, *rest in told} == {(taskmaster.pk, alice.pk, date(2026, 3, 9))}
    assert Event.objects.order_by("pk").values_list("data", flat=True)[1] == {
        "maximum": 4,
        "reason": "",
        "before": {"maximum": 3, "source": by_hand},
    }


def test_a_repeated_call_changes_nothing(taskmaster: User, alice: User, signed_in: SignIn) -> None:
    caller = signed_in(taskmaster)
    body = {"maximum": 3, "reason": "Inventory"}
    first = caller.put(path_of(alice), body, format="json")

    with nothing_written():
        assert caller.put(path_of(alice), body, format="json").json() == first.json()
        # Giving back a day that isn't set by hand changes nothing, whether the day is set or not.
        assert caller.delete(path_of(taskmaster)).json()["source"]["kind"] == "default"
        assert caller.delete(path_of(taskmaster, "9999-12-31")).status_code == 200
    caller.delete(path_of(alice))
    with nothing_written():
        assert caller.delete(path_of(alice)).status_code == 200


@pytest.mark.every_database
def test_a_limit_is_not_set_below_taken(taskmaster: User, alice: User, tasks: list[Task], signed_in: SignIn) -> None:
    for task in tasks[:2]:
        assignments.assign(actor=taskmaster, task_id=task.pk, user_id=alice.pk, date=TODAY)
    caller = signed_in(taskmaster)

    with nothing_written():
        refused = caller.put(path_of(alice), {"maximum": 1}, format="json")

    problem = assert_problem(refused, 409, "limit_below_taken")
    assert (problem["user"], problem["date"], problem["taken"]) == (alice.pk, "2026-03-02", 2)
    assert caller.put(path_of(alice), {"maximum": 2}, format="json").json()["remaining"] == 0


def test_only_taskmasters_set_limits(
    admin: User, taskmaster: User, alice: User, stranger: User, signed_in: SignIn
) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TODAY, maximum=3)
    caller = signed_in(alice)
    with nothing_written():
        for path in (path_of(alice), path_of(stranger), "/api/users/limit/9223372036854775807/9999-12-31/"):
            assert_problem(caller.put(path, {"maximum": 9}, format="json"), 403, "not_allowed")
            assert_problem(caller.delete(path), 403, "not_allowed")
            assert_problem(APIClient().put(path, {"maximum": 9}, format="json"), 401, "not_authenticated")
            assert_problem(APIClient().delete(path), 401, "not_authenticated")

    assert signed_in(admin).put(path_of(alice), {"maximum": 9}, format="json").json()["maximum"] == 9


def test_a_limit_needs_an_existing_person_and_a_date_that_can_be_planned(
    taskmaster: User, alice: User, signed_in: SignIn
) -> None:
    caller = signed_in(taskmaster)
    with nothing_written():
        for user_id in (0, 2**63 - 1):
            path = f"/api/users/limit/{user_id}/2026-03-02/"
            for response in (caller.put(path, {"maximum": 9}, format="json"), caller.delete(path)):
                assert assert_problem(response, 404, "user_not_found")["user"] == user_id
        for day in ("2027-03-04", "9999-12-31"):
            problem = assert_problem(
                caller.put(path_of(alice, day), {"maximum": 9}, format="json"), 400, "date_out_of_range"
            )
            assert (problem["earliest"], problem["latest"]) == (None, "2027-03-03")

    assert caller.put(path_of(alice, "0001-01-01"), {"maximum": 9}, format="json").status_code == 200
    assert caller.put(path_of(alice, "2027-03-03"), {"maximum": 9}, format="json").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "1/2026-02-30",
        "1/2026-13-01",
        "1/0000-01-01",
        "1/2026-3-2",
        "1/20260302",
        "1/today",
        "1/2026-03-02%0A",
        "1/2026-03-02T00:00:00",
        "1/10000-01-01",
        "1/%D9%A12026-03-02",
        "me/2026-03-02",
        "-1/2026-03-02",
        "9223372036854775808/2026-03-02",
        "2026-03-02",
        "1",
    ],
)
def test_a_path_without_a_valid_person_and_date_is_not_found(taskmaster: User, signed_in: SignIn, path: str) -> None:
    with nothing_written():
        for method in ("PUT", "DELETE"):
            response = signed_in(taskmaster).generic(method, f"/api/users/limit/{path}/")
            assert_problem(response, 404, "not_found")


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, "maximum"),
        ({"reason": "Inventory"}, "maximum"),
        ({"maximum": -1}, "maximum"),
        ({"maximum": 10001}, "maximum"),
        ({"maximum": "5"}, "maximum"),
        ({"maximum": 5.0}, "maximum"),
        ({"maximum": True}, "maximum"),
        ({"maximum": None}, "maximum"),
        ({"maximum": 2**80}, "maximum"),
        ({"maximum": 5, "reason": None}, "reason"),
        ({"maximum": 5, "reason": 7}, "reason"),
        ({"maximum": 5, "reason": "x" * 256}, "reason"),
        ({"maximum": 5, "reason": "a\nb"}, "reason"),
        ({"maximum": 5, "reason": "a\0"}, "reason"),
        ({"maximum": 5, "date": "2026-03-02"}, "date"),
        ({"maximum": 5, "wanted": 5}, "wanted"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_an_invalid_limit_is_refused(
    taskmaster: User, alice: User, signed_in: SignIn, fields: dict[str, Any], wrong: str
) -> None:
    with nothing_written():
        refused = signed_in(taskmaster).put(path_of(alice), fields, format="json")

    (error,) = assert_problem(refused, 400, "invalid_request")["errors"]
    assert error["field"] == wrong


def test_a_limit_may_be_0_or_1000_with_a_reason_of_255_characters(
    taskmaster: User, alice: User, signed_in: SignIn
) -> None:
    for maximum, reason in ((0, "x" * 255), (1000, "Größe, 日本語 🎉")):
        body = {"maximum": maximum, "reason": reason}
        day = signed_in(taskmaster).put(path_of(alice), body, format="json").json()
        assert (day["maximum"], day["source"]["reason"]) == (maximum, reason)
