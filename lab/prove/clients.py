"""Clients: taskmasters who make random calls, and record each call with its answer."""

import datetime
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from lab.prove.answers import assignment_of, day_of, entry_of, read_bulk
from lab.prove.calls import Answer
from lab.prove.history import History, Item, Kind, Outcome
from lab.prove.recorder import Recorder
from lab.prove.world import EFFORTS, World

PATH = "/api/users/assignment/"
# How many of its own assignments a client remembers; older ones aren't changed any more.
REMEMBERED = 60
_REMEMBERED_KINDS = {Kind.CREATE, Kind.BULK, Kind.MOVE, Kind.CHANGE, Kind.MARK}
# The part of the calls that are about the few hot people.
HOT = 0.4
# Some days have room for several large tasks, and some for none.
MAXIMA = [0, 5, 8, 13, 21]
# Clients call about a window of days. It moves on, so that there are always days whose limits aren't set yet.
WINDOW_DAYS = 8
SECONDS_PER_DAY = 6


class Client(threading.Thread):
    """One taskmaster with one connection, who works until told to stop.

    A client changes only its own assignments, so calls about one assignment never overlap; all clients share the days.
    """

    def __init__(
        self, world: World, history: History, *, actor: int, ports: Sequence[int], stop: threading.Event
    ) -> None:
        super().__init__(name=f"client {actor}", daemon=True)
        self._world, self._history, self._stop_asked = world, history, stop
        self._chance = random.Random(f"{world.seed} {actor}")  # noqa: S311 - makes a storm, keeps no secret
        self._recorder = Recorder(world, history, self._chance, actor=actor, ports=ports)
        self.caller, self._call = self._recorder.caller, self._recorder.call
        self._mine: dict[int, tuple[Item, str]] = {}
        self._rules: list[int] = []
        self._queued: list[Item] = []
        self._began = time.monotonic()
        self.failure: BaseException | None = None

    def run(self) -> None:
        """Make random calls and record them, until told to stop."""
        mix: list[tuple[Callable[[], None], float]] = [
            (self._create, 20),
            (self._bulk, 25),
            (self._move, 20),
            (self._change_effort, 10),
            (self._delete, 25),
            (self._mark, 5),
            (self._set_by_hand, 5),
            (self._give_back, 3),
            (self._rule, 0.5),
            (self._wait, 10),
            (self._cancel, 2),
        ]
        acts, weights = zip(*mix, strict=True)
        try:
            while not self._stop_asked.is_set():
                self._chance.choices(acts, weights)[0]()
        except BaseException as error:
            self.failure = error
            raise

    # --- the calls ---

    def _create(self) -> None:
        item = self._some_item()
        with_key = self._chance.random() < 0.5
        start, answer = self._call("POST", PATH, self._body_of(item), again=with_key)
        items = [self._answered(item, answer, 201)]
        self._record(Kind.CREATE, start, answer, {201}, items=items, full=item)

    def _wait(self) -> None:
        # Not for the next days: processes with another date would end the entry.
        item = self._some_item(first=2)
        body = {**self._body_of(item), "if_full": "wait"}
        start, answer = self._call("POST", PATH, body, again=self._chance.random() < 0.5)
        if answer.status == 201:
            self._record(Kind.CREATE, start, answer, {201}, items=[self._answered(item, answer, 201)])
            return
        if answer.status == 202:
            item = entry_of(answer.body, item, self._history.surprise)
            self._queued.append(item)
        self._record(Kind.WAIT, start, answer, {202}, items=[item])

    def _cancel(self) -> None:
        """Cancel one of the latest entries; most others are served by now."""
        if not (some := self._queued[-10:]):
            return
        item = self._chance.choice(some)
        self._queued.remove(item)
        start, answer = self._call("DELETE", f"/api/users/waiting/{item.assignment}/")
        self._record(Kind.CANCEL, start, answer, {204}, items=[item])

    def _bulk(self) -> None:
        size = self._chance.choices([self._chance.randint(2, 19), self._chance.randint(20, 200)], [1, 4])[0]
        items = [self._some_item() for _ in range(size)]
        mode = self._chance.choice(["all", "each", "each"])
        if mode == "all":
            # A large bulk hardly ever finds room for all its items.
            items = items[: self._chance.choice([2, 5, 20, 200])]
        body = {"mode": mode, "assignments": [self._body_of(item) for item in items]}
        start, answer = self._call("POST", f"{PATH}bulk/", body, again=self._chance.random() < 0.5)
        there, full = read_bulk(items, answer, self._history.surprise)
        self._record(
            Kind.BULK, start, answer, {201, 207}, items=there, value=mode, asked=len(items), full_days=tuple(full)
        )

    def _move(self) -> None:
        if not (mine := self._any_of_mine()):
            return
        old, status = mine
        place = self._some_item()
        if place.key == old.key:
            self._remember(old, status)
            return
        new = replace(old, user=place.user, date=place.date)
        body: dict[str, Any] = {"user": new.user, "date": new.date}
        if self._chance.random() < 0.5:
            new = replace(new, effort=place.effort)
            body["effort"] = new.effort
        self._patch(Kind.MOVE, old, new, body, status)

    def _change_effort(self) -> None:
        if not (mine := self._any_of_mine()):
            return
        old, status = mine
        effort = self._chance.choice([effort for effort in EFFORTS if effort != old.effort])
        self._patch(Kind.CHANGE, old, replace(old, effort=effort), {"effort": effort}, status)

    def _patch(self, kind: Kind, old: Item, new: Item, body: dict[str, Any], status: str) -> None:
        new = replace(new, taken=None, maximum=None)
        start, answer = self._call("PATCH", f"{PATH}{old.assignment}/", body)
        items = [self._answered(new, answer, 200)]
        self._record(
            kind, start, answer, {200}, items=items, was=old.key, was_effort=old.effort, full=new, status=status
        )
        if not answer.is_unknown and answer.status != 200:
            self._remember(old, status)

    def _delete(self) -> None:
        if not (mine := self._any_of_mine()):
            return
        old, status = mine
        start, answer = self._call("DELETE", f"{PATH}{old.assignment}/")
        self._record(Kind.DELETE, start, answer, {204}, items=[old], was=old.key, was_effort=old.effort)
        if not answer.is_unknown and answer.status != 204:
            self._remember(old, status)

    def _mark(self) -> None:
        if not (mine := self._any_of_mine()):
            return
        item, status = mine
        new = "open" if status == "done" else "done"
        start, answer = self._call("PATCH", f"{PATH}{item.assignment}/", {"status": new})
        self._record(Kind.MARK, start, answer, {200}, items=[item], was=item.key, value=new, status=new)
        if not answer.is_unknown and answer.status != 200:
            self._remember(item, status)

    def _set_by_hand(self) -> None:
        place, maximum = self._some_item(), self._chance.choice(MAXIMA)
        start, answer = self._call("PUT", f"/api/users/limit/{place.user}/{place.date}/", {"maximum": maximum})
        place = day_of(place, answer, 200)
        below = answer.code == "limit_below_taken"
        taken = answer.body["taken"] if below else place.taken
        place = Item(0, place.user, place.date, None, taken, place.maximum)
        self._record(Kind.SET, start, answer, {200}, items=[place], value=maximum)

    def _give_back(self) -> None:
        place = self._some_item()
        start, answer = self._call("DELETE", f"/api/users/limit/{place.user}/{place.date}/")
        place = day_of(place, answer, 200)
        self._record(Kind.GIVE_BACK, start, answer, {200}, items=[place])

    def _rule(self) -> None:
        """Make a rule for one of the `ruled` people, or remove one."""
        if len(self._rules) > 2:
            rule = self._rules.pop()
            start, answer = self._call("DELETE", f"/api/users/limit-rule/{rule}/")
            self._record(Kind.RULE, start, answer, {204})
            return
        person = self._chance.choice(self._world.ruled)
        body: dict[str, Any] = {"user": person, "maximum": self._chance.choice(MAXIMA)}
        if self._chance.random() < 0.5:
            body["weekday"] = self._chance.randint(0, 6)
        start, answer = self._call("POST", "/api/users/limit-rule/", body, again=True)
        if answer.status == 201:
            self._rules.append(answer.body["id"])
        self._record(Kind.RULE, start, answer, {201})

    # --- what calls are about ---

    def _body_of(self, item: Item) -> dict[str, Any]:
        """The body that assigns it. Where its effort is the task's own, ToGo must find that itself."""
        body: dict[str, Any] = {"task": item.task, "user": item.user, "date": item.date}
        return body if item.effort == self._world.efforts[item.task] else body | {"effort": item.effort}

    def _answered(self, asked: Item, answer: Answer, status: int) -> Item:
        """The assignment in an answer with that status; any other answer returns `asked` unchanged."""
        return assignment_of(answer.body, asked, self._history.surprise) if answer.status == status else asked

    def _record(
        self, kind: Kind, start: float, answer: Answer, done: set[int], *, status: str = "open", **about: Any
    ) -> None:
        """Record it, and remember what was assigned or changed with this status."""
        operation = self._recorder.record(kind, start, answer, done, **about)
        if operation.outcome == Outcome.DONE and kind in _REMEMBERED_KINDS:
            for item in operation.items:
                self._remember(item, status)

    def _some_item(self, *, first: int = 0) -> Item:
        today = datetime.datetime.now(datetime.UTC).date()
        moved_on = int((time.monotonic() - self._began) / SECONDS_PER_DAY) % 300
        # The first days of the window and the hot people are drawn most often, so their days are mostly full.
        offset = moved_on + min(self._chance.randrange(WINDOW_DAYS), self._chance.randrange(WINDOW_DAYS))
        date = today + datetime.timedelta(days=max(first, offset))
        people = self._world.hot if self._chance.random() < HOT else self._world.people
        task, effort = self._chance.choice(self._world.tasks), self._chance.choice(EFFORTS)
        return Item(task, self._chance.choice(people), date.isoformat(), effort=effort)

    def _remember(self, item: Item, status: str) -> None:
        assert item.assignment is not None
        self._mine[item.assignment] = (item, status)
        if len(self._mine) > REMEMBERED:
            del self._mine[next(iter(self._mine))]

    def _any_of_mine(self) -> tuple[Item, str] | None:
        return self._mine.pop(self._chance.choice(list(self._mine))) if self._mine else None
