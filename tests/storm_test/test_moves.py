"""Assignments move between the same days at once, in every direction."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils.timezone import localdate

from apps.models import Assignment, DailyLimit, Event, Task
from apps.models.events import Kind
from apps.services import assignments, limits
from lab.processes import Client, Server
from tests.conftest import make_person
from tests.storm_test.history import moves_of
from tests.storm_test.storms import CLIENTS, Crowd, assert_consistent, count, rounds

pytestmark = [pytest.mark.real_time, pytest.mark.django_db(transaction=True)]

ROUNDS = rounds(5, long=15)
PATH = "/api/users/assignment/"
# Room for a day's assignments and 4 more, so that most moves work and some meet a full day.
ROOM = CLIENTS // 2 + 4


@pytest.mark.parametrize("number_of_people", [1, 2])
def test_moves_between_two_days_in_both_directions(server: Server, number_of_people: int) -> None:
    taskmaster = make_person("taskmaster", is_taskmaster=True)
    people = [make_person(f"person {number}") for number in range(number_of_people)]
    places = [(people[0].pk, localdate()), (people[-1].pk, localdate() + timedelta(days=2 - number_of_people))]
    for user_id, day in places:
        limits.set_by_hand(actor=taskmaster, user_id=user_id, date=day, maximum=ROOM)
    mine, here = [], []
    for number in range(CLIENTS):
        user_id, day = places[number % 2]
        task = Task.objects.create(name=f"task {number}")
        given = assignments.assign(actor=taskmaster, task_id=task.pk, user_id=user_id, date=day)
        mine.append(given.pk)
        here.append(number % 2)
    told: dict[int, list[tuple[int, date]]] = {pk: [] for pk in mine}
    crowd = Crowd(server, taskmaster)

    def move(client: Client, number: int) -> tuple[int, Any]:
        """Move the caller's own assignment to the other day."""
        user_id, day = places[1 - here[number]]
        answer = client.call("PATCH", f"{PATH}{mine[number]}/", {"user": user_id, "date": day.isoformat()})
        if answer[0] == 200:
            assert (answer[1]["user"], answer[1]["date"]) == (user_id, day.isoformat())
            assert answer[1]["limit"]["taken"] <= ROOM
            here[number] = 1 - here[number]
            told[mine[number]].append((user_id, day))
        return answer

    answers = [answer for _ in range(ROUNDS) for answer in crowd.all_at_once(move)]

    counts = count(answers)
    assert set(counts) <= {200, 409}, counts
    assert {problem["code"] for status, problem in answers if status == 409} <= {"daily_limit_reached"}
    assert counts[200] > len(answers) / 2, counts
    rows = Assignment.objects.values_list("pk", "daily_limit__user", "daily_limit__date")
    assert {pk: place for pk, *place in rows} == {pk: list(places[side]) for pk, side in zip(mine, here, strict=True)}
    assert moves_of(mine) == told
    assert_consistent(server, calls=len(answers))


def test_many_move_the_same_assignment(server: Server) -> None:
    taskmaster, alice, bob = make_person("taskmaster", is_taskmaster=True), make_person("alice"), make_person("bob")
    task = Task.objects.create(name="cooking")
    places = [(alice.pk, localdate()), (bob.pk, localdate()), (alice.pk, localdate() + timedelta(days=1))]
    given = assignments.assign(actor=taskmaster, task_id=task.pk, user_id=places[0][0], date=places[0][1])
    crowd = Crowd(server, taskmaster)

    def move(client: Client, number: int) -> tuple[int, Any]:
        user_id, day = places[number % 3]
        return client.call("PATCH", f"{PATH}{given.pk}/", {"user": user_id, "date": day.isoformat()})

    answers = [answer for _ in range(5) for answer in crowd.all_at_once(move)]

    assert count(answers) == {200: len(answers)}
    assert sum(DailyLimit.objects.values_list("taken", flat=True)) == 1
    assert Event.objects.filter(kind=Kind.MOVED).count() <= len(answers)
    assert_consistent(server, calls=len(answers))
