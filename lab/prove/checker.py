"""Decides whether a campaign kept ToGo's promises."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from lab.prove.days import Does, Step, decide, follow
from lab.prove.history import Item, Key, Kind, Operation, Outcome
from lab.prove.settle import Event, Settled, settle
from lab.prove.world import Ending


@dataclass
class Verdict:
    """What was found; all is well where there are no findings."""

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
    """Look at all that was promised. `rules` are the limits that rules may have given to a person; others have
    `default`.

    1. What was acknowledged is told by the event history, and nothing else is, but what no client knows the end of.
    2. The events of each assignment fit together and end with its row.
    3. Each day's `taken` is the number of its rows and not above `maximum`.
    4. Each day could have been as its clients saw it, with the limit never broken; the order of the events is such a
       way, and is never against the clock.
    """
    operations = list(operations)
    verdict = Verdict()
    settled = settle(operations, ending.events)
    verdict.happened, verdict.didnt_happen = settled.happened, settled.didnt_happen
    for finding in settled.findings:
        verdict.find("lost or doubled", finding)
    _check_rows(ending, verdict)
    _check_counters(ending, verdict)
    steps, told = steps_of(operations, settled)
    ends = {(limit["user"], limit["date"]): limit for limit in ending.limits}
    for key in sorted(set(steps) | set(ends)):
        limits = rules.get(key[0], set()) | {default}
        _check_day(key, steps[key], told[key], limits, ends.get(key), verdict)
    return verdict


def steps_of(
    operations: Iterable[Operation], settled: Settled
) -> tuple[dict[Key, list[Step]], dict[Key, list[tuple[int, Step]]]]:
    """What was done to each day: all of it, and with the first event's id what the event history tells of.

    What no client knows the end of is left out where no event tells of it; else it may have ended as late as the
    next event's operation on that day did.
    """
    steps: dict[Key, list[Step]] = defaultdict(list)
    told: dict[Key, list[tuple[int, Step]]] = defaultdict(list)
    for operation in operations:
        events = settled.told.get(operation.number, [])
        for key, step in _steps(operation, events):
            if event := _first_about(key, events):
                told[key].append((event["id"], step))
            else:
                steps[key].append(step)
    for key, with_events in told.items():
        with_events.sort(key=lambda pair: pair[0])
        latest = float("inf")
        for place in reversed(range(len(with_events))):
            number, step = with_events[place]
            if step.end == float("inf"):
                step = replace(step, end=max(step.start, latest))
            latest = min(latest, step.end)
            with_events[place] = (number, step)
            steps[key].append(step)
    return steps, told


def _steps(operation: Operation, events: list[Event]) -> Iterable[tuple[Key, Step]]:
    unknown = operation.outcome == Outcome.UNKNOWN
    if (unknown and not events) or operation.kind in {Kind.RULE, Kind.MARK}:
        return
    base = Step(operation.start, float("inf") if unknown else operation.end, Does.TAKE, number=operation.number)
    first = operation.items[0] if operation.items else None
    if operation.outcome == Outcome.REFUSED:
        if operation.code == "daily_limit_reached" and first:
            yield first.key, _seen(base, first, does=Does.FULL)
        if operation.code == "limit_below_taken" and first and isinstance(operation.value, int):
            yield first.key, replace(base, does=Does.BELOW_TAKEN, amount=operation.value, taken=first.taken)
    for full in operation.full:
        yield full.item.key, _seen(base, full.item, does=Does.FULL, amount=full.slots)
    if operation.outcome == Outcome.REFUSED:
        return
    match operation.kind:
        case Kind.CREATE | Kind.BULK:
            places: dict[Key, list[Item]] = defaultdict(list)
            # Of a bulk that nobody knows the end of, only what the events tell.
            some = [_of_event(event) for event in events] if unknown else operation.items
            for item in some:
                places[item.key].append(item)
            for key, items in places.items():
                yield key, _seen(base, items[-1], amount=len(items))
        case Kind.MOVE | Kind.DELETE:
            assert operation.was
            yield operation.was, replace(base, does=Does.FREE)
            if operation.kind == Kind.MOVE and first:
                yield first.key, _seen(base, first)
        case Kind.SET if first and isinstance(operation.value, int):
            yield first.key, _seen(base, first, does=Does.SET, amount=operation.value)
        case Kind.GIVE_BACK if first:
            yield first.key, _seen(base, first, does=Does.GIVE_BACK)


def _seen(step: Step, item: Item, **more: Any) -> Step:
    return replace(step, taken=item.taken, maximum=item.maximum, **more)


def _of_event(event: Event) -> Item:
    return Item(event["task"], event["user"], event["date"], event["assignment"])


def _first_about(key: Key, events: list[Event]) -> Event | None:
    for event in events:
        was = event["data"].get("from", {}) if event["kind"] == "moved" else {}
        if key in {(event["user"], event["date"]), (was.get("user"), was.get("date"))}:
            return event
    return None


def _check_rows(ending: Ending, verdict: Verdict) -> None:
    """The events of each assignment fit together, and end with what the row is."""
    there: dict[int, dict[str, Any]] = {}
    gone: set[int] = set()
    for event in ending.events:
        number = event["assignment"]
        if number is None:
            continue
        before = there.get(number)
        now = {"id": number, "task": event["task"], "user": event["user"], "date": event["date"]}
        expected = {**now, "status": before["status"]} if before else None
        match event["kind"]:
            case "assigned":
                fits = before is None and number not in gone
                after: dict[str, Any] | None = {**now, "status": "open"}
            case "moved":
                was = event["data"]["from"]
                fits = before is not None and (before["user"], before["date"]) == (was["user"], was["date"])
                after = expected
            case "unassigned":
                fits, after = before == expected and before is not None, None
            case kind:
                fits = before == expected and before is not None and before["status"] != _status(kind)
                after = {**now, "status": _status(kind)}
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
            verdict.find("row and history differ", f"{number}: {rows.get(number)}, told {there.get(number)}")


def _status(kind: str) -> str:
    return "done" if kind == "done" else "open"


def _check_counters(ending: Ending, verdict: Verdict) -> None:
    rows = Counter((row["user"], row["date"]) for row in ending.assignments)
    for limit in ending.limits:
        counted = rows.pop((limit["user"], limit["date"]), 0)
        if counted != limit["taken"]:
            verdict.find("drift", f"{limit}, but {counted} rows")
        if counted > limit["maximum"]:
            verdict.find("broken limit", f"{limit}, but {counted} rows")
    for key, counted in rows.items():
        verdict.find("drift", f"{counted} rows of {key} without a limit")


def _check_day(
    key: Key,
    steps: list[Step],
    told: list[tuple[int, Step]],
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
    state, wrong = follow((step for _, step in told), limits)
    if wrong:
        verdict.find("broken limit", f"{key}: by the order of the events, {wrong} in {state}")
    elif end and state.taken != end["taken"]:
        verdict.find("row and history differ", f"{key}: taken {end['taken']}, told {state.taken}")
    _check_clock(key, told, verdict)


def _check_clock(key: Key, told: list[tuple[int, Step]], verdict: Verdict) -> None:
    """No event comes after that of an operation which began when its own was over."""
    latest = float("-inf")
    for number, step in told:
        if step.end < latest:
            verdict.find("order against the clock", f"{key}: event {number} of {step}")
        latest = max(latest, step.start)
