"""Calls the API, and compares its answers and the database with the model."""

import datetime
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant
from rest_framework.test import APIClient

from apps.models import Assignment, DailyLimit, Event, IdempotencyKey, LimitDay, LimitRule, Task, User, WaitingEntry
from tests.api_test.model import LAST, Model, ModelAssignment, ModelEntry, Refused, Rule
from tests.conftest import make_person, token_of
from tests.storm_test.history import assert_history_matches_rows

PATH = "/api/users/assignment/"
# Indexes into `Player.people`. The last person and the last task don't exist.
BOSS, ALICE, BOB, NOBODY = range(4)
TASKS = 4


def filled(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of a body that have a value."""
    return {name: value for name, value in fields.items() if value}


class Player(RuleBasedStateMachine):
    """The state and the helpers that all rules share."""

    client: APIClient
    people: list[int]
    tasks: list[int]
    tokens: list[str]
    # How often calls were refused with each code, over all runs.
    refused: Counter[str]
    # How often a call handed room over to somebody who waited, over all runs.
    served = 0

    @initialize()
    def begin(self) -> None:
        for table in (WaitingEntry, Assignment, Event, DailyLimit, LimitDay, LimitRule, IdempotencyKey):
            table._base_manager.all().delete()
        User.objects.update(is_active=True)
        Task.objects.update(is_active=True, effort=1)
        self.model = Model(
            people=dict.fromkeys(self.people[:NOBODY], True),
            tasks=dict.fromkeys(self.tasks[:TASKS], True),
            efforts=dict.fromkeys(self.tasks[:TASKS], 1),
            taskmasters={self.people[BOSS]},
        )
        # The calls whose answers are stored: caller, path, body, key and answer.
        self.stored: list[tuple[int, str, Any, str, bytes]] = []
        self.last: Any = None

    def teardown(self) -> None:
        assert_history_matches_rows()

    @invariant()
    def database_matches_model(self) -> None:
        rows = DailyLimit.objects.values_list("user", "date", "wanted", "maximum", "taken", "source_kind")
        days = {(user, date): tuple(rest) for user, date, *rest in rows}
        assert days == {day: self.model.limit(*day) for day in self.model.days}
        assert all(taken <= maximum for _, maximum, taken, _ in days.values())
        given = Assignment.objects.values_list(
            "pk", "task", "daily_limit__user", "daily_limit__date", "taskmaster", "effort", "status"
        )
        assert {pk: ModelAssignment(*rest) for pk, *rest in given} == self.model.given
        entries = WaitingEntry.objects.values_list(
            "pk", "task", "daily_limit__user", "daily_limit__date", "taskmaster", "effort"
        )
        assert {pk: ModelEntry(*rest) for pk, *rest in entries} == self.model.waiting
        counted = Counter((one.user, one.date) for one in self.model.waiting.values())
        assert dict(counted) == {(day.user_id, day.date): day.waiting for day in DailyLimit.objects.exclude(waiting=0)}
        assert IdempotencyKey.objects.count() == len(self.stored)

    def call(self, method: str, path: str, body: Any = None, *, actor: int = BOSS, key: str | None = None) -> Any:
        headers = {"HTTP_AUTHORIZATION": f"Bearer {self.tokens[actor]}"}
        if key:
            headers["HTTP_IDEMPOTENCY_KEY"] = key
        return self.client.generic(
            method, path, "" if body is None else json.dumps(body), "application/json", **headers
        )

    def call_both(
        self,
        work: Callable[[], object],
        status: int | tuple[int, ...],
        method: str,
        path: str,
        body: Any = None,
        *,
        actor: int = BOSS,
        keyed: bool = False,
    ) -> Any:
        """Make the call and do `work` in the model. Return the JSON of an answer with this status, or None if both
        refuse for the same reason."""
        key = f"key-{len(self.stored)}" if keyed else None
        response = self.call(method, path, body, actor=actor, key=key)
        self.last = response.json() if response.content else None
        refusals: list[Refused] = []
        try:
            work()
        except Refused as refused:
            refusals.append(refused)
        for refusal in refusals:
            self.assert_same_refusal(self.last, refusal)
            assert response.status_code == refusal.status
            return None
        expected = status if isinstance(status, tuple) else (status,)
        assert response.status_code in expected, (response.status_code, self.last)
        if key:
            self.stored.append((actor, path, body, key, response.content))
        self.serve()
        return self.last

    def serve(self) -> None:
        """Give the room that the last call freed to who waits, in the model as ToGo did."""
        for number, one in enumerate(self.model.serve(), start=1):
            row = Assignment.objects.get(task=one.task, daily_limit__user=one.user, daily_limit__date=one.date)
            self.model.given[row.pk] = self.model.given.pop(-number)
            Player.served += 1

    def assert_same_refusal(self, problem: Any, refused: Refused) -> None:
        told = {name: problem.get(name) for name in ("status", "code", *refused.data)}
        assert told == {"status": refused.status, "code": refused.code, **refused.data}
        self.refused[refused.code] += 1

    def assert_same_assignment(self, answer: Any) -> None:
        one = self.model.given[answer["id"]]
        told = {name: answer[name] for name in ("task", "user", "date", "taskmaster", "effort", "status")}
        expected = {"task": one.task, "user": one.user, "date": one.date.isoformat(), "taskmaster": one.by}
        assert told == {**expected, "effort": one.effort, "status": one.status}
        self.assert_same_limit(answer["limit"], one.user, one.date)

    def assert_same_limit(self, answer: Any, user: int, date: datetime.date) -> None:
        _, maximum, taken, kind = self.model.limit(user, date)
        told = (answer["maximum"], answer["taken"], answer["remaining"], answer["source"]["kind"])
        assert told == (maximum, taken, maximum - taken, kind)

    def record_assignment(self, answer: Any, given: ModelAssignment) -> None:
        assert answer["id"] not in self.model.given
        self.model.given[answer["id"]] = given
        self.serve()
        self.assert_same_assignment(answer)

    def create_with(
        self, work: Callable[[], ModelAssignment], path: str, body: Any, *, actor: int, keyed: bool = False
    ) -> None:
        """Make the call that creates one assignment: the one that `work` returns, or both refuse."""
        made: list[ModelAssignment] = []
        answer = self.call_both(lambda: made.append(work()), 201, "POST", path, body, actor=actor, keyed=keyed)
        if answer:
            self.record_assignment(answer, made[0])

    def give(
        self,
        actor: int,
        task: int,
        user: int,
        date: datetime.date,
        effort: int | None = None,
        *,
        keyed: bool = False,
    ) -> None:
        body = filled({"task": task, "user": user, "date": date.isoformat(), "effort": effort})
        self.create_with(
            lambda: self.model.assign(self.people[actor], task, user, date, effort),
            PATH,
            body,
            actor=actor,
            keyed=keyed,
        )

    def give_or_wait(
        self, actor: int, task: int, user: int, date: datetime.date, effort: int | None, *, keyed: bool = False
    ) -> None:
        body = filled({"task": task, "user": user, "date": date.isoformat(), "effort": effort, "if_full": "wait"})
        made: list[ModelAssignment | ModelEntry] = []

        def work() -> None:
            made.append(self.model.assign_or_wait(self.people[actor], task, user, date, effort))

        answer = self.call_both(work, (201, 202), "POST", PATH, body, actor=actor, keyed=keyed)
        if answer and isinstance(made[0], ModelAssignment):
            self.record_assignment(answer, made[0])
        elif answer:
            assert isinstance(made[0], ModelEntry)
            self.model.waiting[answer["id"]] = made[0]
            ahead = [one for one in self.model.waiting.values() if (one.user, one.date) == (user, date)]
            assert answer["position"] == len(ahead)

    def give_earliest(
        self,
        actor: int,
        task: int,
        user: int,
        first: datetime.date | None,
        effort: int | None,
        *,
        keyed: bool = False,
    ) -> None:
        body = {"task": task, "user": user, "from": first and first.isoformat(), "effort": effort}
        self.create_with(
            lambda: self.model.assign_earliest(self.people[actor], task, user, first, effort),
            f"{PATH}earliest/",
            filled(body),
            actor=actor,
            keyed=keyed,
        )

    def patch(
        self,
        actor: int,
        pk: int,
        user: int | None,
        date: datetime.date | None,
        effort: int | None,
        status: str | None = None,
    ) -> bool:
        """Change an assignment; returns whether that was accepted."""

        def work() -> None:
            self.model.change(self.people[actor], pk, user, date, effort)
            self.model.given[pk].status = status or self.model.given[pk].status

        body = filled({"user": user, "date": date and date.isoformat(), "effort": effort, "status": status})
        answer = self.call_both(work, 200, "PATCH", f"{PATH}{pk}/", body, actor=actor)
        if answer:
            self.assert_same_assignment(answer)
        return bool(answer)

    def put_limit(self, user: int, date: datetime.date, maximum: int, *, actor: int) -> None:
        me = self.people[actor]

        def work() -> None:
            if me not in self.model.taskmasters:
                raise Refused(403, "not_allowed")
            if date > LAST:
                raise Refused(400, "date_out_of_range")
            if (taken := self.model.taken(user, date)) > maximum:
                raise Refused(409, "limit_below_taken", taken=taken)
            self.model.days[user, date] = (maximum, "hand")

        body = {"maximum": maximum}
        if answer := self.call_both(work, 200, "PUT", f"/api/users/limit/{user}/{date}/", body, actor=actor):
            self.assert_same_limit(answer, user, date)

    def post_rule(self, made: Rule) -> None:
        """Create the rule, and take its id from the answer."""
        body: dict[str, Any] = {"user": made.user, "weekday": made.weekday, "maximum": made.maximum}
        body |= {
            "date_from": made.date_from and made.date_from.isoformat(),
            "date_to": made.date_to and made.date_to.isoformat(),
        }
        made.id = self.call_both(lambda: None, 201, "POST", "/api/users/limit-rule/", body)["id"]
        self.model.rules[made.id] = made
        self.model.follow_rules()
        self.serve()

    def read_next_free_date(self, person: int, first: datetime.date, effort: int) -> str | None:
        query = f"?user={person}&date_from={first}&effort={effort}"
        answer = self.call_both(lambda: None, 200, "GET", f"/api/users/availability/{query}")
        found: str | None = answer["next_free_date"]
        return found

    def any_entry(self, which: int) -> int:
        return sorted(self.model.waiting)[which % len(self.model.waiting)]

    def any_assignment(self, which: int) -> int:
        return sorted(self.model.given)[which % len(self.model.given)]


# No test crashes the database, so a commit needn't wait for the disk.
SKIP_DISK_SYNC = {"sqlite": "PRAGMA synchronous = OFF", "postgresql": "SET synchronous_commit = off"}


def create_people_and_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Create the people and tasks that every run uses."""
    with connection.cursor() as cursor:
        cursor.execute(SKIP_DISK_SYNC[connection.vendor])
    people = [make_person("boss", is_taskmaster=True), make_person("alice"), make_person("bob")]
    tasks = [Task.objects.create(name=f"task {number}").pk for number in range(TASKS)]
    monkeypatch.setattr(Player, "people", [*(person.pk for person in people), 10**9], raising=False)
    monkeypatch.setattr(Player, "tasks", [*tasks, 10**9], raising=False)
    monkeypatch.setattr(Player, "tokens", [token_of(person) for person in people], raising=False)
    monkeypatch.setattr(Player, "client", APIClient(), raising=False)
    monkeypatch.setattr(Player, "refused", Counter(), raising=False)
    monkeypatch.setattr(Player, "served", 0)
