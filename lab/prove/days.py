"""Decides whether there is an order of the calls about one person's day that explains all their answers.

The day is a counter with a bound. Each step takes effect at one moment between its start and its end. A history is
possible if there are moments for all steps at which every answer is true and the bound is never broken. The search is
Wing and Gong's, done step by step in the order of the answers (Lowe, "Testing for linearizability", 2017).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

# The search gives up when it has more possible ways than this.
MOST_WAYS = 200_000


class Does(StrEnum):
    """What a step does to a day."""

    TAKE = "take"
    FREE = "free"
    SET = "set"
    GIVE_BACK = "give back"
    # A refusal changes nothing, but its numbers must have been true at one moment.
    FULL = "full"
    BELOW_TAKEN = "below taken"


_READS = {Does.FULL, Does.BELOW_TAKEN}


@dataclass(frozen=True, slots=True)
class Step:
    """The effect of one call on a day; `taken` and `maximum` are the numbers in its answer, if it had any.

    `amount` is the maximum to set, or an effort; for `Does.FULL` it was too much for the day. An `optional` step may
    have happened or not.
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
    """How much is taken, and the limit if it was set by hand."""

    taken: int = 0
    hand: int | None = None


class Verdict(NamedTuple):
    """`possible` is None if the search gave up; `step` is the first that no order explains, or where it gave up."""

    possible: bool | None
    step: Step | None = None


def decide(steps: Collection[Step], rules: Collection[int]) -> Verdict:
    """Whether these steps could have happened; `rules` are the limits that the rules may have given the day."""
    ordered = list(steps)
    # At the same instant starts come before ends, so that such steps overlap.
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
        found = _ways_with_step(index, ways, pending, ordered, rules)
        if found is None:
            return Verdict(possible=None, step=ordered[index])
        if not found:
            return Verdict(possible=False, step=ordered[index])
        pending.discard(index)
        ways = {(done - {index}, state) for done, state in found}
    return Verdict(possible=True)


def follow(steps: Iterable[Step], rules: Collection[int]) -> tuple[State, Step | None]:
    """The day after these steps in this order, and the first impossible step, if there is one."""
    state = State()
    for step in steps:
        after = apply(step, state, rules)
        if after is None:
            return state, step
        state = after
    return state, None


def apply(step: Step, state: State, rules: Collection[int]) -> State | None:
    """The day after the step; None if the step isn't possible then, or would have had another answer."""
    limits = rules if state.hand is None else (state.hand,)
    match step.does:
        case Does.TAKE:
            after = State(state.taken + step.amount, state.hand)
            fits = [limit for limit in limits if after.taken <= limit]
            return after if fits and _matches_answer(step, after.taken, fits) else None
        case Does.FREE:
            after = State(state.taken - step.amount, state.hand)
            maxima = [max(limit, after.taken) for limit in limits]
            return after if after.taken >= 0 and _matches_answer(step, after.taken, maxima) else None
        case Does.SET:
            possible = state.taken <= step.amount and _matches_answer(step, state.taken, [step.amount])
            return State(state.taken, step.amount) if possible else None
        case Does.GIVE_BACK:
            after = State(state.taken, None)
            return after if _matches_answer(step, state.taken, [max(limit, state.taken) for limit in rules]) else None
        case Does.FULL:
            full = [max(limit, state.taken) for limit in limits if limit < state.taken + step.amount]
            return state if full and _matches_answer(step, state.taken, full) else None
        case Does.BELOW_TAKEN:
            return state if state.taken > step.amount and step.taken in (None, state.taken) else None


def _matches_answer(step: Step, taken: int, maxima: Iterable[int]) -> bool:
    return step.taken in (None, taken) and (step.maximum is None or step.maximum in maxima)


def _ways_with_step(
    index: int,
    ways: set[tuple[frozenset[int], State]],
    pending: set[int],
    steps: list[Step],
    rules: Collection[int],
) -> set[tuple[frozenset[int], State]] | None:
    """All ways in which that step has happened, after any of the other pending steps; None if they are too many.

    Steps that only read happen as soon as they can: they change nothing, so no other order would explain more.
    """
    reads = [other for other in pending if steps[other].does in _READS]
    writes = [other for other in pending if steps[other].does not in _READS]

    def after_reads(done: frozenset[int], state: State) -> tuple[frozenset[int], State]:
        possible = [read for read in reads if read not in done and apply(steps[read], state, rules) is not None]
        return (done.union(possible) if possible else done), state

    found = set()
    seen = {after_reads(*way) for way in ways}
    todo = list(seen)
    while todo:
        done, state = todo.pop()
        if index in done:
            found.add((done, state))
            continue
        for other in writes:
            after = apply(steps[other], state, rules) if other not in done else None
            if after is not None and (way := after_reads(done | {other}, after)) not in seen:
                seen.add(way)
                todo.append(way)
        if len(seen) > MOST_WAYS:
            return None
    return found
