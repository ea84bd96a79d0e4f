"""Reads from answers how much of a day is taken, and its maximum."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from lab.prove.calls import Answer
from lab.prove.history import Full, Item, Key

# The errors that an item of a bulk may get.
_EXPECTED = {"daily_limit_reached", "already_assigned"}


def assignment_of(answer: Any, asked: Item, surprise: Callable[[str], None]) -> Item:
    """The assignment that an answer describes. Calls `surprise` if it isn't the one that was asked for."""
    limit = answer["limit"]
    got = Item(answer["task"], answer["user"], answer["date"], answer["id"], limit["taken"], limit["maximum"])
    got = replace(got, effort=answer["effort"])
    if (got.task, got.key, got.effort) != (asked.task, asked.key, asked.effort):
        surprise(f"asked for {asked}, and got {got}")
    return got


def entry_of(answer: Any, asked: Item, surprise: Callable[[str], None]) -> Item:
    """The waiting entry that an answer describes. Calls `surprise` if it isn't the one that was asked for."""
    got = Item(answer["task"], answer["user"], answer["date"], answer["id"], effort=answer["effort"])
    if replace(got, assignment=None) != asked:
        surprise(f"asked for {asked}, and got {got}")
    return got


def full_day_of(asked: Item, error: Any, surprise: Callable[[str], None]) -> Item:
    """The day's numbers in a refusal because it is full. Calls `surprise` if the refusal isn't about what was asked."""
    if error["effort"] != asked.effort or error["remaining"] != error["maximum"] - error["taken"]:
        surprise(f"a refusal of something else than {asked}: {error}")
    return replace(asked, assignment=None, taken=error["taken"], maximum=error["maximum"])


def day_of(place: Item, answer: Answer, status: int) -> Item:
    """The day's numbers from an answer with that status; any other answer returns `place` unchanged."""
    if answer.status != status:
        return place
    return Item(0, place.user, place.date, None, answer.body["taken"], answer.body["maximum"])


def read_bulk(asked: Sequence[Item], answer: Answer, surprise: Callable[[str], None]) -> tuple[list[Item], list[Full]]:
    """The assignments that a bulk made, or else the items that it asked for; and the days that it found full.

    Calls `surprise` with each contradiction in the answer.
    """
    if answer.status == 201:
        there = answer.body["assignments"]
        return [assignment_of(one, item, surprise) for one, item in zip(there, asked, strict=True)], []
    if answer.status == 207:
        results = answer.body["results"]
        created = {
            index: assignment_of(one["assignment"], asked[index], surprise)
            for index, one in enumerate(results)
            if one["status"] == 201
        }
        refusals = {index: one["error"] for index, one in enumerate(results) if one["status"] != 201}
        return list(created.values()), _full_days_of_each(asked, created, refusals, surprise)
    if answer.code == "bulk_refused":
        return list(asked), _full_days_of_all(asked, {one["index"]: one for one in answer.body["failures"]}, surprise)
    return list(asked), []


def _full_days_of_each(
    asked: Sequence[Item], created: dict[int, Item], refusals: dict[int, Any], surprise: Callable[[str], None]
) -> list[Full]:
    """The full days in the answer to a bulk in mode `each`.

    Its numbers are those after the request. So on a day of which the bulk took a part itself, the answer's own numbers
    must explain the refusal: without what later items took, there was too little room. `checker` compares those numbers
    with what the bulk took.
    """
    full: dict[Key, Full] = {}
    after = {item.key: (item.taken, item.maximum) for item in created.values()}
    later: Counter[Key] = Counter()
    refused = _full_items(asked, refusals, surprise)
    for index in reversed(range(len(asked))):
        if index in created:
            later[created[index].key] += created[index].effort
        elif index in refused:
            item = refused[index]
            assert item.taken is not None
            assert item.maximum is not None
            room = item.maximum - (item.taken - later[item.key])
            if after.get(item.key, (item.taken, item.maximum)) != (item.taken, item.maximum) or item.effort <= room:
                surprise(f"an item refused on a day with room: {item}, after {after.get(item.key)}")
            if item.key not in after:
                full[item.key] = _smaller(Full(item, item.effort), full.get(item.key), surprise)
    return list(full.values())


def _full_days_of_all(asked: Sequence[Item], refusals: dict[int, Any], surprise: Callable[[str], None]) -> list[Full]:
    """The full days in the answer to a refused bulk in mode `all`.

    Nothing was written, so its numbers are those before the request. The items that weren't refused would have taken
    a part of the day too, so `effort` counts them.
    """
    full: dict[Key, Full] = {}
    fitting: Counter[Key] = Counter()
    refused = _full_items(asked, refusals, surprise)
    for index, item in enumerate(asked):
        if index not in refusals:
            fitting[item.key] += item.effort
        elif index in refused:
            new = Full(refused[index], fitting[item.key] + item.effort)
            full[item.key] = _smaller(new, full.get(item.key), surprise)
    for key, day in full.items():
        assert day.item.taken is not None
        assert day.item.maximum is not None
        if day.item.taken + fitting[key] > day.item.maximum:
            surprise(f"items of effort {fitting[key]} would have been accepted on {day}")
    return list(full.values())


def _smaller(new: Full, other: Full | None, surprise: Callable[[str], None]) -> Full:
    """The one that says more about a day: if the smaller effort is too much, the larger one is too."""
    if other is None:
        return new
    if (new.item.taken, new.item.maximum) != (other.item.taken, other.item.maximum):
        surprise(f"one request got two different answers about one day: {other} and {new}")
    return min(new, other, key=lambda full: full.effort)


def _full_items(asked: Sequence[Item], refusals: dict[int, Any], surprise: Callable[[str], None]) -> dict[int, Item]:
    """The items that were refused because their day was full, with the numbers in the answer.

    `already_assigned` has no numbers; the tests of the API check that it is true.
    """
    full = {}
    for index, error in refusals.items():
        if error["code"] == "daily_limit_reached":
            full[index] = full_day_of(asked[index], error, surprise)
        elif error["code"] not in _EXPECTED:
            surprise(f"an unexpected error of an item of a bulk, {asked[index]}: {error}")
    return full
