"""Matches operations with the event history.

Every acknowledged write must have its events, once, and every event must belong to an operation. The events also
settle whether operations with an unknown outcome happened.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from lab.prove.history import Item, Kind, Operation, Outcome

Event = dict[str, Any]
# Events of assignments and of limits set by hand. Rules and their events aren't matched.
MATCHED = {"assigned", "moved", "effort_changed", "done", "reopened", "unassigned", "limit_set", "limit_given_back"}
MATCHED |= {"queued", "cancelled"}
# How precise the times are, in seconds.
_CLOCK = 0.002
# These write no event if they change nothing.
_MAY_BE_SILENT = {Kind.SET, Kind.GIVE_BACK}


@dataclass
class Settled:
    """The events of each operation, by its number, and the findings."""

    events: dict[int, list[Event]] = field(default_factory=lambda: defaultdict(list))
    # The assignments that ToGo made by itself, for waiting entries that got room.
    promotions: list[Event] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    happened: int = 0  # of the operations whose outcome no client knows
    didnt_happen: int = 0


def settle(operations: Iterable[Operation], events: Iterable[Event]) -> Settled:
    """Find the events of each operation, first those of the acknowledged ones."""
    settled = Settled()
    waiting: dict[tuple[Any, ...], list[Event]] = defaultdict(list)
    events = list(events)
    promoted = {event["assignment"] for event in events if event["kind"] == "promoted"}
    for event in events:
        if event["kind"] == "assigned" and event["assignment"] in promoted:
            settled.promotions.append(event)
        elif event["kind"] == "cancelled" and event["data"]["reason"] != "cancelled":
            continue  # ToGo ended it, because its task was assigned otherwise.
        elif event["kind"] in MATCHED:
            waiting[_key_of_event(event)].append(event)
    ordered = sorted(operations, key=lambda operation: operation.start)
    for operation in ordered:
        if operation.outcome == Outcome.DONE and operation.kind != Kind.RULE:
            _claim_all(operation, waiting, settled)
    nameless = _without_assignment(waiting)
    unknown = [one for one in ordered if one.outcome == Outcome.UNKNOWN and one.kind != Kind.RULE]
    # Operations that need all of their events choose first, so that the others take none of those events away.
    whole = [one for one in unknown if _is_all_or_nothing(one) and _is_all_there(one, nameless)]
    early = {one.number for one in whole}
    rest = [one for one in unknown if not _is_all_or_nothing(one)]
    for operation in [*whole, *rest, *(one for one in unknown if _is_all_or_nothing(one) and one.number not in early)]:
        _claim_what_is_there(operation, waiting, nameless, settled)
    claimed = {event["id"] for events in settled.events.values() for event in events}
    for left in (event for some in waiting.values() for event in some if event["id"] not in claimed):
        settled.findings.append(f"no operation explains this event, or it happened twice: {left}")
    return settled


def _claim_all(operation: Operation, waiting: dict[tuple[Any, ...], list[Event]], settled: Settled) -> None:
    for key in _keys_of(operation):
        if event := _take(waiting[key], operation.start, operation.end):
            settled.events[operation.number].append(event)
        elif operation.kind not in _MAY_BE_SILENT:
            settled.findings.append(f"acknowledged, but the history has no event of it: {operation}")


def _claim_what_is_there(
    operation: Operation,
    waiting: dict[tuple[Any, ...], list[Event]],
    nameless: dict[tuple[Any, ...], list[Event]],
    settled: Settled,
) -> None:
    claimed = settled.events[operation.number]
    wanted = nameless if operation.kind in {Kind.CREATE, Kind.BULK, Kind.WAIT} else waiting
    keys = _keys_of(operation)
    for key in keys:
        if event := _take(wanted[key], operation.start, float("inf")):
            claimed.append(event)
    if operation.kind == Kind.WAIT and not claimed:
        # The day may have had room.
        _, *about = keys[0]
        if event := _take(nameless["assigned", *about], operation.start, float("inf")):
            claimed.append(event)
    one_step = _is_all_or_nothing(operation) or operation.kind == Kind.MOVE
    if one_step and len(claimed) not in (0, len(keys)):
        settled.findings.append(f"only a part of a call happened that is one step: {operation} {claimed}")
    if claimed:
        settled.happened += 1
    else:
        settled.didnt_happen += 1


def _is_all_or_nothing(operation: Operation) -> bool:
    return operation.kind == Kind.BULK and operation.value == "all"


def _is_all_there(operation: Operation, nameless: dict[tuple[Any, ...], list[Event]]) -> bool:
    return all(any(event["at"] >= operation.start - _CLOCK for event in nameless[key]) for key in _keys_of(operation))


def _take(events: list[Event], start: float, end: float) -> Event | None:
    """Remove the first of these events that was written between `start` and `end`, and return it.

    Clients and servers have the same clock.
    """
    for place, event in enumerate(events):
        if start - _CLOCK <= event["at"] <= end + _CLOCK:
            return events.pop(place)
    return None


def _without_assignment(waiting: dict[tuple[Any, ...], list[Event]]) -> dict[tuple[Any, ...], list[Event]]:
    """The events of new assignments and entries by a key without the id, which a client without an answer doesn't
    know."""
    nameless: dict[tuple[Any, ...], list[Event]] = defaultdict(list)
    for (kind, actor, _, *rest), events in waiting.items():
        if kind in {"assigned", "queued"}:
            nameless[kind, actor, None, *rest].extend(events)
    return nameless


def _keys_of(operation: Operation) -> list[tuple[Any, ...]]:
    """The keys that the events of this operation must have, in the order in which they are written."""
    return [key for item in operation.items for key in _keys_of_item(operation, item)]


def _keys_of_item(operation: Operation, item: Item) -> Iterable[tuple[Any, ...]]:
    actor, efforts = operation.actor, (operation.was_effort, item.effort)
    about = (actor, item.assignment, item.task, item.key)
    match operation.kind:
        case Kind.CREATE | Kind.BULK:
            yield "assigned", *about, item.effort
        case Kind.MOVE | Kind.CHANGE:
            if operation.kind == Kind.MOVE:
                yield "moved", *about, operation.was
            if item.effort != operation.was_effort:
                yield "effort_changed", *about, efforts
        case Kind.DELETE:
            yield "unassigned", *about, operation.was_effort
        case Kind.MARK:
            yield "done" if operation.value == "done" else "reopened", *about, None
        case Kind.WAIT:
            yield "queued", *about, item.effort
        case Kind.CANCEL:
            yield "cancelled", *about, item.effort
        case Kind.SET:
            yield "limit_set", actor, None, None, item.key, operation.value
        case Kind.GIVE_BACK:
            yield "limit_given_back", actor, None, None, item.key, None


def _key_of_event(event: Event) -> tuple[Any, ...]:
    data = event["data"]
    match event["kind"]:
        case "assigned" | "unassigned" | "queued" | "cancelled":
            value: Any = data["effort"]
        case "moved":
            value = (data["from"]["user"], data["from"]["date"])
        case "effort_changed":
            value = (data["from"], data["to"])
        case "limit_set":
            value = data["maximum"]
        case _:
            value = None
    number = data["waiting"] if event["kind"] in {"queued", "cancelled"} else event["assignment"]
    return event["kind"], event["actor"], number, event["task"], (event["user"], event["date"]), value
