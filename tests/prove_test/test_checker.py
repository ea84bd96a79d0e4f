"""The checker, on campaigns that are written by hand: one that kept every promise, and what breaks each of them."""

import copy
from dataclasses import replace
from typing import Any

import pytest

from lab.prove.checker import Verdict, check
from lab.prove.history import Full, Item, Kind, Operation, Outcome
from lab.prove.world import Ending

ALICE, BOB = 1, 2
DAY = "2026-03-02"
NEXT = "2026-03-03"
LIMIT = 2


def operation(number: int, kind: Kind, *items: Item, outcome: Outcome = Outcome.DONE, **more: Any) -> Operation:
    """The calls follow each other, a second apart, and take half of it."""
    return Operation(number, kind, 9, number, number + 0.5, outcome, items, **more)


def event(number: int, at: float, kind: str, user: int, date: str, assignment: int, **data: Any) -> dict[str, Any]:
    return {
        "id": number,
        "at": at + 0.2,
        "actor": 9,
        "kind": kind,
        "user": user,
        "date": date,
        "task": assignment,
        "assignment": assignment,
        "data": data,
    }


def given(assignment: int, user: int = ALICE, date: str = DAY, taken: int | None = None) -> Item:
    return Item(assignment, user, date, assignment, taken, LIMIT if taken else None)


def row(assignment: int, user: int, date: str, status: str = "open") -> dict[str, Any]:
    return {"id": assignment, "task": assignment, "user": user, "date": date, "status": status}


def limit(user: int, date: str, taken: int, maximum: int = LIMIT) -> dict[str, Any]:
    return {"user": user, "date": date, "taken": taken, "maximum": maximum}


# Two are given to Alice, a third is refused, the first is moved to Bob and the second marked, a third fits, and the
# first is taken from Bob.
OPERATIONS = [
    operation(1, Kind.CREATE, given(1, taken=1)),
    operation(2, Kind.CREATE, given(2, taken=2)),
    operation(
        3,
        Kind.CREATE,
        Item(3, ALICE, DAY, None, LIMIT, LIMIT),
        outcome=Outcome.REFUSED,
        code="daily_limit_reached",
    ),
    operation(4, Kind.MOVE, given(1, BOB, NEXT, taken=1), was=(ALICE, DAY)),
    operation(5, Kind.MARK, given(2), was=(ALICE, DAY), value="done"),
    operation(6, Kind.CREATE, given(3, taken=2)),
    operation(7, Kind.DELETE, given(1, BOB, NEXT), was=(BOB, NEXT)),
]
ENDING = Ending(
    assignments=[row(2, ALICE, DAY, "done"), row(3, ALICE, DAY)],
    limits=[limit(ALICE, DAY, 2), limit(BOB, NEXT, 0)],
    events=[
        event(1, 1, "assigned", ALICE, DAY, 1),
        event(2, 2, "assigned", ALICE, DAY, 2),
        event(3, 4, "moved", BOB, NEXT, 1, **{"from": {"user": ALICE, "date": DAY}}),
        event(4, 5, "done", ALICE, DAY, 2),
        event(5, 6, "assigned", ALICE, DAY, 3),
        event(6, 7, "unassigned", BOB, NEXT, 1),
    ],
)


def found(operations: list[Operation], ending: Ending) -> Verdict:
    return check(operations, ending, {}, LIMIT)


def kinds(operations: list[Operation], ending: Ending) -> set[str]:
    return set(found(operations, ending).counts)


@pytest.fixture
def ending() -> Ending:
    """The same, to be spoilt."""
    return copy.deepcopy(ENDING)


def test_finds_nothing_where_every_promise_was_kept() -> None:
    verdict = found(OPERATIONS, ENDING)
    assert verdict.findings == []
    assert verdict.days == 2


def test_finds_an_acknowledged_write_that_is_gone(ending: Ending) -> None:
    del ending.assignments[1], ending.events[4]
    ending.limits[0]["taken"] = 1
    assert "lost or doubled" in kinds(OPERATIONS, ending)


def test_finds_a_row_that_is_gone_though_its_event_is_there(ending: Ending) -> None:
    del ending.assignments[1]
    assert kinds(OPERATIONS, ending) == {"row and history differ", "drift"}


def test_finds_an_acknowledged_delete_that_did_not_happen(ending: Ending) -> None:
    ending.assignments.append(row(1, BOB, NEXT))
    ending.events.pop()
    ending.limits[1]["taken"] = 1
    assert "lost or doubled" in kinds(OPERATIONS, ending)


def test_finds_what_happened_twice(ending: Ending) -> None:
    ending.assignments.append(row(4, BOB, NEXT) | {"task": 3})
    ending.events.append(event(7, 6.1, "assigned", BOB, NEXT, 4) | {"task": 3})
    ending.limits[1]["taken"] = 1
    assert "lost or doubled" in kinds(OPERATIONS, ending)


def test_finds_a_counter_that_drifted(ending: Ending) -> None:
    ending.limits[0]["taken"] = 1
    assert kinds(OPERATIONS, ending) == {"drift", "row and history differ"}


def test_finds_more_rows_than_the_limit(ending: Ending) -> None:
    ending.limits[0] |= {"maximum": 1, "taken": 1}
    assert "broken limit" in kinds(OPERATIONS, ending)


def test_finds_a_limit_that_was_broken_for_a_moment_only(ending: Ending) -> None:
    """Everything ends well, but the third was given before the first had left."""
    third = Operation(6, Kind.CREATE, 9, 3.6, 3.9, Outcome.DONE, (given(3),))
    ending.events[4]["at"] = 3.7
    ending.events[4], ending.events[2] = ending.events[2] | {"id": 5}, ending.events[4] | {"id": 3}
    ending.events.sort(key=lambda told: told["id"])
    assert kinds([*OPERATIONS[:5], third, OPERATIONS[6]], ending) == {"broken limit"}


def test_finds_an_order_of_events_against_the_clock(ending: Ending) -> None:
    ending.events[0]["id"], ending.events[1]["id"] = 2, 1
    ending.events.sort(key=lambda told: told["id"])
    assert "order against the clock" in kinds(OPERATIONS, ending)


def test_finds_a_history_that_does_not_fit_together(ending: Ending) -> None:
    ending.events[2]["data"]["from"]["user"] = BOB
    assert "history that doesn't fit together" in kinds(OPERATIONS, ending)


def test_what_nobody_knows_the_end_of_may_have_happened_or_not(ending: Ending) -> None:
    lost = Item(5, BOB, NEXT)
    unknown = operation(8, Kind.CREATE, lost, outcome=Outcome.UNKNOWN)
    didnt = found([*OPERATIONS, unknown], ENDING)
    assert (didnt.findings, didnt.happened, didnt.didnt_happen) == ([], 0, 1)

    ending.assignments.append(row(5, BOB, NEXT))
    ending.events.append(event(7, 8, "assigned", BOB, NEXT, 5))
    ending.limits[1]["taken"] = 1
    happened = found([*OPERATIONS, unknown], ending)
    assert (happened.findings, happened.happened, happened.didnt_happen) == ([], 1, 0)


def test_what_nobody_knows_the_end_of_never_excuses_a_broken_limit(ending: Ending) -> None:
    unknown = operation(8, Kind.CREATE, Item(5, ALICE, DAY), outcome=Outcome.UNKNOWN)
    ending.assignments.append(row(5, ALICE, DAY))
    ending.events.append(event(7, 8, "assigned", ALICE, DAY, 5))
    ending.limits[0] |= {"taken": 3, "maximum": 3}
    assert kinds([*OPERATIONS, unknown], ending) == {"broken limit"}


def test_what_nobody_knows_the_end_of_cannot_have_happened_before_it_was_asked(ending: Ending) -> None:
    unknown = operation(8, Kind.CREATE, Item(5, BOB, NEXT), outcome=Outcome.UNKNOWN)
    ending.assignments.append(row(5, BOB, NEXT))
    ending.events.append(event(7, 6, "assigned", BOB, NEXT, 5))
    ending.limits[1]["taken"] = 1
    assert "lost or doubled" in kinds([*OPERATIONS, unknown], ending)


def test_finds_a_part_of_a_bulk_that_was_all_or_nothing(ending: Ending) -> None:
    items = (Item(5, BOB, NEXT), Item(6, BOB, NEXT))
    bulk = operation(8, Kind.BULK, *items, outcome=Outcome.UNKNOWN, value="all")
    ending.assignments.append(row(5, BOB, NEXT))
    ending.events.append(event(7, 8, "assigned", BOB, NEXT, 5))
    ending.limits[1]["taken"] = 1
    assert kinds([*OPERATIONS, bulk], ending) == {"lost or doubled"}
    assert kinds([*OPERATIONS, replace(bulk, value="each")], ending) == set()


def test_another_call_may_have_made_what_looks_like_a_part_of_a_bulk(ending: Ending) -> None:
    items = (Item(5, BOB, NEXT), Item(6, BOB, NEXT))
    bulk = operation(8, Kind.BULK, *items, outcome=Outcome.UNKNOWN, value="all")
    create = operation(9, Kind.CREATE, items[0], outcome=Outcome.UNKNOWN)
    ending.assignments.append(row(5, BOB, NEXT))
    ending.events.append(event(7, 9, "assigned", BOB, NEXT, 5))
    ending.limits[1]["taken"] = 1
    verdict = found([*OPERATIONS, bulk, create], ending)
    assert (verdict.findings, verdict.happened, verdict.didnt_happen) == ([], 1, 1)


def test_finds_a_bulk_that_was_refused_a_day_with_room() -> None:
    """After the end Bob has none of two, so of three items the third doesn't fit, and the second would have."""

    def refused(slots: int, outcome: Outcome = Outcome.REFUSED) -> Operation:
        full = (Full(Item(5, BOB, NEXT, None, 0, LIMIT), slots),)
        return operation(8, Kind.BULK, Item(5, BOB, NEXT), outcome=outcome, code="bulk_refused", full=full)

    assert kinds([*OPERATIONS, refused(3)], ENDING) == set()
    assert kinds([*OPERATIONS, refused(2)], ENDING) == {"broken limit"}
    assert kinds([*OPERATIONS, replace(refused(1, Outcome.DONE), items=())], ENDING) == {"broken limit"}


def test_a_limit_set_by_hand_and_given_back_is_followed() -> None:
    place = Item(0, ALICE, DAY, None, 0, 3)
    hand = {"maximum": 3, "reason": "", "before": {}}
    operations = [
        operation(1, Kind.SET, place, value=3),
        operation(2, Kind.BULK, *(Item(n, ALICE, DAY, n, 3, 3) for n in (1, 2, 3)), value="all"),
        operation(3, Kind.GIVE_BACK, Item(0, ALICE, DAY, None, 3, 3)),
        operation(
            4, Kind.SET, Item(0, ALICE, DAY, None, 3), outcome=Outcome.REFUSED, code="limit_below_taken", value=1
        ),
    ]
    nothing = {"task": None, "assignment": None}
    ending = Ending(
        assignments=[row(n, ALICE, DAY) for n in (1, 2, 3)],
        limits=[limit(ALICE, DAY, 3, 3)],
        events=[
            event(1, 1, "limit_set", ALICE, DAY, 0, **hand) | nothing,
            *(event(n + 1, 2, "assigned", ALICE, DAY, n) for n in (1, 2, 3)),
            event(5, 3, "limit_given_back", ALICE, DAY, 0, maximum=3) | nothing,
        ],
    )
    assert found(operations, ending).findings == []
    # Without the limit by hand three are too many.
    later = [operation(1, Kind.SET, place, value=3, outcome=Outcome.REFUSED, code="try_again"), *operations[1:]]
    assert "broken limit" in kinds(later, Ending(ending.assignments, ending.limits, ending.events[1:]))
