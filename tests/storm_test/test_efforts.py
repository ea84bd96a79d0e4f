"""Assignments of different efforts are written in every way on the same few days at once."""

import random
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils.timezone import localdate

from apps.models import Assignment, DailyLimit, Event, Task, User
from apps.models.events import Kind
from apps.services import assignments, limit_rules, limits
from lab.processes import Client, Server, start_server
from tests.conftest import make_person
from tests.storm_test.storms import CLIENTS, Crowd, assert_consistent, broken_days, count, rounds

pytestmark = [pytest.mark.real_time, pytest.mark.django_db(transaction=True)]

ROUNDS = rounds(5, long=15)
PATH = "/api/users/assignment/"
EFFORTS = [1, 2, 3, 5, 8]
ROOM = 40


def test_a_day_is_filled_with_efforts_and_no_further(server: Server) -> None:
    taskmaster, alice = make_person("taskmaster", is_taskmaster=True), make_person("alice")
    for offset in range(ROUNDS):
        accepted, refused = _fill_a_day(server, taskmaster, alice, offset=offset)

        assert refused
        day = DailyLimit.objects.get(user=alice, date=localdate() + timedelta(days=offset))
        assert (day.taken, day.maximum) == (sum(accepted), ROOM)
        # Nothing was freed, so what was refused doesn't fit in the end either.
        assert day.remaining < min(refused)
        assert broken_days() == []
    assert_consistent(server, calls=ROUNDS * CLIENTS)


def test_with_1_taken_instead_of_the_effort_the_same_calls_break_the_limit() -> None:
    """The control: ToGo itself, with `slots.portable.take_slot` replaced by a function that adds 1."""
    taskmaster, alice = make_person("taskmaster", is_taskmaster=True), make_person("alice")

    with start_server(application="lab.prove.control_effort:application") as counting_assignments:
        accepted, _ = _fill_a_day(counting_assignments, taskmaster, alice, offset=0)

    assert len(accepted) == ROOM
    assert broken_days() == [(ROOM, sum(accepted), ROOM)]
    assert sum(accepted) > ROOM
    with pytest.raises(SystemExit):
        call_command("check_limits")


def _fill_a_day(server: Server, taskmaster: User, person: User, *, offset: int) -> tuple[list[int], list[int]]:
    """Many assign tasks with a random effort, or the task's own, on one day of the person. Returns the efforts that
    were accepted, and those that were refused."""
    day = localdate() + timedelta(days=offset)
    limits.set_by_hand(actor=taskmaster, user_id=person.pk, date=day, maximum=ROOM)
    efforts = [random.choice(EFFORTS) for _ in range(CLIENTS)]
    tasks = [
        Task.objects.create(name=f"task {number} of {day}", effort=effort) for number, effort in enumerate(efforts)
    ]

    def assign(client: Client, number: int) -> tuple[int, Any]:
        body = {"task": tasks[number].pk, "user": person.pk, "date": day.isoformat()}
        return client.call("POST", PATH, body if number % 2 else {**body, "effort": efforts[number]})

    answers = Crowd(server, taskmaster).all_at_once(assign)

    assert set(count(answers)) == {201, 409}
    for (status, answer), effort in zip(answers, efforts, strict=True):
        assert answer["effort"] == effort
        if status == 409:
            assert answer["code"] == "daily_limit_reached"
            assert answer["remaining"] == answer["maximum"] - answer["taken"] < effort
    accepted = [answer["effort"] for status, answer in answers if status == 201]
    refused = [answer["effort"] for status, answer in answers if status == 409]
    return accepted, refused


def test_everyone_changes_the_effort_of_their_own_assignment(server: Server) -> None:
    taskmaster, alice = make_person("taskmaster", is_taskmaster=True), make_person("alice")
    day, size = localdate(), CLIENTS // 4
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=day, maximum=ROOM)
    tasks = [Task.objects.create(name=f"task {number}") for number in range(size)]
    mine = [assignments.assign(actor=taskmaster, task_id=task.pk, user_id=alice.pk, date=day).pk for task in tasks]
    efforts = dict.fromkeys(mine, 1)
    crowd = Crowd(server, taskmaster, size)

    def change(client: Client, number: int) -> tuple[int, Any]:
        effort = random.choice(EFFORTS)
        answer = client.call("PATCH", f"{PATH}{mine[number]}/", {"effort": effort})
        assert answer[1]["effort"] == effort
        if answer[0] == 200:
            efforts[mine[number]] = effort
        return answer

    answers = []
    for _ in range(ROUNDS * 4):
        answers += crowd.all_at_once(change)

        # A refused change left its row as it was, and a lower effort freed its room at once.
        assert dict(Assignment.objects.values_list("pk", "effort")) == efforts
        assert DailyLimit.objects.get().taken == sum(efforts.values()) <= ROOM

    assert set(count(answers)) == {200, 409}
    assert {problem["code"] for status, problem in answers if status == 409} == {"daily_limit_reached"}
    assert_consistent(server, calls=len(answers))


def test_all_kinds_of_writes_at_once(server: Server) -> None:
    taskmaster = make_person("taskmaster", is_taskmaster=True)
    people = [make_person(f"person {number}").pk for number in range(3)]
    tasks = [Task.objects.create(name=f"task {number}", effort=EFFORTS[number % 5]).pk for number in range(12)]
    dates = [localdate(), localdate() + timedelta(days=1)]
    days = [date.isoformat() for date in dates]
    limit_rules.create_rule(actor=taskmaster, user_id=None, maximum=20)
    # A day that is too short for some efforts even when it is empty.
    limit_rules.create_rule(actor=taskmaster, user_id=people[0], maximum=3, date_from=dates[1], date_to=dates[1])
    crowd = Crowd(server, taskmaster)
    made: list[int] = []
    deleted: list[int] = []

    def one(chance: random.Random) -> dict[str, Any]:
        item = {"task": chance.choice(tasks), "user": chance.choice(people), "date": chance.choice(days)}
        return item | chance.choice([{}, {"effort": chance.choice(EFFORTS)}])

    def act(client: Client, number: int) -> tuple[int, Any]:
        """Make a random call about any caller's latest assignments."""
        chance = random.Random()
        actions = chance.choices(
            ["create", "move", "effort", "mark", "delete", "bulk", "earliest", "limit"], [5, 6, 6, 1, 5, 3, 1, 1]
        )
        # One of the latest: most others are deleted.
        item, any_of_them = one(chance), f"{PATH}{chance.choice(made[-30:] or [1])}/"
        moved = {name: value for name, value in item.items() if name != "task"}
        match actions[0]:
            case "create":
                status, answer = client.call("POST", PATH, item)
            case "earliest":
                body = {name: value for name, value in item.items() if name != "date"}
                status, answer = client.call("POST", f"{PATH}earliest/", body)
            case "bulk":
                # All on one day, or scattered.
                day = chance.choice([{}, {"user": item["user"], "date": item["date"]}])
                items = [one(chance) | day for _ in range(4)]
                mode = chance.choice(["all", "each"])
                status, answer = client.call("POST", f"{PATH}bulk/", {"assignments": items, "mode": mode})
            case "move":
                return client.call("PATCH", any_of_them, moved)
            case "effort":
                return client.call("PATCH", any_of_them, {"effort": chance.choice(EFFORTS)})
            case "mark":
                return client.call("PATCH", any_of_them, {"status": chance.choice(["open", "done"])})
            case "delete":
                status, answer = client.call("DELETE", any_of_them)
                if status == 204:
                    deleted.append(int(any_of_them.split("/")[-2]))
            case _:
                path = f"/api/users/limit/{item['user']}/{item['date']}/"
                if chance.random() < 0.5:
                    return client.call("PUT", path, {"maximum": chance.randint(0, 30)})
                return client.call("DELETE", path)
        if status in {201, 207}:
            made.extend(_made_by(answer))
        return status, answer

    answers = []
    for _ in range(ROUNDS):
        answers += crowd.all_at_once(act)
        assert broken_days() == []
        call_command("check_limits")

    counts = count(answers)
    assert set(counts) == {200, 201, 204, 207, 404, 409}, counts
    refusals = {problem["code"] for status, problem in answers if status in {404, 409}}
    assert refusals <= {
        "assignment_not_found",
        "daily_limit_reached",
        "already_assigned",
        "bulk_refused",
        "limit_below_taken",
    }
    assert len(made) > 6.7 * ROUNDS, counts
    assert Event.objects.filter(kind=Kind.EFFORT_CHANGED).count() > 2 * ROUNDS
    assert len(set(made)) == len(made)
    assert len(set(deleted)) == len(deleted)
    assert set(Assignment.objects.values_list("pk", flat=True)) == set(made) - set(deleted)
    assert_consistent(server, calls=len(answers))


def _made_by(answer: Any) -> list[int]:
    """The ids of the assignments that an answer reports as created."""
    if "id" in answer:
        return [answer["id"]]
    if "assignments" in answer:
        return [one["id"] for one in answer["assignments"]]
    return [one["assignment"]["id"] for one in answer["results"] if one["status"] == 201]
