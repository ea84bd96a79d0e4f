"""A plan is applied while others assign to the same days, and while others apply it, too."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils.timezone import localdate

from apps.models import Assignment, Distribution, Task
from apps.services import distributions, limit_rules
from lab.processes import Client, Server
from tests.conftest import make_person
from tests.storm_test.storms import CLIENTS, Crowd, assert_consistent

pytestmark = [pytest.mark.real_time, pytest.mark.django_db(transaction=True)]

DAYS, LIMIT = 4, 4


def test_a_plan_applied_in_a_storm_breaks_no_limit_and_each_difference_is_explained(server: Server) -> None:
    taskmaster = make_person("taskmaster", is_taskmaster=True)
    people = [make_person(f"person {number}") for number in range(4)]
    limit_rules.create_rule(actor=taskmaster, maximum=LIMIT, reason="")
    planned = [Task.objects.create(name=f"planned {number}") for number in range(3)]
    others = [Task.objects.create(name=f"other {number}") for number in range(CLIENTS)]
    dates = [localdate() + timedelta(days=offset) for offset in range(DAYS)]
    request = distributions.Request(
        [distributions.Wish(task.pk, 16) for task in planned],
        [person.pk for person in people],
        dates[0],
        dates[-1],
        "even",
    )
    plan = distributions.propose(actor=taskmaster, request=request)
    assert len(plan.plan["assignments"]) == 3 * 16
    path = f"/api/users/distribution/{plan.pk}/apply/"

    def call(client: Client, number: int) -> tuple[int, Any]:
        if number < 2:
            return client.call("POST", path, {"mode": "each"})
        place = number % (len(people) * DAYS)
        person, date = people[place % len(people)], dates[place // len(people)]
        body = {"task": others[number].pk, "user": person.pk, "date": date.isoformat()}
        return client.call("POST", "/api/users/assignment/", body)

    answers = Crowd(server, taskmaster).all_at_once(call)

    # Of two who apply it, one does; the other one is told so.
    assert sorted(status for status, _ in answers[:2]) == [207, 409]
    [results] = [answer["results"] for status, answer in answers[:2] if status == 207]
    assert [answer["code"] for status, answer in answers[:2] if status == 409] == ["plan_applied"]
    assert Distribution.objects.get().applied_at
    # What was proposed is assigned, or its day was filled by others meanwhile.
    assert len(results) == len(plan.plan["assignments"])
    for wanted, result in zip(plan.plan["assignments"], results, strict=True):
        there = Assignment.objects.filter(
            task=wanted["task"], daily_limit__user=wanted["user"], daily_limit__date=wanted["date"]
        )
        if result["status"] == 201:
            assert there.get().pk == result["assignment"]["id"]
        else:
            assert result["error"]["code"] == "daily_limit_reached"
            assert result["error"]["taken"] == result["error"]["maximum"] == LIMIT
            assert not there.exists()
    made = sum(status == 201 for status, _ in answers[2:]) + sum(result["status"] == 201 for result in results)
    assert Assignment.objects.count() == made == len(people) * DAYS * LIMIT
    assert_consistent(server, calls=len(answers))
