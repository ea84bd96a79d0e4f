"""The rules change while callers and the job set days."""

import random
import time
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections
from django.db.models import F
from django.utils.timezone import localdate

from apps.models import DailyLimit, LimitRule, Task
from apps.services import limit_rules, limits
from apps.services.shared import picking
from lab.processes import Client, Server
from tests.conftest import make_person
from tests.storm_test.storms import CLIENTS, Crowd, count

pytestmark = [pytest.mark.real_time, pytest.mark.django_db(transaction=True)]

ROUNDS = 20
# From tomorrow on: past days keep their limits, and the tests may run over midnight.
DAYS = [localdate() + timedelta(days=offset) for offset in range(1, ROUNDS + 1)]


def test_no_day_keeps_a_limit_of_the_old_rules(server: Server) -> None:
    taskmaster = make_person("taskmaster", is_taskmaster=True)
    people = [make_person(f"person {number}") for number in range(CLIENTS)]
    task = Task.objects.create(name="cooking")
    rule = limit_rules.create_rule(actor=taskmaster, user_id=None, maximum=1)
    crowd = Crowd(server, taskmaster)
    for day in DAYS:

        def act(client: Client, number: int, day: date = day) -> tuple[int, Any]:
            """One changes the rule meanwhile, one is the job, all others assign on the new day."""
            try:
                if number == 0:
                    time.sleep(random.uniform(0, 0.15))
                    maximum = LimitRule.objects.get().maximum % 9 + 1
                    limit_rules.update_rule(actor=taskmaster, rule_id=rule.pk, maximum=maximum)
                    return 201, None
                if number == 1:
                    for chunk in limits.missing_chunks(day):
                        limits.set_chunk(day, *chunk)
                    return 201, None
            finally:
                if number < 2:
                    connections.close_all()
            body = {"task": task.pk, "user": people[number].pk, "date": day.isoformat()}
            return client.call("POST", "/api/users/assignment/", body)

        assert count(crowd.all_at_once(act)) == {201: CLIENTS}
        rule.refresh_from_db()
        assert rule.applied_at is not None
        picked = set(DailyLimit.objects.values_list("wanted", "source_rule", "rules_version"))
        assert picked == {(rule.maximum, rule.pk, rule.version)}
        assert DailyLimit.objects.filter(date=day).count() == CLIENTS + 1

    assert rule.version == picking.current_version() == picking.ORDER + ROUNDS + 2
    call_command("check_limits")


def test_a_holiday_over_days_with_tasks_never_opens_a_slot_again(server: Server) -> None:
    taskmaster, alice = make_person("taskmaster", is_taskmaster=True), make_person("alice")
    tasks = [Task.objects.create(name=f"task {number}") for number in range(CLIENTS)]
    crowd = Crowd(server, taskmaster)
    day = DAYS[1]
    given = []
    for task in tasks[:3]:
        body = {"task": task.pk, "user": alice.pk, "date": day.isoformat()}
        given.append(crowd.clients[0].call("POST", "/api/users/assignment/", body)[1]["id"])
    limit_rules.create_rule(actor=taskmaster, date_from=day, date_to=day, maximum=0, reason="Holiday")
    day_of_alice = DailyLimit.objects.filter(user=alice, date=day)
    assert day_of_alice.values_list("wanted", "maximum", "taken").get() == (0, 3, 3)

    for left, assignment_id in enumerate(reversed(given)):

        def act(client: Client, number: int, taken_away: int = assignment_id) -> tuple[int, Any]:
            """One unassigns a task, all others try to get its slot."""
            if number == 0:
                return client.call("DELETE", f"/api/users/assignment/{taken_away}/")
            body = {"task": tasks[number].pk, "user": alice.pk, "date": day.isoformat()}
            return client.call("POST", "/api/users/assignment/", body)

        answers = crowd.all_at_once(act)

        assert answers[0] == (204, None)
        assert count(answers[1:]) == {409: CLIENTS - 1}
        remaining = 2 - left
        assert day_of_alice.values_list("wanted", "maximum", "taken").get() == (0, remaining, remaining)
    assert not DailyLimit.objects.filter(taken__gt=F("maximum")).exists()
    call_command("check_limits")
