"""Clients that assign tasks at a given rate, and remove their assignments again."""

import datetime
import http.client
import json
import random
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

from lab.prove.world import World

PATH = "/api/users/assignment/"
# A client that has more assignments than this removes its oldest one.
HELD = 12
DAYS = 28
# Seconds between two changes of the rules, which one of the clients makes.
RULE_EVERY = 30
# The expected statuses: the call was done, or the limit refused it. Any other status is an error.
FINE = {200, 201, 204, 207, 409}
_TIMEOUT = 30


class Tally:
    """Counts the answers to all clients, and keeps the errors."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seconds: list[float] = []
        self.statuses: Counter[int] = Counter()
        self.errors: list[str] = []

    def add(self, call: str, status: int, seconds: float, said: str) -> None:
        """Count an answer; status 0 means that none came."""
        with self._lock:
            self.statuses[status] += 1
            self._seconds.append(seconds)
            if status not in FINE:
                self.errors.append(f"{call}: {status} {said[:200]}")

    def take(self) -> list[float]:
        """The sorted durations of the calls since `take` was called last."""
        with self._lock:
            taken, self._seconds = self._seconds, []
        return sorted(taken)


class Pace:
    """Spaces the calls of all clients evenly at a rate; None is as fast as possible. Lost time isn't made up for."""

    def __init__(self, rate: float | None) -> None:
        self._gap = 1 / rate if rate else 0.0
        self._lock = threading.Lock()
        self._next = time.monotonic()

    def wait(self) -> None:
        """Wait for this caller's turn."""
        with self._lock:
            now = time.monotonic()
            turn = self._next = max(self._next + self._gap, now)
        time.sleep(turn - now)


class Client(threading.Thread):
    """A taskmaster with one connection, a session for the pages, and assignments of their own."""

    def __init__(
        self, port: int, world: World, actor: int, session: str, *, pace: Pace, tally: Tally, stop: threading.Event
    ) -> None:
        super().__init__(name=f"client {actor}", daemon=True)
        self._world, self._actor, self._cookie = world, actor, f"sessionid={session}"
        self._pace, self._tally, self._stop_asked = pace, tally, stop
        self._chance = random.Random(actor)  # noqa: S311 - makes a load, keeps no secret
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT)
        self._mine: deque[int] = deque()
        self._rule: int | None = None
        self._rule_at = time.monotonic() + RULE_EVERY / 2

    def run(self) -> None:
        """Call until told to stop, then remove the client's assignments and rule."""
        mix: list[tuple[Callable[[], None], int]] = [
            (self._create, 40),
            (self._list, 20),
            (self._move, 12),
            (self._mark, 8),
            (self._available, 10),
            (self._bulk, 4),
            (self._board, 1),
            (self._limits, 4),
        ]
        acts, weights = zip(*mix, strict=True)
        while not self._stop_asked.is_set():
            if self._actor == self._world.clients[0] and time.monotonic() > self._rule_at:
                self._change_a_rule()
            elif len(self._mine) > HELD:
                self._take_away()
            else:
                self._chance.choices(acts, weights)[0]()
        while self._mine:
            self._take_away()
        if self._rule:
            self._change_a_rule()
        self._connection.close()

    def _create(self) -> None:
        status, made = self._call("POST", PATH, self._item())
        if status == 201:
            self._mine.append(made["id"])

    def _bulk(self) -> None:
        _, answer = self._call(
            "POST", f"{PATH}bulk/", {"mode": "each", "assignments": [self._item() for _ in range(5)]}
        )
        self._mine += [one["assignment"]["id"] for one in answer.get("results", []) if one["status"] == 201]

    def _move(self) -> None:
        if self._mine:
            self._call("PATCH", f"{PATH}{self._chance.choice(self._mine)}/", {"date": self._date()})

    def _mark(self) -> None:
        if self._mine:
            status = self._chance.choice(["open", "done"])
            self._call("PATCH", f"{PATH}{self._chance.choice(self._mine)}/", {"status": status})

    def _take_away(self) -> None:
        self._call("DELETE", f"{PATH}{self._mine.popleft()}/")

    def _list(self) -> None:
        self._call("GET", f"{PATH}?date={self._date()}&page_size=50")

    def _available(self) -> None:
        self._call("GET", f"/api/users/availability/?date={self._date()}")

    def _limits(self) -> None:
        first, last = self._date(0), self._date(DAYS)
        self._call("GET", f"/api/users/limit/?user={self._person()}&date_from={first}&date_to={last}")

    def _board(self) -> None:
        self._call("GET", "/board/")

    def _change_a_rule(self) -> None:
        """Make a rule, or remove it. This is done seldom, because ToGo then picks the limits of all days again."""
        self._rule_at = time.monotonic() + RULE_EVERY
        if self._rule:
            self._call("DELETE", f"/api/users/limit-rule/{self._rule}/")
            self._rule = None
            return
        rule = {"user": self._person(), "maximum": self._chance.randint(3, 8), "reason": "for a while"}
        status, made = self._call("POST", "/api/users/limit-rule/", rule)
        self._rule = made["id"] if status == 201 else None

    def _item(self) -> dict[str, Any]:
        return {"task": self._chance.choice(self._world.tasks), "user": self._person(), "date": self._date()}

    def _person(self) -> int:
        return self._chance.choice(self._world.people)

    def _date(self, offset: int | None = None) -> str:
        days = self._chance.randrange(DAYS) if offset is None else offset
        return (datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=days)).isoformat()

    def _call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        self._pace.wait()
        headers = {"Authorization": f"Bearer {self._world.token(self._actor)}", "Content-Type": "application/json"}
        if path.startswith("/board/"):
            headers = {"Cookie": self._cookie}
        began = time.perf_counter()
        try:
            self._connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            response = self._connection.getresponse()
            status, text = response.status, response.read().decode()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            status, text = 0, repr(error)
        self._tally.add(f"{method} {path}", status, time.perf_counter() - began, text)
        return status, json.loads(text) if text.startswith("{") and status in FINE else {}
