"""What processes of older versions write is right for the new one: efforts, and the person of an assignment."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.models import Assignment, Task, User
from apps.services import limits
from tests import version_before
from tests.conftest import TODAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller(signed_in: Callable[[User], APIClient], taskmaster: User) -> APIClient:
    return signed_in(taskmaster)


def test_an_assignment_of_the_version_before_takes_1_and_its_effort_can_be_changed(
    caller: APIClient, taskmaster: User, alice: User
) -> None:
    day = limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TODAY, maximum=5)
    large = Task.objects.create(name="moving house", effort=4)

    pk = version_before.assign(day_id=day.pk, task_id=large.pk, taskmaster_id=taskmaster.pk)

    path = f"/api/users/assignment/{pk}/"
    assert _told(caller.get(path)) == (200, 1, 1)
    assert _told(caller.patch(path, {"effort": 5}, format="json")) == (200, 5, 5)
    assert caller.delete(path).status_code == 204
    day.refresh_from_db()
    assert day.taken == 0
    assert not Assignment.objects.exists()


def test_the_version_before_deletes_an_assignment_of_1(caller: APIClient, alice: User, cooking: Task) -> None:
    body = {"task": cooking.pk, "user": alice.pk, "date": TODAY.isoformat()}
    given = caller.post("/api/users/assignment/", body, format="json")
    assert _told(given) == (201, 1, 1)

    assert version_before.unassign(given.json()["id"])

    assert list(limits.drifted()) == []
    assert _told(caller.post("/api/users/assignment/", body, format="json")) == (201, 1, 1)


def test_the_version_before_refuses_a_day_that_efforts_have_filled(
    caller: APIClient, taskmaster: User, alice: User, tasks: list[Task]
) -> None:
    day = limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TODAY, maximum=3)
    body = {"task": tasks[0].pk, "user": alice.pk, "date": TODAY.isoformat(), "effort": 3}
    assert _told(caller.post("/api/users/assignment/", body, format="json")) == (201, 3, 3)

    assert version_before.assign(day_id=day.pk, task_id=tasks[1].pk, taskmaster_id=taskmaster.pk) is None

    assert list(limits.drifted()) == []
    assert Assignment.objects.count() == 1


def test_the_database_fills_in_the_person_of_what_the_version_before_assigns_and_moves(
    caller: APIClient, taskmaster: User, alice: User, stranger: User, cooking: Task
) -> None:
    alices, strangers = (
        limits.set_by_hand(actor=taskmaster, user_id=one.pk, date=TODAY, maximum=5) for one in (alice, stranger)
    )

    pk = version_before.assign(day_id=alices.pk, task_id=cooking.pk, taskmaster_id=taskmaster.pk)
    assert pk
    assert (_list_of(caller, alice), _list_of(caller, stranger)) == ([pk], [])

    version_before.move(pk, day_id=strangers.pk)
    assert (_list_of(caller, alice), _list_of(caller, stranger)) == ([], [pk])

    path = f"/api/users/assignment/{pk}/"
    assert caller.patch(path, {"user": alice.pk, "date": "2026-03-09"}, format="json").status_code == 200
    assert (_list_of(caller, alice), _list_of(caller, stranger)) == ([pk], [])
    assert list(limits.drifted()) == []


def _list_of(caller: APIClient, person: User) -> list[int]:
    """The ids of a person's assignments, in both orders of the list."""
    by_date, by_time = (
        [one["id"] for one in caller.get(f"/api/users/assignment/?user={person.pk}&ordering={way}").json()["results"]]
        for way in ("date", "-created_at")
    )
    assert by_date == by_time
    assert list(Assignment.objects.filter(user=person.pk).values_list("pk", flat=True)) == by_date
    return by_date


def _told(response: Any) -> tuple[int, int, int]:
    """The status, the assignment's effort and what is taken of its day."""
    answer = response.json()
    return response.status_code, answer["effort"], answer["limit"]["taken"]
