"""The rules change while days are made: by those who assign, and by the job."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections
from django.db.models import F
from django.utils.timezone import localdate

from apps.models import DailyLimit, LimitRule, Task
from apps.services import limit_rules, limits, picking
from tests.conftest import make_person
from tests.processes import Client, Server
from tests.storm_test.storms import CLIENTS, Crowd, count

pytestmark = [pytest.mark.real_time, pytest.mark.django_db(transaction=True)]

ROUNDS = 12
DAYS = [localdate() + timedelta(days=offset) for offset in range(ROUNDS)]


def test_no_day_keeps_a_limit_of_the_old_rules(server: Server) -> None:
    taskmaster = make_person("taskmaster", is_taskmaster=True)
    people = [make_person(f"person {number}") for number in range(CLIENTS)]
    task = Task.objects.create(name="cooking")
    crowd = Crowd(server, taskmaster)
    stop, failures = threading.Event(), []

    def run(work: Any) -> None:
        try:
            while not stop.is_set():
                work()
        except Exception as error:  # shown below, in the thread that judges
            failures.append(error)
        finally:
            connections.close_all()

    def change_the_rules() -> None:
        rule = LimitRule.objects.first()
        if rule is None:
            limit_rules.create_rule(actor=taskmaster, user_id=None, maximum=1)
        else:
            limit_rules.update_rule(actor=taskmaster, rule_id=rule.pk, maximum=rule.maximum % 9 + 1)

    def set_limits() -> None:
        for day in DAYS:
            for chunk in limits.missing_chunks(day):
                limits.set_chunk(day, *chunk)
            stop.wait(0.01)

    others = [threading.Thread(target=run, args=(work,)) for work in (change_the_rules, set_limits)]
    for thread in others:
        thread.start()
    for day in DAYS:

        def assign(client: Client, number: int, day: Any = day) -> tuple[int, Any]:
            body = {"task": task.pk, "user": people[number].pk, "date": day.isoformat()}
            return client.call("POST", "/api/users/assignment/", body)

        assert count(crowd.all_at_once(assign)) == {201: CLIENTS}
    stop.set()
    for thread in others:
        thread.join(60)

    assert failures == []
    rule = LimitRule.objects.get()
    assert rule.applied_at is not None
    assert rule.version > 5
    wanted = set(DailyLimit.objects.values_list("wanted", "source_rule", "rules_version"))
    assert wanted == {(rule.maximum, rule.pk, picking.current_version())}
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
            """One takes a task away, all others try to get the slot."""
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
