"""What ToGo's plans are compared with: a loop that gives each task to the least busy person, and a CP-SAT model."""

from collections import defaultdict
from typing import Any

from apps.services.planner.problem import Placement, Plan, Problem

CP_SAT_SECONDS = 120


def greedy(problem: Problem) -> Plan:
    """Each task goes to the person who is least busy and has room, on their emptiest day."""
    room, width, maxima = list(problem.room), len(problem.dates), problem.maxima()
    taken, used = problem.taken(), set(problem.assigned)
    placements = []
    for index, item in enumerate(problem.items):
        for _ in range(item.number):
            best = min(
                (
                    ((taken[day // width] + item.effort) / maxima[day // width], -room[day], day)
                    for day in problem.days_of(item)
                    if room[day] >= item.effort and (item.task, day) not in used
                ),
                default=None,
            )
            if best is None:
                break
            day = best[-1]
            placements.append(Placement(index, day))
            used.add((item.task, day))
            room[day] -= item.effort
            taken[day // width] += item.effort
    return Plan(placements, {}, [], 0, optimal=False)


def cp_sat(problem: Problem) -> Plan:
    """A variable for each item and day: place as many as possible, then make the highest load as small as possible."""
    from ortools.sat.python import cp_model

    model, width, maxima = cp_model.CpModel(), len(problem.dates), problem.maxima()
    on_day: dict[int, list[Any]] = defaultdict(list)
    variables: list[tuple[int, int, Any]] = []
    for index, item in enumerate(problem.items):
        mine = [(day, model.new_bool_var("")) for day in problem.days_of(item) if problem.room[day] >= item.effort]
        model.add(sum(variable for _, variable in mine) <= item.number)
        for day, variable in mine:
            on_day[day].append(variable)
            variables.append((index, day, variable))
    of_person: dict[int, list[Any]] = defaultdict(list)
    for day, there in on_day.items():
        model.add(sum(there) <= problem.room[day])
        of_person[day // width] += there
    highest = model.new_int_var(0, 10_000, "")
    for person, taken in enumerate(problem.taken()):
        if maxima[person]:
            model.add(10_000 * (taken + sum(of_person[person])) <= highest * maxima[person])
    model.maximize(10_001 * sum(variable for *_, variable in variables) - highest)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = CP_SAT_SECONDS
    status = solver.solve(model)
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    placements = [Placement(index, day) for index, day, one in variables if found and solver.value(one)]
    return Plan(placements, {}, [], 0, status == cp_model.OPTIMAL)
