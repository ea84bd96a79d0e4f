"""A plan in the form in which it is stored: with ids, dates, and reasons as codes, which `words` says."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from apps.models import User
from apps.models.base import any_of
from apps.services.distributions.words import Why
from apps.services.planner.problem import EVEN, Item, Plan, Problem, Shortage

Answer = dict[str, Any]


def answer_of(problem: Problem, plan: Plan) -> Answer:
    """The plan as it is stored, and answered with its reasons in words, its id and its end."""
    names = dict(User.objects.filter(pk__in=any_of(problem.people)).values_list("pk", "username"))
    outcome = _Outcome(problem, plan, [names[user_id] for user_id in problem.people])
    shortage_of = {
        index: number
        for number, shortage in enumerate(plan.shortages)
        for index in shortage.items
        if index in plan.left
    }
    return {
        "assignments": [outcome.assignment(index, day) for index, day in plan.placements],
        "left": [
            {
                "item": index,
                "task": problem.items[index].task,
                "count": count,
                "why": outcome.why_left(index, shortage_of.get(index)),
                "shortage": shortage_of.get(index),
            }
            for index, count in sorted(plan.left.items())
        ],
        "shortages": [_shortage(problem, shortage) for shortage in plan.shortages],
        "load": outcome.load(),
        "optimal": plan.optimal,
        "at_most": plan.at_most,
    }


class _Outcome:
    """What is free and taken after a plan, and why each task is where it is.

    Dates of a person are the bits of a whole number, the first date the lowest: a plan has many thousand days.
    """

    def __init__(self, problem: Problem, plan: Plan, names: list[str]) -> None:
        self._problem, self._plan, self._names = problem, plan, names
        self._width = len(problem.dates)
        self._maxima, self._before = problem.maxima(), problem.taken()
        self._after = list(self._before)
        self._room = list(problem.room)
        # The dates on which a person has a task, by task and person.
        self._has: dict[tuple[int, int], int] = defaultdict(int)
        for task, day in problem.assigned:
            self._note(task, day)
        for index, day in plan.placements:
            item = problem.items[index]
            self._note(item.task, day)
            self._after[day // self._width] += item.effort
            self._room[day] -= item.effort
        self._free: dict[tuple[int, int], list[tuple[float, int, int]]] = {}

    def assignment(self, index: int, day: int) -> Answer:
        """A placement as it is answered."""
        item = self._problem.items[index]
        person, date = divmod(day, self._width)
        why = self._why_even(item, person) if self._problem.objective == EVEN else self._why_early(item, date)
        user_id, when = self._problem.people[person], self._problem.dates[date].isoformat()
        return {"task": item.task, "user": user_id, "date": when, "effort": item.effort, "why": why}

    def why_left(self, index: int, shortage: int | None) -> Why:
        """Why tasks of an item are left."""
        if shortage is not None:
            return _why_short(self._plan.shortages[shortage])
        item = self._problem.items[index]
        days = len(self._problem.crowds[item.crowd]) * (item.last + 1 - item.first)
        return {"code": "no_room", "days": days, "effort": item.effort}

    def load(self) -> list[Answer]:
        """Before and after, for each person."""
        rows = zip(self._problem.people, self._before, self._after, self._maxima, strict=True)
        return [
            {"user": user_id, "before": before, "after": after, "maximum": maximum}
            for user_id, before, after, maximum in rows
        ]

    def _note(self, task: int, day: int) -> None:
        person, date = divmod(day, self._width)
        self._has[task, person] |= 1 << date

    def _why_even(self, item: Item, person: int) -> Why:
        if self._problem.crowds[item.crowd] == (person,):
            return {"code": "only_one", "person": self._names[person]}
        others = (load for load, one in self._others(item, item.first, item.last) if one != person)
        theirs, mine = next(others, None), self._after[person] / self._maxima[person]
        if theirs is None:
            return {"code": "no_other"}
        if theirs < mine:
            return {"code": "room", "person": self._names[person], "busy": _percent(mine)}
        if theirs == mine:
            return {"code": "as_busy", "busy": _percent(mine)}
        return {"code": "less_busy", "busy": _percent(mine), "others": _percent(theirs)}

    def _why_early(self, item: Item, date: int) -> Why:
        if date == item.first:
            return {"code": "first_date"}
        if next(self._others(item, item.first, date - 1), None) is None:
            return {"code": "no_earlier"}
        return {"code": "room_on_day"}

    def _others(self, item: Item, first: int, last: int) -> Iterator[tuple[float, int]]:
        """Who still has room for an item on one of these dates: the loads that it would lead to, the lowest first."""
        window = (1 << (last + 1)) - (1 << first)
        return (
            (load, person)
            for load, person, dates in self._with_room(item.crowd, item.effort)
            if dates & window & ~self._has.get((item.task, person), 0)
        )

    def _with_room(self, crowd: int, effort: int) -> list[tuple[float, int, int]]:
        """The people of a crowd with room for this effort: their load with it, who it is, and on which dates."""
        if (crowd, effort) not in self._free:
            found = []
            for person in self._problem.crowds[crowd]:
                start = person * self._width
                rooms = self._room[start : start + self._width]
                if dates := sum(1 << date for date, room in enumerate(rooms) if room >= effort):
                    found.append(((self._after[person] + effort) / self._maxima[person], person, dates))
            self._free[crowd, effort] = sorted(found)
        return self._free[crowd, effort]


def _why_short(proof: Shortage) -> Why:
    if proof.days:
        code = "few_days_and_once" if proof.once else "few_days"
    else:
        code = "only_once" if proof.once else "only_full_days"
    return {"code": code, "wanted": proof.wanted, "days": len(proof.days), "room": proof.room, "once": proof.once}


def _shortage(problem: Problem, shortage: Shortage) -> Answer:
    dates: Mapping[int, list[str]] = defaultdict(list)
    for day in shortage.days:
        person, date = divmod(day, len(problem.dates))
        dates[problem.people[person]].append(problem.dates[date].isoformat())
    return {
        "items": shortage.items,
        "wanted": shortage.wanted,
        "days": [{"user": user_id, "dates": theirs} for user_id, theirs in dates.items()],
        "room": shortage.room,
        "once": shortage.once,
    }


def _percent(load: float) -> str:
    return f"{load:.0%}"
