"""What clients did, as they saw it."""

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
    """What a client knows of a call when it stops waiting."""

    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"  # Timed out, cut off, or a server's error: it may have happened, or may yet.


class Kind(StrEnum):
    """What is called."""

    CREATE = "create"
    BULK = "bulk"
    MOVE = "move"
    DELETE = "delete"
    MARK = "mark"
    SET = "set by hand"
    GIVE_BACK = "give back"
    RULE = "rule"


@dataclass(frozen=True, slots=True)
class Item:
    """A task for a person on a date, and what the answer said of it; `assignment` is its id where it is known."""

    task: int
    user: int
    date: str
    assignment: int | None = None
    taken: int | None = None
    maximum: int | None = None

    @property
    def key(self) -> Key:
        """Whose day it is about."""
        return self.user, self.date


@dataclass(frozen=True, slots=True)
class Full:
    """What a bulk was told of a day without room for all it asked for: of so many slots the last didn't fit."""

    item: Item
    slots: int


@dataclass(frozen=True, slots=True)
class Operation:
    """One call, from its first attempt to its last answer, in seconds since 1970.

    `items` are what was asked for, or where it is done what was made. `was` is where a moved assignment came from, or
    where a deleted or marked one is. `value` is a maximum, or the status that was set. `asked` is the number of
    decisions that were asked for, `full` what a bulk was told of full days.
    """

    number: int
    kind: Kind
    actor: int
    start: float
    end: float
    outcome: Outcome
    items: tuple[Item, ...] = ()
    was: Key | None = None
    value: int | str | None = None
    code: str = ""
    sends: int = 1
    asked: int = 1
    full: tuple[Full, ...] = ()

    @property
    def attempts(self) -> int:
        """The decisions that were asked for, and one more for each time that all of it was sent again."""
        return self.asked + self.sends - 1


@dataclass
class History:
    """All operations; several threads write it."""

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
        """Keep what is over."""
        with self._lock:
            self.operations.append(operation)
            self.attempts += operation.attempts

    def answered(self, status: int | str) -> None:
        """Count the answer, or the loss of it, to one attempt."""
        with self._lock:
            self.statuses[str(status)] += 1

    def surprise(self, what: str) -> None:
        """Keep an answer that nothing explains."""
        with self._lock:
            self.surprises.append(what)

    def write(self, path: Path) -> None:
        """A line of JSON for each operation."""
        with path.open("w") as file:
            file.writelines(json.dumps(asdict(operation)) + "\n" for operation in self.operations)


def count(operations: Iterable[Operation]) -> Counter[tuple[str, str]]:
    """How many there are of each kind and outcome."""
    return Counter((operation.kind.value, operation.outcome.value) for operation in operations)
