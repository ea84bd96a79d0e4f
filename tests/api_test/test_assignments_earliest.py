"""`/api/users/assignment/earliest/`: a person's first free day."""

from collections.abc import Callable
from datetime import date
from typing import Any

from rest_framework.test import APIClient

from apps.models import Assignment, Event, Task, User
from apps.services import assignments, limit_rules, limits, users
from apps.services import tasks as catalogue
from tests.api_test.test_problems import assert_problem, nothing_written
from tests.conftest import TODAY

SignIn = Callable[[User], APIClient]
EARLIEST = "/api/users/assignment/earliest/"


def post(caller: APIClient, task: Task, person: User, **more: Any) -> Any:
    return caller.post(EARLIEST, {"task": task.pk, "user": person.pk, **more}, format="json")


def test_takes_the_first_day_with_room_and_without_this_task(
    taskmaster: User, alice: User, tasks: list[Task], signed_in: SignIn
) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TODAY, maximum=0)
    limit_rules.create_rule(
        actor=taskmaster, user_id=alice.pk, date_from=date(2026, 3, 3), date_to=date(2026, 3, 4), maximum=0
    )
    assignments.assign(actor=taskmaster, task_id=tasks[0].pk, user_id=alice.pk, date=date(2026, 3, 5))

    response = post(signed_in(taskmaster), tasks[0], alice)

    assert response.status_code == 201
    assert (response.json()["date"], response.json()["limit"]["taken"]) == ("2026-03-06", 1)
    made = Assignment.objects.latest("pk")
    assert response["Location"] == f"http://testserver/api/users/assignment/{made.pk}/"
    assert (made.date, made.daily_limit.taken) == (date(2026, 3, 6), 1)
    assert Event.objects.latest("pk").assignment == made.pk
    # Another task still fits on the day before.
    assert post(signed_in(taskmaster), tasks[1], alice).json()["date"] == "2026-03-05"


def test_from_says_where_to_begin(taskmaster: User, alice: User, tasks: list[Task], signed_in: SignIn) -> None:
    caller = signed_in(taskmaster)

    for first in ("2026-03-02", "2026-04-01", "2025-12-24", "2027-03-03"):
        assert post(caller, tasks[0], alice, **{"from": first}).json()["date"] == first


def test_repeating_a_task_for_a_person_takes_one_day_after_the_other(
    taskmaster: User, alice: User, cooking: Task, signed_in: SignIn
) -> None:
    caller = signed_in(taskmaster)

    days = [post(caller, cooking, alice).json()["date"] for _ in range(4)]

    assert days == ["2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05"]


def test_a_refusal_without_a_free_day_names_the_dates_searched(
    taskmaster: User, alice: User, cooking: Task, signed_in: SignIn
) -> None:
    limit_rules.create_rule(actor=taskmaster, user_id=alice.pk, maximum=0)

    with nothing_written():
        problem = assert_problem(post(signed_in(taskmaster), cooking, alice), 409, "no_free_day")

    assert (problem["task"], problem["user"]) == (cooking.pk, alice.pk)
    assert (problem["first"], problem["last"]) == ("2026-03-02", "2027-03-02")


def test_searches_366_days_but_not_past_the_last_date_that_can_be_planned(
    taskmaster: User, alice: User, cooking: Task, signed_in: SignIn
) -> None:
    limit_rules.create_rule(actor=taskmaster, user_id=alice.pk, maximum=0, date_to=date(2027, 3, 1))
    caller = signed_in(taskmaster)

    with nothing_written():
        problem = assert_problem(post(caller, cooking, alice, **{"from": "2026-03-01"}), 409, "no_free_day")
    assert problem["last"] == "2027-03-01"
    assert post(caller, cooking, alice).json()["date"] == "2027-03-02"
    assert post(caller, cooking, alice, **{"from": "2027-03-03"}).json()["date"] == "2027-03-03"
    with nothing_written():
        problem = assert_problem(post(caller, cooking, alice, **{"from": "2027-03-03"}), 409, "no_free_day")
    assert problem["last"] == "2027-03-03"


def test_everyone_takes_their_own_earliest_day_from_today_on(
    taskmaster: User, alice: User, stranger: User, cooking: Task, signed_in: SignIn
) -> None:
    caller = signed_in(alice)

    with nothing_written():
        assert_problem(post(caller, cooking, stranger), 403, "not_allowed")
        assert_problem(post(caller, cooking, alice, **{"from": "2026-03-01"}), 400, "date_out_of_range")
        assert_problem(post(APIClient(), cooking, alice), 401, "not_authenticated")
    assert post(caller, cooking, alice).json()["taskmaster"] == alice.pk


def test_bad_input_is_named_and_writes_nothing(
    admin: User, taskmaster: User, alice: User, tasks: list[Task], signed_in: SignIn
) -> None:
    caller = signed_in(taskmaster)
    catalogue.update_task(actor=taskmaster, task_id=tasks[1].pk, is_active=False)
    good = {"task": tasks[0].pk, "user": alice.pk}

    with nothing_written():
        for field, value in (
            ("task", "1"),
            ("user", None),
            ("from", "tomorrow"),
            ("from", None),
            ("date", "2026-03-02"),
            ("first", "2026-03-02"),
        ):
            problem = assert_problem(
                caller.post(EARLIEST, {**good, field: value}, format="json"), 400, "invalid_request"
            )
            assert [error["field"] for error in problem["errors"]] == [field]
        late = {**good, "from": "2027-03-04"}
        assert_problem(caller.post(EARLIEST, late, format="json"), 400, "date_out_of_range")
        assert_problem(caller.post(EARLIEST, {**good, "task": 2**63 - 1}, format="json"), 404, "task_not_found")
        assert_problem(caller.post(EARLIEST, {**good, "user": 2**63 - 1}, format="json"), 404, "user_not_found")
        assert_problem(post(caller, tasks[1], alice), 409, "task_inactive")
        assert_problem(caller.get(EARLIEST), 405, "method_not_allowed")
    users.update_user(actor=admin, user_id=alice.pk, is_active=False)
    with nothing_written():
        assert_problem(post(caller, tasks[0], alice), 409, "user_inactive")
