"""Decides whether a campaign kept ToGo's promises."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from lab.prove import queues
from lab.prove.days import Does, Step, decide, follow
from lab.prove.history import Item, Key, Kind, Operation, Outcome
from lab.prove.settle import Event, Settled, settle
from lab.prove.world import Ending

# What may hand room over to those who wait.
_FREES = {Does.FREE, Does.SET, Does.GIVE_BACK}


@dataclass
class Verdict:
    """The findings; without any, every promise was kept."""

    findings: list[str] = field(default_factory=list)
    days: int = 0
    undecided: int = 0
    happened: int = 0
    didnt_happen: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def find(self, kind: str, what: object) -> None:
        """Keep a finding and count it under its kind."""
        self.counts[kind] += 1
        self.findings.append(f"{kind}: {what}")


def check(operations: Iterable[Operation], ending: Ending, rules: dict[int, set[int]], default: int) -> Verdict:
    """Check all of ToGo's promises. `rules` maps a person to the limits that rules may have set; others have `default`.

    1. Every acknowledged write has its events, and every event belongs to an acknowledged write, or to a call whose
       outcome its client doesn't know.
    2. The events of each assignment fit together and lead to its row.
    3. Each day's `taken` is the sum of the efforts of its rows and not above `maximum`.
    4. For each day there is an order of the operations that explains all answers without ever breaking the limit. The
       order of the events is such an order, and agrees with the clock.
    5. Nothing took room while an entry waited that would have fitted; entries are served in their order, once, and none
       is lost or fits its day at the end.
    """
    operations = list(operations)
    verdict = Verdict()
    settled = settle(operations, ending.events)
    verdict.happened, verdict.didnt_happen = settled.happened, settled.didnt_happen
    for finding in settled.findings:
        verdict.find("lost or doubled", finding)
    _check_rows(ending, verdict)
    _check_counters(ending, verdict)
    for mistake in queues.mistakes(ending.events, ending.waiting):
        verdict.find("wrong queue", mistake)
    for entry in ending.overlooked:
        verdict.find("wrong queue", f"it waits, and there is room: {entry}")
    steps, by_event = steps_of(operations, settled)
    ends = {(limit["user"], limit["date"]): limit for limit in ending.limits}
    for key in sorted(set(steps) | set(ends)):
        limits = rules.get(key[0], set()) | {default}
        _check_day(key, steps[key], by_event[key], limits, ends.get(key), verdict)
    return verdict


def steps_of(
    operations: Iterable[Operation], settled: Settled
) -> tuple[dict[Key, list[Step]], dict[Key, list[tuple[int, Step]]]]:
    """The steps on each day: first all of them, then those with events, each with the id of its first event.

    A call whose outcome its client doesn't know is left out if it has no event. If it has one, it ended at the latest
    when the operation of the day's next event ended.
    """
    steps: dict[Key, list[Step]] = defaultdict(list)
    by_event: dict[Key, list[tuple[int, Step]]] = defaultdict(list)
    for operation in operations:
        events = settled.events.get(operation.number, [])
        for key, step in _steps(operation, events):
            if event := _first_about(key, events):
                by_event[key].append((event["id"], step))
            else:
                steps[key].append(step)
    _add_promotions(settled.promotions, steps, by_event)
    for key, with_events in by_event.items():
        with_events.sort(key=lambda pair: pair[0])
        latest = float("inf")
        for place in reversed(range(len(with_events))):
            number, step = with_events[place]
            if step.end == float("inf"):
                step = replace(step, end=max(step.start, latest))
            latest = min(latest, step.end)
            with_events[place] = (number, step)
            steps[key].append(step)
    return steps, by_event


def _steps(operation: Operation, events: list[Event]) -> Iterable[tuple[Key, Step]]:
    unknown = operation.outcome == Outcome.UNKNOWN
    if (unknown and not events) or operation.kind in {Kind.RULE, Kind.MARK, Kind.CANCEL}:
        return
    base = Step(operation.start, float("inf") if unknown else operation.end, Does.TAKE, number=operation.number)
    first = operation.items[0] if operation.items else None
    if operation.outcome == Outcome.REFUSED:
        if operation.code == "daily_limit_reached" and first:
            # An assignment that stays on its day asks only for what it takes more.
            held = operation.was_effort if operation.kind == Kind.CHANGE else 0
            yield first.key, _with_numbers(base, first, does=Does.FULL, amount=first.effort - held)
        if operation.code == "limit_below_taken" and first and isinstance(operation.value, int):
            yield first.key, replace(base, does=Does.BELOW_TAKEN, amount=operation.value, taken=first.taken)
    for full in operation.full:
        yield full.item.key, _with_numbers(base, full.item, does=Does.FULL, amount=full.effort)
    if operation.outcome == Outcome.REFUSED:
        return
    match operation.kind:
        case Kind.CREATE | Kind.BULK:
            places: dict[Key, list[Item]] = defaultdict(list)
            # Of a bulk with an unknown outcome, only the items that have events.
            some = [_item_of_event(event) for event in events] if unknown else operation.items
            for item in some:
                places[item.key].append(item)
            for key, items in places.items():
                yield key, _with_numbers(base, items[-1], amount=sum(item.effort for item in items))
        case Kind.WAIT if first:
            # An unknown one may have found room.
            does = Does.TAKE if events and events[0]["kind"] == "assigned" else Does.FULL
            yield first.key, replace(base, does=does, amount=first.effort)
        case Kind.MOVE | Kind.DELETE:
            assert operation.was
            yield operation.was, replace(base, does=Does.FREE, amount=operation.was_effort)
            if operation.kind == Kind.MOVE and first:
                yield first.key, _with_numbers(base, first, amount=first.effort)
        case Kind.CHANGE if first:
            more = first.effort - operation.was_effort
            yield first.key, _with_numbers(base, first, does=Does.TAKE if more > 0 else Does.FREE, amount=abs(more))
        case Kind.SET if first and isinstance(operation.value, int):
            yield first.key, _with_numbers(base, first, does=Does.SET, amount=operation.value)
        case Kind.GIVE_BACK if first:
            yield first.key, _with_numbers(base, first, does=Does.GIVE_BACK)


def _add_promotions(
    promotions: list[Event], steps: dict[Key, list[Step]], by_event: dict[Key, list[tuple[int, Step]]]
) -> None:
    """Add a step for each entry that was given room, in the transaction that freed it. The answer to what freed it has
    the numbers after that, so they are left out."""
    handed: dict[Key, list[float]] = defaultdict(list)
    for event in promotions:
        key = (event["user"], event["date"])
        handed[key].append(event["at"])
        took = Step(event["at"], float("inf"), Does.TAKE, amount=event["data"]["effort"], number=-event["id"])
        by_event[key].append((event["id"], took))
    for key, times in handed.items():
        steps[key] = [_handing_over(step, times) for step in steps[key]]
        by_event[key] = [(number, _handing_over(step, times)) for number, step in by_event[key]]


def _handing_over(step: Step, times: list[float]) -> Step:
    if step.does in _FREES and any(step.start <= at <= step.end for at in times):
        return replace(step, taken=None, maximum=None)
    return step


def _with_numbers(step: Step, item: Item, **more: Any) -> Step:
    return replace(step, taken=item.taken, maximum=item.maximum, **more)


def _item_of_event(event: Event) -> Item:
    return Item(event["task"], event["user"], event["date"], event["assignment"], effort=event["data"]["effort"])


def _first_about(key: Key, events: list[Event]) -> Event | None:
    for event in events:
        was = event["data"].get("from", {}) if event["kind"] == "moved" else {}
        if key in {(event["user"], event["date"]), (was.get("user"), was.get("date"))}:
            return event
    return None


def _check_rows(ending: Ending, verdict: Verdict) -> None:
    """Check that the events of each assignment fit together, and lead to its row."""
    there: dict[int, dict[str, Any]] = {}
    gone: set[int] = set()
    for event in ending.events:
        number = event["assignment"]
        if number is None:
            continue
        before = there.get(number)
        data = event["data"]
        now = {"id": number, "task": event["task"], "user": event["user"], "date": event["date"]}
        expected = {**now, "status": before["status"], "effort": before["effort"]} if before else None
        match event["kind"]:
            case "assigned":
                fits = before is None and number not in gone
                after: dict[str, Any] | None = {**now, "status": "open", "effort": data["effort"]}
            case "moved":
                was = data["from"]
                fits = before is not None and (before["user"], before["date"]) == (was["user"], was["date"])
                after = expected
            case "effort_changed":
                fits = before == expected and before is not None and before["effort"] == data["from"] != data["to"]
                after = {**expected, "effort": data["to"]} if expected else None
            case "promoted":
                fits = before == expected and before is not None and before["effort"] == data["effort"]
                after = before
            case "unassigned":
                fits = before == expected and before is not None and before["effort"] == data["effort"]
                after = None
            case kind:
                fits = before == expected and before is not None and before["status"] != _status(kind)
                after = {**expected, "status": _status(kind)} if expected else None
        if not fits:
            verdict.find("history that doesn't fit together", event)
        there.pop(number, None)
        if after:
            there[number] = after
        else:
            gone.add(number)
    rows = {row["id"]: row for row in ending.assignments}
    for number in sorted(set(rows) | set(there)):
        if rows.get(number) != there.get(number):
            verdict.find("row and history differ", f"{number}: {rows.get(number)}, by its events {there.get(number)}")


def _status(kind: str) -> str:
    return "done" if kind == "done" else "open"


def _check_counters(ending: Ending, verdict: Verdict) -> None:
    efforts: Counter[Key] = Counter()
    for row in ending.assignments:
        efforts[row["user"], row["date"]] += row["effort"]
    for limit in ending.limits:
        effort = efforts.pop((limit["user"], limit["date"]), 0)
        if effort != limit["taken"]:
            verdict.find("drift", f"{limit}, but its rows take {effort}")
        if effort > limit["maximum"]:
            verdict.find("broken limit", f"{limit}, but its rows take {effort}")
    for key, effort in efforts.items():
        verdict.find("drift", f"rows of {key} take {effort} without a limit")


def _check_day(
    key: Key,
    steps: list[Step],
    by_event: list[tuple[int, Step]],
    limits: set[int],
    end: dict[str, Any] | None,
    verdict: Verdict,
) -> None:
    verdict.days += 1
    found = decide(steps, limits)
    if found.possible is None:
        verdict.undecided += 1
        verdict.find("undecided", f"{key}, at {found.step}")
    elif not found.possible:
        verdict.find("broken limit", f"{key}: no order explains {found.step}")
    state, wrong = follow((step for _, step in by_event), limits)
    if wrong:
        verdict.find("broken limit", f"{key}: by the order of the events, {wrong} in {state}")
    elif end and state.taken != end["taken"]:
        verdict.find("row and history differ", f"{key}: taken {end['taken']}, by its events {state.taken}")
    _check_clock(key, by_event, verdict)


def _check_clock(key: Key, by_event: list[tuple[int, Step]], verdict: Verdict) -> None:
    """Check that if one operation ended before another began, its event comes first."""
    latest = float("-inf")
    for number, step in by_event:
        if step.end < latest:
            verdict.find("order against the clock", f"{key}: event {number} of {step}")
        latest = max(latest, step.start)
