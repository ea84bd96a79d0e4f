"""PATCH `/api/users/assignment/{id}/`: moving an assignment, marking it done, both at once."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.models import Assignment, DailyLimit, Event, LimitDay, Task, User
from apps.services import assignments, limits, users
from apps.services import tasks as catalogue
from tests.api_test.test_problems import assert_problem, nothing_written
from tests.conftest import TODAY

SignIn = Callable[[User], APIClient]
TUESDAY = date(2026, 3, 3)


def give(actor: User, task: Task, person: User, day: date = TODAY) -> Assignment:
    return assignments.assign(actor=actor, task_id=task.pk, user_id=person.pk, date=day)


def patch(caller: APIClient, one: Assignment, **body: Any) -> Any:
    return caller.patch(f"/api/users/assignment/{one.pk}/", body, format="json")


def taken() -> dict[tuple[str, str], tuple[int, int]]:
    """Taken and maximum of every day that is set."""
    rows = DailyLimit.objects.values_list("user__username", "date", "taken", "maximum")
    return {(name, day.isoformat()): (used, maximum) for name, day, used, maximum in rows}


def history() -> list[dict[str, Any]]:
    return list(Event.objects.order_by("pk").values("kind", "user", "date", "from_user", "data"))


def test_an_assignment_moves_to_another_person_and_day_in_one_step(
    taskmaster: User, admin: User, alice: User, stranger: User, cooking: Task, signed_in: SignIn
) -> None:
    given = give(admin, cooking, alice)

    response = patch(signed_in(taskmaster), given, user=stranger.pk, date="2026-03-03")

    assert response.status_code == 200
    assert response.json() == {
        "id": given.pk,
        "task": cooking.pk,
        "user": stranger.pk,
        "date": "2026-03-03",
        "taskmaster": admin.pk,
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
    assert taken() == {("alice", "2026-03-02"): (0, 5), ("stranger", "2026-03-03"): (1, 5)}
    assert Assignment.objects.get().daily_limit.user == stranger
    assert history()[-1] == {
        "kind": "moved",
        "user": stranger.pk,
        "date": TUESDAY,
        "from_user": alice.pk,
        "data": {"from": {"user": alice.pk, "date": "2026-03-02"}},
    }
    # Nobody had used this day before, so everybody's limits for it are requested.
    assert LimitDay.objects.filter(pk=TUESDAY).exists()


@pytest.mark.parametrize(("field", "value", "to"), [("date", "2026-03-03", ("alice", "2026-03-03"))])
def test_fields_that_are_not_sent_stay(
    taskmaster: User, alice: User, cooking: Task, signed_in: SignIn, field: str, value: str, to: tuple[str, str]
) -> None:
    given = give(taskmaster, cooking, alice)

    response = patch(signed_in(taskmaster), given, **{field: value})

    assert (response.status_code, response.json()["user"], response.json()["date"]) == (200, alice.pk, "2026-03-03")
    assert taken()[to] == (1, 5)


def test_a_move_to_a_full_day_is_refused_and_changes_nothing(
    taskmaster: User, alice: User, tasks: list[Task], signed_in: SignIn
) -> None:
    given = give(taskmaster, tasks[0], alice)
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TUESDAY, maximum=1, reason="Half a day")
    give(taskmaster, tasks[1], alice, TUESDAY)

    with nothing_written():
        problem = assert_problem(
            patch(signed_in(taskmaster), given, date="2026-03-03", status="done"), 409, "daily_limit_reached"
        )

    assert problem["date"] == "2026-03-03"
    assert problem["source"] == {"kind": "hand", "rule": None, "reason": "Half a day"}
    assert problem["next_free_date"] == "2026-03-04"


def test_a_move_to_a_day_that_has_the_task_is_refused(
    taskmaster: User, alice: User, cooking: Task, signed_in: SignIn
) -> None:
    given, other = give(taskmaster, cooking, alice), give(taskmaster, cooking, alice, TUESDAY)

    with nothing_written():
        problem = assert_problem(patch(signed_in(taskmaster), given, date="2026-03-03"), 409, "already_assigned")

    assert problem["assignment"] == other.pk


def test_a_move_frees_the_old_day_and_lowers_a_maximum_above_wanted(
    taskmaster: User, alice: User, tasks: list[Task], signed_in: SignIn
) -> None:
    first, _ = give(taskmaster, tasks[0], alice), give(taskmaster, tasks[1], alice)
    DailyLimit.objects.update(wanted=0, maximum=2)

    assert patch(signed_in(taskmaster), first, date="2026-03-03").status_code == 200

    assert taken() == {("alice", "2026-03-02"): (1, 1), ("alice", "2026-03-03"): (1, 5)}


def test_a_move_to_the_same_person_and_day_changes_nothing(
    taskmaster: User, alice: User, cooking: Task, signed_in: SignIn
) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TODAY, maximum=1)
    given = give(taskmaster, cooking, alice)

    with nothing_written():
        for body in ({}, {"user": alice.pk}, {"date": "2026-03-02", "status": "open"}):
            response = patch(signed_in(taskmaster), given, **body)
            assert (response.status_code, response.json()["limit"]["remaining"]) == (200, 0)


def test_an_assignment_is_marked_done_and_reopened_and_keeps_its_slot(
    taskmaster: User, alice: User, cooking: Task, signed_in: SignIn
) -> None:
    given = give(taskmaster, cooking, alice)
    caller = signed_in(alice)

    done = patch(caller, given, status="done")
    assert (done.status_code, done.json()["status"], done.json()["limit"]["taken"]) == (200, "done", 1)
    given.refresh_from_db()
    assert given.done_at == datetime(2026, 3, 2, 12, tzinfo=UTC)
    with nothing_written():
        assert patch(caller, given, status="done").status_code == 200

    again = patch(caller, given, status="open")
    assert (again.status_code, again.json()["status"]) == (200, "open")
    given.refresh_from_db()
    assert given.done_at is None
    assert [event["kind"] for event in history()] == ["assigned", "done", "reopened"]


def test_a_done_assignment_moves_and_stays_done(
    taskmaster: User, alice: User, cooking: Task, signed_in: SignIn
) -> None:
    given = give(taskmaster, cooking, alice)
    patch(signed_in(alice), given, status="done")

    moved = patch(signed_in(taskmaster), given, date="2026-03-03")

    assert (moved.json()["status"], moved.json()["date"]) == ("done", "2026-03-03")


def test_a_move_and_a_new_status_are_one_step_with_two_events(
    taskmaster: User, alice: User, cooking: Task, signed_in: SignIn
) -> None:
    given = give(taskmaster, cooking, alice)

    response = patch(signed_in(taskmaster), given, date="2026-03-03", status="done")

    assert (response.json()["status"], response.json()["date"]) == ("done", "2026-03-03")
    assert [(event["kind"], event["date"]) for event in history()[1:]] == [("moved", TUESDAY), ("done", TUESDAY)]


def test_an_inactive_task_moves_but_not_to_a_deactivated_person(
    admin: User, taskmaster: User, alice: User, stranger: User, cooking: Task, signed_in: SignIn
) -> None:
    given = give(taskmaster, cooking, alice)
    catalogue.update_task(actor=taskmaster, task_id=cooking.pk, is_active=False)
    users.update_user(actor=admin, user_id=stranger.pk, is_active=False)
    caller = signed_in(taskmaster)

    assert patch(caller, given, date="2026-03-03").status_code == 200
    with nothing_written():
        assert_problem(patch(caller, given, user=stranger.pk), 409, "user_inactive")

    users.update_user(actor=admin, user_id=alice.pk, is_active=False)
    with nothing_written():
        assert_problem(patch(caller, given, date="2026-03-04"), 409, "user_inactive")
    assert patch(caller, given, user=taskmaster.pk).status_code == 200


def test_assignees_move_what_they_assigned_themselves_from_today_on_and_mark_all_that_is_theirs(
    taskmaster: User, alice: User, stranger: User, tasks: list[Task], signed_in: SignIn
) -> None:
    own, given = give(alice, tasks[0], alice), give(taskmaster, tasks[1], alice)
    past = give(taskmaster, tasks[2], alice, date(2026, 3, 1))
    caller = signed_in(alice)

    with nothing_written():
        assert_problem(patch(caller, given, date="2026-03-03"), 403, "not_allowed")
        assert_problem(patch(caller, own, user=stranger.pk), 403, "not_allowed")
        assert_problem(patch(caller, own, user=2**63 - 1), 403, "not_allowed")
        assert_problem(patch(caller, past, date="2026-03-03"), 403, "not_allowed")
        assert_problem(patch(caller, own, date="2026-03-01"), 400, "date_out_of_range")
        for one in (own, given):
            assert_problem(patch(signed_in(stranger), one, status="done"), 404, "assignment_not_found")

    assert patch(caller, own, date="2026-03-03").status_code == 200
    for one in (own, given, past):
        assert patch(caller, one, status="done").status_code == 200
    assert set(Assignment.objects.values_list("status", flat=True)) == {"done"}


def test_bad_input_is_named_and_changes_nothing(
    taskmaster: User, alice: User, cooking: Task, signed_in: SignIn
) -> None:
    given = give(taskmaster, cooking, alice)
    caller = signed_in(taskmaster)

    with nothing_written():
        for field, value in (
            ("user", "2"),
            ("user", None),
            ("user", 0),
            ("user", True),
            ("date", "03/03/2026"),
            ("date", None),
            ("status", "finished"),
            ("status", None),
            ("task", cooking.pk),
            ("id", 7),
            ("taskmaster", alice.pk),
            ("done_at", None),
        ):
            problem = assert_problem(patch(caller, given, **{field: value}), 400, "invalid_request")
            assert [error["field"] for error in problem["errors"]] == [field], (field, value)
        assert_problem(patch(caller, given, date="2027-03-04"), 400, "date_out_of_range")
        assert_problem(patch(caller, given, user=2**63 - 1), 404, "user_not_found")
        assert_problem(
            caller.patch("/api/users/assignment/9223372036854775807/", {}, format="json"), 404, "assignment_not_found"
        )


def test_anonymous_callers_and_wrong_methods_change_nothing(
    taskmaster: User, alice: User, cooking: Task, signed_in: SignIn
) -> None:
    given = give(taskmaster, cooking, alice)

    with nothing_written():
        assert_problem(patch(APIClient(), given, date="2026-03-03"), 401, "not_authenticated")
        path = f"/api/users/assignment/{given.pk}/"
        for method in ("post", "put"):
            refused = getattr(signed_in(taskmaster), method)(path, {"date": "2026-03-03"}, format="json")
            assert_problem(refused, 405, "method_not_allowed")
            assert set(refused["Allow"].split(", ")) == {"GET", "PATCH", "DELETE", "HEAD", "OPTIONS"}
