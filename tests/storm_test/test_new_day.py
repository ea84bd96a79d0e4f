"""Many callers at once on a day that has no limits yet."""

from datetime import date, timedelta
from typing import Any

import pytest
import redis
from django.core.management import call_command
from django.utils.timezone import localdate

from apps.models import DailyLimit, LimitDay, Task
from lab.processes import Client, Server, start_server
from tests.conftest import make_person
from tests.storm_test.storms import CLIENTS, Crowd, count, rounds

pytestmark = [pytest.mark.real_time, pytest.mark.django_db(transaction=True)]

DAYS = [localdate() + timedelta(days=offset) for offset in range(rounds(4, long=10))]


def test_one_person_gets_one_limit_and_one_job_is_requested_for_the_others(broker_url: str) -> None:
    taskmaster, alice = make_person("taskmaster", is_taskmaster=True), make_person("alice")
    for number in range(5):
        make_person(f"other {number}")
    tasks = [Task.objects.create(name=f"task {number}") for number in range(CLIENTS)]
    with start_server(CELERY_BROKER_URL=broker_url) as server:
        crowd = Crowd(server, taskmaster)
        for number, day in enumerate(DAYS, start=1):
            answers = crowd.all_at_once(_assign([task.pk for task in tasks], [alice.pk], day))

            assert count(answers) == {201: 5, 409: CLIENTS - 5}
            assert DailyLimit.objects.get(date=day).taken == 5
            assert LimitDay.objects.get(date=day).done_at is None
            assert _jobs(broker_url) == number
        _assert_few_retries(server)
    _assert_everyone_has_a_limit_after_the_job(people=7)


def test_64_people_get_a_limit_each_and_one_job_is_requested_for_the_others(broker_url: str) -> None:
    taskmaster = make_person("taskmaster", is_taskmaster=True)
    people = [make_person(f"person {number}") for number in range(CLIENTS)]
    for number in range(5):
        make_person(f"other {number}")
    task = Task.objects.create(name="cooking")
    with start_server(CELERY_BROKER_URL=broker_url) as server:
        crowd = Crowd(server, taskmaster)
        for number, day in enumerate(DAYS, start=1):
            answers = crowd.all_at_once(_assign([task.pk], [person.pk for person in people], day))

            assert count(answers) == {201: CLIENTS}
            assert DailyLimit.objects.filter(date=day, taken=1).count() == CLIENTS
            assert DailyLimit.objects.filter(date=day).count() == CLIENTS
            assert _jobs(broker_url) == number
        _assert_few_retries(server)
    _assert_everyone_has_a_limit_after_the_job(people=CLIENTS + 6)


def _assign(tasks: list[int], people: list[int], day: date) -> Any:
    def assign(client: Client, number: int) -> tuple[int, Any]:
        body = {"task": tasks[number % len(tasks)], "user": people[number % len(people)], "date": day.isoformat()}
        return client.call("POST", "/api/users/assignment/", body)

    return assign


def _jobs(broker_url: str) -> int:
    """How many jobs wait in Celery's queue."""
    with redis.Redis.from_url(broker_url.replace("redis+socket://", "unix://")) as broker:
        waiting = broker.llen("celery")
        assert isinstance(waiting, int)
        return waiting


def _assert_few_retries(server: Server) -> None:
    assert server.retries() < len(DAYS) * CLIENTS / 1000 + 1


def _assert_everyone_has_a_limit_after_the_job(people: int) -> None:
    from apps.tasks.limits import set_daily_limits

    for day in DAYS:
        set_daily_limits(day.isoformat())
        assert DailyLimit.objects.filter(date=day).count() == people
        assert LimitDay.objects.get(date=day).done_at is not None
    call_command("check_limits")
