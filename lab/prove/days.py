"""Decides whether what clients saw of one person's day could have happened one after the other.

The day is a counter with a bound. Each step takes effect at one moment between its start and its end; a history is
possible if such moments exist for all of its steps with the bound never broken and everything that was answered true.
The search is that of Wing and Gong, step by step as answers came (Lowe, "Testing for linearizability", 2017).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

# Past so many ways how it could have been, a history is left undecided.
MOST_WAYS = 200_000


class Does(StrEnum):
    """What a step does to a day."""

    TAKE = "take"
    FREE = "free"
    SET = "set"
    GIVE_BACK = "give back"
    # What refusals say is looked at too: it was true at a moment.
    FULL = "full"
    BELOW_TAKEN = "below taken"


_ONLY_LOOKS = {Does.FULL, Does.BELOW_TAKEN}


@dataclass(frozen=True, slots=True)
class Step:
    """What one call did to a day; `taken` and `maximum` are what its answer said, if it said so.

    `amount` is the number of slots, of which the last doesn't fit where the day is full, or the maximum to set. An
    `optional` step may have happened or not.
    """

    start: float
    end: float
    does: Does
    amount: int = 1
    taken: int | None = None
    maximum: int | None = None
    optional: bool = False
    number: int = 0


class State(NamedTuple):
    """How many slots are taken, and the limit if it was set by hand."""

    taken: int = 0
    hand: int | None = None


class Verdict(NamedTuple):
    """`possible` is None where the search was given up; `step` is the one that no order explains."""

    possible: bool | None
    step: Step | None = None


def decide(steps: Collection[Step], rules: Collection[int]) -> Verdict:
    """Whether these steps could have happened; `rules` are the limits that the rules may have given the day."""
    ordered = list(steps)
    # At the same instant what begins comes first: such steps are at the same time.
    moments = sorted(
        [(step.start, 0, index) for index, step in enumerate(ordered)]
        + [(step.end, 1, index) for index, step in enumerate(ordered) if not step.optional]
    )
    pending: set[int] = set()
    ways: set[tuple[frozenset[int], State]] = {(frozenset(), State())}
    for _, is_end, index in moments:
        if not is_end:
            pending.add(index)
            continue
        found = _with(index, ways, pending, ordered, rules)
        if found is None:
            return Verdict(possible=None, step=ordered[index])
        if not found:
            return Verdict(possible=False, step=ordered[index])
        pending.discard(index)
        ways = {(done - {index}, state) for done, state in found}
    return Verdict(possible=True)


def follow(steps: Iterable[Step], rules: Collection[int]) -> tuple[State, Step | None]:
    """The day after these steps in just this order, and the first step that was not possible, if there is one."""
    state = State()
    for step in steps:
        after = apply(step, state, rules)
        if after is None:
            return state, step
        state = after
    return state, None


def apply(step: Step, state: State, rules: Collection[int]) -> State | None:
    """The day after that step; None if the step can't happen then, or would not have been answered so."""
    limits = rules if state.hand is None else (state.hand,)
    match step.does:
        case Does.TAKE:
            after = State(state.taken + step.amount, state.hand)
            fits = [limit for limit in limits if after.taken <= limit]
            return after if fits and _as_seen(step, after.taken, fits) else None
        case Does.FREE:
            return State(state.taken - step.amount, state.hand) if state.taken >= step.amount else None
        case Does.SET:
            possible = state.taken <= step.amount and _as_seen(step, state.taken, [step.amount])
            return State(state.taken, step.amount) if possible else None
        case Does.GIVE_BACK:
            after = State(state.taken, None)
            return after if _as_seen(step, state.taken, [max(limit, state.taken) for limit in rules]) else None
        case Does.FULL:
            full = [max(limit, state.taken) for limit in limits if limit < state.taken + step.amount]
            return state if full and _as_seen(step, state.taken, full) else None
        case Does.BELOW_TAKEN:
            return state if state.taken > step.amount and step.taken in (None, state.taken) else None


def _as_seen(step: Step, taken: int, maxima: Iterable[int]) -> bool:
    return step.taken in (None, taken) and (step.maximum is None or step.maximum in maxima)


def _with(
    index: int,
    ways: set[tuple[frozenset[int], State]],
    pending: set[int],
    steps: list[Step],
    rules: Collection[int],
) -> set[tuple[frozenset[int], State]] | None:
    """Every way on which that step has happened, after any others that were under way; None if they are too many.

    What only looks happens as soon as it can: it changes nothing, so no other order would explain more.
    """
    looks = [other for other in pending if steps[other].does in _ONLY_LOOKS]
    moves = [other for other in pending if steps[other].does not in _ONLY_LOOKS]

    def after_looking(done: frozenset[int], state: State) -> tuple[frozenset[int], State]:
        seen = [look for look in looks if look not in done and apply(steps[look], state, rules) is not None]
        return (done.union(seen) if seen else done), state

    found = set()
    seen = {after_looking(*way) for way in ways}
    todo = list(seen)
    while todo:
        done, state = todo.pop()
        if index in done:
            found.add((done, state))
            continue
        for other in moves:
            after = apply(steps[other], state, rules) if other not in done else None
            if after is not None and (way := after_looking(done | {other}, after)) not in seen:
                seen.add(way)
                todo.append(way)
        if len(seen) > MOST_WAYS:
            return None
    return found
