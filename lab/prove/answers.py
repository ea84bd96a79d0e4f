"""Reads from answers how many slots of a day are taken, and its maximum."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from lab.prove.calls import Answer
from lab.prove.history import Full, Item, Key

# The errors that an item of a bulk may get.
_EXPECTED = {"daily_limit_reached", "already_assigned"}


def assignment_of(answer: Any) -> Item:
    """The assignment that an answer describes."""
    limit = answer["limit"]
    return Item(answer["task"], answer["user"], answer["date"], answer["id"], limit["taken"], limit["maximum"])


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
        return [assignment_of(one) for one in answer.body["assignments"]], []
    if answer.status == 207:
        results = answer.body["results"]
        there = [assignment_of(one["assignment"]) for one in results if one["status"] == 201]
        refusals = {index: one["error"] for index, one in enumerate(results) if one["status"] != 201}
        return there, _full_days_of_each(asked, there, refusals, surprise)
    if answer.code == "bulk_refused":
        return list(asked), _full_days_of_all(asked, {one["index"]: one for one in answer.body["failures"]}, surprise)
    return list(asked), []


def _full_days_of_each(
    asked: Sequence[Item], there: Iterable[Item], refusals: dict[int, Any], surprise: Callable[[str], None]
) -> list[Full]:
    """The full days in the answer to a bulk in mode `each`.

    Its numbers are those after the request, so a day that the bulk filled itself must be full by the numbers of the
    same answer. `checker` compares those numbers with the slots that the bulk took.
    """
    full: dict[Key, Full] = {}
    after = {item.key: (item.taken, item.maximum) for item in there}
    for item in _full_items(asked, refusals, surprise).values():
        numbers = (item.taken, item.maximum)
        if after.get(item.key, numbers) != numbers or item.taken is None or item.taken != item.maximum:
            surprise(f"an item refused on a day that isn't full: {item}, after {after.get(item.key)}")
        if item.key not in after:
            full[item.key] = Full(item, 1)
    return list(full.values())


def _full_days_of_all(asked: Sequence[Item], refusals: dict[int, Any], surprise: Callable[[str], None]) -> list[Full]:
    """The full days in the answer to a refused bulk in mode `all`.

    Nothing was written, so its numbers are those before the request. The items that weren't refused would have taken
    slots too, so `slots` counts them.
    """
    full: dict[Key, Full] = {}
    fitting: Counter[Key] = Counter()
    refused = _full_items(asked, refusals, surprise)
    for index, item in enumerate(asked):
        if index not in refusals:
            fitting[item.key] += 1
        elif index in refused:
            refusal, slots = refused[index], fitting[item.key] + 1
            first = full.setdefault(item.key, Full(refusal, slots))
            if (first.slots, first.item.taken, first.item.maximum) != (slots, refusal.taken, refusal.maximum):
                surprise(f"one request got two different answers about one day: {first} and {refusal}")
    return list(full.values())


def _full_items(asked: Sequence[Item], refusals: dict[int, Any], surprise: Callable[[str], None]) -> dict[int, Item]:
    """The items that were refused because their day was full, with the numbers in the answer.

    `already_assigned` has no numbers; the tests of the API check that it is true.
    """
    full = {}
    for index, error in refusals.items():
        if error["code"] == "daily_limit_reached":
            item = asked[index]
            full[index] = Item(item.task, item.user, item.date, None, error["taken"], error["maximum"])
        elif error["code"] not in _EXPECTED:
            surprise(f"an unexpected error of an item of a bulk, {asked[index]}: {error}")
    return full
