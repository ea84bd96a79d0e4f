"""`/api/users/assignment/bulk/`: many assignments in one request."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.serializers import ValidationError
from rest_framework.test import APIClient

from apps.models import Assignment, DailyLimit, Event, LimitDay, Task, User
from apps.serializers.assignments import AssignmentCreateSerializer
from apps.serializers.base import StrictSerializer
from apps.services import assignments, limit_rules, limits, users
from apps.services import tasks as catalogue
from tests.api_test.test_problems import assert_problem, nothing_written
from tests.conftest import TODAY, make_person

SignIn = Callable[[User], APIClient]
BULK = "/api/users/assignment/bulk/"


@pytest.fixture
def caller(taskmaster: User, signed_in: SignIn) -> APIClient:
    return signed_in(taskmaster)


def item(task: Task, person: User, day: str = "2026-03-02") -> dict[str, Any]:
    return {"task": task.pk, "user": person.pk, "date": day}


def post(caller: APIClient, items: list[Any], **more: Any) -> Any:
    return caller.post(BULK, {"assignments": items, **more}, format="json")


def test_all_items_are_assigned_together_in_the_order_of_the_request(
    taskmaster: User, alice: User, stranger: User, tasks: list[Task], caller: APIClient
) -> None:
    items = [
        item(tasks[1], stranger, "2026-03-04"),
        item(tasks[0], alice),
        item(tasks[1], alice),
        item(tasks[0], stranger, "2026-03-03"),
    ]

    response = post(caller, items)

    assert response.status_code == 201
    made = response.json()["assignments"]
    assert [{name: one[name] for name in ("task", "user", "date")} for one in made] == items
    # Each limit is the one after the whole request.
    assert [one["limit"]["taken"] for one in made] == [1, 2, 2, 1]
    ids = [one["id"] for one in made]
    assert caller.get(f"/api/users/assignment/{ids[1]}/").json() == made[1]
    assert {(row.pk, row.task_id, row.user_id, row.date.isoformat()) for row in Assignment.objects.with_day()} == {
        (one["id"], one["task"], one["user"], one["date"]) for one in made
    }
    assert sorted(DailyLimit.objects.values_list("user", "taken")) == sorted(
        [(alice.pk, 2), (stranger.pk, 1), (stranger.pk, 1)]
    )
    history = Event.objects.order_by("pk").values_list("kind", "actor", "user", "task_name", "assignment")
    assert list(history) == [
        ("assigned", taskmaster.pk, one["user"], Task.objects.get(pk=one["task"]).name, one["id"]) for one in made
    ]
    # Everybody's limits for these days are requested.
    assert LimitDay.objects.count() == 3


def test_a_third_task_for_a_person_with_two_slots_left_refuses_all_and_is_named(
    taskmaster: User, alice: User, stranger: User, tasks: list[Task], caller: APIClient
) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TODAY, maximum=3, reason="Half a day")
    assignments.assign(actor=taskmaster, task_id=tasks[0].pk, user_id=alice.pk, date=TODAY)
    limits.set_by_hand(actor=taskmaster, user_id=stranger.pk, date=TODAY, maximum=1)
    items = [item(tasks[1], alice), item(tasks[2], alice), item(tasks[1], stranger), item(tasks[3], alice)]

    with nothing_written():
        problem = assert_problem(post(caller, items, mode="all"), 409, "bulk_refused")

    assert problem["detail"] == "1 of 4 can't be assigned, so none is."
    assert problem["failures"] == [
        {
            "index": 3,
            "type": "/errors/#daily_limit_reached",
            "title": "The daily limit is reached",
            "status": 409,
            "detail": "1 of 3 tasks is taken on 2026-03-02, and this request asks for 2 more before this one; "
            "the next day with room is 2026-03-03.",
            "code": "daily_limit_reached",
            "user": alice.pk,
            "date": "2026-03-02",
            "effort": 1,
            "maximum": 3,
            "taken": 1,
            "remaining": 2,
            "source": {"kind": "hand", "rule": None, "reason": "Half a day"},
            "next_free_date": "2026-03-03",
        }
    ]


def test_mode_all_names_every_failing_item_with_its_own_code(
    admin: User, taskmaster: User, alice: User, stranger: User, tasks: list[Task], caller: APIClient
) -> None:
    given = assignments.assign(actor=taskmaster, task_id=tasks[0].pk, user_id=alice.pk, date=TODAY)
    catalogue.update_task(actor=taskmaster, task_id=tasks[1].pk, is_active=False)
    users.update_user(actor=admin, user_id=stranger.pk, is_active=False)
    nobody = 2**63 - 1
    items = [
        item(tasks[2], alice),
        item(tasks[0], alice),
        item(tasks[1], alice),
        item(tasks[2], stranger),
        {**item(tasks[2], alice), "task": nobody},
        {**item(tasks[2], alice), "user": nobody},
        item(tasks[3], alice, "2027-03-04"),
        item(tasks[2], alice),
        {"task": "1", "user": alice.pk, "when": "2026-03-02"},
        "cooking",
    ]

    with nothing_written():
        problem = assert_problem(post(caller, items), 409, "bulk_refused")

    assert [(failure["index"], failure["status"], failure["code"]) for failure in problem["failures"]] == [
        (1, 409, "already_assigned"),
        (2, 409, "task_inactive"),
        (3, 409, "user_inactive"),
        (4, 404, "task_not_found"),
        (5, 404, "user_not_found"),
        (6, 400, "date_out_of_range"),
        (7, 409, "already_assigned"),
        (8, 400, "invalid_request"),
        (9, 400, "invalid_request"),
    ]
    failures = {failure["index"]: failure for failure in problem["failures"]}
    assert failures[1]["assignment"] == given.pk
    assert failures[7]["assignment"] is None  # given twice in this request
    assert {error["field"] for error in failures[8]["errors"]} == {"when"}


def test_mode_each_gives_the_slots_in_the_order_of_the_items(
    taskmaster: User, alice: User, tasks: list[Task], caller: APIClient
) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TODAY, maximum=2)
    items = [item(tasks[3], alice), item(tasks[3], alice), item(tasks[1], alice), item(tasks[2], alice), {}]

    response = post(caller, items, mode="each")

    assert response.status_code == 207
    results = response.json()["results"]
    assert [(one["index"], one["status"]) for one in results] == [(0, 201), (1, 409), (2, 201), (3, 409), (4, 400)]
    assert [set(one) for one in results] == [
        {"index", "status", "assignment" if one["status"] == 201 else "error"} for one in results
    ]
    assert results[0]["assignment"]["task"] == tasks[3].pk
    assert results[2]["assignment"]["limit"]["remaining"] == 0
    assert results[1]["error"]["code"] == "already_assigned"
    full = results[3]["error"]
    assert (full["code"], full["taken"], full["next_free_date"]) == ("daily_limit_reached", 2, "2026-03-03")
    assert full["detail"] == "2 of 2 tasks are taken on 2026-03-02; the next day with room is 2026-03-03."
    assert [error["field"] for error in results[4]["error"]["errors"]] == ["task", "user", "date"]
    assert list(Assignment.objects.order_by("pk").values_list("task", flat=True)) == [tasks[3].pk, tasks[1].pk]
    call_command("check_limits")


def test_the_next_free_day_counts_the_assignments_of_the_same_request(
    taskmaster: User, alice: User, tasks: list[Task], caller: APIClient
) -> None:
    limit_rules.create_rule(actor=taskmaster, user_id=alice.pk, maximum=1)
    items = [item(tasks[0], alice), item(tasks[0], alice, "2026-03-03"), item(tasks[1], alice)]

    results = post(caller, items, mode="each").json()["results"]

    assert results[2]["error"]["next_free_date"] == "2026-03-04"


def test_mode_each_writes_nothing_if_no_item_fits(
    taskmaster: User, alice: User, tasks: list[Task], caller: APIClient
) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TODAY, maximum=0)

    with nothing_written():
        response = post(caller, [item(task, alice) for task in tasks], mode="each")

    assert {one["status"] for one in response.json()["results"]} == {409}


@pytest.mark.parametrize("mode", ["all", "each"])
def test_a_thousand_items_cost_as_many_statements_as_a_few(taskmaster: User, caller: APIClient, mode: str) -> None:
    things = Task.objects.bulk_create([Task(name=f"task {number}") for number in range(5)])
    people = [make_person(f"person {number}") for number in range(40)]
    days = [(TODAY + timedelta(days=offset)).isoformat() for offset in range(5)]
    items = [item(thing, person, day) for person in people for day in days for thing in things]
    assert len(items) == 1000
    # A day that isn't set yet takes further statements, which aren't counted here.
    for day in days:
        call_command("set_daily_limits", date=date.fromisoformat(day))

    def statements(some: list[Any]) -> list[str]:
        with CaptureQueriesContext(connection) as queries:
            response = post(caller, some, mode=mode)
        assert response.status_code in (201, 207)
        return [query["sql"].split(maxsplit=1)[0].strip(";") for query in queries]

    few = statements(items[:2])
    many = statements(items[2:])

    at_once = connection.vendor == "postgresql"
    assert few == [
        "SELECT",  # the caller
        "SELECT",  # the tasks
        "SELECT",  # the people
        "SAVEPOINT",  # outside tests: BEGIN
        *([] if at_once else ["SELECT"]),  # the days
        "SELECT",  # the days' locks, by id
        "SELECT",  # the existing assignments
        *(["WITH"] if at_once else ["UPDATE", "INSERT", "INSERT"]),  # the slots, the assignments and the history
        "RELEASE",  # outside tests: COMMIT
    ]
    # SQLite takes 999 values in one INSERT.
    inserts = 1 if connection.vendor != "sqlite" else len(many) - len(few) + 2
    assert [word for word in many if word != "INSERT"] == [word for word in few if word != "INSERT"]
    assert many.count("INSERT") in (few.count("INSERT"), inserts)
    assert len(many) < 40
    assert Assignment.objects.count() == 1000
    assert set(DailyLimit.objects.values_list("taken", flat=True)) == {0, 5}
    call_command("check_limits")


def test_days_without_a_limit_are_set_first_for_all_items(
    taskmaster: User, tasks: list[Task], caller: APIClient
) -> None:
    people = [make_person(f"person {number}") for number in range(30)]
    days = [(TODAY + timedelta(days=offset)).isoformat() for offset in range(30)]

    response = post(caller, [item(tasks[0], person, day) for person in people for day in days], mode="all")

    assert (response.status_code, len(response.json()["assignments"])) == (201, 900)
    assert (DailyLimit.objects.filter(taken=1).count(), LimitDay.objects.count()) == (900, 30)
    call_command("check_limits")


def test_a_broken_envelope_is_refused_as_a_whole(alice: User, tasks: list[Task], caller: APIClient) -> None:
    good = item(tasks[0], alice)

    with nothing_written():
        for body, field in (
            ({}, "assignments"),
            ({"assignments": []}, "assignments"),
            ({"assignments": None}, "assignments"),
            ({"assignments": good}, "assignments"),
            ({"assignments": [good] * 1001}, "assignments"),
            ({"assignments": [good], "mode": "some"}, "mode"),
            ({"assignments": [good], "mode": None}, "mode"),
            ({"assignments": [good], "dry_run": True}, "dry_run"),
            ([good], ""),
        ):
            problem = assert_problem(caller.post(BULK, body, format="json"), 400, "invalid_request")
            assert [error["field"] for error in problem["errors"]] == [field], body


def test_only_taskmasters_assign_in_bulk(alice: User, admin: User, tasks: list[Task], signed_in: SignIn) -> None:
    items = [item(tasks[0], alice)]

    with nothing_written():
        assert_problem(post(signed_in(alice), items), 403, "not_allowed")
        assert_problem(post(signed_in(alice), []), 403, "not_allowed")
        assert_problem(post(APIClient(), items), 401, "not_authenticated")
        assert_problem(signed_in(admin).get(BULK), 405, "method_not_allowed")
    assert post(signed_in(admin), items).status_code == 201


@pytest.mark.parametrize("field", ["task", "user", "date", "other"])
@pytest.mark.parametrize(
    "value",
    [1, 0, -1, 2**63 - 1, 2**63, True, 1.0, "1", None, [], "2026-03-02", "2026-02-30", "20260302", "2026-03-02\n"],
)
def test_the_fast_validation_of_an_item_agrees_with_the_full_one(field: str, value: Any) -> None:
    data = {"task": 1, "user": 2, "date": "2026-03-02"} | {field: value}
    full_validation = StrictSerializer.run_validation

    def outcome(validate: Callable[..., Any]) -> Any:
        try:
            return dict(validate(AssignmentCreateSerializer(), data))
        except ValidationError as error:
            return error.get_full_details()

    assert outcome(AssignmentCreateSerializer.run_validation) == outcome(full_validation)
