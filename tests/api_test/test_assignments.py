"""`/api/users/assignment/`"""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.models import Assignment, DailyLimit, Task, User
from apps.models.assignments import Status
from apps.services import assignments, limit_rules, limits, users
from apps.services import tasks as catalogue
from tests.api_test.test_problems import assert_problem, nothing_written
from tests.conftest import TODAY

SignIn = Callable[[User], APIClient]


def give(actor: User, task: Task, person: User, day: date = TODAY) -> Assignment:
    return assignments.assign(actor=actor, task_id=task.pk, user_id=person.pk, date=day)


# --- POST -------------------------------------------------------------------------------------------------------


def test_a_taskmaster_assigns_a_task(taskmaster: User, alice: User, cooking: Task, signed_in: SignIn) -> None:
    response = signed_in(taskmaster).post(
        "/api/users/assignment/", {"task": cooking.pk, "user": alice.pk, "date": "2026-03-02"}, format="json"
    )

    assert response.status_code == 201
    assignment = Assignment.objects.get()
    assert response.json() == {
        "id": assignment.pk,
        "task": cooking.pk,
        "user": alice.pk,
        "date": "2026-03-02",
        "taskmaster": taskmaster.pk,
        "status": "open",
        "effort": 1,
        "created_at": "2026-03-02T12:00:00Z",
        "limit": {
            "maximum": 5,
            "taken": 1,
            "remaining": 4,
            "source": {"kind": "default", "rule": None, "reason": ""},
        },
    }
    assert response["Location"] == f"http://testserver/api/users/assignment/{assignment.pk}/"
    assert signed_in(taskmaster).get(response["Location"]).json() == response.json()
    assert (assignment.task, assignment.user_id, assignment.date) == (cooking, alice.pk, TODAY)
    assert DailyLimit.objects.values_list("user", "date", "maximum", "taken").get() == (alice.pk, TODAY, 5, 1)


def test_a_full_day_is_refused_with_the_reason_and_the_next_free_day(
    taskmaster: User, alice: User, tasks: list[Task], signed_in: SignIn
) -> None:
    rule = limit_rules.create_rule(
        actor=taskmaster, user_id=alice.pk, date_from=TODAY, date_to=date(2026, 3, 4), maximum=1, reason="Training"
    )
    for day in (TODAY, date(2026, 3, 3)):
        give(taskmaster, tasks[0], alice, day)
    caller = signed_in(taskmaster)

    with nothing_written():
        response = caller.post(
            "/api/users/assignment/", {"task": tasks[1].pk, "user": alice.pk, "date": "2026-03-02"}, format="json"
        )

    assert assert_problem(response, 409, "daily_limit_reached") == {
        "type": "/errors/#daily_limit_reached",
        "title": "The daily limit is reached",
        "status": 409,
        "detail": "1 of 1 task is taken on 2026-03-02; the next day with room is 2026-03-04.",
        "code": "daily_limit_reached",
        "user": alice.pk,
        "date": "2026-03-02",
        "effort": 1,
        "maximum": 1,
        "taken": 1,
        "remaining": 0,
        "source": {"kind": "person_range", "rule": rule.pk, "reason": "Training"},
        "next_free_date": "2026-03-04",
    }


def test_each_refusal_has_its_code_and_writes_nothing(
    admin: User, taskmaster: User, alice: User, stranger: User, tasks: list[Task], signed_in: SignIn
) -> None:
    given = give(taskmaster, tasks[0], alice)
    catalogue.update_task(actor=taskmaster, task_id=tasks[1].pk, is_active=False)
    users.update_user(actor=admin, user_id=stranger.pk, is_active=False)

    def refused(actor: User, task: Task, person: User, day: str, status: int, code: str) -> dict[str, Any]:
        body = {"task": task.pk, "user": person.pk, "date": day}
        with nothing_written():
            return assert_problem(signed_in(actor).post("/api/users/assignment/", body, format="json"), status, code)

    again = refused(taskmaster, tasks[0], alice, "2026-03-02", 409, "already_assigned")
    assert (again["assignment"], again["date"]) == (given.pk, "2026-03-02")
    refused(taskmaster, tasks[1], alice, "2026-03-02", 409, "task_inactive")
    refused(taskmaster, tasks[2], stranger, "2026-03-02", 409, "user_inactive")
    refused(alice, tasks[2], taskmaster, "2026-03-02", 403, "not_allowed")
    refused(alice, tasks[1], stranger, "2026-03-02", 403, "not_allowed")
    past = refused(alice, tasks[2], alice, "2026-03-01", 400, "date_out_of_range")
    assert (past["earliest"], past["latest"]) == ("2026-03-02", "2027-03-03")


@pytest.mark.parametrize("day", ["0001-01-01", "0999-12-31", "1582-10-10", "2024-02-29", "2027-03-03"])
def test_a_taskmaster_plans_any_past_day_and_a_year_ahead(
    taskmaster: User, alice: User, cooking: Task, signed_in: SignIn, day: str
) -> None:
    caller = signed_in(taskmaster)

    response = caller.post("/api/users/assignment/", {"task": cooking.pk, "user": alice.pk, "date": day}, format="json")

    assert (response.status_code, response.json()["date"]) == (201, day)
    assert DailyLimit.objects.get().date.isoformat() == day
    assert [row["date"] for row in caller.get(f"/api/users/assignment/?date={day}").json()["results"]] == [day]


def test_a_refusal_queries_only_the_reason_and_the_next_free_day(
    taskmaster: User, alice: User, cooking: Task, signed_in: SignIn
) -> None:
    full, free = date(2026, 3, 2), date(2026, 3, 3)
    for day, maximum in ((full, 0), (free, 1)):
        DailyLimit.objects.create(
            user=alice, date=day, wanted=maximum, maximum=maximum, source_kind="hand", rules_version=1
        )
    caller = signed_in(taskmaster)
    body = {"task": cooking.pk, "user": alice.pk, "date": "2026-03-02"}

    with CaptureQueriesContext(connection) as queries:
        problem = assert_problem(caller.post("/api/users/assignment/", body, format="json"), 409, "daily_limit_reached")

    assert problem["next_free_date"] == "2026-03-03"
    # The next days are set, so the rules aren't read.
    assert [query["sql"].split()[0].strip(";") for query in queries] == [
        "SELECT",  # the caller
        "SAVEPOINT",  # outside tests: BEGIN, and on PostgreSQL nothing
        *(["SELECT", "UPDATE"] if connection.vendor != "postgresql" else ["WITH"]),  # the guarded take
        "RELEASE",
        "SELECT",  # the reason
        "SELECT",  # the next days
    ]


@pytest.mark.parametrize("already", [10, 10_000])
def test_assigning_costs_the_same_on_a_day_with_few_or_many_tasks(
    taskmaster: User, alice: User, cooking: Task, signed_in: SignIn, already: int
) -> None:
    day = DailyLimit.objects.create(
        user=alice, date=TODAY, wanted=20_000, maximum=20_000, taken=already, source_kind="hand", rules_version=1
    )
    Task.objects.bulk_create([Task(name=str(number)) for number in range(already)], batch_size=1000)
    others = Task.objects.exclude(pk=cooking.pk)
    Assignment.objects.bulk_create(
        [Assignment(daily_limit=day, task=task, taskmaster=taskmaster) for task in others], batch_size=1000
    )
    caller = signed_in(taskmaster)
    body = {"task": cooking.pk, "user": alice.pk, "date": "2026-03-02"}

    with CaptureQueriesContext(connection) as queries:
        response = caller.post("/api/users/assignment/", body, format="json")

    assert (response.status_code, response.json()["limit"]["taken"]) == (201, already + 1)
    # On PostgreSQL, one statement does all of this.
    takes = [
        "SELECT",  # the task
        "UPDATE",  # the guarded take
        *(["SELECT"] if connection.vendor == "mysql" else []),  # the day, which its UPDATE doesn't return
        "INSERT",
        "INSERT",  # the history
    ]
    assert [query["sql"].split()[0].strip(";") for query in queries] == [
        "SELECT",  # the caller
        "SAVEPOINT",  # outside tests: BEGIN, and on PostgreSQL nothing
        *(takes if connection.vendor != "postgresql" else ["WITH"]),
        "RELEASE",  # outside tests: COMMIT
    ]


# --- GET and DELETE of one --------------------------------------------------------------------------------------


def test_taskmasters_and_the_assignee_read_an_assignment(
    taskmaster: User, alice: User, stranger: User, cooking: Task, signed_in: SignIn
) -> None:
    path = f"/api/users/assignment/{give(taskmaster, cooking, alice).pk}/"

    for person in (taskmaster, alice):
        response = signed_in(person).get(path)
        assert (response.status_code, response.json()["user"], response.json()["limit"]["taken"]) == (200, alice.pk, 1)
    assert_problem(signed_in(stranger).get(path), 404, "assignment_not_found")


def test_a_deleted_assignment_is_gone_and_its_slot_is_free(
    taskmaster: User, alice: User, cooking: Task, signed_in: SignIn
) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TODAY, maximum=1)
    path = f"/api/users/assignment/{give(taskmaster, cooking, alice).pk}/"
    caller = signed_in(taskmaster)

    response = caller.delete(path)

    assert (response.status_code, response.content) == (204, b"")
    assert not Assignment.objects.exists()
    assert DailyLimit.objects.values_list("maximum", "taken").get() == (1, 0)
    assert_problem(caller.delete(path), 404, "assignment_not_found")
    body = {"task": cooking.pk, "user": alice.pk, "date": "2026-03-02"}
    assert caller.post("/api/users/assignment/", body, format="json").status_code == 201


def test_taskmasters_and_assignees_who_assigned_it_themselves_delete_an_assignment(
    admin: User, taskmaster: User, alice: User, stranger: User, tasks: list[Task], signed_in: SignIn
) -> None:
    own, given = give(alice, tasks[0], alice), give(taskmaster, tasks[1], alice)

    with nothing_written():
        assert_problem(signed_in(alice).delete(f"/api/users/assignment/{given.pk}/"), 403, "not_allowed")
        for one in (own, given):
            response = signed_in(stranger).delete(f"/api/users/assignment/{one.pk}/")
            assert_problem(response, 404, "assignment_not_found")

    assert signed_in(alice).delete(f"/api/users/assignment/{own.pk}/").status_code == 204
    assert signed_in(admin).delete(f"/api/users/assignment/{given.pk}/").status_code == 204
    assert DailyLimit.objects.get().taken == 0


# --- the list ---------------------------------------------------------------------------------------------------


def test_taskmasters_see_all_assignments_and_others_only_their_own(
    taskmaster: User, alice: User, stranger: User, cooking: Task, signed_in: SignIn
) -> None:
    of_alice, of_stranger = give(taskmaster, cooking, alice), give(taskmaster, cooking, stranger)

    def seen(person: User, query: str = "") -> list[int]:
        return [row["id"] for row in signed_in(person).get(f"/api/users/assignment/{query}").json()["results"]]

    assert seen(taskmaster) == [of_alice.pk, of_stranger.pk]
    assert (seen(alice), seen(stranger)) == ([of_alice.pk], [of_stranger.pk])
    # A filter doesn't show more.
    assert seen(alice, f"?user={stranger.pk}") == []


def test_filters_narrow_the_list_together(
    taskmaster: User, alice: User, stranger: User, tasks: list[Task], signed_in: SignIn
) -> None:
    rows = {
        name: give(taskmaster, task, person, date(2026, 3, day)).pk
        for name, task, person, day in (
            ("a", tasks[0], alice, 2),
            ("b", tasks[1], alice, 3),
            ("c", tasks[0], stranger, 3),
            ("d", tasks[0], alice, 4),
        )
    }
    Assignment.objects.filter(pk=rows["d"]).update(status=Status.DONE)
    names = {row_id: name for name, row_id in rows.items()}
    caller = signed_in(taskmaster)

    def found(query: str) -> str:
        return "".join(names[row["id"]] for row in caller.get(f"/api/users/assignment/?{query}").json()["results"])

    assert found("") == "abcd"
    assert found(f"user={alice.pk}") == "abd"
    assert found(f"task={tasks[0].pk}") == "acd"
    assert found("status=done") == "d"
    assert found("status=open") == "abc"
    assert found("date=2026-03-03") == "bc"
    assert found("date_from=2026-03-03") == "bcd"
    assert found("date_to=2026-03-03") == "abc"
    assert found("date_from=2026-03-03&date_to=2026-03-03") == "bc"
    assert found(f"user={alice.pk}&task={tasks[0].pk}&date_from=2026-03-03&status=done") == "d"
    assert found("user=9223372036854775807") == ""
    assert found("ordering=-date") == "dcba"
    assert found("ordering=-created_at") == "dcba"


def test_the_list_costs_two_queries(taskmaster: User, alice: User, tasks: list[Task], signed_in: SignIn) -> None:
    for day in (2, 3):
        for task in tasks[:5]:
            give(taskmaster, task, alice, date(2026, 3, day))
    caller = signed_in(taskmaster)

    with CaptureQueriesContext(connection) as queries:
        response = caller.get("/api/users/assignment/")

    assert len(response.json()["results"]) == 10
    assert len(queries) == 2
