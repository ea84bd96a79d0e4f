"""The operations of the clients, as the clients saw them."""

import itertools
import json
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path

# A person's id and an ISO date.
Key = tuple[int, str]


class Outcome(StrEnum):
    """What a client knows about a call when it stops waiting."""

    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"  # It timed out, was cut off or got a server's error: it may have happened, or may still happen.


class Kind(StrEnum):
    """The kind of a call."""

    CREATE = "create"
    BULK = "bulk"
    MOVE = "move"
    DELETE = "delete"
    CHANGE = "change effort"
    MARK = "mark"
    SET = "set by hand"
    GIVE_BACK = "give back"
    RULE = "rule"
    WAIT = "wait"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Item:
    """A task for a person on a date and its effort; `assignment` is its id if it is known, or that of the waiting entry
    while it waits.

    `taken` and `maximum` are the day's numbers in the answer.
    """

    task: int
    user: int
    date: str
    assignment: int | None = None
    taken: int | None = None
    maximum: int | None = None
    effort: int = 1

    @property
    def key(self) -> Key:
        """The person and the date."""
        return self.user, self.date


@dataclass(frozen=True, slots=True)
class Full:
    """The answer to a bulk about a day without enough room: `effort` was too much for it."""

    item: Item
    effort: int


@dataclass(frozen=True, slots=True)
class Operation:
    """One call, from its first sending to its last answer, in seconds since 1970.

    `items` are the assignments that it made, or that it asked for if it isn't done. `was` is the day that a moved
    assignment came from, or the day of another one that was there before, and `was_effort` its effort until then.
    `value` is a maximum, or the status that was set. `asked` is the number of decisions that the call asked for, `full`
    the full days in the answer to a bulk.
    """

    number: int
    kind: Kind
    actor: int
    start: float
    end: float
    outcome: Outcome
    items: tuple[Item, ...] = ()
    was: Key | None = None
    was_effort: int = 1
    value: int | str | None = None
    code: str = ""
    sends: int = 1
    asked: int = 1
    full: tuple[Full, ...] = ()

    @property
    def attempts(self) -> int:
        """The number of decisions asked for, and one more each time that the call was sent again."""
        return self.asked + self.sends - 1


@dataclass
class History:
    """All operations; several threads may add to it."""

    operations: list[Operation] = field(default_factory=list)
    attempts: int = 0
    surprises: list[str] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def next_number(self) -> int:
        """The number of the next operation."""
        return next(self._numbers)

    def add(self, operation: Operation) -> None:
        """Keep an operation that has ended."""
        with self._lock:
            self.operations.append(operation)
            self.attempts += operation.attempts

    def count_answer(self, status: int | str) -> None:
        """Count an answer to a call, or that it got none."""
        with self._lock:
            self.statuses[str(status)] += 1

    def surprise(self, what: str) -> None:
        """Keep an answer that nothing explains."""
        with self._lock:
            self.surprises.append(what)

    def write(self, path: Path) -> None:
        """Write a line of JSON for each operation."""
        with path.open("w") as file:
            file.writelines(json.dumps(asdict(operation)) + "\n" for operation in self.operations)


def count(operations: Iterable[Operation]) -> Counter[tuple[str, str]]:
    """How many there are of each kind and outcome."""
    return Counter((operation.kind.value, operation.outcome.value) for operation in operations)
