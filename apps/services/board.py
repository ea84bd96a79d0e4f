"""The board: reads a week of people's days, with a few queries for any number of people; deletes or hands on several
assignments at once."""

import datetime
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from apps.exceptions.assignments import AssignmentNotFound, DailyLimitReached
from apps.exceptions.base import ToGoError, TryAgain
from apps.models import Assignment, DailyLimit, Event, User
from apps.models.assignments import Status
from apps.models.effort import DEFAULT_EFFORT
from apps.models.limits import Source
from apps.services import assignments, availability, limits
from apps.services.shared import formats, permissions, refusals, repicking
from apps.services.shared.formats import Place, Version

DAYS = 7
PEOPLE_PER_PAGE = 50
# A day on which something is taken is nearly full when less than this is left, or less than a tenth.
_NEARLY = 2
# Events don't commit in the order of their ids: this many ids below the newest one are looked at again.
_LATE = 50


@dataclass(frozen=True)
class Cell:
    """A person's day."""

    limit: DailyLimit
    assignments: list[Assignment]

    @property
    def place(self) -> Place:
        """Whose day it is, and which."""
        return Place(self.limit.user_id, self.limit.date)

    @property
    def state(self) -> str:
        """`off`, `full`, `nearly` or `free`. A day with a wanted limit of 0 is `off`, even if it has tasks."""
        if not self.limit.wanted:
            return "off"
        if self.limit.remaining <= 0:
            return "full"
        is_little = self.limit.remaining < _NEARLY or self.limit.remaining * 10 < self.limit.maximum
        return "nearly" if self.limit.taken and is_little else "free"

    @property
    def why(self) -> str:
        """Where the limit comes from, in words."""
        return why(self.limit.source)

    @property
    def tenths(self) -> int:
        """How full it is, from 0 to 10."""
        return 10 * self.limit.taken // (self.limit.maximum or 1)

    @property
    def is_set(self) -> bool:
        """Whether the limit is set; otherwise the cell shows the limit that the rules would set now."""
        return self.limit.pk is not None


@dataclass(frozen=True)
class Row:
    """A person's days. `left` is the number of open tasks from today on that a deactivated person still has."""

    person: User
    cells: list[Cell]
    left: int = 0


@dataclass(frozen=True)
class Week:
    """A page of people and their days of a week.

    The next page begins after the username `following`, and the previous page ends before the username `preceding`;
    either is empty if there is no such page. `version` changes whenever something that is shown changes.
    """

    dates: list[datetime.date]
    rows: list[Row]
    following: str
    preceding: str
    version: Version

    @property
    def name(self) -> str:
        """The week as an address names it: `2026-W48`."""
        return formats.write_week(self.dates[0])

    @property
    def before(self) -> str:
        """The week before, as an address names it."""
        return formats.write_week(self.dates[0] - datetime.timedelta(days=1))

    @property
    def after(self) -> str:
        """The next week, as an address names it."""
        return formats.write_week(self.dates[-1] + datetime.timedelta(days=1))

    @property
    def has_assignments(self) -> bool:
        """Whether anything is assigned on the days that are shown."""
        return any(cell.assignments for row in self.rows for cell in row.cells)


def week(*, actor: User, first: datetime.date, search: str = "", after: str = "", before: str = "") -> Week:
    """A page of the people on the board whose names contain `search`, by username, and their days from `first` on.

    The page begins after the username `after`, or ends before `before`. Raises `NotAllowed`.
    """
    permissions.require_taskmaster(actor)
    # Read before the rows: a change that commits in between is shown twice rather than missed.
    version = current_version()
    people, following, preceding = page_of(people_on_board(search), after, before, PEOPLE_PER_PAGE)
    return Week(dates_from(first), rows_of(people, dates_from(first)), following, preceding, version)


def dates_from(first: datetime.date) -> list[datetime.date]:
    """The seven dates from `first` on."""
    return [first + datetime.timedelta(days=offset) for offset in range(DAYS)]


def people_on_board(search: str = "") -> QuerySet[User]:
    """Everybody active, and deactivated people who still have open tasks from today on, if their names contain
    `search`."""
    mine = open_tasks().filter(daily_limit__user=OuterRef("pk"))
    return User.objects.search(search).filter(Q(is_active=True) | (Q(is_active=False) & Exists(mine)))


def open_tasks() -> QuerySet[Assignment]:
    """Everybody's assignments from today on that aren't done."""
    return Assignment.objects.filter(status=Status.OPEN, daily_limit__date__gte=permissions.today())


def rows_of(people: Iterable[User], dates: list[datetime.date]) -> list[Row]:
    """These people's days."""
    people = list(people)
    ids = [person.pk for person in people]
    assigned: dict[Place, list[Assignment]] = defaultdict(list)
    shown = Assignment.objects.filter(
        daily_limit__user__in=ids, daily_limit__date__gte=dates[0], daily_limit__date__lte=dates[-1]
    )
    for one in shown.select_related("daily_limit", "task").defer("task__note", "task__url").order_by("pk"):
        assigned[Place(one.user_id, one.date)].append(one)
    days = limits.read(user_ids=ids, first=dates[0], last=dates[-1])
    cells = [Cell(day, assigned[Place(day.user_id, day.date)]) for day in days]
    left = _left([person for person in people if not person.is_active])
    width = len(dates)
    return [
        Row(person, cells[start : start + width], left.get(person.pk, 0))
        for person, start in zip(people, range(0, len(cells), width), strict=True)
    ]


def _left(people: list[User]) -> dict[int, int]:
    """The number of open tasks from today on of each of these people; people without any are left out."""
    if not people:
        return {}
    counted = open_tasks().filter(daily_limit__user__in=people).values_list("daily_limit__user")
    return dict(counted.annotate(number=Count("pk")))


def cells_of(places: Iterable[Place]) -> list[tuple[User, Cell]]:
    """The current cells of these days, each day once, with its person. Days of people who don't exist are left out."""
    places = list(dict.fromkeys(places))
    people = User.objects.in_bulk({place.user_id for place in places})
    return [
        (people[place.user_id], cell_of(people[place.user_id], place.date))
        for place in places
        if place.user_id in people
    ]


def cell_of(person: User, date: datetime.date) -> Cell:
    """One person's day."""
    [row] = rows_of([person], [date])
    return row.cells[0]


def why(source: dict[str, Any]) -> str:
    """The `source` of a limit in words: its kind, and the reason if somebody gave one."""
    label = str(Source(source["kind"]).label)
    return f"{label} (“{source['reason']}”)" if source["reason"] else label


def refusal_of(cell: Cell) -> DailyLimitReached | None:
    """The refusal that an assignment to this day would get now because it is full; None while it has room."""
    if cell.limit.remaining > 0:
        return None
    user_id, date = cell.place
    next_free_date = availability.next_free_date(user_id=user_id, after=date)
    return refusals.daily_limit_reached(cell.limit, effort=DEFAULT_EFFORT, next_free_date=next_free_date)


def current_version() -> Version:
    """The board's version. It changes with every event of the history, and when a change of the rules has reached all
    days.

    The id of the newest event isn't enough, because an event with a lower id can be committed later. So the version
    also has the number of events just before it.
    """
    last = list(Event.objects.order_by("-pk").values_list("pk", flat=True)[:_LATE])
    newest = last[0] if last else 0
    return Version(newest, sum(pk > newest - _LATE for pk in last), int(repicking.is_under_way()))


def changed_since(version: Version, people: list[User]) -> list[User]:
    """Those of these people whose days may have changed since that version."""
    if version.repicking:
        return people
    changed: set[int | None] = set()
    later = Event.objects.filter(pk__gt=version.newest - _LATE)
    for pk, user_id, from_user in later.values_list("pk", "user", "from_user"):
        # A rule for everyone has no person. An event that was seen already shows its row again, unchanged.
        if user_id is None and pk > version.newest:
            return people
        changed |= {user_id, from_user}
    return [person for person in people if person.pk in changed]


def page_of(people: QuerySet[User], after: str, before: str, size: int) -> tuple[list[User], str, str]:
    """At most `size` of these people by username, after the username `after` or before `before`; then the username
    after which the next page begins, and the one before which the previous page ends. Either is empty if there is no
    such page."""
    if before:
        found = list(people.filter(username__lt=before).order_by("-username")[: size + 1])
        more, page = len(found) > size, found[:size][::-1]
        return page, page[-1].username if page else "", page[0].username if page and more else ""
    rows = people.filter(username__gt=after) if after else people
    found = list(rows.order_by("username")[: size + 1])
    more, page = len(found) > size, found[:size]
    return page, page[-1].username if page and more else "", page[0].username if page and after else ""


# --- many at once -----------------------------------------------------------------------------------------------


def unassign_many(*, actor: User, assignment_ids: Iterable[int]) -> list[Place]:
    """Delete these assignments, each in a transaction of its own; returns their days. Assignments that are gone already
    are left out. Raises `NotAllowed` and `TryAgain`; then the rest stays."""
    permissions.require_taskmaster(actor)
    freed = []
    for one in Assignment.objects.with_day().filter(pk__in=list(assignment_ids)):
        try:
            assignments.unassign(actor=actor, assignment_id=one.pk)
        except AssignmentNotFound:
            continue
        freed.append(Place(one.user_id, one.date))
    return freed


def tasks_left(*, actor: User, user_id: int) -> list[Assignment]:
    """The person's open tasks from today on, by date. Raises `NotAllowed`."""
    permissions.require_taskmaster(actor)
    rows = open_tasks().filter(daily_limit__user=user_id).select_related("daily_limit", "task")
    return list(rows.order_by("daily_limit__date", "pk"))


def hand_on(*, actor: User, from_user_id: int, to_user_id: int) -> list[tuple[Assignment, ToGoError | None]]:
    """Move a person's open tasks from today on to somebody else, each on its date and in a transaction of its own.

    Returns each task with None if it was moved, or with the refusal if it stays. Raises `NotAllowed` and `TryAgain`.
    """
    outcomes: list[tuple[Assignment, ToGoError | None]] = []
    for one in tasks_left(actor=actor, user_id=from_user_id):
        try:
            assignments.change(actor=actor, assignment_id=one.pk, user_id=to_user_id)
            outcomes.append((one, None))
        except TryAgain:
            raise
        except ToGoError as refusal:
            outcomes.append((one, refusal))
    return outcomes


@dataclass(frozen=True)
class Touched:
    """How many people and days a period off affects, and how many open tasks are there already and stay."""

    people: int
    days: int
    tasks: int


def touched_by(*, user_id: int | None, first: datetime.date, last: datetime.date) -> Touched:
    """What a period off from `first` to `last` affects, for one person, or for everyone active if `user_id` is None."""
    people = User.objects.active() if user_id is None else User.objects.filter(pk=user_id)
    there = Assignment.objects.filter(
        status=Status.OPEN,
        daily_limit__user__in=people,
        daily_limit__date__gte=first,
        daily_limit__date__lte=last,
    )
    return Touched(people.count(), (last - first).days + 1, there.count())
