"""Says which task goes to which day, once a flow has said how many of each group do."""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator

from apps.services.planner.model import Job, Model
from apps.services.planner.problem import Problem

# With so many of the open days a task tries to change places, in so many exchanges of all tasks together.
_DAYS_TRIED = 4
_MOST_TRIED = 500_000
# A task, and the day that it goes to.
Share = tuple[Job, int]


def share(model: Model, used: set[tuple[int, int]]) -> tuple[list[Share], set[int]]:
    """The day of each task that the flow places, and the tasks of which some found no day without themselves.

    1. Of each group, the tasks that are wanted most often go to a date first.
    2. On each date, the people who get most choose first, and take the tasks that are left most often.
    3. A task that is left changes places with another one, so that both are on days without themselves.

    A task that is `used` on a day already isn't put there. How many tasks a day gets never changes.
    """
    flow, width = model.network.flow, model.width
    sharing = _Sharing(model.problem, used)
    for way in model.singles:
        for day in way.targets[flow[way.arcs] > 0].tolist():
            sharing.put(way.jobs[0], day)
    people: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for crowd, cells in model.cells.items():
        for day, number in zip(cells.targets.tolist(), flow[cells.arcs].tolist(), strict=True):
            if number:
                people[crowd, day % width].append((number, day))
    supplies: dict[tuple[int, int], list[tuple[int, Job]]] = defaultdict(list)
    for way in model.groups:
        left = {job: job.number for job in way.jobs}
        crowd = way.jobs[0].crowd
        for date, number in zip(way.targets.tolist(), flow[way.arcs].tolist(), strict=True):
            if number:
                supplies[crowd, date].extend(_most_wanted(left, number, len(people[crowd, date])))
    for place in sorted(people):
        sharing.one_date(people[place], supplies[place])
    failed = sharing.exchange()
    return sharing.shares, failed


def _most_wanted(left: dict[Job, int], number: int, most: int) -> Iterator[tuple[int, Job]]:
    """How many of each job go to a date that takes `number` of them: at most `most` of one, if that is enough."""
    taken: dict[Job, int] = defaultdict(int)
    heap = [(-count, place, job) for place, (job, count) in enumerate(left.items()) if count]
    heapq.heapify(heap)
    while number and heap:
        count, place, job = heap[0]
        taken[job] += 1
        left[job] -= 1
        number -= 1
        if count + 1 == 0 or taken[job] == most:
            heapq.heappop(heap)
        else:
            heapq.heapreplace(heap, (count + 1, place, job))
    for job in left:
        more = min(number, left[job])
        taken[job] += more
        left[job] -= more
        number -= more
    return ((count, job) for job, count in taken.items())


class _Sharing:
    """The shares so far, and what has no place among them: days that are to get one more, and tasks."""

    def __init__(self, problem: Problem, used: Iterable[tuple[int, int]]) -> None:
        self.shares: list[Share] = []
        self._used = set(used)
        self._open: list[int] = []
        self._left: list[Job] = []
        self._tries = _MOST_TRIED
        self._crowds = [frozenset(crowd) for crowd in problem.crowds]
        self._width = len(problem.dates)

    def put(self, job: Job, day: int) -> None:
        """Put a task on a day."""
        self._used.add((job.task, day))
        self.shares.append((job, day))

    def one_date(self, people: list[tuple[int, int]], supply: Iterable[tuple[int, Job]]) -> None:
        """Share tasks, each so often, out among people who get so many of them on their days."""
        heap = [(-count, place, job) for place, (count, job) in enumerate(supply)]
        heapq.heapify(heap)
        for number, day in sorted(people, key=lambda one: (-one[0], one[1])):
            aside = []
            wanted = number
            while wanted and heap:
                count, place, job = heapq.heappop(heap)
                if (job.task, day) not in self._used:
                    self.put(job, day)
                    wanted -= 1
                    count += 1
                if count:
                    aside.append((count, place, job))
            for one in aside:
                heapq.heappush(heap, one)
            self._open += wanted * [day]
        self._left += [job for count, _, job in sorted(heap, key=lambda one: one[1]) for _ in range(-count)]

    def exchange(self) -> set[int]:
        """Place what is left on the open days, if need be by moving another task there.

        If a task stays left, returns all that were left before: they are the ones that compete for the same days.
        """
        failed = False
        begin = 0
        for job in self._left:
            found = self._find(job, begin)
            if found is None:
                failed = True
                continue
            place, slot = found
            day = self._open.pop(slot)
            if place is None:
                self.put(job, day)
                continue
            # The next search begins here: what was just passed over would be so again.
            begin = place
            other, freed = self.shares[place]
            self._used.remove((other.task, freed))
            self._used.add((other.task, day))
            self.shares[place] = (other, day)
            self.put(job, freed)
        return {job.task for job in self._left} if failed else set()

    def _find(self, job: Job, begin: int) -> tuple[int | None, int] | None:
        """The position of an open day for the job, or of the share to move to that open day in its favour."""
        for slot, day in enumerate(self._open):
            if self._fits(job, day):
                return None, slot
        slots = range(0, len(self._open), max(1, len(self._open) // _DAYS_TRIED))
        days = [(self._open[slot], slot) for slot in slots]
        number = len(self.shares)
        for offset in range(min(number, self._tries)):
            self._tries -= 1
            place = (begin + offset) % number
            other, taken = self.shares[place]
            if self._fits(job, taken):
                for day, slot in days:
                    if self._fits(other, day):
                        return place, slot
        return None

    def _fits(self, job: Job, day: int) -> bool:
        person, date = divmod(day, self._width)
        return job.first <= date <= job.last and person in self._crowds[job.crowd] and (job.task, day) not in self._used
