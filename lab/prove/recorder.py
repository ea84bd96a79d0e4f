"""Sends the calls of one client, and records each with its answer."""

import random
import time
import uuid
from collections.abc import Sequence
from typing import Any

from lab.prove.answers import full_day_of
from lab.prove.calls import Answer, Caller
from lab.prove.history import Full, History, Item, Key, Kind, Operation, Outcome
from lab.prove.world import World

# The part of the calls whose client hangs up, and after how many seconds at most. The server does most of them anyway.
HANG_UPS, LONGEST_WAIT = 0.04, 0.03
# The refusals that a call may get. Any other is a surprise: "not found", for example, means that a write was lost.
_BUSY = {"try_again", "idempotency_key_in_use"}
EXPECTED = {
    Kind.CREATE: {"daily_limit_reached", "already_assigned"} | _BUSY,
    Kind.BULK: {"bulk_refused"} | _BUSY,
    Kind.MOVE: {"daily_limit_reached", "already_assigned"} | _BUSY,
    Kind.CHANGE: {"daily_limit_reached"} | _BUSY,
    Kind.DELETE: _BUSY,
    Kind.MARK: _BUSY,
    Kind.SET: {"limit_below_taken"} | _BUSY,
    Kind.GIVE_BACK: _BUSY,
    Kind.RULE: _BUSY,
    Kind.WAIT: {"already_assigned", "already_waiting"} | _BUSY,
    Kind.CANCEL: {"waiting_not_found"} | _BUSY,
}


class Recorder:
    """One connection of a taskmaster."""

    def __init__(
        self, world: World, history: History, chance: random.Random, *, actor: int, ports: Sequence[int]
    ) -> None:
        self._world, self._history, self._chance, self._actor = world, history, chance, actor
        self.caller = Caller(ports)

    def call(self, method: str, path: str, body: Any = None, *, again: bool = False) -> tuple[float, Answer]:
        """When it was sent first, and the last answer. With `again` it is sent until the outcome is known."""
        headers = {"Authorization": f"Bearer {self._world.token(self._actor)}", "Content-Type": "application/json"}
        start = time.time()
        sent = None
        if again:
            headers["Idempotency-Key"] = str(uuid.UUID(int=self._chance.getrandbits(128)))
        if self._chance.random() < HANG_UPS:
            sent = self.caller.hang_up(method, path, body, headers, self._chance.uniform(0, LONGEST_WAIT))
            self._history.count_answer("hung up")
        if again:
            answer = self.caller.send_until_known(method, path, body, headers, sent=sent)
        else:
            answer = sent or self.caller.send(method, path, body, headers)
        if answer.status == 0:
            time.sleep(0.1)
        self._history.count_answer(answer.status or "no answer")
        return start, answer

    def record(
        self,
        kind: Kind,
        start: float,
        answer: Answer,
        done: set[int],
        *,
        items: list[Item] | None = None,
        was: Key | None = None,
        was_effort: int = 1,
        value: int | str | None = None,
        full: Item | None = None,
        asked: int = 1,
        full_days: tuple[Full, ...] = (),
    ) -> Operation:
        """Record it; `done` are the statuses of success, and `full` is what was asked of a day that may be full."""
        outcome = Outcome.DONE if answer.status in done else Outcome.UNKNOWN if answer.is_unknown else Outcome.REFUSED
        items = items or []
        if outcome == Outcome.REFUSED:
            if answer.code == "daily_limit_reached" and full:
                items = [full_day_of(full, answer.body, self._history.surprise)]
            elif answer.code not in EXPECTED[kind]:
                self._history.surprise(f"{kind} of {items}: {answer.status} {answer.code} {answer.body}")
        operation = Operation(
            number=self._history.next_number(),
            kind=kind,
            actor=self._actor,
            start=start,
            end=time.time(),
            outcome=outcome,
            items=tuple(items),
            was=was,
            was_effort=was_effort,
            value=value,
            code=answer.code,
            sends=answer.sends,
            asked=asked,
            full=full_days,
        )
        self._history.add(operation)
        return operation
