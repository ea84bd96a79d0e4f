"""Matches operations with the event history.

Every acknowledged write must have its events, once, and every event must belong to an operation. The events also
settle whether operations with an unknown outcome happened.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from lab.prove.history import Item, Key, Kind, Operation, Outcome

Event = dict[str, Any]
# Events of assignments and of limits set by hand. Events of rules aren't matched.
MATCHED = {"assigned", "moved", "done", "reopened", "unassigned", "limit_set", "limit_given_back"}
# How precise the times are, in seconds.
_CLOCK = 0.002
_KINDS = {
    Kind.CREATE: {"assigned"},
    Kind.BULK: {"assigned"},
    Kind.MOVE: {"moved"},
    Kind.DELETE: {"unassigned"},
    Kind.MARK: {"done", "reopened"},
    Kind.SET: {"limit_set"},
    Kind.GIVE_BACK: {"limit_given_back"},
}
# These write no event if they change nothing.
_MAY_BE_SILENT = {Kind.SET, Kind.GIVE_BACK}


@dataclass
class Settled:
    """The events of each operation, by its number, and the findings."""

    events: dict[int, list[Event]] = field(default_factory=lambda: defaultdict(list))
    findings: list[str] = field(default_factory=list)
    happened: int = 0  # of the operations whose outcome no client knows
    didnt_happen: int = 0


def settle(operations: Iterable[Operation], events: Iterable[Event]) -> Settled:
    """Find the events of each operation, first those of the acknowledged ones."""
    settled = Settled()
    waiting: dict[tuple[Any, ...], list[Event]] = defaultdict(list)
    for event in events:
        if event["kind"] in MATCHED:
            waiting[_key_of_event(event)].append(event)
    ordered = sorted(operations, key=lambda operation: operation.start)
    for operation in ordered:
        if operation.outcome == Outcome.DONE and operation.kind in _KINDS:
            _claim_all(operation, waiting, settled)
    nameless = _without_assignment(waiting)
    unknown = [one for one in ordered if one.outcome == Outcome.UNKNOWN and one.kind in _KINDS]
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
    items: Iterable[Item] = operation.items
    for item in items:
        if event := _take(waiting[_key_of(operation, item)], operation.start, operation.end):
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
    wanted = nameless if operation.kind in {Kind.CREATE, Kind.BULK} else waiting
    for item in operation.items:
        if event := _take(wanted[_key_of(operation, item)], operation.start, float("inf")):
            claimed.append(event)
    if _is_all_or_nothing(operation) and len(claimed) not in (0, len(operation.items)):
        settled.findings.append(f"only a part of an all-or-nothing bulk happened: {operation} {claimed}")
    if claimed:
        settled.happened += 1
    else:
        settled.didnt_happen += 1


def _is_all_or_nothing(operation: Operation) -> bool:
    return operation.kind == Kind.BULK and operation.value == "all"


def _is_all_there(operation: Operation, nameless: dict[tuple[Any, ...], list[Event]]) -> bool:
    return all(
        any(event["at"] >= operation.start - _CLOCK for event in nameless[_key_of(operation, item)])
        for item in operation.items
    )


def _take(events: list[Event], start: float, end: float) -> Event | None:
    """Remove the first of these events that was written between `start` and `end`, and return it.

    Clients and servers have the same clock.
    """
    for place, event in enumerate(events):
        if start - _CLOCK <= event["at"] <= end + _CLOCK:
            return events.pop(place)
    return None


def _without_assignment(waiting: dict[tuple[Any, ...], list[Event]]) -> dict[tuple[Any, ...], list[Event]]:
    """The events of new assignments by a key without the id, which a client that got no answer doesn't know."""
    nameless: dict[tuple[Any, ...], list[Event]] = defaultdict(list)
    for (kind, actor, _, *rest), events in waiting.items():
        if kind == "assigned":
            nameless[kind, actor, None, *rest].extend(events)
    return nameless


def _key_of(operation: Operation, item: Item) -> tuple[Any, ...]:
    """The key that the event of this operation and item must have."""
    kind = min(_KINDS[operation.kind])
    if operation.kind == Kind.MARK:
        kind = "done" if operation.value == "done" else "reopened"
    if operation.kind == Kind.SET:
        return kind, operation.actor, None, None, item.key, None, operation.value
    if operation.kind == Kind.GIVE_BACK:
        return kind, operation.actor, None, None, item.key, None, None
    was = operation.was if operation.kind == Kind.MOVE else None
    return kind, operation.actor, item.assignment, item.task, item.key, was, None


def _key_of_event(event: Event) -> tuple[Any, ...]:
    kind, data = event["kind"], event["data"]
    place: Key = (event["user"], event["date"])
    was = (data["from"]["user"], data["from"]["date"]) if kind == "moved" else None
    maximum = data["maximum"] if kind == "limit_set" else None
    return kind, event["actor"], event["assignment"], event["task"], place, was, maximum
