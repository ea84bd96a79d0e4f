"""`Idempotency-Key`: a repeated call gets the stored answer and is not done again."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from rest_framework.test import APIClient

from apps.models import Assignment, DailyLimit, Event, IdempotencyKey, Task, User
from apps.services import assignments, limits
from apps.services.shared import idempotency
from tests.api_test.test_problems import assert_problem, nothing_written
from tests.clock import freeze_time
from tests.conftest import TODAY

SignIn = Callable[[User], APIClient]
ASSIGNMENT = "/api/users/assignment/"


@pytest.fixture
def caller(taskmaster: User, signed_in: SignIn) -> APIClient:
    return signed_in(taskmaster)


def send(caller: APIClient, body: Any, key: str = "order-7", path: str = ASSIGNMENT) -> Any:
    return caller.post(path, body, format="json", HTTP_IDEMPOTENCY_KEY=key)


@pytest.fixture
def body(alice: User, cooking: Task) -> dict[str, Any]:
    return {"task": cooking.pk, "user": alice.pk, "date": "2026-03-02"}


def test_a_repeated_call_is_done_once_and_gets_the_same_answer(caller: APIClient, body: dict[str, Any]) -> None:
    first = send(caller, body)
    assert (first.status_code, first.has_header("Idempotent-Replayed")) == (201, False)

    with nothing_written():
        again = send(caller, body)

    assert (again.status_code, again["Idempotent-Replayed"]) == (201, "true")
    assert (again.content, again["Location"]) == (first.content, first["Location"])
    assert again["Content-Type"] == first["Content-Type"] == "application/json"
    assert again["X-Request-ID"] != first["X-Request-ID"]
    assert (Assignment.objects.count(), Event.objects.count(), DailyLimit.objects.get().taken) == (1, 1, 1)


def test_a_repeated_call_gets_the_same_answer_after_its_assignment_is_deleted(
    caller: APIClient, body: dict[str, Any]
) -> None:
    first = send(caller, body)
    assert caller.delete(f"{ASSIGNMENT}{first.json()['id']}/").status_code == 204

    assert send(caller, body).content == first.content
    assert not Assignment.objects.exists()


def test_a_key_belongs_to_a_person_and_a_call(
    caller: APIClient, admin: User, body: dict[str, Any], signed_in: SignIn
) -> None:
    assert send(caller, body).status_code == 201

    assert_problem(send(signed_in(admin), body), 409, "already_assigned")
    earliest = {"task": body["task"], "user": body["user"]}
    assert send(caller, earliest, path=f"{ASSIGNMENT}earliest/").json()["date"] == "2026-03-03"
    assert send(caller, {"assignments": [{**body, "date": "2026-03-04"}]}, path=f"{ASSIGNMENT}bulk/").status_code == 201
    assert IdempotencyKey.objects.count() == 3


def test_another_body_with_the_same_key_is_refused(caller: APIClient, body: dict[str, Any]) -> None:
    send(caller, body)

    with nothing_written():
        assert_problem(send(caller, {**body, "date": "2026-03-03"}), 422, "idempotency_key_reused")


def test_a_refusal_is_not_stored_and_frees_the_key(
    caller: APIClient, taskmaster: User, alice: User, body: dict[str, Any]
) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TODAY, maximum=0)

    with nothing_written():
        assert_problem(send(caller, body), 409, "daily_limit_reached")
        assert_problem(send(caller, {**body, "task": "1"}), 400, "invalid_request")
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TODAY, maximum=1)
    assert send(caller, body).status_code == 201


def test_a_day_that_has_no_limit_yet_gets_one_first(caller: APIClient, body: dict[str, Any]) -> None:
    assert not DailyLimit.objects.exists()
    assert send(caller, body).json()["limit"] == {
        "maximum": 5,
        "taken": 1,
        "remaining": 4,
        "source": {"kind": "default", "rule": None, "reason": ""},
    }


def test_the_answer_of_a_bulk_in_mode_each_is_stored_too(caller: APIClient, body: dict[str, Any]) -> None:
    bulk = {"assignments": [body, body], "mode": "each"}

    first = send(caller, bulk, path=f"{ASSIGNMENT}bulk/")
    again = send(caller, bulk, path=f"{ASSIGNMENT}bulk/")

    assert (first.status_code, again.status_code) == (207, 207)
    assert (again.content, again["Idempotent-Replayed"]) == (first.content, "true")
    assert [one["status"] for one in again.json()["results"]] == [201, 409]


def test_a_key_is_new_after_24_hours(caller: APIClient, body: dict[str, Any], signed_in: SignIn) -> None:
    first = send(caller, body)
    later = timezone.now() + idempotency.KEPT

    with freeze_time(later - timedelta(minutes=1)):
        assert idempotency.remove_expired() == 0
    caller = signed_in(User.objects.get(username="taskmaster"))
    with freeze_time(later + timedelta(seconds=1)):
        caller = signed_in(User.objects.get(username="taskmaster"))
        # The job that removes it has not run yet.
        assert_problem(send(caller, body), 409, "already_assigned")
        made = send(caller, {**body, "date": "2026-03-04"})
        assert (made.status_code, made.json()["id"] != first.json()["id"]) == (201, True)
        assert idempotency.remove_expired() == 0
        assert IdempotencyKey.objects.count() == 1
    with freeze_time(later + timedelta(hours=25)):
        assert idempotency.remove_expired() == 1


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "k\u00e9y", "a\tb"])
def test_a_key_is_1_to_255_visible_characters(caller: APIClient, body: dict[str, Any], key: str) -> None:
    with nothing_written():
        problem = assert_problem(send(caller, body, key), 400, "invalid_request")
    assert [error["field"] for error in problem["errors"]] == ["Idempotency-Key"]

    assert send(caller, body, "x" * 255).status_code == 201


def test_an_anonymous_call_stores_nothing(body: dict[str, Any]) -> None:
    with nothing_written():
        assert_problem(send(APIClient(), body), 401, "not_authenticated")


def test_a_body_that_is_too_long_is_refused(caller: APIClient, body: dict[str, Any]) -> None:
    with nothing_written():
        assert_problem(send(caller, {**body, "more": "x" * 1_000_001}), 413, "payload_too_large")
        broken = caller.generic(
            "POST", ASSIGNMENT, '{"task": ', content_type="application/json", HTTP_IDEMPOTENCY_KEY="k"
        )
        assert_problem(broken, 400, "invalid_request")


@pytest.mark.django_db(transaction=True)
def test_a_refusal_survives_a_deadlock_that_rolled_back_the_transaction(
    caller: APIClient, taskmaster: User, alice: User, body: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deadlock can roll back the whole transaction; then the refusal's savepoint is gone."""
    assignment = assignments.assign(actor=taskmaster, task_id=body["task"], user_id=alice.pk, date=TODAY)
    roll_back = connection._savepoint_rollback
    deadlocks = [OperationalError(1213, "Deadlock found when trying to get lock")]

    def fail_once(savepoint: str) -> None:
        if deadlocks:
            raise deadlocks.pop()
        roll_back(savepoint)

    with nothing_written():
        monkeypatch.setattr(connection, "_savepoint_rollback", fail_once)
        problem = assert_problem(send(caller, body), 409, "already_assigned")

    assert deadlocks == []
    assert problem["assignment"] == assignment.pk
    assert DailyLimit.objects.get().taken == 1
    assert not IdempotencyKey.objects.exists()


@pytest.mark.parametrize(
    "text",
    [
        '{{"date":"2026-03-02","user":{user},"task":{task}}}',
        '{{\n  "task": {task},\n  "user": {user},\n  "date": "2026-03-02"\n}}\n',
        '{{"task": {task}, "user": {user}, "date": "2026\\u002d03-02"}}',
    ],
)
def test_the_same_json_in_other_bytes_is_the_same_call(caller: APIClient, body: dict[str, Any], text: str) -> None:
    first = send(caller, body)

    again = caller.post(
        ASSIGNMENT, text.format(**body), content_type="application/json", HTTP_IDEMPOTENCY_KEY="order-7"
    )

    assert (again.status_code, again.json(), again["Idempotent-Replayed"]) == (201, first.json(), "true")
    assert Assignment.objects.count() == 1
