"""Shows a proposal as the board would look."""

import datetime
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from apps.models import Distribution, Task, User
from apps.services import board
from apps.services.distributions.words import in_words
from apps.services.shared import formats
from apps.services.shared.formats import Place, parse_date

PEOPLE_PER_PAGE = 50


@dataclass(frozen=True)
class NewChip:
    """A proposed assignment: its position in the plan, and why it is there."""

    place: int
    task: str
    effort: int
    why: str


@dataclass(frozen=True)
class PlannedCell:
    """A day as the board shows it now, and what the plan adds."""

    cell: board.Cell
    new: list[NewChip]

    @property
    def taken(self) -> int:
        """How much of the day would be taken."""
        return self.cell.limit.taken + sum(chip.effort for chip in self.new)


@dataclass(frozen=True)
class PlannedWeek:
    """A week in which something is added, and its people who get something."""

    dates: list[datetime.date]
    rows: list[tuple[User, list[PlannedCell]]]


@dataclass(frozen=True)
class Load:
    """How busy somebody is in the period, in hundredths of their limits."""

    person: User
    before: int
    after: int


@dataclass(frozen=True)
class Proposal:
    """A page of a proposal: some of the people who get something, by username. `pages` counts all of them."""

    weeks: list[PlannedWeek]
    loads: list[Load]
    left: list[dict[str, Any]]
    page: int
    pages: int
    people: int


def proposal_of(plan: Distribution, *, page: int) -> Proposal:
    """A proposal as the board would look."""
    made, left = plan.plan["assignments"], plan.plan["left"]
    names = dict(Task.objects.filter(pk__in={one["task"] for one in (*made, *left)}).values_list("pk", "name"))
    chips: dict[Place, list[NewChip]] = defaultdict(list)
    for place, one in enumerate(made):
        chip = NewChip(place, _name(names, one["task"]), one["effort"], in_words(one["why"]))
        chips[Place(one["user"], parse_date(one["date"]))].append(chip)
    getting = User.objects.filter(pk__in={place.user_id for place in chips}).order_by("username")
    number = getting.count()
    pages = max(1, -(-number // PEOPLE_PER_PAGE))
    page = min(max(page, 1), pages)
    people = list(getting[(page - 1) * PEOPLE_PER_PAGE : page * PEOPLE_PER_PAGE])
    mondays = sorted({formats.week_of(place.date) for place in chips})
    return Proposal(
        [week for monday in mondays if (week := _week(monday, people, chips)).rows],
        _loads(plan, people),
        [{**one, "name": _name(names, one["task"]), "why": in_words(one["why"])} for one in left],
        page,
        pages,
        number,
    )


def _name(names: dict[int, str], task_id: int) -> str:
    """The name of a task, or its id if it was deleted since."""
    return names.get(task_id) or gettext("task %(id)d") % {"id": task_id}


def _week(monday: datetime.date, people: list[User], chips: dict[Place, list[NewChip]]) -> PlannedWeek:
    dates = [monday + datetime.timedelta(days=offset) for offset in range(formats.WEEK_DAYS)]
    theirs = [person for person in people if any(Place(person.pk, date) in chips for date in dates)]
    rows = board.rows_of(theirs, dates)
    return PlannedWeek(
        dates, [(row.person, [PlannedCell(cell, chips.get(cell.place, [])) for cell in row.cells]) for row in rows]
    )


def _loads(plan: Distribution, people: list[User]) -> list[Load]:
    known = {one["user"]: one for one in plan.plan["load"]}
    loads = []
    for person in people:
        one = known[person.pk]
        most = one["maximum"] or 1
        loads.append(Load(person, round(100 * one["before"] / most), round(100 * one["after"] / most)))
    return sorted(loads, key=lambda load: (-load.after, load.person.username))
