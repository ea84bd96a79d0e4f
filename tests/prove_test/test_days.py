"""The search that decides whether a day's history could have happened."""

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.prove.days import Does, State, Step, apply, decide, follow

RULES = [2]


def take(start: float, end: float, taken: int | None = None, maximum: int | None = None, **more: bool) -> Step:
    return Step(start, end, Does.TAKE, 1, taken, maximum, **more)


def free(start: float, end: float, **more: bool) -> Step:
    return Step(start, end, Does.FREE, **more)


POSSIBLE = {
    "nothing": [],
    "two in a row": [take(0, 1, 1, 2), take(2, 3, 2, 2)],
    "a third while one leaves": [take(0, 1), take(2, 3), free(4, 7), take(5, 6)],
    "answers in another order than the calls": [take(0, 9, 2, 2), take(1, 3, 1, 2)],
    "a third where the leaving was never answered": [take(0, 1), take(2, 3), free(4, 5, optional=True), take(6, 7)],
    "an unanswered take that explains a refusal": [
        take(0, 1),
        take(2, 3, optional=True),
        Step(4, 5, Does.FULL, 1, 2, 2),
    ],
    "an unanswered take that never happened": [take(0, 1, optional=True), take(2, 3, 1), take(4, 5, 2)],
    "more after a higher limit by hand": [Step(0, 1, Does.SET, 3, 0, 3), take(2, 3), take(4, 5), take(6, 7, 3, 3)],
    "a bulk fills the day": [Step(0, 1, Does.TAKE, 2, 2, 2), Step(2, 3, Does.FULL, 1, 2, 2)],
    "the rules again after a limit by hand": [Step(0, 1, Does.SET, 0), Step(2, 3, Does.GIVE_BACK), take(4, 5, 1, 2)],
    "a lower limit refused": [take(0, 1), Step(2, 3, Does.BELOW_TAKEN, 0, 1)],
    "a large one refused and a small one taken": [take(0, 1), Step(2, 3, Does.FULL, 2, 1, 2), take(4, 5, 2, 2)],
    "a lowered effort frees room at once": [
        Step(0, 1, Does.TAKE, 2, 2, 2),
        Step(2, 3, Does.FREE, 1, 1, 2),
        take(4, 5, 2, 2),
    ],
}
IMPOSSIBLE = {
    "a third": [take(0, 1), take(2, 3), take(4, 5)],
    "three at once": [take(0, 9), take(0, 9), take(0, 9)],
    "a third before one left": [take(0, 1), take(2, 3), take(4, 5), free(6, 7)],
    "a bulk of three": [Step(0, 1, Does.TAKE, 3)],
    "two who were told the same": [take(0, 9, 1, 2), take(0, 9, 1, 2)],
    "the second before the first": [take(0, 1, 2, 2), take(2, 3, 1, 2)],
    "another maximum": [take(0, 1, 1, 5)],
    "one past a limit by hand": [Step(0, 1, Does.SET, 0), take(2, 3)],
    "a limit by hand below what is taken": [take(0, 1), Step(2, 3, Does.SET, 0)],
    "a refusal with room": [take(0, 1), Step(2, 3, Does.FULL, 1, 2, 2)],
    "leaving where nobody is": [free(0, 1)],
    "a large one refused that fits": [take(0, 1), Step(2, 3, Does.FULL, 1, 1, 2)],
    "a lowered effort that freed nothing": [Step(0, 1, Does.TAKE, 2, 2, 2), Step(2, 3, Does.FREE, 1, 2, 2)],
    "a lowered effort that freed too much": [Step(0, 1, Does.TAKE, 1, 1, 2), Step(2, 3, Does.FREE, 2)],
    "an unanswered take before it began": [take(0, 1), Step(2, 3, Does.FULL, 1, 2, 2), take(4, 5, optional=True)],
    "more after the rules are back": [
        Step(0, 1, Does.SET, 3),
        Step(2, 3, Does.GIVE_BACK),
        take(4, 5),
        take(6, 7),
        take(8, 9),
    ],
}


@pytest.mark.parametrize("steps", POSSIBLE.values(), ids=POSSIBLE)
def test_takes_what_could_have_happened(steps: list[Step]) -> None:
    assert decide(steps, RULES) == (True, None)


@pytest.mark.parametrize("steps", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_finds_what_could_not_have_happened(steps: list[Step]) -> None:
    verdict = decide(steps, RULES)
    assert verdict.possible is False
    assert verdict.step in steps


def test_gives_up_where_there_are_too_many_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.prove.days.MOST_WAYS", 10)
    steps = [take(0, 9), *(take(0, 9, optional=True) for _ in range(9)), Step(0, 9, Does.FULL)]
    assert decide(steps, [50]).possible is None


def test_follows_an_order_to_its_end_and_stops_at_what_cannot_be() -> None:
    third = take(4, 5)
    assert follow([take(0, 1), take(2, 3)], RULES) == (State(2), None)
    assert follow([take(0, 1), take(2, 3), third], RULES) == (State(2), third)


STEPS = st.builds(
    lambda start, length, does, amount, taken, optional: Step(
        start, start + length, does, amount, taken, None, optional and does in {Does.TAKE, Does.FREE}
    ),
    st.integers(0, 8),
    st.integers(0, 6),
    st.sampled_from(Does),
    st.integers(1, 3),
    st.none() | st.integers(0, 3),
    st.booleans(),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(STEPS, max_size=5), st.sampled_from([(1,), (2,), (1, 3)]))
def test_agrees_with_trying_every_order(steps: list[Step], rules: tuple[int, ...]) -> None:
    assert decide(steps, rules).possible is _some_order_works(steps, rules)


@settings(max_examples=200, deadline=None)
@given(st.lists(STEPS, max_size=12), st.data())
def test_takes_everything_that_did_happen(steps: list[Step], data: st.DataObject) -> None:
    """Steps that were done one after the other, as clients who had to wait saw them."""
    state, happened = State(), []
    for moment, step in enumerate(steps):
        early, late = (data.draw(st.floats(0, 4)) for _ in range(2))
        seen = Step(moment - early, moment + late, step.does, step.amount, None, None)
        after = apply(seen, state, RULES)
        if after is not None:
            state = after
            happened.append(seen)
    assert decide(happened, RULES).possible is True


def _some_order_works(steps: Sequence[Step], rules: Sequence[int]) -> bool:
    """By brute force: every choice of the optional ones, in every order."""
    needed = [step for step in steps if not step.optional]
    optional = [step for step in steps if step.optional]
    chosen = (some for number in range(len(optional) + 1) for some in itertools.combinations(optional, number))
    return any(
        _in_time(order) and follow(order, rules)[1] is None
        for some in chosen
        for order in itertools.permutations([*needed, *some])
    )


def _in_time(order: Sequence[Step]) -> bool:
    """Nothing comes after what began only when it was over."""
    return not any(
        later.end < earlier.start and not later.optional for earlier, later in itertools.combinations(order, 2)
    )
