"""The checker of the queues finds everybody who was overtaken, promoted twice or lost, and nothing else."""

from typing import Any

from lab.prove.queues import mistakes


def found(*told: tuple[str, int, Any], left: tuple[int, ...] = ()) -> list[str]:
    """The mistakes in a day's history: kinds with the number of an assignment or entry, and with an effort or data."""
    return mistakes(
        [
            {"id": pk, "kind": kind, "user": 2, "date": "2026-03-02", "assignment": number}
            | {"data": data if isinstance(data, dict) else {"effort": data, "waiting": number}}
            for pk, (kind, number, data) in enumerate(told)
        ],
        left,
    )


def changed(before: int, after: int) -> dict[str, int]:
    return {"from": before, "to": after}


def test_a_promotion_takes_the_room_of_its_entry() -> None:
    assert found(("queued", 1, 2), ("assigned", 1, 2), ("promoted", 1, 2)) == []
    assert found(("queued", 1, 3), ("queued", 2, 2), ("promoted", 2, 2), ("cancelled", 1, 3)) == []


def test_nobody_takes_room_that_an_entry_waits_for() -> None:
    overtaken = ["event 1 took 2 while entry 1 waited for 2"]

    assert found(("queued", 1, 2), ("assigned", 9, 2), left=(1,)) == overtaken
    assert found(("queued", 1, 2), ("assigned", 9, 1), left=(1,)) == []


def test_a_move_takes_room_on_its_new_day() -> None:
    there = ("assigned", 9, 5)

    assert found(there, ("queued", 1, 5), ("moved", 9, {}), left=(1,)) == ["event 2 took 5 while entry 1 waited for 5"]
    assert found(there, ("queued", 1, 6), ("moved", 9, {}), left=(1,)) == []


def test_a_move_that_lowers_the_effort_takes_only_the_new_one() -> None:
    moved = [("assigned", 9, 5), ("queued", 1, 3), ("moved", 9, {})]

    assert found(*moved, ("effort_changed", 9, changed(5, 2)), left=(1,)) == []
    assert found(*moved, ("effort_changed", 9, changed(5, 3)), left=(1,)) == [
        "event 2 took 3 while entry 1 waited for 3"
    ]


def test_a_higher_effort_takes_the_difference() -> None:
    waits = [("assigned", 9, 5), ("queued", 1, 3)]

    assert found(*waits, ("effort_changed", 9, changed(5, 7)), left=(1,)) == []
    assert found(*waits, ("effort_changed", 9, changed(5, 8)), left=(1,)) == [
        "event 2 took 3 while entry 1 waited for 3"
    ]


def test_entries_are_served_in_their_order_and_once() -> None:
    twice = found(("queued", 1, 1), ("promoted", 1, 1), ("promoted", 1, 1))

    assert found(("queued", 1, 2)) == ["entry 1 was lost"]
    assert found(("queued", 1, 2), ("queued", 2, 2), ("promoted", 2, 2), left=(1,)) == ["entry 2 came before entry 1"]
    assert twice == ["assignment 1 was promoted twice", "entry 1 ended twice"]
