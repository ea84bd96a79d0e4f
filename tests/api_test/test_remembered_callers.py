"""A caller who is remembered from an earlier call is checked by the statement that writes."""

import datetime
from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.models import Assignment, DailyLimit, Task, User
from apps.services import api_keys, users
from tests.api_test.test_problems import assert_problem
from tests.clock import NOON, freeze_time
from tests.conftest import make_person

PATH = "/api/users/assignment/"


class Caller:
    """Assigns one task after the other to a person for today."""

    def __init__(self, client: APIClient, tasks: list[Task], person: User) -> None:
        self._client, self._tasks, self._person = client, iter(tasks), person

    def assign(self, **headers: str) -> int:
        """Assign the next task; returns the status of the answer."""
        self.body = {"task": next(self._tasks).pk, "user": self._person.pk, "date": "2026-03-02"}
        self.response = self._client.post(PATH, self.body, format="json", headers=headers)
        return self.response.status_code


@pytest.fixture
def caller(taskmaster: User, alice: User, tasks: list[Task], signed_in: Callable[[User], APIClient]) -> Caller:
    """A taskmaster, who is remembered from a first call."""
    caller = Caller(signed_in(taskmaster), tasks, alice)
    assert caller.assign() == 201
    return caller


def taken() -> tuple[int, int]:
    return Assignment.objects.count(), DailyLimit.objects.get().taken


def test_only_the_first_call_reads_the_caller(caller: Caller) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert caller.assign() == 201

    # The task, the slot, the assignment and its event; on PostgreSQL all at once.
    writing = {
        "postgresql": ["WITH"],
        "sqlite": ["SELECT", "UPDATE", "INSERT", "INSERT"],
        "mysql": ["SELECT", "UPDATE", "SELECT", "INSERT", "INSERT"],  # its UPDATE doesn't return the day
    }[connection.vendor]
    # A savepoint, because the test is a transaction.
    assert [query["sql"].split()[0].strip(";") for query in queries] == ["SAVEPOINT", *writing, "RELEASE"]
    assert taken() == (2, 2)


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "again"}])
def test_a_deactivated_caller_writes_nothing_more(
    caller: Caller, taskmaster: User, admin: User, headers: dict[str, str]
) -> None:
    users.update_user(actor=admin, user_id=taskmaster.pk, is_active=False)

    assert caller.assign(**headers) == 401

    assert_problem(caller.response, 401, "token_not_valid")
    assert taken() == (1, 1)


def test_a_token_ends_with_the_password(caller: Caller, taskmaster: User) -> None:
    taskmaster.set_password("another one")
    taskmaster.save()

    assert caller.assign() == 401
    assert taken() == (1, 1)


def test_a_taken_role_counts_for_the_next_call(caller: Caller, taskmaster: User, admin: User) -> None:
    users.update_user(actor=admin, user_id=taskmaster.pk, is_taskmaster=False)

    assert caller.assign() == 403
    assert taken() == (1, 1)


def test_a_given_role_counts_for_the_next_call(
    alice: User, admin: User, tasks: list[Task], signed_in: Callable[[User], APIClient]
) -> None:
    person = make_person("person")
    client = signed_in(person)
    own = Caller(client, tasks[:1], person)
    others = Caller(client, tasks[1:], alice)
    assert (own.assign(), others.assign()) == (201, 403)

    users.update_user(actor=admin, user_id=person.pk, is_taskmaster=True)

    assert others.assign() == 201
    assert Assignment.objects.filter(taskmaster=person).count() == 2


def test_a_refusal_is_for_the_caller_of_now(caller: Caller, taskmaster: User, admin: User) -> None:
    """Nobody learns from a refusal what they may not know any more."""
    DailyLimit.objects.update(wanted=1, maximum=1)
    assert caller.assign() == 409

    users.update_user(actor=admin, user_id=taskmaster.pk, is_active=False)

    assert caller.assign() == 401


@pytest.mark.parametrize("end", ["deleted", "expired"])
def test_a_key_that_ended_writes_nothing_more(end: str, taskmaster: User, alice: User, tasks: list[Task]) -> None:
    soon = datetime.datetime.fromisoformat(NOON) + datetime.timedelta(seconds=30)
    made, key = api_keys.create(actor=taskmaster, name="import", scope=api_keys.Scope.ASSIGN, expires_at=soon)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")
    caller = Caller(client, tasks, alice)
    assert (caller.assign(), caller.assign()) == (201, 201)

    if end == "deleted":
        api_keys.delete(actor=taskmaster, key_id=made.pk)
    with freeze_time(soon if end == "expired" else NOON):
        assert caller.assign() == 401

    assert taken() == (2, 2)


def test_the_use_of_a_key_is_still_noted_each_minute(taskmaster: User, alice: User, tasks: list[Task]) -> None:
    made, key = api_keys.create(actor=taskmaster, name="import", scope=api_keys.Scope.ASSIGN)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")
    caller = Caller(client, tasks, alice)

    for minute in range(2):
        now = datetime.datetime.fromisoformat(NOON) + datetime.timedelta(minutes=minute, seconds=minute)
        with freeze_time(now):
            assert (caller.assign(), caller.assign()) == (201, 201)
        made.refresh_from_db()
        assert made.last_used_at == now
