"""`if_full: "wait"` of `/api/users/assignment/`, and `/api/users/waiting/`"""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.models import Assignment, DailyLimit, Event, Task, User, WaitingEntry
from apps.models.events import Kind
from apps.services import limit_rules
from tests.api_test.test_problems import assert_problem, nothing_written

PATH = "/api/users/assignment/"
WAITING = "/api/users/waiting/"
MONDAY, TUESDAY = "2026-03-02", "2026-03-03"


@pytest.fixture
def caller(taskmaster: User, alice: User, signed_in: Callable[[User], APIClient]) -> APIClient:
    """A taskmaster's client. Everyone can take 1 a day."""
    limit_rules.create_rule(actor=taskmaster, maximum=1)
    return signed_in(taskmaster)


def queue(caller: APIClient, task: Task, person: User, day: str = MONDAY, **more: Any) -> Any:
    body = {"task": task.pk, "user": person.pk, "date": day, "if_full": "wait", **more}
    return caller.post(PATH, body, format="json")


def fill(caller: APIClient, tasks: list[Task], person: User, day: str = MONDAY) -> int:
    """Give the person the last task; returns the assignment's id."""
    given = caller.post(PATH, {"task": tasks[-1].pk, "user": person.pk, "date": day}, format="json")
    assert given.status_code == 201
    return int(given.json()["id"])


def test_a_full_day_answers_202_and_the_task_is_assigned_when_there_is_room(
    caller: APIClient, alice: User, tasks: list[Task]
) -> None:
    full = fill(caller, tasks, alice)

    first, second = queue(caller, tasks[0], alice), queue(caller, tasks[1], alice, effort=1)

    assert (first.status_code, second.status_code) == (202, 202)
    entry = WaitingEntry.objects.order_by("pk")[0]
    assert first.json() == {
        "id": entry.pk,
        "task": tasks[0].pk,
        "user": alice.pk,
        "date": MONDAY,
        "effort": 1,
        "position": 1,
    }
    assert second.json()["position"] == 2
    assert first["Location"] == f"http://testserver{WAITING}{entry.pk}/"
    assert caller.get(first["Location"]).json() == first.json()

    assert caller.delete(f"{PATH}{full}/").status_code == 204

    assert [one["task"] for one in caller.get(f"{PATH}?user={alice.pk}").json()["results"]] == [tasks[0].pk]
    assert caller.get(WAITING).json()["results"] == [second.json() | {"position": 1}]
    assert_problem(caller.get(first["Location"]), 404, "waiting_not_found")
    kinds = [one["kind"] for one in caller.get(f"/api/users/event/?user={alice.pk}").json()["results"]]
    assert kinds[:3] == ["promoted", "assigned", "unassigned"]


def test_a_day_with_room_answers_201(caller: APIClient, alice: User, cooking: Task) -> None:
    assert queue(caller, cooking, alice).status_code == 201
    assert not WaitingEntry.objects.exists()


def test_refuse_is_the_default_and_can_be_said(caller: APIClient, alice: User, tasks: list[Task]) -> None:
    fill(caller, tasks, alice)

    assert_problem(queue(caller, tasks[0], alice, if_full="refuse"), 409, "daily_limit_reached")
    assert not WaitingEntry.objects.exists()


@pytest.mark.parametrize("if_full", ["queue", "", None, True, 1, ["wait"], {}])
def test_anything_else_is_an_error_that_names_the_field(
    caller: APIClient, alice: User, cooking: Task, if_full: Any
) -> None:
    with nothing_written():
        problem = assert_problem(queue(caller, cooking, alice, if_full=if_full), 400, "invalid_request")
    assert [error["field"] for error in problem["errors"]] == ["if_full"]


def test_bulk_and_earliest_dont_wait(caller: APIClient, alice: User, cooking: Task) -> None:
    item = {"task": cooking.pk, "user": alice.pk, "date": MONDAY, "if_full": "wait"}

    bulk = caller.post(f"{PATH}bulk/", {"assignments": [item]}, format="json")
    assert bulk.json()["failures"][0]["errors"][0]["field"] == "if_full"
    body = {"task": cooking.pk, "user": alice.pk, "if_full": "wait"}
    assert_problem(caller.post(f"{PATH}earliest/", body, format="json"), 400, "invalid_request")


def test_a_second_entry_of_the_task_is_refused(caller: APIClient, alice: User, tasks: list[Task]) -> None:
    fill(caller, tasks, alice)
    entry = queue(caller, tasks[0], alice).json()

    problem = assert_problem(queue(caller, tasks[0], alice), 409, "already_waiting")

    assert (problem["waiting"], problem["position"]) == (entry["id"], 1)
    assert DailyLimit.objects.get(user=alice).waiting == 1


def test_a_past_day_has_no_queue(caller: APIClient, alice: User, tasks: list[Task]) -> None:
    fill(caller, tasks, alice, "2026-03-01")

    assert_problem(queue(caller, tasks[0], alice, "2026-03-01"), 400, "date_out_of_range")


def test_the_same_key_queues_once(caller: APIClient, alice: User, tasks: list[Task]) -> None:
    fill(caller, tasks, alice)
    caller.credentials(**caller._credentials, HTTP_IDEMPOTENCY_KEY="once")

    first, again = queue(caller, tasks[0], alice), queue(caller, tasks[0], alice)

    assert (first.status_code, again.status_code, again["Idempotent-Replayed"]) == (202, 202, "true")
    assert (again.content, again["Location"]) == (first.content, first["Location"])
    assert Event.objects.filter(kind=Kind.QUEUED).count() == 1


def test_the_list_is_filtered_ordered_and_paged(
    caller: APIClient, alice: User, stranger: User, tasks: list[Task], signed_in: Callable[[User], APIClient]
) -> None:
    places = [(alice, TUESDAY), (alice, MONDAY), (stranger, MONDAY)]
    for person, day in places:
        fill(caller, tasks, person, day)
    made = [queue(caller, tasks[number], *places[number % 3]).json()["id"] for number in range(6)]
    on_tuesday, on_monday, of_stranger = [made[0], made[3]], [made[1], made[4]], [made[2], made[5]]

    def ids(query: str, client: APIClient = caller) -> list[int]:
        return [one["id"] for one in client.get(f"{WAITING}{query}").json()["results"]]

    assert ids("") == on_monday + of_stranger + on_tuesday
    assert ids("?ordering=-date") == [*reversed(on_tuesday), *reversed(of_stranger), *reversed(on_monday)]
    assert ids("?ordering=created_at") == made
    assert ids(f"?user={alice.pk}&date_from={TUESDAY}") == on_tuesday
    assert ids(f"?date_to={MONDAY}") == on_monday + of_stranger
    assert ids(f"?date={MONDAY}&task={tasks[1].pk}") == [made[1]]
    assert ids("", signed_in(stranger)) == of_stranger
    page = caller.get(f"{WAITING}?page_size=4").json()
    assert [one["id"] for one in page["results"]] == (on_monday + of_stranger)
    assert [one["id"] for one in caller.get(page["next"]).json()["results"]] == on_tuesday
    assert [one["position"] for one in page["results"]] == [1, 2, 1, 2]
    assert_problem(caller.get(f"{WAITING}?status=open"), 400, "invalid_request")


def test_an_entry_is_cancelled(caller: APIClient, alice: User, tasks: list[Task]) -> None:
    full = fill(caller, tasks, alice)
    entry = queue(caller, tasks[0], alice).json()["id"]

    assert caller.delete(f"{WAITING}{entry}/").status_code == 204
    assert_problem(caller.delete(f"{WAITING}{entry}/"), 404, "waiting_not_found")
    caller.delete(f"{PATH}{full}/")
    assert not Assignment.objects.exists()
