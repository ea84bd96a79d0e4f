"""`/api/users/limit-rule/`: the rules, and the days that follow them."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.models import Assignment, DailyLimit, Event, LimitRule, Task, User
from apps.services import assignments, limit_rules, limits
from apps.services.shared import picking
from tests.api_test.test_problems import assert_problem, nothing_written
from tests.conftest import TODAY

pytestmark = pytest.mark.no_db

SignIn = Callable[[User], APIClient]
RULES = "/api/users/limit-rule/"
HOLIDAY = {"date_from": "2026-03-02", "date_to": "2026-03-06", "maximum": 0, "reason": "Holiday"}


@pytest.fixture
def caller(taskmaster: User, signed_in: SignIn) -> APIClient:
    return signed_in(taskmaster)


@pytest.fixture
def commit(django_capture_on_commit_callbacks: Callable[..., Any]) -> Callable[[], AbstractContextManager[Any]]:
    """Makes a context that runs the on-commit callbacks when it ends."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.mark.every_database
def test_a_rule_is_created_read_changed_and_deleted(caller: APIClient, taskmaster: User, alice: User) -> None:
    made = caller.post(RULES, {"user": alice.pk, "weekday": 4, "maximum": 2, "reason": "Short Fridays"}, format="json")

    assert made.status_code == 201
    rule = LimitRule.objects.get()
    path = f"{RULES}{rule.pk}/"
    assert made["Location"] == f"http://testserver{path}"
    assert made.json() == {
        "id": rule.pk,
        "user": alice.pk,
        "weekday": 4,
        "date_from": None,
        "date_to": None,
        "maximum": 2,
        "reason": "Short Fridays",
        "created_at": "2026-03-02T12:00:00Z",
        "applied_at": None,
    }
    assert caller.get(path).json() == made.json()
    assert caller.get(RULES).json() == {"results": [made.json()], "next": None, "previous": None}

    changed = caller.patch(path, {"user": None, "maximum": 3, "date_from": "2026-04-01"}, format="json")
    assert changed.status_code == 200
    assert changed.json() == {**made.json(), "user": None, "maximum": 3, "date_from": "2026-04-01"}
    assert caller.get(path).json() == changed.json()

    deleted = caller.delete(path)
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert not LimitRule.objects.exists()
    assert_problem(caller.get(path), 404, "not_found")

    told = Event.objects.order_by("pk").values_list("kind", "actor", "user", "from_user", "data__rule__maximum")
    assert list(told) == [
        ("rule_created", taskmaster.pk, alice.pk, None, 2),
        ("rule_changed", taskmaster.pk, None, alice.pk, 3),
        ("rule_deleted", taskmaster.pk, None, None, 3),
    ]


def test_a_rule_with_only_a_maximum_is_for_everyone_on_every_day(caller: APIClient) -> None:
    made = caller.post(RULES, {"maximum": 1000}, format="json").json()

    everything = {name: made[name] for name in ("user", "weekday", "date_from", "date_to", "reason")}
    assert everything == {"user": None, "weekday": None, "date_from": None, "date_to": None, "reason": ""}


@pytest.mark.every_database
def test_days_from_today_on_follow_a_rule_at_once_unless_they_are_set_by_hand(
    caller: APIClient,
    taskmaster: User,
    alice: User,
    stranger: User,
    tasks: list[Task],
    commit: Callable[[], AbstractContextManager[Any]],
) -> None:
    for task in tasks[:3]:
        assignments.assign(actor=taskmaster, task_id=task.pk, user_id=alice.pk, date=TODAY)
    limits.create_days([(alice.pk, TODAY.replace(day=1)), (alice.pk, TODAY.replace(day=7))])
    limits.set_by_hand(actor=taskmaster, user_id=stranger.pk, date=TODAY, maximum=4)
    query = f"/api/users/limit/?user={alice.pk}&user={stranger.pk}&date_from=2026-03-01&date_to=2026-03-07"

    def days() -> dict[tuple[int, str], tuple[int, int, int]]:
        rows = caller.get(query).json()["results"]
        return {(row["user"], row["date"]): (row["wanted"], row["maximum"], row["taken"]) for row in rows}

    with commit():
        made = caller.post(RULES, HOLIDAY, format="json").json()

    after = days()
    assert after[alice.pk, "2026-03-01"] == (5, 5, 0)
    # Taken slots stay, and nothing more gets in.
    assert after[alice.pk, "2026-03-02"] == (0, 3, 3)
    assert after[alice.pk, "2026-03-03"] == (0, 0, 0)
    assert after[alice.pk, "2026-03-07"] == (5, 5, 0)
    assert after[stranger.pk, "2026-03-02"] == (4, 4, 0)
    assert caller.get(f"{RULES}{made['id']}/").json()["applied_at"] == "2026-03-02T12:00:00Z"
    body = {"task": tasks[3].pk, "user": alice.pk, "date": "2026-03-02"}
    refusal = assert_problem(caller.post("/api/users/assignment/", body, format="json"), 409, "daily_limit_reached")
    assert refusal["source"] == {"kind": "everyone_range", "rule": made["id"], "reason": "Holiday"}
    assert refusal["next_free_date"] == "2026-03-07"

    # Every task that is taken away lowers the maximum, until it is what the rule wants.
    given = Assignment.objects.order_by("pk").values_list("pk", flat=True)
    for assignment, left in zip(list(given), (2, 1, 0), strict=True):
        caller.delete(f"/api/users/assignment/{assignment}/")
        assert days()[alice.pk, "2026-03-02"] == (0, left, left)

    with commit():
        caller.patch(f"{RULES}{made['id']}/", {"maximum": 2}, format="json")
    assert days()[alice.pk, "2026-03-02"] == (2, 2, 0)
    with commit():
        caller.delete(f"{RULES}{made['id']}/")
    assert days()[alice.pk, "2026-03-02"] == (5, 5, 0)
    assert days()[stranger.pk, "2026-03-02"] == (4, 4, 0)
    assert DailyLimit.objects.get(user=stranger).source_kind == "hand"


def test_a_change_that_changes_nothing_writes_nothing(
    caller: APIClient, commit: Callable[[], AbstractContextManager[Any]]
) -> None:
    with commit():
        path = f"{RULES}{caller.post(RULES, HOLIDAY, format='json').json()['id']}/"
    now = caller.get(path).json()
    version = picking.current_version()

    with nothing_written():
        for body in ({}, {"maximum": 0}, {**HOLIDAY, "user": None, "weekday": None}):
            response = caller.patch(path, body, format="json")
            assert (response.status_code, response.json()) == (200, now)
    assert picking.current_version() == version


@pytest.mark.every_database
def test_the_list_has_ordered_pages_and_filters(caller: APIClient, taskmaster: User, alice: User) -> None:
    rules = [
        limit_rules.create_rule(
            actor=taskmaster,
            user_id=alice.pk if number % 2 else None,
            weekday=number % 3 or None,
            maximum=number,
        ).pk
        for number in range(7)
    ]
    found = []
    address = f"{RULES}?page_size=3"
    while address:
        page = caller.get(address).json()
        found.append([row["id"] for row in page["results"]])
        address = page["next"]
    assert found == [rules[:3], rules[3:6], rules[6:]]

    def ids(query: str) -> list[int]:
        return [row["id"] for row in caller.get(f"{RULES}?{query}").json()["results"]]

    assert ids(f"user={alice.pk}") == rules[1::2]
    assert ids("weekday=1") == rules[1::3]
    assert ids(f"user={alice.pk}&weekday=2") == [rules[5]]
    assert ids("weekday=0") == ids("user=9223372036854775807") == []


# --- permissions ------------------------------------------------------------------------------------------------


def test_rules_are_for_taskmasters_only(
    caller: APIClient, admin: User, alice: User, stranger: User, signed_in: SignIn
) -> None:
    rule = caller.post(RULES, {"user": alice.pk, "maximum": 2}, format="json").json()
    for client, status, code in ((signed_in(alice), 403, "not_allowed"), (APIClient(), 401, "not_authenticated")):
        with nothing_written():
            assert_problem(client.get(RULES), status, code)
            # A refusal reveals neither which people nor which rules exist.
            for user_id in (alice.pk, stranger.pk, 2**63 - 1):
                made = client.post(RULES, {"user": user_id, "maximum": 9}, format="json")
                assert_problem(made, status, code)
            for rule_id in (rule["id"], 2**63 - 1):
                path = f"{RULES}{rule_id}/"
                assert_problem(client.get(path), status, code)
                assert_problem(client.patch(path, {"maximum": 9}, format="json"), status, code)
                assert_problem(client.delete(path), status, code)

    assert signed_in(admin).patch(f"{RULES}{rule['id']}/", {"maximum": 9}, format="json").json()["maximum"] == 9


# --- bad input --------------------------------------------------------------------------------------------------


def test_an_unknown_rule_is_not_found(caller: APIClient) -> None:
    with nothing_written():
        for rule_id in (0, 2**63 - 1):
            path = f"{RULES}{rule_id}/"
            assert_problem(caller.get(path), 404, "not_found")
            assert_problem(caller.patch(path, {"maximum": 1}, format="json"), 404, "not_found")
            assert_problem(caller.delete(path), 404, "not_found")
        for path in (f"{RULES}one/", f"{RULES}9223372036854775808/"):
            assert_problem(caller.get(path), 404, "not_found")


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"maximum": -1}, "maximum"),
        ({"maximum": 10001}, "maximum"),
        ({"maximum": "1"}, "maximum"),
        ({"maximum": True}, "maximum"),
        ({"maximum": None}, "maximum"),
        ({"weekday": -1}, "weekday"),
        ({"weekday": 7}, "weekday"),
        ({"weekday": "0"}, "weekday"),
        ({"weekday": False}, "weekday"),
        ({"user": 0}, "user"),
        ({"user": "1"}, "user"),
        ({"user": 2**63}, "user"),
        ({"date_from": "2026-02-30"}, "date_from"),
        ({"date_to": "10000-01-01"}, "date_to"),
        ({"date_from": 20260302}, "date_from"),
        ({"date_from": "2026-03-03", "date_to": "2026-03-02"}, "date_to"),
        ({"reason": "x" * 256}, "reason"),
        ({"reason": "a\tb"}, "reason"),
        ({"reason": None}, "reason"),
        ({"id": 1}, "id"),
        ({"user_id": 1}, "user_id"),
        ({"applied_at": None}, "applied_at"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_refuses_an_invalid_rule(caller: APIClient, fields: dict[str, Any], wrong: str) -> None:
    rule = caller.post(RULES, {"maximum": 5}, format="json").json()
    with nothing_written():
        made = caller.post(RULES, {"maximum": 1, **fields}, format="json")
        changed = caller.patch(f"{RULES}{rule['id']}/", fields, format="json")

    for response in (made, changed):
        assert [error["field"] for error in assert_problem(response, 400, "invalid_request")["errors"]] == [wrong]


def test_a_rule_needs_a_maximum(caller: APIClient) -> None:
    with nothing_written():
        problem = assert_problem(caller.post(RULES, {"weekday": 1}, format="json"), 400, "invalid_request")

    assert [(error["field"], error["code"]) for error in problem["errors"]] == [("maximum", "required")]


@pytest.mark.every_database
def test_a_change_of_one_date_is_checked_against_the_other(caller: APIClient) -> None:
    path = f"{RULES}{caller.post(RULES, HOLIDAY, format='json').json()['id']}/"

    with nothing_written():
        for body in ({"date_from": "2026-03-07"}, {"date_to": "2026-03-01"}):
            problem = assert_problem(caller.patch(path, body, format="json"), 400, "invalid_request")
            assert [(error["field"], error["code"]) for error in problem["errors"]] == [("date_to", "order")]

    assert caller.patch(path, {"date_from": "2026-03-06"}, format="json").json()["date_from"] == "2026-03-06"
    # Without the other date there is nothing to check against.
    assert caller.patch(path, {"date_to": None, "date_from": "2026-03-07"}, format="json").status_code == 200


def test_a_rule_for_an_unknown_person_is_refused(caller: APIClient, alice: User) -> None:
    rule = caller.post(RULES, {"user": alice.pk, "maximum": 5}, format="json").json()
    body = {"user": 2**63 - 1, "maximum": 1}

    with nothing_written():
        for response in (
            caller.post(RULES, body, format="json"),
            caller.patch(f"{RULES}{rule['id']}/", body, format="json"),
        ):
            assert assert_problem(response, 404, "user_not_found")["user"] == 2**63 - 1


@pytest.mark.parametrize(
    "query", ["user=me", "user=", "weekday=7", "weekday=-1", "weekday=", "weekday=monday", "date=2026-03-02"]
)
def test_the_list_refuses_bad_filters(caller: APIClient, query: str) -> None:
    (error,) = assert_problem(caller.get(f"{RULES}?{query}"), 400, "invalid_request")["errors"]

    assert error["field"] == query.partition("=")[0]
