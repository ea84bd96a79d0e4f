"""Many queue for a few full days, while others cancel, free room, and try to overtake."""

import random
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils.timezone import localdate

from apps.models import Assignment, Event, Task, WaitingEntry
from apps.models.events import Kind
from apps.services import assignments, limit_rules, limits, waiting
from lab.processes import Client, Server, start_server
from tests.conftest import make_person
from tests.storm_test.queues import overtaken
from tests.storm_test.storms import CLIENTS, Crowd, assert_consistent, broken_days, count

pytestmark = [pytest.mark.real_time, pytest.mark.django_db(transaction=True)]

ROUNDS = 10
PATH = "/api/users/assignment/"
EFFORTS = [1, 1, 2, 3]
REFUSALS = {
    "already_assigned",
    "already_waiting",
    "assignment_not_found",
    "daily_limit_reached",
    "limit_below_taken",
    "waiting_not_found",
}


class Days:
    """Two days of each of two people, and random calls about them."""

    def __init__(self) -> None:
        self.boss = make_person("taskmaster", is_taskmaster=True)
        self.people = [make_person(f"person {number}").pk for number in range(2)]
        self.tasks = [Task.objects.create(name=f"task {number}").pk for number in range(24)]
        self.dates = [localdate() + timedelta(days=offset) for offset in range(1, 3)]
        self.rule = limit_rules.create_rule(actor=self.boss, user_id=None, maximum=8)
        self.made: list[int] = []
        self.queued: list[int] = []

    def act(self, client: Client, number: int) -> tuple[int, Any]:
        """Make a random call; one caller changes the rule."""
        chance = random.Random()
        if number == 0:
            return client.call("PATCH", f"/api/users/limit-rule/{self.rule.pk}/", {"maximum": chance.randint(6, 10)})
        item = {
            "task": chance.choice(self.tasks),
            "user": chance.choice(self.people),
            "date": chance.choice(self.dates).isoformat(),
            "effort": chance.choice(EFFORTS),
        }
        one = f"{PATH}{chance.choice(self.made[-30:] or [1])}/"
        entry = f"/api/users/waiting/{chance.choice(self.queued[-30:] or [1])}/"
        day = f"/api/users/limit/{item['user']}/{item['date']}/"
        actions = ["wait", "create", "move", "effort", "delete", "cancel", "limit", "give back"]
        match chance.choices(actions, [8, 4, 4, 3, 6, 2, 1, 1])[0]:
            case "wait":
                status, answer = client.call("POST", PATH, {**item, "if_full": "wait"})
            case "create":
                status, answer = client.call("POST", PATH, item)
            case "move":
                return client.call("PATCH", one, {"user": item["user"], "date": item["date"]})
            case "effort":
                return client.call("PATCH", one, {"effort": item["effort"]})
            case "delete":
                return client.call("DELETE", one)
            case "cancel":
                return client.call("DELETE", entry)
            case "limit":
                return client.call("PUT", day, {"maximum": chance.randint(4, 14)})
            case _:
                return client.call("DELETE", day)
        if status in {201, 202}:
            (self.made if status == 201 else self.queued).append(answer["id"])
        return status, answer


def test_whatever_frees_room_who_waits_gets_it_in_their_order(server: Server) -> None:
    days = Days()
    crowd = Crowd(server, days.boss)
    answers: list[tuple[int, Any]] = []
    for _ in range(ROUNDS):
        answers += crowd.all_at_once(days.act)

        assert broken_days() == []
        assert list(waiting.overlooked()) == []
        assert list(waiting.miscounted()) == []
        # What was promoted may be deleted and moved, too.
        promoted = Event.objects.filter(kind=Kind.PROMOTED).values_list("assignment", flat=True)
        days.made[:] = sorted({*days.made, *promoted})

    counts = count(answers)
    assert set(counts) == {200, 201, 202, 204, 404, 409}, counts
    assert {problem["code"] for status, problem in answers if status in {404, 409}} <= REFUSALS
    assert overtaken() == []
    queued, promoted_once = Event.objects.filter(kind=Kind.QUEUED).count(), len(promoted)
    cancelled = Event.objects.filter(kind=Kind.CANCELLED).count()
    assert queued == counts[202] == promoted_once + cancelled + WaitingEntry.objects.count()
    assert promoted_once > 20, counts
    assert len(set(promoted)) == promoted_once
    assert_consistent(server, calls=len(answers))


def test_one_slot_that_comes_free_goes_to_one_of_many_who_wait(server: Server) -> None:
    """While one is deleted, everybody queues: nobody is left waiting beside a free slot."""
    boss, alice = make_person("taskmaster", is_taskmaster=True), make_person("alice")
    crowd = Crowd(server, boss, CLIENTS // 4)
    for offset in range(1, 6):
        date = localdate() + timedelta(days=offset)
        limits.set_by_hand(actor=boss, user_id=alice.pk, date=date, maximum=1)
        tasks = [Task.objects.create(name=f"task {number} of {date}").pk for number in range(CLIENTS // 4)]
        full = assignments.assign(actor=boss, task_id=tasks[0], user_id=alice.pk, date=date)

        def act(client: Client, number: int, date: Any = date, tasks: Any = tasks, full: Any = full) -> tuple[int, Any]:
            if number == 0:
                return client.call("DELETE", f"{PATH}{full.pk}/")
            body = {"task": tasks[number], "user": alice.pk, "date": date.isoformat(), "if_full": "wait"}
            return client.call("POST", PATH, body)

        counts = count(crowd.all_at_once(act))

        assert counts.get(201, 0) + counts[202] == CLIENTS // 4 - 1
        assert Assignment.objects.filter(daily_limit__date=date).count() == 1
        assert WaitingEntry.objects.filter(daily_limit__date=date).count() == CLIENTS // 4 - 2
    assert overtaken() == []
    call_command("check_limits")


def test_a_separate_job_that_serves_who_waits_lets_others_overtake() -> None:
    """The control: ToGo itself, but a job serves who waits, as fast as it can, after the room was freed."""
    days = Days()
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            waiting.keep()
        connection.close()

    with start_server(application="lab.prove.control_waiting:application") as freeing:
        crowd = Crowd(freeing, days.boss)
        job = threading.Thread(target=serve)
        job.start()
        try:
            for _ in range(10):
                crowd.all_at_once(days.act)
                if found := any("while entry" in one for one in overtaken()):
                    break
        finally:
            stop.set()
            job.join()

    assert found
