"""Processes of the version before efforts and new ones write to the same days at once, as during an upgrade."""

import contextlib
import random
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connections
from django.utils.timezone import localdate

from apps.models import Assignment, DailyLimit, Task
from apps.services import limits
from lab.processes import Client, Server
from tests import version_before
from tests.conftest import make_person
from tests.storm_test.storms import CLIENTS, Crowd, broken_days, count

pytestmark = [pytest.mark.real_time, pytest.mark.django_db(transaction=True)]

ROUNDS = 15
PATH = "/api/users/assignment/"
ROOM = 10


def test_old_and_new_processes_keep_taken_right_while_every_effort_is_1(server: Server) -> None:
    taskmaster, alice = make_person("taskmaster", is_taskmaster=True), make_person("alice")
    days = [
        limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=localdate() + timedelta(days=offset), maximum=ROOM)
        for offset in range(2)
    ]
    tasks = [Task.objects.create(name=f"task {number}") for number in range(CLIENTS)]
    crowd = Crowd(server, taskmaster)
    made: list[int] = []
    deleted: list[int] = []

    def act(client: Client, number: int) -> tuple[int, Any]:
        """Assign the caller's own task, or move or delete any caller's assignment."""
        chance = random.Random()
        any_of_them = chance.choice(made or [1])
        body = {"user": alice.pk, "date": chance.choice(days).date.isoformat()}
        match chance.choice(["assign", "move", "delete"]):
            case "assign":
                status, answer = client.call("POST", PATH, {**body, "task": tasks[number].pk})
                made.extend([answer["id"]] if status == 201 else [])
                return status, answer
            case "move":
                return client.call("PATCH", f"{PATH}{any_of_them}/", body)
            case _:
                status, answer = client.call("DELETE", f"{PATH}{any_of_them}/")
                deleted.extend([any_of_them] if status == 204 else [])
                return status, answer

    def act_as_before(number: int) -> tuple[int, Any]:
        """The same in a process of the version before, which doesn't move; with the status that it would answer."""
        chance = random.Random()
        any_of_them = chance.choice(made or [1])
        if chance.random() < 0.5:
            freed = version_before.unassign(any_of_them)
            deleted.extend([any_of_them] if freed else [])
            return (204 if freed else 404), None
        day = chance.choice(days)
        with contextlib.suppress(IntegrityError):  # The person has the task on that day.
            pk = version_before.assign(day_id=day.pk, task_id=tasks[number].pk, taskmaster_id=taskmaster.pk)
            made.extend([pk] if pk else [])
            return (201 if pk else 409), None
        return 409, None

    def act_in_either_version(client: Client, number: int) -> tuple[int, Any]:
        if number % 2:
            return act(client, number)
        try:
            return act_as_before(number)
        finally:
            connections.close_all()

    old, new = [], []
    for _ in range(ROUNDS):
        answers = crowd.all_at_once(act_in_either_version)
        old += answers[::2]
        new += answers[1::2]
        assert broken_days() == []
        call_command("check_limits")

    # Both versions were refused on full days, and did everything else.
    assert set(count(old)) == {201, 204, 404, 409}
    assert set(count(new)) == {200, 201, 204, 404, 409}
    assert len(deleted) == len(set(deleted))
    assert set(Assignment.objects.values_list("pk", "effort")) == {(pk, 1) for pk in set(made) - set(deleted)}
    assert sum(DailyLimit.objects.values_list("taken", flat=True)) == len(made) - len(deleted)
