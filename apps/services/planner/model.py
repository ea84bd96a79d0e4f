"""The flow network of tasks of one effort, and the tasks that go through it.

    source → group → a date of the group's people → their days → person → sink
    source → single task → days → person → sink

A *group* holds all tasks that the same people may do on the same dates: only their number matters, as long as nobody
gets one of them twice a day. If `sharing` finds that somebody would, it asks for that task to be *single*: then each of
its days has an arc of its own, which lets it through once. Few tasks are single, so the network stays small.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from apps.services.planner.network import SINK, SOURCE, Array, Network
from apps.services.planner.places import places_of
from apps.services.planner.problem import EVEN, Problem

# In an even plan days fill up by quarters, so that a person's tasks are spread over their days.
_QUARTERS = 4


class Job(NamedTuple):
    """A task that is wanted `number` times from the same people on the same dates, by the items at these positions."""

    task: int
    crowd: int
    first: int
    last: int
    number: int
    items: tuple[int, ...]


class State:
    """What is free and taken, while one batch after the other is placed."""

    def __init__(self, problem: Problem) -> None:
        self.room = np.array(problem.room, np.int64)
        self.load = np.array(problem.taken(), np.int64)
        self.used = set(problem.assigned)


@dataclass
class Way:
    """Where some jobs enter the network: the node, and its arcs to the `targets`, which are days or dates."""

    jobs: list[Job]
    node: int
    targets: Array
    arcs: slice


class Model:
    """The network for these jobs, of which those of `single` tasks have arcs of their own, solved."""

    def __init__(self, problem: Problem, state: State, jobs: Iterable[Job], single: Set[int], effort: int) -> None:
        self.problem, self._state, self._effort = problem, state, effort
        self.width = len(problem.dates)
        self.units = state.room // effort
        self._jobs = list(jobs)
        self._single = single
        self._supply = sum(job.number for job in self._jobs)
        most = 2 * self._supply
        while not self._solve(most):
            most *= 4

    def days_of(self, job: Job) -> Array:
        """The days that a task may use and that have room for it."""
        days = _days(self.problem, job.crowd, job.first, job.last)
        return days[self.units[days] > 0]

    def _solve(self, most: int) -> bool:
        """Build and solve the network, with the `most` emptiest places; returns whether that is enough."""
        self.network = Network()
        self.day_nodes = self.network.nodes(len(self.units))
        self.groups, self.singles = list(self._groups()), list(self._single_tasks())
        self.cells = dict(self._cells())
        usable = np.unique(np.concatenate([way.targets for way in (*self.cells.values(), *self.singles)]))
        places = places_of(self._state.load, self.problem.maxima(), self._capacity(usable), self._effort, most)
        people = self.network.nodes(len(self.problem.people))
        even = self.problem.objective == EVEN
        # What counts first must cost more than everything that counts second, for all tasks together.
        step = self._supply * (_QUARTERS * self.width if even else len(places.person)) + 1
        self._day_arcs(usable, people, even, 1 if even else step)
        costs = np.arange(len(places.person)) * (step if even else 1)
        taken = self.network.arcs(people[places.person], SINK, 1, costs)
        self.network.solve(self._supply, unused=step * ((len(places.person) if even else self.width) + 2))
        flow = self.network.flow[taken]
        if even and flow.sum() == self._supply:
            return True
        number = len(people)
        full = np.bincount(places.person, flow, number) == np.bincount(places.person, minlength=number)
        return not (full & places.has_more).any()

    def _groups(self) -> Iterator[Way]:
        members: dict[tuple[int, int, int], list[Job]] = defaultdict(list)
        for job in self._jobs:
            if job.task not in self._single:
                members[job.crowd, job.first, job.last].append(job)
        # The nodes of each crowd's dates.
        self._dates = {crowd: self.network.nodes(self.width) for crowd in sorted({key[0] for key in members})}
        for (crowd, first, last), jobs in members.items():
            node, supply = int(self.network.nodes(1)[0]), sum(job.number for job in jobs)
            self.network.arcs(SOURCE, node, supply)
            dates = np.arange(first, last + 1)
            yield Way(jobs, node, dates, self.network.arcs(node, self._dates[crowd][dates], supply))

    def _cells(self) -> Iterator[tuple[int, Way]]:
        """For each crowd the arcs from its dates to its people's days, each of which lets a task through once."""
        for crowd, nodes in self._dates.items():
            groups = [way for way in self.groups if way.jobs[0].crowd == crowd]
            tasks = np.zeros(self.width, np.int64)
            for way in groups:
                tasks[way.targets] += len({job.task for job in way.jobs})
            days = _days(self.problem, crowd, 0, self.width - 1)
            days = days[(self.units[days] > 0) & (tasks[days % self.width] > 0)]
            dates = days % self.width
            arcs = self.network.arcs(nodes[dates], self.day_nodes[days], tasks[dates])
            yield crowd, Way([job for way in groups for job in way.jobs], -1, days, arcs)

    def _single_tasks(self) -> Iterator[Way]:
        same: dict[int, list[tuple[Job, Array]]] = defaultdict(list)
        for job in self._jobs:
            if job.task in self._single:
                free = [day for day in self.days_of(job).tolist() if (job.task, day) not in self._state.used]
                same[job.task].append((job, np.array(free, np.int64)))
        for ways in same.values():
            # Where several items want the task on a day, it has a node that lets it through once.
            wanted, number = np.unique(np.concatenate([days for _, days in ways]), return_counts=True)
            shared = wanted[number > 1]
            once = np.array(self.day_nodes) if len(shared) else self.day_nodes
            once[shared] = self.network.nodes(len(shared))
            self.network.arcs(once[shared], self.day_nodes[shared], 1)
            for job, days in ways:
                node = int(self.network.nodes(1)[0])
                self.network.arcs(SOURCE, node, job.number)
                yield Way([job], node, days, self.network.arcs(node, once[days], 1))

    def _capacity(self, usable: Array) -> Array:
        """For each person how many of these tasks fit on the usable days, at most as many as there are."""
        capacity = np.bincount(usable // self.width, self.units[usable], len(self.problem.people))
        return np.minimum(capacity.astype(np.int64), self._supply)

    def _day_arcs(self, usable: Array, people: Array, even: bool, step: int) -> None:
        dates, person = usable % self.width, people[usable // self.width]
        if not even:
            self.network.arcs(self.day_nodes[usable], person, self.units[usable], dates * step)
            return
        maximum = np.array(self.problem.maximum, np.int64)[usable]
        taken = maximum - self._state.room[usable]
        before = np.zeros(len(usable), np.int64)
        for quarter in range(1, _QUARTERS + 1):
            fits = (maximum * quarter // _QUARTERS - taken) // self._effort
            until = np.clip(fits, before, self.units[usable])
            costs = (quarter - 1) * self.width + dates
            self.network.arcs(self.day_nodes[usable], person, until - before, costs)
            before = until


def _days(problem: Problem, crowd: int, first: int, last: int) -> Array:
    people = np.array(problem.crowds[crowd], np.int64)
    return (people[:, None] * len(problem.dates) + np.arange(first, last + 1)).ravel()


def size_of(problem: Problem, jobs: Iterable[Job], single: Set[int]) -> int:
    """About how many arcs the single tasks among these jobs need."""
    return sum(len(problem.crowds[job.crowd]) * (job.last + 1 - job.first) for job in jobs if job.task in single)
