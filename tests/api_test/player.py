"""Plays the API against the model of it: makes calls, and compares answers and database with what the model says."""

import datetime
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant
from rest_framework.test import APIClient

from apps.models import Assignment, DailyLimit, Event, IdempotencyKey, LimitDay, LimitRule, Task, User
from tests.api_test.model import Given, Model, Refused
from tests.conftest import make_person, token_of
from tests.storm_test.history import assert_history_tells_what_is_there

PATH = "/api/users/assignment/"
# People by their places in `Player.people`; the last one, and the last task, aren't there.
BOSS, ALICE, BOB, NOBODY = range(4)
TASKS = 4


class Player(RuleBasedStateMachine):
    """What all rules need."""

    client: APIClient
    people: list[int]
    tasks: list[int]
    tokens: list[str]
    # How often a call was refused with which code, over all games.
    refused: Counter[str]

    @initialize()
    def begin(self) -> None:
        for table in (Assignment, Event, DailyLimit, LimitDay, LimitRule, IdempotencyKey):
            table._base_manager.all().delete()
        User.objects.update(is_active=True)
        Task.objects.update(is_active=True)
        self.model = Model(
            people=dict.fromkeys(self.people[:NOBODY], True),
            tasks=dict.fromkeys(self.tasks[:TASKS], True),
            taskmasters={self.people[BOSS]},
        )
        # The calls whose answers are kept: who called, path, body, key and answer.
        self.kept: list[tuple[int, str, Any, str, bytes]] = []
        self.last: Any = None

    def teardown(self) -> None:
        assert_history_tells_what_is_there()

    @invariant()
    def the_database_is_as_the_model_says(self) -> None:
        rows = DailyLimit.objects.values_list("user", "date", "wanted", "maximum", "taken", "source_kind")
        days = {(user, date): tuple(rest) for user, date, *rest in rows}
        assert days == {place: self.model.limit(*place) for place in self.model.days}
        assert all(taken <= maximum for _, maximum, taken, _ in days.values())
        given = Assignment.objects.values_list(
            "pk", "task", "daily_limit__user", "daily_limit__date", "taskmaster", "status"
        )
        assert {pk: Given(*rest) for pk, *rest in given} == self.model.given
        assert IdempotencyKey.objects.count() == len(self.kept)

    def call(self, method: str, path: str, body: Any = None, *, actor: int = BOSS, key: str | None = None) -> Any:
        headers = {"HTTP_AUTHORIZATION": f"Bearer {self.tokens[actor]}"}
        if key:
            headers["HTTP_IDEMPOTENCY_KEY"] = key
        return self.client.generic(
            method, path, "" if body is None else json.dumps(body), "application/json", **headers
        )

    def agree(
        self,
        work: Callable[[], object],
        status: int,
        method: str,
        path: str,
        body: Any = None,
        *,
        actor: int = BOSS,
        keyed: bool = False,
    ) -> Any:
        """The JSON that a call answers with that status, where the model does `work` as well; None where both refuse
        it for the same reason."""
        key = f"key-{len(self.kept)}" if keyed else None
        response = self.call(method, path, body, actor=actor, key=key)
        self.last = response.json() if response.content else None
        refusals: list[Refused] = []
        try:
            work()
        except Refused as refused:
            refusals.append(refused)
        for refusal in refusals:
            self.same_refusal(self.last, refusal)
            assert response.status_code == refusal.status
            return None
        assert response.status_code == status, (response.status_code, self.last)
        if key:
            self.kept.append((actor, path, body, key, response.content))
        return self.last

    def same_refusal(self, problem: Any, refused: Refused) -> None:
        told = {name: problem.get(name) for name in ("status", "code", *refused.data)}
        assert told == {"status": refused.status, "code": refused.code, **refused.data}
        self.refused[refused.code] += 1

    def same_assignment(self, answer: Any) -> None:
        one = self.model.given[answer["id"]]
        told = (answer["task"], answer["user"], answer["date"], answer["taskmaster"], answer["status"])
        assert told == (one.task, one.user, one.date.isoformat(), one.by, one.status)
        self.same_limit(answer["limit"], one.user, one.date)

    def same_limit(self, answer: Any, user: int, date: datetime.date) -> None:
        _, maximum, taken, kind = self.model.limit(user, date)
        told = (answer["maximum"], answer["taken"], answer["remaining"], answer["source"]["kind"])
        assert told == (maximum, taken, maximum - taken, kind)

    def remember(self, answer: Any, given: Given) -> None:
        assert answer["id"] not in self.model.given
        self.model.given[answer["id"]] = given
        self.same_assignment(answer)

    def any_assignment(self, which: int) -> int:
        return sorted(self.model.given)[which % len(self.model.given)]


# Nothing crashes here: what is committed needn't wait for the disk.
HASTE = {"sqlite": "PRAGMA synchronous = OFF", "postgresql": "SET synchronous_commit = off"}


def begin_with(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the people and tasks that every game is about."""
    with connection.cursor() as cursor:
        cursor.execute(HASTE[connection.vendor])
    people = [make_person("boss", is_taskmaster=True), make_person("alice"), make_person("bob")]
    tasks = [Task.objects.create(name=f"task {number}").pk for number in range(TASKS)]
    monkeypatch.setattr(Player, "people", [*(person.pk for person in people), 10**9], raising=False)
    monkeypatch.setattr(Player, "tasks", [*tasks, 10**9], raising=False)
    monkeypatch.setattr(Player, "tokens", [token_of(person) for person in people], raising=False)
    monkeypatch.setattr(Player, "client", APIClient(), raising=False)
    monkeypatch.setattr(Player, "refused", Counter(), raising=False)
