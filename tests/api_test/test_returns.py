"""`/api/users/assignment/{id}/return/` and `/api/users/returned/`"""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.models import Assignment, ReturnedTask, Task, User
from apps.services import assignments
from tests.api_test.test_problems import assert_problem, nothing_written
from tests.conftest import TODAY

RETURNED = "/api/users/returned/"


@pytest.fixture
def given(taskmaster: User, alice: User, cooking: Task) -> Assignment:
    """Cooking, given to Alice today."""
    return assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=TODAY)


@pytest.fixture
def person(alice: User, signed_in: Callable[[User], APIClient]) -> APIClient:
    """Alice's client."""
    return signed_in(alice)


def hand_back(person: APIClient, given: Assignment, **headers: str) -> Any:
    path = f"/api/users/assignment/{given.pk}/return/"
    return person.post(path, {"reason": "I am ill."}, format="json", headers=headers)


def test_a_task_is_handed_back_listed_and_placed_again(
    person: APIClient,
    taskmaster: User,
    alice: User,
    stranger: User,
    cooking: Task,
    given: Assignment,
    signed_in: Callable[[User], APIClient],
) -> None:
    response = hand_back(person, given)

    returned = ReturnedTask.objects.get()
    assert response.status_code == 201
    assert response["Location"] == f"http://testserver{RETURNED}{returned.pk}/"
    assert response.json() == {
        "id": returned.pk,
        "task": cooking.pk,
        "user": alice.pk,
        "date": "2026-03-02",
        "taskmaster": taskmaster.pk,
        "effort": 1,
        "reason": "I am ill.",
        "created_at": "2026-03-02T12:00:00Z",
    }
    assert person.get(response["Location"]).json() == response.json()
    boss = signed_in(taskmaster)
    assert boss.get(RETURNED, {"taskmaster": taskmaster.pk}).json()["results"] == [response.json()]
    assert boss.get(RETURNED, {"user": stranger.pk}).json()["results"] == []

    placed = boss.post(f"{RETURNED}{returned.pk}/place/", {"user": stranger.pk}, format="json")

    assert placed.status_code == 201
    one = Assignment.objects.get()
    assert (one.user_id, one.date, one.taskmaster) == (stranger.pk, TODAY, taskmaster)
    assert (placed.json()["id"], placed.json()["limit"]["taken"]) == (one.pk, 1)
    again = boss.post(f"{RETURNED}{returned.pk}/place/", {}, format="json")
    assert_problem(again, 404, "return_not_found")


def test_a_person_takes_it_back_with_an_empty_body(person: APIClient, taskmaster: User, given: Assignment) -> None:
    returned = hand_back(person, given).json()["id"]

    assert person.post(f"{RETURNED}{returned}/place/", {}, format="json").status_code == 201
    assert Assignment.objects.get().taskmaster == taskmaster
    assert person.get(RETURNED).json()["results"] == []


@pytest.mark.parametrize("reason", ["", "   ", "x" * 201, None, 7, "two\nlines"])
def test_a_reason_is_required_and_short(person: APIClient, given: Assignment, reason: Any) -> None:
    with nothing_written():
        path = f"/api/users/assignment/{given.pk}/return/"
        assert_problem(person.post(path, {"reason": reason}, format="json"), 400, "invalid_request")
        assert_problem(person.post(path, {}, format="json"), 400, "invalid_request")


def test_what_is_done_stays(person: APIClient, alice: User, given: Assignment) -> None:
    assignments.change(actor=alice, assignment_id=given.pk, status="done")
    with nothing_written():
        assert_problem(hand_back(person, given), 409, "already_done")


def test_a_repeated_call_with_the_same_key_hands_back_once(person: APIClient, given: Assignment) -> None:
    first = hand_back(person, given, **{"Idempotency-Key": "k"})
    again = hand_back(person, given, **{"Idempotency-Key": "k"})

    assert (again.status_code, again.json()) == (201, first.json())
    assert again["Idempotent-Replayed"] == "true"
    assert ReturnedTask.objects.count() == 1
