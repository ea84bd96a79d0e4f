"""Small distributions, solved by trying every way; and a check of the proofs that a plan gives."""

import random
from collections import Counter
from datetime import date, timedelta
from fractions import Fraction
from itertools import combinations

from apps.services.planner.problem import EARLIEST, Item, Plan, Problem

DATES = [date(2026, 3, 2) + timedelta(days=offset) for offset in range(3)]


def random_problem(chance: random.Random, objective: str, efforts: tuple[int, ...] = (1,)) -> Problem:
    """At most 6 items, 3 people and 3 dates; tasks repeat, windows and crowds overlap, some tasks are there already."""
    people, width = chance.randint(1, 3), chance.randint(1, 3)
    maximum = [chance.choice((0, 1, 1, 2, 2, 3)) * max(efforts) for _ in range(people * width)]
    room = [chance.choice((limit, limit, chance.randint(0, limit))) for limit in maximum]
    crowds = [tuple(range(people))]
    crowds += [tuple(sorted(chance.sample(range(people), chance.randint(1, people)))) for _ in range(2)]
    items = []
    for _ in range(chance.choice((1, 2, 3, 3, 4, 4, 5, 6))):
        first = chance.randrange(width)
        last = chance.randrange(first, width)
        number = chance.choice((1, 1, 1, 1, 1, 2, 3))
        items.append(Item(chance.randint(1, 4), number, chance.choice(efforts), chance.randrange(3), first, last))
    assigned = {
        (chance.randint(1, 4), day) for day, limit in enumerate(maximum) if limit > room[day] and chance.random() < 0.4
    }
    ids = list(range(1, people + 1))
    return Problem(ids, DATES[:width], room, maximum, items, crowds, assigned, objective)


def best(problem: Problem) -> tuple[int, list[Fraction] | list[int]]:
    """The most tasks that fit, and with so many the smallest loads, the highest first, or the earliest dates."""
    width = len(problem.dates)
    states = {(tuple(problem.room), frozenset(problem.assigned), 0)}
    # Tasks meet only on the room of days: what a task uses is forgotten after its last item.
    items = sorted(problem.items)
    for index, item in enumerate(items):
        days = problem.days_of(item)
        after = set()
        ends = index + 1 == len(items) or items[index + 1].task != item.task
        for room, used, placed in states:
            free = [day for day in days if room[day] >= item.effort and (item.task, day) not in used]
            for number in range(min(item.number, len(free)) + 1):
                for chosen in combinations(free, number):
                    left = list(room)
                    for day in chosen:
                        left[day] -= item.effort
                    now = used if ends else used | {(item.task, day) for day in chosen}
                    after.add((tuple(left), frozenset(now), placed + number))
        states = after
    most = max(placed for _, _, placed in states)
    found = {room for room, _, placed in states if placed == most}
    if problem.objective == EARLIEST:
        return most, min(
            sorted(day % width for day, left in enumerate(room) for _ in range(problem.room[day] - left))
            for room in found
        )
    return most, min(loads(problem, room) for room in found)


def loads(problem: Problem, room: tuple[int, ...] | list[int]) -> list[Fraction]:
    """The load of each person when so much room is left, the highest first."""
    width, maxima = len(problem.dates), problem.maxima()
    left = [sum(room[start : start + width]) for start in range(0, len(room), width)]
    return sorted((Fraction(most - some, most or 1) for most, some in zip(maxima, left, strict=True)), reverse=True)


def room_after(problem: Problem, plan: Plan) -> list[int]:
    """The room that a plan leaves. Fails if it breaks a rule: a limit, a window, a count, or one task twice a day."""
    room = list(problem.room)
    used = set(problem.assigned)
    placed: Counter[int] = Counter()
    for index, day in plan.placements:
        item = problem.items[index]
        assert day in problem.days_of(item)
        assert (item.task, day) not in used
        used.add((item.task, day))
        room[day] -= item.effort
        placed[index] += 1
    assert min(room, default=0) >= 0
    for index, item in enumerate(problem.items):
        assert placed[index] + plan.left.get(index, 0) == item.number
    return room


def check_shortages(problem: Problem, plan: Plan) -> None:
    """Check, from the problem alone, that no plan can place more of what is left."""
    explained = set()
    for shortage in plan.shortages:
        items = [problem.items[index] for index in shortage.items]
        full = set(shortage.days)
        pairs = {
            (item.task, day) for item in items for day in problem.days_of(item) if problem.room[day] >= item.effort
        }
        once = {pair for pair in pairs if pair[1] not in full} - set(problem.assigned)
        room = sum(problem.room[day] // items[0].effort for day in full)
        placed = sum(item.number for item in items) - sum(plan.left.get(index, 0) for index in shortage.items)
        assert (room, len(once)) == (shortage.room, shortage.once)
        assert sum(item.number for item in items) == shortage.wanted > room + len(once) == placed
        explained |= set(shortage.items)
    assert set(plan.left) <= explained
