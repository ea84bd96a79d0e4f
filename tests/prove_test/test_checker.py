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
        "data": {"effort": 1, **data} if kind in {"assigned", "unassigned"} else data,
    }


def given(assignment: int, user: int = ALICE, date: str = DAY, taken: int | None = None) -> Item:
    return Item(assignment, user, date, assignment, taken, LIMIT if taken else None)


def row(assignment: int, user: int, date: str, status: str = "open", effort: int = 1) -> dict[str, Any]:
    return {"id": assignment, "task": assignment, "user": user, "date": date, "status": status, "effort": effort}


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

    def refused(effort: int, outcome: Outcome = Outcome.REFUSED) -> Operation:
        full = (Full(Item(5, BOB, NEXT, None, 0, LIMIT), effort),)
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


def effort_of(amount: int, user: int = ALICE, date: str = DAY, taken: int | None = None) -> Item:
    """The first assignment with this effort, on a day with room for 13."""
    return Item(1, user, date, 1, taken, None if taken is None else 13, amount)


# One of effort 8 is given to Alice and raised to 13, so that another of effort 1 doesn't fit; it can't be raised to 14.
# It is lowered to 2, which frees 11 at once, and moved to Bob with effort 5.
EFFORTS = [
    operation(1, Kind.CREATE, effort_of(8, taken=8)),
    operation(2, Kind.CHANGE, effort_of(13, taken=13), was=(ALICE, DAY), was_effort=8),
    operation(3, Kind.CREATE, Item(2, ALICE, DAY, None, 13, 13), outcome=Outcome.REFUSED, code="daily_limit_reached"),
    operation(
        4,
        Kind.CHANGE,
        effort_of(14, taken=13),
        was=(ALICE, DAY),
        was_effort=13,
        outcome=Outcome.REFUSED,
        code="daily_limit_reached",
    ),
    operation(5, Kind.CHANGE, effort_of(2, taken=2), was=(ALICE, DAY), was_effort=13),
    operation(6, Kind.CREATE, Item(3, ALICE, DAY, 3, 13, 13, 11)),
    operation(7, Kind.MOVE, effort_of(5, BOB, NEXT, taken=5), was=(ALICE, DAY), was_effort=2),
]
EFFORTS_ENDING = Ending(
    assignments=[row(3, ALICE, DAY, effort=11), row(1, BOB, NEXT, effort=5)],
    limits=[limit(ALICE, DAY, 11, 13), limit(BOB, NEXT, 5, 13)],
    events=[
        event(1, 1, "assigned", ALICE, DAY, 1, effort=8),
        event(2, 2, "effort_changed", ALICE, DAY, 1, **{"from": 8, "to": 13}),
        event(3, 5, "effort_changed", ALICE, DAY, 1, **{"from": 13, "to": 2}),
        event(4, 6, "assigned", ALICE, DAY, 3, effort=11),
        event(5, 7, "moved", BOB, NEXT, 1, **{"from": {"user": ALICE, "date": DAY}}),
        event(6, 7, "effort_changed", BOB, NEXT, 1, **{"from": 2, "to": 5}),
    ],
)


def efforts_found(operations: list[Operation], ending: Ending = EFFORTS_ENDING) -> set[str]:
    return set(check(operations, ending, {}, 13).counts)


def test_efforts_are_added_up_and_followed_through_changes_and_moves() -> None:
    assert check(EFFORTS, EFFORTS_ENDING, {}, 13).findings == []


def test_finds_a_day_that_counts_assignments_instead_of_efforts() -> None:
    ending = copy.deepcopy(EFFORTS_ENDING)
    ending.limits[0]["taken"] = 1
    assert efforts_found(EFFORTS, ending) == {"drift", "row and history differ"}


def test_finds_an_answer_that_counts_assignments_instead_of_efforts() -> None:
    assert efforts_found([operation(1, Kind.CREATE, effort_of(8, taken=1)), *EFFORTS[1:]]) == {"broken limit"}


def test_finds_efforts_above_the_limit() -> None:
    ending = copy.deepcopy(EFFORTS_ENDING)
    ending.limits[0] |= {"maximum": 10}
    assert "broken limit" in efforts_found(EFFORTS, ending)


@pytest.mark.parametrize("index", [1, 4])
def test_finds_a_changed_effort_whose_answer_tells_another_sum(index: int) -> None:
    wrong = replace(EFFORTS[index], items=(replace(EFFORTS[index].items[0], taken=8),))
    assert efforts_found([*EFFORTS[:index], wrong, *EFFORTS[index + 1 :]]) == {"broken limit"}


def test_finds_a_higher_effort_that_was_refused_although_it_fits() -> None:
    """With 8 of 13 taken by the assignment itself, a raise to 13 needs only 5 more, and one to 14 needs 6."""

    def refused(effort: int) -> Operation:
        about = {"items": (effort_of(effort, taken=8),), "was_effort": 8}
        return replace(EFFORTS[3], start=1.6, end=1.9, **about)

    assert efforts_found([*EFFORTS, refused(13)]) == {"broken limit"}
    assert efforts_found([*EFFORTS, refused(14)]) == set()


def test_finds_a_row_whose_effort_is_not_the_last_one() -> None:
    ending = copy.deepcopy(EFFORTS_ENDING)
    ending.assignments[1]["effort"] = 2
    assert efforts_found(EFFORTS, ending) == {"row and history differ", "drift"}


def test_finds_a_move_without_the_effort_that_was_asked_for_with_it() -> None:
    """Nobody knows whether the move was done. Its two changes are one step."""
    ending = copy.deepcopy(EFFORTS_ENDING)
    unknown = replace(EFFORTS[6], outcome=Outcome.UNKNOWN, items=(effort_of(5, BOB, NEXT),))
    assert efforts_found([*EFFORTS[:6], unknown], ending) == set()
    ending.events.pop()
    ending.assignments[1]["effort"] = 2
    ending.limits[1]["taken"] = 2
    assert "lost or doubled" in efforts_found([*EFFORTS[:6], unknown], ending)


def test_finds_an_effort_that_was_changed_without_its_event() -> None:
    ending = copy.deepcopy(EFFORTS_ENDING)
    del ending.events[2]
    found = efforts_found(EFFORTS, ending)
    assert {"lost or doubled", "history that doesn't fit together"} <= found
