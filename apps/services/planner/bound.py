"""How many tasks could be placed at most, whatever their efforts."""

from collections import defaultdict

import numpy as np

from apps.services.planner.network import SINK, SOURCE, Network
from apps.services.planner.problem import Item, Problem

# A unit of effort is worth this divided by the task's effort, rounded up: the bound may only be too high.
_WORTH = 10**6


def most_placed(problem: Problem) -> int:
    """A number of tasks that no plan can exceed: as many as fit if tasks could be cut into pieces."""
    room = np.array(problem.room, np.int64)
    network = Network()
    days = network.nodes(len(room))
    network.arcs(days, SINK, room)
    width = len(problem.dates)
    alike: dict[tuple[int, int], list[Item]] = defaultdict(list)
    for item in problem.items:
        alike[item.crowd, item.effort].append(item)
    for (crowd, effort), items in alike.items():
        dates = network.nodes(width)
        tasks = np.zeros(width, np.int64)
        for _, first, last in sorted({(item.task, item.first, item.last) for item in items}):
            tasks[first : last + 1] += 1
        people = np.array(problem.crowds[crowd], np.int64)
        theirs = (people[:, None] * width + np.arange(width)).ravel()
        theirs = theirs[room[theirs] >= effort]
        # Each task goes to a day once.
        network.arcs(dates[theirs % width], days[theirs], np.minimum(room[theirs], tasks[theirs % width] * effort))
        wanted: dict[tuple[int, int], int] = defaultdict(int)
        for item in items:
            wanted[item.first, item.last] += item.number * effort
        for (first, last), supply in wanted.items():
            node = network.nodes(1)
            network.arcs(SOURCE, node, supply, -_WORTH // effort)
            network.arcs(node, dates[first : last + 1], supply)
    network.solve(sum(item.number * item.effort for item in problem.items), unused=0)
    return min(-network.cost() // _WORTH, sum(item.number for item in problem.items))
