"""64 callers assign to the same person's day at the same moment, in 30 rounds, through several web processes."""

import multiprocessing
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections
from django.utils.timezone import localdate

from apps.models import Assignment, DailyLimit, Task, User
from apps.services import limits
from lab.processes import PATIENCE, Client, Server, start_server
from tests.conftest import make_person
from tests.storm_test.storms import CLIENTS, Crowd, count

pytestmark = [pytest.mark.real_time, pytest.mark.django_db(transaction=True)]

LIMIT = 5
ROUNDS = 30
DAYS = [localdate() + timedelta(days=offset) for offset in range(ROUNDS)]


def test_exactly_the_limit_gets_in(server: Server) -> None:
    taskmaster, alice = make_person("taskmaster", is_taskmaster=True), make_person("alice")
    tasks = [Task.objects.create(name=f"task {number}") for number in range(CLIENTS)]
    for day in DAYS:
        limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=day, maximum=LIMIT)
    crowd = Crowd(server, taskmaster)

    for day in DAYS:

        def assign(client: Client, number: int, day: date = day) -> tuple[int, Any]:
            body = {"task": tasks[number].pk, "user": alice.pk, "date": day.isoformat()}
            return client.call("POST", "/api/users/assignment/", body)

        answers = crowd.all_at_once(assign)

        assert count(answers) == {201: LIMIT, 409: CLIENTS - LIMIT}
        assert {problem["code"] for status, problem in answers if status == 409} == {"daily_limit_reached"}
        limit = DailyLimit.objects.get(user=alice, date=day)
        assert (limit.taken, limit.maximum, limit.assignments.count()) == (LIMIT, LIMIT, LIMIT)
        # Each accepted call was told a different number of taken slots.
        taken = sorted(answer["limit"]["taken"] for status, answer in answers if status == 201)
        assert taken == [1, 2, 3, 4, 5]

    assert server.retries() < ROUNDS * CLIENTS / 1000
    call_command("check_limits")


def test_the_same_task_is_assigned_once_and_takes_one_slot(server: Server) -> None:
    taskmaster, alice = make_person("taskmaster", is_taskmaster=True), make_person("alice")
    task = Task.objects.create(name="cooking")
    crowd = Crowd(server, taskmaster)
    for day in DAYS[:5]:
        body = {"task": task.pk, "user": alice.pk, "date": day.isoformat()}

        answers = crowd.all_at_once(lambda client, _, body=body: client.call("POST", "/api/users/assignment/", body))

        assert count(answers) == {201: 1, 409: CLIENTS - 1}
        assignment = Assignment.objects.get(daily_limit__date=day)
        assert assignment.daily_limit.taken == 1
        for status, problem in answers:
            if status == 409:
                assert (problem["code"], problem["assignment"]) == ("already_assigned", assignment.pk)


def test_without_the_guard_the_same_calls_break_the_limit() -> None:
    """The control: ToGo itself, with `slots.portable.take_slot` replaced by a function without the condition."""
    taskmaster, alice = make_person("taskmaster", is_taskmaster=True), make_person("alice")
    tasks = [Task.objects.create(name=f"task {number}") for number in range(CLIENTS)]
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=DAYS[0], maximum=LIMIT)

    def assign(client: Client, number: int) -> tuple[int, Any]:
        body = {"task": tasks[number].pk, "user": alice.pk, "date": DAYS[0].isoformat()}
        return client.call("POST", "/api/users/assignment/", body)

    with start_server(application="lab.prove.control:application") as unguarded:
        answers = Crowd(unguarded, taskmaster).all_at_once(assign)

    assert count(answers) == {201: CLIENTS}
    assert Assignment.objects.count() == CLIENTS > LIMIT
    with pytest.raises(SystemExit):
        call_command("check_limits")


def test_a_count_before_the_insert_breaks_the_limit() -> None:
    """The control: a count, then an insert, as tutorials do it. If the limit never breaks, the storm proves nothing."""
    assert _naive_storm(rounds=30) > 0


def _naive_storm(*, rounds: int) -> int:
    """The number of rounds in which more assignments were made than the limit allows."""
    alice = make_person("naive")
    days = [
        DailyLimit.objects.create(
            user=alice, date=day, wanted=LIMIT, maximum=LIMIT, source_kind="hand", rules_version=1
        )
        for day in DAYS[:rounds]
    ]
    tasks = [Task.objects.create(name=f"task {number}").pk for number in range(16)]
    connections.close_all()
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(len(tasks))
    children = [
        context.Process(target=_naive_client, args=(barrier, [day.pk for day in days], task, alice.pk))
        for task in tasks
    ]
    for child in children:
        child.start()
    for child in children:
        child.join(PATIENCE)
    return sum(Assignment.objects.filter(daily_limit=day).count() > LIMIT for day in days)


def _naive_client(barrier: Any, days: list[int], task: int, person: int) -> None:
    connections.close_all()
    for day in days:
        barrier.wait(PATIENCE)
        if Assignment.objects.filter(daily_limit=day).count() < LIMIT:
            Assignment.objects.create(daily_limit_id=day, user=person, task_id=task, taskmaster=User(pk=person))
