"""What a bulk's answer tells of the days that it asked for."""

from typing import Any

from lab.prove.answers import read_bulk
from lab.prove.calls import Answer
from lab.prove.history import Full, Item

ALICE, BOB, DAY = 1, 2, "2026-03-02"
ASKED = [Item(1, ALICE, DAY), Item(2, ALICE, DAY), Item(3, ALICE, DAY), Item(1, BOB, DAY)]


def full(taken: int, maximum: int, effort: int = 1) -> dict[str, Any]:
    numbers = {"effort": effort, "taken": taken, "maximum": maximum, "remaining": maximum - taken}
    return {"code": "daily_limit_reached", **numbers}


def made(item: Item, taken: int, maximum: int = 2) -> dict[str, Any]:
    limit = {"taken": taken, "maximum": maximum}
    body = {"id": item.task, "task": item.task, "user": item.user, "date": item.date, "effort": item.effort}
    return {"status": 201, "assignment": body | {"limit": limit}}


def refused(taken: int, maximum: int, effort: int = 1) -> dict[str, Any]:
    return {"status": 409, "error": full(taken, maximum, effort)}


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
    assert "two different answers about one day" in surprises[0]


def test_an_item_refused_for_what_cannot_be_is_a_surprise() -> None:
    failures = [{"index": 0, "code": "task_not_found"}]
    _, days, surprises = told(ASKED, Answer(409, {"code": "bulk_refused", "failures": failures}))
    assert (days, len(surprises)) == ([], 1)


LARGE = [Item(1, ALICE, DAY, effort=5), Item(2, ALICE, DAY, effort=8), Item(3, ALICE, DAY, effort=2)]


def test_all_or_nothing_adds_up_the_efforts_before_the_refused_item() -> None:
    answer = Answer(409, {"code": "bulk_refused", "failures": [{"index": 1, **full(3, 13, 8)}]})
    assert told(LARGE, answer)[1:] == ([Full(Item(2, ALICE, DAY, None, 3, 13, 8), 13)], [])


def test_all_or_nothing_that_would_accept_more_than_fits_is_a_surprise() -> None:
    failures = [{"index": 1, **full(7, 13, 8)}]
    _, _, surprises = told(LARGE, Answer(409, {"code": "bulk_refused", "failures": failures}))
    assert len(surprises) == 1
    assert "effort 7 would have been accepted" in surprises[0]


def test_each_may_accept_a_small_item_after_it_refused_a_large_one() -> None:
    results = [made(LARGE[0], 10, 10), refused(10, 10, 8), made(LARGE[2], 10, 10)]
    there, days, surprises = told(LARGE, Answer(207, {"results": results}))
    assert ([item.effort for item in there], days, surprises) == ([5, 2], [], [])


def test_an_item_refused_although_only_later_items_took_its_room_is_a_surprise() -> None:
    results = [made(LARGE[0], 7, 13), refused(7, 13, 8), made(LARGE[2], 7, 13)]
    _, _, surprises = told(LARGE, Answer(207, {"results": results}))
    assert len(surprises) == 1
    assert "refused on a day with room" in surprises[0]


def test_the_smallest_refused_effort_tells_how_full_a_day_was() -> None:
    results = [refused(9, 10, 5), refused(9, 10, 8), refused(9, 10, 2)]
    _, days, surprises = told(LARGE, Answer(207, {"results": results}))
    assert (days, surprises) == ([Full(Item(3, ALICE, DAY, None, 9, 10, 2), 2)], [])


def test_another_effort_than_the_one_asked_for_is_a_surprise() -> None:
    other = made(Item(1, ALICE, DAY, effort=1), 1, 13)
    _, _, surprises = told(LARGE[:1], Answer(201, {"assignments": [other["assignment"]]}))
    assert len(surprises) == 1
    _, _, surprises = told(LARGE[:1], Answer(207, {"results": [refused(9, 10, 1)]}))
    assert "something else" in surprises[0]
