"""64 callers move assignments between the same few days at once: nothing is lost, doubled, or one too many."""

import random
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import F
from django.utils.timezone import localdate

from apps.models import Assignment, DailyLimit, Event, Task, User
from apps.services import limits
from tests.conftest import make_person
from tests.processes import Client, Server
from tests.storm_test.storms import CLIENTS, Crowd, count

pytestmark = [pytest.mark.real_time, pytest.mark.django_db(transaction=True)]

ROUNDS = 30
TODAY = localdate()
Place = tuple[int, date]


def fill(taskmaster: User, place: Place, tasks: list[Task], maximum: int) -> list[int]:
    """Give the tasks to a person on a day with that limit; returns the ids."""
    user_id, day = place
    limits.set_by_hand(actor=taskmaster, user_id=user_id, date=day, maximum=maximum)
    limit = DailyLimit.objects.get(user=user_id, date=day)
    made = [Assignment.objects.create(daily_limit=limit, task=task, taskmaster=taskmaster) for task in tasks]
    DailyLimit.objects.filter(pk=limit.pk).update(taken=len(made))
    return [one.pk for one in made]


def places_by_history(start: dict[int, Place]) -> dict[int, Place]:
    """Where every assignment is if what the history tells happened, in its order."""
    places = dict(start)
    for event in Event.objects.filter(kind__in=["assigned", "moved", "unassigned"]).order_by("pk"):
        assert event.assignment
        assert event.user
        assert event.date
        if event.kind == "moved":
            was = event.data["from"]
            assert places[event.assignment] == (was["user"], date.fromisoformat(was["date"]))
        if event.kind == "unassigned":
            assert places.pop(event.assignment) == (event.user, event.date)
        else:
            places[event.assignment] = (event.user, event.date)
    return places


def places_now() -> dict[int, Place]:
    return {one.pk: (one.user_id, one.date) for one in Assignment.objects.with_day()}


@pytest.mark.parametrize("two", ["people", "days"])
def test_swapping_between_two_days_loses_and_doubles_nothing(server: Server, two: str) -> None:
    taskmaster, alice, bob = (make_person(name, is_taskmaster=name == "boss") for name in ("boss", "alice", "bob"))
    tasks = [Task.objects.create(name=f"task {number}") for number in range(CLIENTS)]
    tomorrow = TODAY + timedelta(days=1)
    a: Place = (alice.pk, TODAY)
    b: Place = (bob.pk, TODAY) if two == "people" else (alice.pk, tomorrow)
    half = CLIENTS // 2
    # Two slots are free on each: most who move meanwhile find the other day full.
    mine = fill(taskmaster, a, tasks[:half], half + 2) + fill(taskmaster, b, tasks[half:], half + 2)
    start = places_now()
    where = dict(start)
    crowd = Crowd(server, taskmaster)

    def swap(client: Client, number: int) -> tuple[int, Any]:
        user_id, day = b if where[mine[number]] == a else a
        body = {"user": user_id, "date": day.isoformat()}
        return client.call("PATCH", f"/api/users/assignment/{mine[number]}/", body)

    moved: Counter[int] = Counter()
    for _ in range(ROUNDS):
        answers = crowd.all_at_once(swap)
        assert set(count(answers)) <= {200, 409}, count(answers)
        for number, (status, answer) in enumerate(answers):
            if status == 200:
                moved[mine[number]] += 1
                where[mine[number]] = (answer["user"], date.fromisoformat(answer["date"]))
            else:
                assert answer["code"] == "daily_limit_reached"

    assert sum(moved.values()) >= ROUNDS
    assert places_now() == where
    assert Counter(Event.objects.filter(kind="moved").values_list("assignment", flat=True)) == moved
    assert places_by_history(start) == where
    assert not DailyLimit.objects.filter(taken__gt=half + 2).exists()
    call_command("check_limits")
    assert server.retries() < ROUNDS * CLIENTS / 1000 + 1


def test_of_many_who_move_one_assignment_it_ends_in_one_place(server: Server) -> None:
    taskmaster, alice = make_person("boss", is_taskmaster=True), make_person("alice")
    (one,) = fill(taskmaster, (alice.pk, TODAY), [Task.objects.create(name="cooking")], 1)
    crowd = Crowd(server, taskmaster)

    def move(client: Client, number: int) -> tuple[int, Any]:
        day = TODAY + timedelta(days=number % 8)
        return client.call("PATCH", f"/api/users/assignment/{one}/", {"date": day.isoformat()})

    for _ in range(5):
        answers = crowd.all_at_once(move)
        # Who is overtaken ten times in a row is asked to try again, and nothing of theirs is done.
        assert set(count(answers)) <= {200, 503}, count(answers)
        assert count(answers)[200] >= 8
        assert DailyLimit.objects.filter(taken=1).count() == 1
    call_command("check_limits")


def test_every_kind_of_change_at_once_drifts_nowhere(server: Server) -> None:
    taskmaster = make_person("boss", is_taskmaster=True)
    people = [make_person(f"person {number}") for number in range(3)]
    tasks = [Task.objects.create(name=f"task {number}") for number in range(12)]
    days = [TODAY + timedelta(days=offset) for offset in range(3)]
    crowd = Crowd(server, taskmaster)

    def item(chance: random.Random) -> dict[str, Any]:
        day = chance.choice(days).isoformat()
        return {"task": chance.choice(tasks).pk, "user": chance.choice(people).pk, "date": day}

    def act(client: Client, number: int) -> tuple[int, Any]:
        chance = random.Random()
        known = list(Assignment.objects.order_by("?").values_list("pk", flat=True)[:1]) or [1]
        path = f"/api/users/assignment/{known[0]}/"
        body = item(chance)
        match number % 8:
            case 0:
                return client.call("PUT", f"/api/users/limit/{body['user']}/{body['date']}/", {"maximum": number % 12})
            case 1 | 2:
                moved = {"user": body["user"], "date": body["date"], "status": chance.choice(["open", "done"])}
                return client.call("PATCH", path, moved)
            case 3:
                return client.call("DELETE", path)
            case 4:
                several = {"assignments": [item(chance) for _ in range(6)], "mode": chance.choice(["all", "each"])}
                return client.call("POST", "/api/users/assignment/bulk/", several)
            case 5:
                del body["date"]
                return client.call("POST", "/api/users/assignment/earliest/", body)
            case _:
                return client.call("POST", "/api/users/assignment/", body)

    answers = [answer for _ in range(10) for answer in crowd.all_at_once(act)]

    assert set(count(answers)) <= {200, 201, 204, 207, 404, 409}, count(answers)
    assert places_by_history({}) == places_now()
    assert not DailyLimit.objects.filter(taken__gt=F("maximum")).exists()
    call_command("check_limits")
    assert server.retries() < len(answers) / 100
