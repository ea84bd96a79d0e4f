"""Pages of people on the board: whose days are shown, and in which order."""

import calendar
import datetime
from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.models import Assignment, Event, Task, User
from apps.models.assignments import AssignmentQuerySet
from apps.models.events import Kind
from apps.services.board import Cell, Column, Row, columns_of, current_version, open_tasks, page_of, rows_of
from apps.services.board.looks import OF_TASKS, By, Look, Show, Span
from apps.services.shared import permissions, picking
from apps.services.shared.formats import Version

# A page has about as many cells over each span.
PER_PAGE = {Span.DAY: 50, Span.WEEK: 25, Span.TWO_WEEKS: 12}
PEOPLE_PER_PAGE = PER_PAGE[Span.WEEK]
# Only the picker knows which of the days that aren't set yet have room: so many people are looked through for a page.
_LOOKED_THROUGH = 500
_PER_LOOK = 100

_SHOWN: dict[Show, Callable[[Cell], bool]] = {
    Show.FREE: lambda cell: cell.state in ("free", "nearly"),
    Show.FULL: lambda cell: cell.state == "full",
    Show.OFF: lambda cell: cell.state == "off",
}


@dataclass(frozen=True)
class PeopleDays:
    """A page of people, and their days of some dates.

    The next page begins after the username `following`, and the previous page ends before the username `preceding`;
    either is empty if there is no such page.
    """

    dates: list[datetime.date]
    rows: list[Row]
    following: str
    preceding: str


@dataclass(frozen=True)
class Page(PeopleDays):
    """The same as the board shows it. `version` changes whenever something that is shown changes."""

    version: Version
    columns: list[Column]

    @property
    def has_assignments(self) -> bool:
        """Whether anything is assigned on the days that are shown."""
        return any(cell.assignments for row in self.rows for cell in row.cells)


def page(*, actor: User, look: Look, after: str = "", before: str = "") -> Page:
    """A page of the people that this look shows, by username. It begins after the username `after`, or ends before
    `before`. Raises `NotAllowed`."""
    permissions.require_taskmaster(actor)
    # Read before the rows: a change that commits in between is shown twice rather than missed.
    version = current_version()
    people, size = _with_tasks(people_on_board(look.search), look), PER_PAGE[look.span]
    fits = _SHOWN.get(look.show) if look.show else None
    if fits:
        rows, following = _rows_with(people, look.dates, fits, after, size)
        return Page(look.dates, rows, following, "", version, columns_of(look.dates))
    some, following, preceding = page_of(people, after, before, size)
    # The same rules pick the limits of the rows and name the columns.
    rules = list(picking.rules_for([person.pk for person in some], look.dates[0], look.dates[-1]))
    rows = rows_of(some, look.dates, rules)
    return Page(look.dates, rows, following, preceding, version, columns_of(look.dates, rules))


def month(*, actor: User, first: datetime.date, search: str = "", after: str = "", before: str = "") -> PeopleDays:
    """The people whose names contain `search`, and their days of the month that begins on `first`. Raises
    `NotAllowed`."""
    permissions.require_taskmaster(actor)
    days = calendar.monthrange(first.year, first.month)[1]
    dates = [first + datetime.timedelta(days=day) for day in range(days)]
    return days_of_page(people_on_board(search), dates, after, before)


def days_of_page(people: QuerySet[User], dates: list[datetime.date], after: str = "", before: str = "") -> PeopleDays:
    """A page of these people, with their days."""
    some, following, preceding = page_of(people, after, before, PEOPLE_PER_PAGE)
    return PeopleDays(dates, rows_of(some, dates), following, preceding)


def people_on_board(search: str = "") -> QuerySet[User]:
    """Everybody active, and deactivated people who still have open tasks from today on, if their names contain
    `search`."""
    mine = open_tasks().filter(daily_limit__user=OuterRef("pk"))
    return User.objects.search(search).filter(Q(is_active=True) | (Q(is_active=False) & Exists(mine)))


def first_steps() -> dict[str, bool] | None:
    """Which steps to the first assignment are done: `people` and `tasks`. None once there has been one."""
    if Event.objects.filter(kind=Kind.ASSIGNED).exists():
        return None
    return {
        "people": User.objects.active()[:2].count() > 1,
        "tasks": Task.objects.filter(is_active=True).exists(),
    }


def assignments(look: Look) -> AssignmentQuerySet:
    """All that is assigned as the look asks, of all pages. Which days are free, full or off makes no difference."""
    found = _asked_for(look)
    if look.by == By.TASKS:
        return found.filter(task__in=Task.objects.search(look.search)) if look.search else found
    return found.filter(daily_limit__user__in=people_on_board(look.search))


def _asked_for(look: Look) -> AssignmentQuerySet:
    """What is assigned on the days of a look, as its task and in its state."""
    status = look.show if look.show in OF_TASKS else ""
    return Assignment.objects.shown(look.dates[0], look.dates[-1], task_id=look.task_id, status=status)


def _with_tasks(people: QuerySet[User], look: Look) -> QuerySet[User]:
    """Those of these people who have the task, or a task in the state, that the look asks for."""
    if not look.task_id and look.show not in OF_TASKS:
        return people
    return people.filter(Exists(_asked_for(look).filter(daily_limit__user=OuterRef("pk"))))


def _rows_with(
    people: QuerySet[User], dates: list[datetime.date], fits: Callable[[Cell], bool], after: str, size: int
) -> tuple[list[Row], str]:
    """At most `size` rows with a cell that fits, and the username after which the next page begins, or an empty
    text."""
    rows: list[Row] = []
    for _ in range(_LOOKED_THROUGH // _PER_LOOK):
        some, after, _ = page_of(people, after, "", _PER_LOOK)
        rows += [row for row in rows_of(some, dates) if any(map(fits, row.cells))]
        if len(rows) > size:
            return rows[:size], rows[size - 1].person.username
        if not after:
            break
    return rows, after
