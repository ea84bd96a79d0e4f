"""Plans, compared with every other way to share the tasks out."""

import json
import random
import subprocess
import sys
from dataclasses import replace

import pytest

from apps.services.planner import child, model
from apps.services.planner import solve as solving
from apps.services.planner.problem import EARLIEST, EVEN, Item, Plan, Problem
from apps.services.planner.solve import solve
from lab.bench.plan_others import greedy
from lab.processes import ROOT
from tests.unit_test.brute_force import DATES, best, check_shortages, loads, random_problem, room_after


def problem(items: list[Item], room: list[int], *, maximum: list[int] | None = None, objective: str = EVEN) -> Problem:
    """People with three dates each; all of them may do each item."""
    people = list(range(1, len(room) // 3 + 1))
    return Problem(people, DATES, room, maximum or room, items, [tuple(range(len(people)))], objective=objective)


@pytest.mark.parametrize("objective", [EVEN, EARLIEST])
def test_no_other_plan_is_better_and_the_proofs_hold(objective: str) -> None:
    chance = random.Random(f"small {objective}")
    left = 0
    for _ in range(1500):
        small = random_problem(chance, objective)
        plan = solve(small)
        room = room_after(small, plan)
        most, smallest = best(small)

        assert plan.optimal
        assert len(plan.placements) == plan.at_most == most, small
        if objective == EVEN:
            assert loads(small, room) == smallest, small
        else:
            assert sorted(day % len(small.dates) for _, day in plan.placements) == smallest, small
        check_shortages(small, plan)
        left += bool(plan.left)
    assert 400 < left < 1100


def test_a_plan_of_mixed_efforts_keeps_the_limits_and_its_bound_holds() -> None:
    chance = random.Random("mixed")
    found = possible = 0
    for number in range(300):
        small = random_problem(chance, (EVEN, EARLIEST)[number % 2], efforts=(1, 2, 3))
        plan = solve(small)
        room_after(small, plan)
        most, _ = best(small)

        assert len(plan.placements) <= most <= plan.at_most, small
        found += len(plan.placements)
        possible += most
        if len({item.effort for item in small.items}) > 1:
            assert not plan.optimal
    assert found >= 0.97 * possible


def test_a_greedy_loop_leaves_a_task_that_fits() -> None:
    """Two people have room for one task each. The first task may go to both of them, the second only to person 1."""
    items = [Item(1, 1, 1, 0, 0, 0), Item(2, 1, 1, 1, 0, 0)]
    wanted = Problem([1, 2], DATES, [1, 0, 0, 1, 0, 0], [1, 0, 0, 1, 0, 0], items, [(0, 1), (0,)])

    assert greedy(wanted).placements == [(0, 0)]
    plan = solve(wanted)
    assert sorted(plan.placements) == [(0, 3), (1, 0)]
    assert plan.optimal


def test_of_equal_loads_the_higher_load_before_is_raised() -> None:
    """Both people would have all of their limit taken; one has 90 % already, the other one half."""
    wanted = problem([Item(1, 1, 1, 0, 0, 0)], [1, 0, 0, 1, 0, 0], maximum=[2, 0, 0, 10, 0, 0])

    assert [day for _, day in solve(wanted).placements] == [3]


def test_a_persons_tasks_are_spread_over_their_days() -> None:
    days = [day for _, day in solve(problem([Item(task, 1, 1, 0, 0, 2) for task in range(6)], [4, 4, 4])).placements]

    assert sorted(days) == [0, 0, 1, 1, 2, 2]


def test_the_same_problem_has_the_same_plan_a_hundred_times_and_in_another_process() -> None:
    chance = random.Random("same")
    items = [Item(chance.randrange(9), 2, 1, 0, 0, 2) for _ in range(30)]
    wanted = problem(items, [chance.randint(0, 4) for _ in range(30)])
    first = solve(wanted)
    again = {json.dumps(solve(wanted).placements) for _ in range(99)}

    assert again == {json.dumps(first.placements)}
    assert _in_another_process(wanted) == first


def _in_another_process(wanted: Problem) -> Plan:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(child, "_SMALL_DAYS", 0)
        return child.plan_for(wanted)


def test_large_plans_are_made_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = problem([Item(1, 2, 1, 0, 0, 2)], 9 * [1])
    with child._turn:
        monkeypatch.setattr(child, "_SECONDS", 0)
        with pytest.raises(child.TooSlow, match="Another large plan"):
            _in_another_process(wanted)
    with pytest.raises(child.TooSlow, match="more than a minute"):
        _in_another_process(wanted)
    monkeypatch.undo()

    # The turn of the plan that was given up has ended.
    assert _in_another_process(wanted) == solve(wanted)


def test_the_solver_is_loaded_only_for_a_plan_and_needs_no_django() -> None:
    program = (
        "import sys, apps.services.planner.child, apps.services.planner.problem\n"
        "print('ortools' in sys.modules, 'numpy' in sys.modules)\n"
        "import apps.services.planner.solve\n"
        "print('ortools' in sys.modules, 'django' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["False", "False", "True", "False"]


def test_a_task_that_is_there_already_is_given_to_somebody_else() -> None:
    wanted = problem([Item(7, 2, 1, 0, 0, 0)], [3, 0, 0, 3, 0, 0, 3, 0, 0])
    plan = solve(replace(wanted, assigned={(7, 3)}))

    assert sorted(day for _, day in plan.placements) == [0, 6]


def test_too_many_single_tasks_are_placed_without_a_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the exact network would be too large, the rest goes to the first days with room."""
    monkeypatch.setattr(solving, "MOST_ARCS", 0)
    chance = random.Random("large")
    unproven = 0
    for _ in range(200):
        small = random_problem(chance, EVEN)
        plan = solve(small)
        room_after(small, plan)
        most, _ = best(small)
        assert len(plan.placements) <= most <= plan.at_most
        unproven += not plan.optimal
    assert unproven > 3


def test_more_places_are_offered_until_they_suffice(monkeypatch: pytest.MonkeyPatch) -> None:
    """The emptiest places are those of a person who may do none of the tasks."""
    maximum = [100, 100, 100, 9, 9, 9]
    wanted = Problem([1, 2], DATES, maximum, maximum, [Item(1, 3, 1, 0, 0, 2), Item(2, 3, 1, 1, 0, 2)], [(0, 1), (1,)])
    offered: list[int] = []
    places_of = model.places_of
    monkeypatch.setattr(model, "places_of", lambda *given: offered.append(given[-1]) or places_of(*given))

    plan = solve(wanted)

    assert not plan.left
    assert offered[0] == 12
