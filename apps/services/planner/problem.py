"""What a distribution is computed from, and what comes out: plain data, without the database."""

import datetime
from collections.abc import Set
from dataclasses import dataclass, field
from typing import NamedTuple

EVEN, EARLIEST = "even", "earliest"


class Item(NamedTuple):
    """A task that is wanted `number` times, each time for somebody of a crowd on a date from `first` to `last`.

    `crowd` is a position in `Problem.crowds`; the dates are positions in `Problem.dates`.
    """

    task: int
    number: int
    effort: int
    crowd: int
    first: int
    last: int


@dataclass(frozen=True)
class Problem:
    """The items, and the people and dates to share them out among.

    A *day* is a person's date: the number `person * len(dates) + date`, of positions in `people` and `dates`. All
    numbers of `room`, `maximum` and `taken` are efforts.
    """

    # The ids of the people, ascending, and the dates of the window, without gaps.
    people: list[int]
    dates: list[datetime.date]
    # For each day, how much more fits, and its limit.
    room: list[int]
    maximum: list[int]
    items: list[Item]
    # Positions of people, ascending; items name them.
    crowds: list[tuple[int, ...]]
    # Which of the items' tasks are on which days already: (task, day).
    assigned: Set[tuple[int, int]] = field(default_factory=frozenset)
    objective: str = EVEN

    def days_of(self, item: Item) -> list[int]:
        """The days that an item may use, with and without room."""
        width = len(self.dates)
        return [
            person * width + date for person in self.crowds[item.crowd] for date in range(item.first, item.last + 1)
        ]

    def maxima(self) -> list[int]:
        """For each person, the sum of their limits in the window."""
        width = len(self.dates)
        return [sum(self.maximum[start : start + width]) for start in range(0, len(self.maximum), width)]

    def taken(self) -> list[int]:
        """For each person, how much of these limits is taken."""
        width = len(self.dates)
        rooms = [sum(self.room[start : start + width]) for start in range(0, len(self.room), width)]
        return [maximum - room for maximum, room in zip(self.maxima(), rooms, strict=True)]


class Placement(NamedTuple):
    """One task of an item, on a day."""

    item: int
    day: int


class Shortage(NamedTuple):
    """The proof that some tasks can't be placed: the `items` want `wanted` tasks, and may only use full `days`, which
    had room for `room` of them, and `once` further places on other days, where each of their tasks is already, or is
    in this plan, so that it can't be there again."""

    items: list[int]
    wanted: int
    days: list[int]
    room: int
    once: int


@dataclass(frozen=True)
class Plan:
    """Who gets what when, in the order of the items.

    `left` has the number of tasks of an item that are not placed, and `shortages` the proofs, where there are any.
    `at_most` is a number of tasks that no plan can exceed. `optimal` says that no plan places more, or, placing as
    many, has smaller loads (`even`) or earlier dates (`earliest`).
    """

    placements: list[Placement]
    left: dict[int, int]
    shortages: list[Shortage]
    at_most: int
    optimal: bool
