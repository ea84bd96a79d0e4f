"""Both implementations of slots do the same: many random calls leave the same rows."""

import datetime
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from apps.exceptions.base import ToGoError
from apps.models import Assignment, DailyLimit, Event, Task, User, WaitingEntry
from apps.models.events import Kind
from apps.services import assignments, bulk, limits, slots, waiting
from apps.services.bulk import Item
from apps.services.unit_of_work import LostRace
from tests.conftest import TODAY, make_person

pytestmark = pytest.mark.django_db

STEPS = 400
EFFORTS = [1, 2, 3, 5]
# Often to wait and to free, so that many are promoted.
ACTIONS = ["assign", "assign", "wait", "wait", "wait", "wait", "free", "free", "free", "cancel"]
ACTIONS += ["earliest", "move", "effort", "mark", "bulk", "limit"]
DAYS = [TODAY + timedelta(days=offset) for offset in range(3)]


class World:
    """Three people, six tasks, and a taskmaster who makes random calls."""

    def __init__(self, name: str, seed: int) -> None:
        self.chance = random.Random(seed)
        self.taskmaster = make_person(f"{name} taskmaster", is_taskmaster=True)
        self.people = [make_person(f"{name} {number}") for number in range(3)]
        self.tasks = [
            Task.objects.create(name=f"{name} task {number}", effort=EFFORTS[number % 4]) for number in range(6)
        ]
        self.outcomes: list[str] = []

    def play(self) -> None:
        """Make every kind of call, on few days with small limits, so that each refusal occurs."""
        for _ in range(STEPS):
            try:
                self.outcomes.append(self._step())
            except ToGoError as refusal:
                self.outcomes.append(refusal.code)

    def _step(self) -> str:
        person, day = self.chance.choice(self.people), self.chance.choice(DAYS)
        task = self.chance.choice(self.tasks)
        effort = self.chance.choice([None, *EFFORTS])
        action = self.chance.choice(ACTIONS)
        one = self._any_of(Assignment) if action in {"move", "effort", "mark", "free"} else 0
        by: dict[str, Any] = {"actor": self.taskmaster}
        if action == "assign":
            assignments.assign(**by, task_id=task.pk, user_id=person.pk, date=day, effort=effort)
        elif action == "wait":
            made = assignments.assign_or_wait(**by, task_id=task.pk, user_id=person.pk, date=day, effort=effort)
            return f"{action}: {type(made).__name__}"
        elif action == "cancel":
            waiting.cancel(**by, entry_id=self._any_of(WaitingEntry))
        elif action == "earliest":
            assignments.assign_earliest(**by, task_id=task.pk, user_id=person.pk, first=day, effort=effort)
        elif action == "move":
            status = self.chance.choice([None, "done", "open"])
            assignments.change(**by, assignment_id=one, user_id=person.pk, date=day, effort=effort, status=status)
        elif action == "effort":
            assignments.change(**by, assignment_id=one, effort=self.chance.choice(EFFORTS))
        elif action == "mark":
            assignments.change(**by, assignment_id=one, status=self.chance.choice(["done", "open"]))
        elif action == "free":
            assignments.unassign(**by, assignment_id=one)
        elif action == "limit":
            limits.set_by_hand(**by, user_id=person.pk, date=day, maximum=self.chance.randint(1, 8))
        else:
            asked = [
                Item(self.chance.choice(self.tasks).pk, self.chance.choice(self.people).pk, day, given)
                for given in (effort, None, *self.chance.choices(EFFORTS, k=2))
            ]
            outcomes = bulk.assign_each(**by, asked=asked)
            return ",".join(one.code if isinstance(one, ToGoError) else "created" for one in outcomes)
        return action

    def _any_of(self, model: type[Assignment] | type[WaitingEntry]) -> int:
        """The id of one of this world's rows; an unknown one if there is none."""
        ids = list(model.objects.filter(taskmaster=self.taskmaster).order_by("pk").values_list("pk", flat=True))
        return self.chance.choice(ids or [2**40])

    def rows(self) -> tuple[Any, ...]:
        """All rows that the calls left, with numbers of this world's own instead of ids, and without times."""
        people = {person.pk: number for number, person in enumerate([*self.people, self.taskmaster])}
        tasks = {task.pk: number for number, task in enumerate(self.tasks)}

        def named(person: int | None) -> int | None:
            return None if person is None else people[person]

        days = DailyLimit.objects.filter(user__in=self.people)
        given = Assignment.objects.filter(taskmaster=self.taskmaster).select_related("daily_limit")
        events = Event.objects.filter(actor=self.taskmaster.pk).order_by("pk")
        return (
            sorted((people[day.user_id], day.date, day.wanted, day.maximum, day.taken, day.waiting) for day in days),
            [
                (people[one.user_id], one.date, tasks[one.task_id], one.effort)
                for one in WaitingEntry.objects.filter(taskmaster=self.taskmaster).order_by("pk")
            ],
            sorted(
                (people[one.user_id], one.date, tasks[one.task_id], one.effort, one.status, bool(one.done_at))
                for one in given
            ),
            [
                (
                    event.kind,
                    named(event.user),
                    named(event.from_user),
                    tasks.get(event.task or 0),
                    event.date,
                    # Of a move it holds the id of a person, and of a promotion those of an entry and a person.
                    event.data["from"]["date"]
                    if event.kind == Kind.MOVED
                    else {name: value for name, value in event.data.items() if name not in {"waiting", "freed_by"}},
                    named(event.data.get("freed_by")),
                )
                for event in events
            ],
            self.outcomes,
        )


@contextmanager
def only_portable(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr(slots, "_on_postgresql", lambda: False)
        yield


@pytest.mark.skipif(
    "__import__('django.db').db.connection.vendor != 'postgresql'",
    reason="other databases have only one implementation",
)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_both_implementations_leave_the_same_rows(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    first, second = World("one", seed), World("two", seed)

    first.play()
    with only_portable(monkeypatch):
        second.play()

    assert first.rows() == second.rows()
    assert {"assign", "move", "effort", "mark", "free", "daily_limit_reached", "already_assigned", "cancel"} <= set(
        first.outcomes
    )
    assert {"wait: Assignment", "wait: WaitingEntry", "already_waiting"} <= set(first.outcomes)
    assert Event.objects.filter(kind=Kind.PROMOTED).count() > 4
    call_command("check_limits")


def test_an_assignment_on_postgresql_is_one_statement(taskmaster: User, alice: User, cooking: Task) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("elsewhere it is a transaction of several statements")
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TODAY, maximum=1)
    sent: list[str] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        sent.append(sql.split()[0])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        slots.take(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=TODAY)

    # The savepoint is that of the transaction around this test.
    assert [statement for statement in sent if statement not in {"SAVEPOINT", "RELEASE"}] == ["WITH"]


@pytest.mark.parametrize("change", ["free", "move", "mark"])
def test_nothing_is_done_to_an_assignment_whose_effort_somebody_changed(
    taskmaster: User, alice: User, cooking: Task, change: str
) -> None:
    """It would free the old effort of a day of which the new one is taken."""
    for day in DAYS[:2]:
        limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=day, maximum=5)
    taken = slots.take(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=TODAY, effort=3)
    as_read = assignments.get(actor=taskmaster, assignment_id=taken.pk)
    slots.change_effort(actor=taskmaster, assignment=as_read, effort=5)

    changes: dict[str, Callable[[], object]] = {
        "free": lambda: slots.free(actor=taskmaster, assignment=as_read),
        "move": lambda: slots.move(actor=taskmaster, assignment=as_read, user_id=alice.pk, date=DAYS[1]),
        "mark": lambda: slots.mark(actor=taskmaster, assignment=as_read, status="done"),
    }
    with pytest.raises(LostRace):
        changes[change]()

    assert Assignment.objects.values_list("effort", "daily_limit__date", "status").get() == (5, TODAY, "open")
    assert list(DailyLimit.objects.order_by("date").values_list("taken", flat=True)) == [5, 0]


def test_a_bulk_decides_as_single_calls_do(taskmaster: User, tasks: list[Task]) -> None:
    one_by_one, at_once = make_person("one by one"), make_person("at once")
    days = [TODAY, TODAY, TODAY, TODAY + timedelta(days=1), TODAY, date(2020, 1, 1)]
    chosen = [tasks[0], tasks[0], tasks[1], tasks[1], tasks[2], tasks[3]]
    Task.objects.filter(pk=tasks[3].pk).update(is_active=False)
    for person in (one_by_one, at_once):
        limits.set_by_hand(actor=taskmaster, user_id=person.pk, date=TODAY, maximum=2)

    def single(task: Task, day: datetime.date) -> str:
        try:
            assignments.assign(actor=taskmaster, task_id=task.pk, user_id=one_by_one.pk, date=day)
        except ToGoError as refusal:
            return refusal.code
        return "created"

    codes = [single(task, day) for task, day in zip(chosen, days, strict=True)]
    asked = [Item(task.pk, at_once.pk, day) for task, day in zip(chosen, days, strict=True)]
    outcomes = bulk.assign_each(actor=taskmaster, asked=asked)

    assert codes == ["created", "already_assigned", "created", "created", "daily_limit_reached", "task_inactive"]
    assert [one.code if isinstance(one, ToGoError) else "created" for one in outcomes] == codes
