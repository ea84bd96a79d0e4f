"""What a bulk's answer tells of the days that it asked for."""

from typing import Any

from lab.prove.answers import read_bulk
from lab.prove.calls import Answer
from lab.prove.history import Full, Item

ALICE, BOB, DAY = 1, 2, "2026-03-02"
ASKED = [Item(1, ALICE, DAY), Item(2, ALICE, DAY), Item(3, ALICE, DAY), Item(1, BOB, DAY)]


def full(taken: int, maximum: int) -> dict[str, Any]:
    return {"code": "daily_limit_reached", "taken": taken, "maximum": maximum}


def made(item: Item, taken: int, maximum: int = 2) -> dict[str, Any]:
    limit = {"taken": taken, "maximum": maximum}
    body = {"id": item.task, "task": item.task, "user": item.user, "date": item.date, "limit": limit}
    return {"status": 201, "assignment": body}


def refused(taken: int, maximum: int) -> dict[str, Any]:
    return {"status": 409, "error": full(taken, maximum)}


def told(asked: list[Item], answer: Answer) -> tuple[list[Item], list[Full], list[str]]:
    surprises: list[str] = []
    return *read_bulk(asked, answer, surprises.append), surprises


def test_all_or_nothing_tells_what_was_there_before_it() -> None:
    failures = [{"index": 2, **full(0, 2)}, {"index": 3, **full(2, 2)}]
    answer = Answer(409, {"code": "bulk_refused", "failures": failures})
    alice, bob = Item(3, ALICE, DAY, None, 0, 2), Item(1, BOB, DAY, None, 2, 2)
    assert told(ASKED, answer) == (ASKED, [Full(alice, 3), Full(bob, 1)], [])


def test_each_tells_what_is_there_after_it() -> None:
    results = [made(ASKED[0], 2), refused(2, 2), refused(2, 2), refused(5, 5)]
    there, days, surprises = told(ASKED, Answer(207, {"results": results}))
    assert there == [Item(1, ALICE, DAY, 1, 2, 2)]
    assert (days, surprises) == ([Full(Item(1, BOB, DAY, None, 5, 5), 1)], [])


def test_an_item_refused_on_a_day_with_room_is_a_surprise() -> None:
    _, _, surprises = told(ASKED[:2], Answer(207, {"results": [made(ASKED[0], 1), refused(1, 2)]}))
    assert len(surprises) == 1


def test_one_request_that_is_told_two_things_of_a_day_is_a_surprise() -> None:
    failures = [{"index": 1, **full(1, 2)}, {"index": 2, **full(2, 2)}]
    _, _, surprises = told(ASKED, Answer(409, {"code": "bulk_refused", "failures": failures}))
    assert len(surprises) == 1


def test_an_item_refused_for_what_cannot_be_is_a_surprise() -> None:
    failures = [{"index": 0, "code": "task_not_found"}]
    _, days, surprises = told(ASKED, Answer(409, {"code": "bulk_refused", "failures": failures}))
    assert (days, len(surprises)) == ([], 1)
