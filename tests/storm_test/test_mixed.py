"""Creating, deleting and changing limits, all on the same few days at once."""

import random
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import F
from django.utils.timezone import localdate

from apps.exceptions.limits import LimitBelowTaken
from apps.models import Assignment, DailyLimit, Task
from apps.services import limit_rules, limits
from lab.processes import Client, Server
from tests.conftest import make_person
from tests.storm_test.storms import CLIENTS, Crowd, count

pytestmark = [pytest.mark.real_time, pytest.mark.django_db(transaction=True)]

ROUNDS = 30
STATUSES = {201, 204, 404, 409}


def test_nothing_drifts_and_nothing_deadlocks(server: Server) -> None:
    taskmaster = make_person("taskmaster", is_taskmaster=True)
    people = [make_person(f"person {number}") for number in range(3)]
    tasks = [Task.objects.create(name=f"task {number}") for number in range(12)]
    days = [localdate() + timedelta(days=offset) for offset in range(2)]
    crowd = Crowd(server, taskmaster)
    mine: list[list[int]] = [[] for _ in range(CLIENTS)]

    def act(client: Client, number: int) -> tuple[int, Any]:
        """Most assign tasks or unassign their own, one sets limits by hand, one changes the rules."""
        chance = random.Random()
        person, day = chance.choice(people), chance.choice(days)
        if number == 0:
            try:
                limits.set_by_hand(actor=taskmaster, user_id=person.pk, date=day, maximum=chance.randint(0, 8))
            except LimitBelowTaken as refusal:
                return refusal.status, {"code": refusal.code}
            return 204, None
        if number == 1:
            limits.give_back(actor=taskmaster, user_id=person.pk, date=day)
            rule = limit_rules.create_rule(actor=taskmaster, user_id=None, maximum=chance.randint(0, 8))
            limit_rules.delete_rule(actor=taskmaster, rule_id=rule.pk)
            return 204, None
        if mine[number] and chance.random() < 0.6:
            return client.call("DELETE", f"/api/users/assignment/{mine[number].pop()}/")
        body = {"task": chance.choice(tasks).pk, "user": person.pk, "date": day.isoformat()}
        status, answer = client.call("POST", "/api/users/assignment/", body)
        if status == 201:
            mine[number].append(answer["id"])
        return status, answer

    answers = [answer for _ in range(ROUNDS) for answer in crowd.all_at_once(act)]

    counts = count(answers)
    assert set(counts) <= STATUSES, counts
    assert counts[201] > 100, counts
    assert Assignment.objects.count() == sum(len(ids) for ids in mine)
    assert not DailyLimit.objects.filter(taken__gt=F("maximum")).exists()
    call_command("check_limits")
    assert server.retries() < len(answers) / 1000 + 1


def test_one_of_many_deletions_of_an_assignment_succeeds(server: Server) -> None:
    taskmaster, alice = make_person("taskmaster", is_taskmaster=True), make_person("alice")
    task = Task.objects.create(name="cooking")
    crowd = Crowd(server, taskmaster)
    body = {"task": task.pk, "user": alice.pk, "date": localdate().isoformat()}
    for _ in range(5):
        _, given = crowd.clients[0].call("POST", "/api/users/assignment/", body)
        path = f"/api/users/assignment/{given['id']}/"

        answers = crowd.all_at_once(lambda client, _, path=path: client.call("DELETE", path))

        assert count(answers) == {204: 1, 404: CLIENTS - 1}
        assert DailyLimit.objects.get(user=alice).taken == 0
    call_command("check_limits")
