"""Computes a plan: one flow where all efforts are equal, else one flow for each effort."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

import numpy as np

from apps.services.planner.bound import most_placed
from apps.services.planner.model import Job, Model, State, size_of
from apps.services.planner.problem import EARLIEST, Placement, Plan, Problem, Shortage
from apps.services.planner.sharing import Share, share

# The most arcs of single tasks in one network: with more, a plan may miss the best one.
MOST_ARCS = 1_000_000


class _Batch(NamedTuple):
    """The tasks of one effort, placed; `proven` if no other way is better."""

    shares: list[Share]
    shortages: list[Shortage]
    proven: bool


def solve(problem: Problem) -> Plan:
    """The best plan that is found; the same one for the same problem. Loads the solver; never looks at a clock."""
    efforts = sorted({item.effort for item in problem.items})
    orders = [efforts] if len(efforts) < 2 else [efforts[::-1], efforts]
    attempts = [_in_order(problem, order) for order in orders]
    batches = min(attempts, key=lambda batches: _quality(problem, batches))
    shares = [one for batch in batches for one in batch.shares]
    alone = batches[0] if len(batches) == 1 else None
    proven = all(batch.proven for batch in batches) and len(batches) < 2
    at_most = len(shares) if proven else most_placed(problem)
    placements = _placements(problem, shares)
    placed = Counter(one.item for one in placements)
    left = {
        index: item.number - placed[index] for index, item in enumerate(problem.items) if item.number > placed[index]
    }
    return Plan(placements, left, alone.shortages if alone and proven else [], at_most, proven)


def _in_order(problem: Problem, efforts: list[int]) -> list[_Batch]:
    """The tasks placed in this order of their efforts, each effort in the room that those before it left."""
    state = State(problem)
    return [_batch(problem, state, effort) for effort in efforts]


def _batch(problem: Problem, state: State, effort: int) -> _Batch:
    jobs = _jobs(problem, effort)
    single: set[int] = set()
    while True:
        model = Model(problem, state, jobs, single, effort)
        shares, failed = share(model, state.used)
        if not failed:
            shortages = _shortages(model, jobs, shares) if len(shares) < sum(job.number for job in jobs) else []
            break
        single |= failed
        if size_of(problem, jobs, single) > MOST_ARCS:
            shares += _fill(model, jobs, shares, state.used)
            shortages = []
            break
    for job, day in shares:
        state.room[day] -= effort
        state.load[day // model.width] += effort
        state.used.add((job.task, day))
    return _Batch(shares, shortages, not failed)


def _jobs(problem: Problem, effort: int) -> list[Job]:
    same: dict[tuple[int, int, int, int], list[int]] = defaultdict(list)
    for index, item in enumerate(problem.items):
        if item.effort == effort:
            same[item.task, item.crowd, item.first, item.last].append(index)
    return [Job(*key, sum(problem.items[one].number for one in items), tuple(items)) for key, items in same.items()]


def _fill(model: Model, jobs: list[Job], shares: list[Share], used: set[tuple[int, int]]) -> list[Share]:
    """Put each task that found no day on its first day that has room left."""
    units = model.units - np.bincount([day for _, day in shares], minlength=len(model.units))
    placed = Counter(job for job, _ in shares)
    used = used | {(job.task, day) for job, day in shares}
    more: list[Share] = []
    for job in jobs:
        missing = job.number - placed[job]
        days = model.days_of(job) if missing else ()
        for day in sorted(map(int, days), key=lambda day: (day % model.width, day)):
            if not missing:
                break
            if units[day] > 0 and (job.task, day) not in used:
                more.append((job, day))
                used.add((job.task, day))
                units[day] -= 1
                missing -= 1
    return more


def _quality(problem: Problem, batches: list[_Batch]) -> tuple[object, ...]:
    """A key by which the better plan is smaller."""
    shares = [one for batch in batches for one in batch.shares]
    taken = problem.taken()
    width = len(problem.dates)
    for job, day in shares:
        taken[day // width] += problem.items[job.items[0]].effort
    loads = sorted((mine / (maximum or 1) for mine, maximum in zip(taken, problem.maxima(), strict=True)), reverse=True)
    dates = sum(day % width for _, day in shares) if problem.objective == EARLIEST else 0
    return -len(shares), dates, loads


def _placements(problem: Problem, shares: Iterable[Share]) -> list[Placement]:
    """The shares by item; of items that want the same, the first is served first, with the earliest days."""
    width = len(problem.dates)
    days: dict[Job, list[int]] = defaultdict(list)
    for job, day in shares:
        days[job].append(day)
    placements = []
    for job, found in days.items():
        found.sort(key=lambda day: (day % width, day))
        served = iter(found)
        for index in job.items:
            placements += [Placement(index, day) for day in islice(served, problem.items[index].number)]
    return sorted(placements, key=lambda one: (one.item, one.day % width, one.day))


def _shortages(model: Model, jobs: list[Job], shares: list[Share]) -> list[Shortage]:
    """The proofs that what is left can't be placed, one for each part of the network that is short of room."""
    nodes, parts = model.network.short()
    part_of = dict(zip(nodes.tolist(), parts.tolist(), strict=True))
    placed = Counter(job for job, _ in shares)
    found: dict[int, Shortage] = {}
    wanting: dict[int, list[Job]] = defaultdict(list)
    for way in (*model.groups, *model.singles):
        if way.node in part_of:
            wanting[part_of[way.node]] += way.jobs
    days_in: dict[int, list[int]] = defaultdict(list)
    for day, node in enumerate(model.day_nodes.tolist()):
        if node in part_of:
            days_in[part_of[node]].append(day)
    for part, members in wanting.items():
        theirs = set(members)
        on_day = Counter(day for job, day in shares if job in theirs)
        # A day that they fill alone, with each of their tasks that may go there, is rather full than used.
        days = sorted({*days_in[part], *(day for day, number in on_day.items() if number == model.units[day])})
        room = int(model.units[days].sum()) if days else 0
        items = sorted(index for job in members for index in job.items)
        wanted = sum(job.number for job in members)
        found[part] = Shortage(items, wanted, days, room, sum(placed[job] for job in members) - room)
    return [found[part] for part in sorted(found, key=lambda part: found[part].items)]
