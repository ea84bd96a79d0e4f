"""Efforts: an assignment takes its effort of the day's limit, wherever it is given, moved, changed or taken away."""

import io
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.models import Assignment, DailyLimit, Event, Import, Task, User
from apps.services import limit_rules, limits, users
from apps.services import tasks as catalogue
from apps.services.imports import blocks
from tests.api_test.test_problems import assert_problem, nothing_written
from tests.conftest import TODAY

PATH = "/api/users/assignment/"
MONDAY, TUESDAY, WEDNESDAY = "2026-03-02", "2026-03-03", "2026-03-04"
WRONG_EFFORTS = [0, -1, 1001, 1.5, 1.0, "3", None, True, [3], {}, 2**63]


@pytest.fixture
def caller(taskmaster: User, signed_in: Callable[[User], APIClient]) -> APIClient:
    """A taskmaster's client. Everyone can take 8 a day."""
    limit_rules.create_rule(actor=taskmaster, maximum=8)
    return signed_in(taskmaster)


def post(caller: APIClient, task: Task, person: User, day: str = MONDAY, **more: Any) -> Any:
    return caller.post(PATH, {"task": task.pk, "user": person.pk, "date": day, **more}, format="json")


def patch(caller: APIClient, number: int, **body: Any) -> Any:
    return caller.patch(f"{PATH}{number}/", body, format="json")


def taken(person: User) -> dict[str, int]:
    """What is taken of the person's days; and it is the sum of their assignments' efforts."""
    assert list(limits.drifted()) == []
    return {str(day.date): day.taken for day in DailyLimit.objects.filter(user=person).order_by("date")}


def history() -> list[tuple[str, Any]]:
    return list(Event.objects.filter(assignment__isnull=False).order_by("pk").values_list("kind", "data"))


# --- giving -----------------------------------------------------------------------------------------------------


def test_an_assignment_takes_the_effort_of_its_task(caller: APIClient, alice: User, cooking: Task) -> None:
    assert caller.patch(f"/api/tasks/{cooking.pk}/", {"effort": 3}, format="json").json()["effort"] == 3

    given = post(caller, cooking, alice)

    assert given.status_code == 201
    assert given.json()["effort"] == 3
    assert given.json()["limit"] | {"source": None} == {"maximum": 8, "taken": 3, "remaining": 5, "source": None}
    assert taken(alice) == {MONDAY: 3}
    assert history() == [("assigned", {"effort": 3})]


def test_a_call_can_give_another_effort_than_the_task_has(caller: APIClient, alice: User, cooking: Task) -> None:
    assert post(caller, cooking, alice, effort=5).json()["effort"] == 5
    assert taken(alice) == {MONDAY: 5}
    assert caller.get(PATH).json()["results"][0]["effort"] == 5


def test_a_changed_task_counts_for_later_assignments_only(caller: APIClient, alice: User, cooking: Task) -> None:
    before = post(caller, cooking, alice).json()["id"]

    caller.patch(f"/api/tasks/{cooking.pk}/", {"effort": 4}, format="json")

    assert post(caller, cooking, alice, TUESDAY).json()["effort"] == 4
    assert caller.get(f"{PATH}{before}/").json()["effort"] == 1
    assert taken(alice) == {MONDAY: 1, TUESDAY: 4}


def test_what_does_not_fit_is_refused_with_the_first_day_that_has_room_for_it(
    caller: APIClient, taskmaster: User, alice: User, tasks: list[Task]
) -> None:
    post(caller, tasks[0], alice, effort=6)
    post(caller, tasks[0], alice, TUESDAY, effort=7)
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=date(2026, 3, 4), maximum=2)

    with nothing_written():
        problem = assert_problem(post(caller, tasks[1], alice, effort=3), 409, "daily_limit_reached")

    assert (problem["effort"], problem["maximum"], problem["taken"], problem["remaining"]) == (3, 8, 6, 2)
    assert problem["next_free_date"] == "2026-03-05"
    assert problem["detail"] == (
        "6 of 8 tasks are taken on 2026-03-02, and it would take 3; the next day with room for 3 is 2026-03-05."
    )
    # A smaller one still fits.
    assert post(caller, tasks[1], alice, effort=2).status_code == 201
    assert taken(alice) == {MONDAY: 8, TUESDAY: 7, WEDNESDAY: 0}


def test_the_unit_is_named(settings: Any, caller: APIClient, alice: User, tasks: list[Task]) -> None:
    settings.TOGO_EFFORT_UNIT = "h"
    post(caller, tasks[0], alice, effort=8)
    problem = assert_problem(post(caller, tasks[1], alice), 409, "daily_limit_reached")
    assert problem["detail"] == "8 of 8 h are taken on 2026-03-02; the next day with room is 2026-03-03."


def test_an_effort_that_no_day_can_hold_ends_at_once(caller: APIClient, alice: User, cooking: Task) -> None:
    with CaptureQueriesContext(connection) as queries:
        problem = assert_problem(post(caller, cooking, alice, effort=9), 409, "daily_limit_reached")
    assert problem["next_free_date"] is None
    assert problem["detail"].endswith("no later day with room for 9 was found.")
    assert len(queries) < 40

    earliest = caller.post(f"{PATH}earliest/", {"task": cooking.pk, "user": alice.pk, "effort": 9}, format="json")
    assert_problem(earliest, 409, "no_free_day")
    assert taken(alice) == {MONDAY: 0}


@pytest.mark.parametrize("effort", WRONG_EFFORTS, ids=repr)
def test_a_wrong_effort_is_named_and_nothing_is_written(
    caller: APIClient, alice: User, cooking: Task, effort: Any
) -> None:
    given = post(caller, cooking, alice, TUESDAY).json()["id"]
    wrong = {"task": cooking.pk, "user": alice.pk, "effort": effort}
    with nothing_written():
        answers = [
            post(caller, cooking, alice, effort=effort),
            caller.post(f"{PATH}earliest/", wrong, format="json"),
            patch(caller, given, effort=effort),
            caller.post("/api/tasks/", {"name": "baking", "effort": effort}, format="json"),
            caller.patch(f"/api/tasks/{cooking.pk}/", {"effort": effort}, format="json"),
        ]
        for answer in answers:
            assert [error["field"] for error in assert_problem(answer, 400, "invalid_request")["errors"]] == ["effort"]
        bulk = caller.post(f"{PATH}bulk/", {"assignments": [{**wrong, "date": MONDAY}]}, format="json")
        assert [failure["code"] for failure in bulk.json()["failures"]] == ["invalid_request"]


# --- changing ---------------------------------------------------------------------------------------------------


def test_a_higher_effort_takes_more_and_a_lower_one_frees_room_at_once(
    caller: APIClient, alice: User, tasks: list[Task]
) -> None:
    one = post(caller, tasks[0], alice, effort=2).json()["id"]

    raised = patch(caller, one, effort=8)
    assert (raised.status_code, raised.json()["effort"], raised.json()["limit"]["remaining"]) == (200, 8, 0)
    assert_problem(post(caller, tasks[1], alice), 409, "daily_limit_reached")

    lowered = patch(caller, one, effort=3)
    assert (lowered.status_code, lowered.json()["limit"]["remaining"]) == (200, 5)
    assert post(caller, tasks[1], alice, effort=5).status_code == 201
    assert taken(alice) == {MONDAY: 8}
    assert history() == [
        ("assigned", {"effort": 2}),
        ("effort_changed", {"from": 2, "to": 8}),
        ("effort_changed", {"from": 8, "to": 3}),
        ("assigned", {"effort": 5}),
    ]


def test_a_higher_effort_on_a_full_day_is_refused_and_changes_nothing(
    caller: APIClient, alice: User, tasks: list[Task]
) -> None:
    one = post(caller, tasks[0], alice, effort=3).json()["id"]
    post(caller, tasks[1], alice, effort=5)

    with nothing_written():
        problem = assert_problem(patch(caller, one, effort=4, status="done"), 409, "daily_limit_reached")

    assert (problem["effort"], problem["remaining"], problem["next_free_date"]) == (4, 0, TUESDAY)
    assert problem["detail"] == (
        "8 of 8 tasks are taken on 2026-03-02, 3 of them by this assignment, and it would take 4; "
        "the next day with room for 4 is 2026-03-03."
    )
    assert patch(caller, one, effort=4, date=TUESDAY).status_code == 200
    assert taken(alice) == {MONDAY: 5, TUESDAY: 4}


def test_a_move_a_new_effort_and_a_mark_are_one_step(caller: APIClient, alice: User, tasks: list[Task]) -> None:
    one = post(caller, tasks[0], alice, effort=2).json()["id"]
    post(caller, tasks[1], alice, TUESDAY, effort=4)

    with nothing_written():
        assert_problem(patch(caller, one, date=TUESDAY, effort=5, status="done"), 409, "daily_limit_reached")
    moved = patch(caller, one, date=TUESDAY, effort=4, status="done")

    assert moved.status_code == 200
    assert [moved.json()[name] for name in ("date", "effort", "status")] == [TUESDAY, 4, "done"]
    assert taken(alice) == {MONDAY: 0, TUESDAY: 8}
    assert [kind for kind, _ in history()[-3:]] == ["moved", "effort_changed", "done"]


def test_the_same_effort_changes_nothing_however_full_the_day_is(caller: APIClient, alice: User, cooking: Task) -> None:
    one = post(caller, cooking, alice, effort=8).json()["id"]
    with nothing_written():
        assert patch(caller, one, effort=8).status_code == 200


def test_a_move_without_an_effort_keeps_it_and_taking_it_away_frees_all_of_it(
    caller: APIClient, alice: User, stranger: User, cooking: Task
) -> None:
    one = post(caller, cooking, alice, effort=5).json()["id"]
    catalogue_effort = caller.patch(f"/api/tasks/{cooking.pk}/", {"effort": 2}, format="json")
    assert catalogue_effort.status_code == 200

    assert patch(caller, one, user=stranger.pk).json()["effort"] == 5
    assert (taken(alice), taken(stranger)) == ({MONDAY: 0}, {MONDAY: 5})

    assert caller.delete(f"{PATH}{one}/").status_code == 204
    assert taken(stranger) == {MONDAY: 0}
    assert history()[-1] == ("unassigned", {"effort": 5})


def test_a_lowered_effort_lowers_a_limit_that_is_above_the_rules(
    caller: APIClient,
    taskmaster: User,
    alice: User,
    cooking: Task,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    one = post(caller, cooking, alice, effort=6).json()["id"]
    with django_capture_on_commit_callbacks(execute=True):
        limit_rules.create_rule(actor=taskmaster, user_id=alice.pk, maximum=2)
    day = DailyLimit.objects.get(user=alice)
    assert (day.maximum, day.wanted, day.taken) == (6, 2, 6)

    assert patch(caller, one, effort=3).json()["limit"]["maximum"] == 3
    assert_problem(patch(caller, one, effort=4), 409, "daily_limit_reached")
    assert patch(caller, one, effort=1).json()["limit"]["maximum"] == 2


def test_people_change_the_effort_of_what_they_gave_themselves_alone(
    caller: APIClient, alice: User, tasks: list[Task], signed_in: Callable[[User], APIClient]
) -> None:
    own = post(signed_in(alice), tasks[0], alice, effort=2).json()["id"]
    given = post(caller, tasks[1], alice, effort=2).json()["id"]

    assert patch(signed_in(alice), own, effort=3).status_code == 200
    with nothing_written():
        assert_problem(patch(signed_in(alice), given, effort=1), 403, "not_allowed")
    assert patch(signed_in(alice), given, effort=2, status="done").status_code == 200


def test_nobody_deactivated_is_given_more_but_they_may_have_less(
    caller: APIClient, admin: User, alice: User, cooking: Task
) -> None:
    one = post(caller, cooking, alice, effort=3).json()["id"]
    users.update_user(actor=admin, user_id=alice.pk, is_active=False)

    with nothing_written():
        assert_problem(patch(caller, one, effort=4), 409, "user_inactive")
    assert patch(caller, one, effort=1).status_code == 200
    assert taken(alice) == {MONDAY: 1}


# --- many -------------------------------------------------------------------------------------------------------


def test_a_bulk_adds_up_efforts_in_its_order(caller: APIClient, alice: User, tasks: list[Task]) -> None:
    catalogue.update_task(actor=User.objects.get(username="taskmaster"), task_id=tasks[0].pk, effort=4)
    items = [
        {"task": task.pk, "user": alice.pk, "date": MONDAY} | ({"effort": effort} if effort else {})
        for task, effort in zip(tasks, [None, 3, 2, 1], strict=False)
    ]

    limits.set_by_hand(actor=User.objects.get(username="taskmaster"), user_id=alice.pk, date=TODAY, maximum=8)
    with nothing_written():
        failures = assert_problem(
            caller.post(f"{PATH}bulk/", {"assignments": items}, format="json"), 409, "bulk_refused"
        )["failures"]
    assert [(failure["index"], failure["effort"], failure["remaining"]) for failure in failures] == [(2, 2, 8)]
    assert "and this request asks for 7 more before this one, and it would take 2" in failures[0]["detail"]

    results = caller.post(f"{PATH}bulk/", {"assignments": items, "mode": "each"}, format="json").json()["results"]
    assert [result["status"] for result in results] == [201, 201, 409, 201]
    assert [result["assignment"]["effort"] for result in results if "assignment" in result] == [4, 3, 1]
    assert (results[2]["error"]["taken"], results[2]["error"]["next_free_date"]) == (8, TUESDAY)
    assert taken(alice) == {MONDAY: 8}


@pytest.mark.parametrize("dry_run", [True, False])
def test_an_import_reads_efforts_from_an_optional_column(
    caller: APIClient, alice: User, tasks: list[Task], dry_run: bool
) -> None:
    lines = ["task,user,effort,date", "task 1,alice,5,2026-03-02", "task 2,alice,4,2026-03-02"]
    lines += ["task 3,alice,,2026-03-02", "task 4,alice,1.5,2026-03-02", "task 4,alice,0,2026-03-02"]
    file = io.BytesIO("\n".join(lines).encode())
    file.name = "week.csv"
    sent = caller.post(f"{PATH}import/", {"file": file, "dry_run": str(dry_run).lower()}).json()["id"]
    while blocks.do_next_block(sent):
        pass

    assert (Import.objects.get().accepted, Import.objects.get().refused) == (2, 3)
    report = b"".join(caller.get(f"{PATH}import/{sent}/report.csv")).decode().splitlines()
    assert report[2].startswith("3,task 2,alice,2026-03-02,4,refused,daily_limit_reached,")
    assert report[2].endswith(",2026-03-03")
    assert "'1.5' is not an effort, which is a whole number from 1 to 1000." in report[4]
    assert "'0' is not an effort" in report[5]
    assert taken(alice) == ({} if dry_run else {MONDAY: 6})


def test_an_export_has_the_effort_and_can_be_imported_again(
    caller: APIClient, alice: User, stranger: User, cooking: Task
) -> None:
    post(caller, cooking, alice, effort=7)
    text = b"".join(caller.get(f"{PATH}export.csv")).decode().replace(f",{alice.pk},", f",{stranger.pk},")
    file = io.BytesIO(text.encode())
    file.name = "again.csv"
    sent = caller.post(f"{PATH}import/", {"file": file, "dry_run": "false"}).json()["id"]
    while blocks.do_next_block(sent):
        pass

    assert taken(stranger) == {MONDAY: 7}


# --- room -------------------------------------------------------------------------------------------------------


def test_availability_of_a_person_means_room_for_the_effort(caller: APIClient, alice: User, tasks: list[Task]) -> None:
    post(caller, tasks[0], alice, effort=6)
    post(caller, tasks[0], alice, TUESDAY, effort=3)
    address = f"/api/users/availability/?user={alice.pk}&date_from={MONDAY}&days=2"

    answers = {effort: caller.get(f"{address}&effort={effort}").json() for effort in (1, 2, 3, 5, 6, 8, 9)}

    assert {effort: [day["date"] for day in answer["results"]] for effort, answer in answers.items()} == {
        1: [MONDAY, TUESDAY],
        2: [MONDAY, TUESDAY],
        3: [TUESDAY],
        5: [TUESDAY],
        6: [],
        8: [],
        9: [],
    }
    assert [answers[effort]["next_free_date"] for effort in (2, 5, 6, 9)] == [MONDAY, TUESDAY, WEDNESDAY, None]


@pytest.mark.parametrize("is_set", [True, False])
def test_availability_on_a_date_lists_people_with_room_for_the_effort(
    caller: APIClient, taskmaster: User, alice: User, stranger: User, cooking: Task, is_set: bool
) -> None:
    post(caller, cooking, alice, effort=6)
    if is_set:
        limits.finish_date(TODAY)
    address = f"/api/users/availability/?date={MONDAY}"

    free = {
        effort: {row["username"] for row in caller.get(f"{address}&effort={effort}").json()["results"]}
        for effort in (2, 3, 9)
    }

    assert free == {2: {"alice", "stranger", "taskmaster"}, 3: {"stranger", "taskmaster"}, 9: set()}


@pytest.mark.parametrize("effort", ["0", "1001", "1.5", "-1", "x", ""])
def test_availability_names_a_wrong_effort(caller: APIClient, effort: str) -> None:
    problem = assert_problem(caller.get(f"/api/users/availability/?effort={effort}"), 400, "invalid_request")
    assert [error["field"] for error in problem["errors"]] == ["effort"]


def test_earliest_takes_the_first_day_with_room_for_the_effort(
    caller: APIClient, alice: User, tasks: list[Task]
) -> None:
    catalogue.update_task(actor=User.objects.get(username="taskmaster"), task_id=tasks[1].pk, effort=3)
    post(caller, tasks[0], alice, effort=6)
    body = {"task": tasks[1].pk, "user": alice.pk}

    assert caller.post(f"{PATH}earliest/", body, format="json").json()["date"] == TUESDAY
    assert caller.post(f"{PATH}earliest/", {**body, "effort": 2}, format="json").json()["date"] == MONDAY
    assert caller.post(f"{PATH}earliest/", {**body, "effort": 6}, format="json").json()["date"] == WEDNESDAY
    assert taken(alice) == {MONDAY: 8, TUESDAY: 3, WEDNESDAY: 6}


# --- bounds -----------------------------------------------------------------------------------------------------


def test_a_limit_of_10000_is_filled_to_the_last_and_not_further(
    caller: APIClient, alice: User, tasks: list[Task]
) -> None:
    more = [Task.objects.create(name=f"task {number}") for number in (9, 10, 11)]
    assert caller.put(f"/api/users/limit/{alice.pk}/{MONDAY}/", {"maximum": 10_000}, format="json").status_code == 200
    items = [{"task": task.pk, "user": alice.pk, "date": MONDAY, "effort": 1000} for task in [*tasks, *more[:2]]]

    filled = caller.post(f"{PATH}bulk/", {"assignments": items}, format="json")

    assert filled.status_code == 201
    assert_problem(post(caller, more[2], alice), 409, "daily_limit_reached")
    assert taken(alice) == {MONDAY: 10_000}


def test_the_database_itself_refuses_an_effort_out_of_bounds(taskmaster: User, alice: User, cooking: Task) -> None:
    day = limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TODAY, maximum=5)
    for effort in (0, -1, 1001):
        with pytest.raises(IntegrityError), transaction.atomic():
            Assignment.objects.create(daily_limit=day, task=cooking, taskmaster=taskmaster, effort=effort)
        with pytest.raises(IntegrityError), transaction.atomic():
            Task.objects.create(name="odd", effort=effort)
