"""What the board shows: a week of people's days, read with a handful of queries however many they are."""

import datetime
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from apps.models import Assignment, DailyLimit, Event, User
from apps.services import limits
from apps.services.shared import permissions, repicking

DAYS = 7
PEOPLE_PER_PAGE = 50
# Fewer slots left than this, on a day that has more in all, is nearly full.
_NEARLY = 2
# So many events may be on their way to being committed when a later one already is.
_LATE = 50


@dataclass(frozen=True)
class Cell:
    """A person's day."""

    limit: DailyLimit
    assignments: list[Assignment]

    @property
    def state(self) -> str:
        """`off`, `full`, `nearly` or `free`."""
        if self.limit.remaining <= 0:
            return "full" if self.limit.taken else "off"
        return "nearly" if self.limit.taken and self.limit.remaining < _NEARLY else "free"

    @property
    def tenths(self) -> int:
        """How full it is, from 0 to 10."""
        return 10 * self.limit.taken // (self.limit.maximum or 1)

    @property
    def is_set(self) -> bool:
        """Whether the limit is set; else it is shown as it would be."""
        return self.limit.pk is not None


@dataclass(frozen=True)
class Row:
    """A person's week."""

    person: User
    cells: list[Cell]


@dataclass(frozen=True)
class Week:
    """Some people's week. `following` and `preceding` are the names that other pages of people begin after and end
    before; empty where there are none. `version` changes with every change of what is shown."""

    dates: list[datetime.date]
    rows: list[Row]
    following: str
    preceding: str
    version: str

    @property
    def has_assignments(self) -> bool:
        """Whether anything is given on the days that are shown."""
        return any(cell.assignments for row in self.rows for cell in row.cells)


def monday_of(date: datetime.date) -> datetime.date:
    """The Monday of that date's ISO week."""
    return date - datetime.timedelta(days=date.weekday())


def week(*, actor: User, first: datetime.date, search: str = "", after: str = "", before: str = "") -> Week:
    """A page of the active people whose names hold `search`, by username, and their days from `first` on.

    The page begins after the username `after`, or ends before `before`. Raises `NotAllowed`.
    """
    permissions.require_taskmaster(actor)
    # Before the rows: what changes meanwhile is shown again rather than missed.
    version = current_version()
    people, following, preceding = page_of(User.objects.active().search(search), after, before, PEOPLE_PER_PAGE)
    dates = [first + datetime.timedelta(days=offset) for offset in range(DAYS)]
    return Week(dates, rows_of(people, dates), following, preceding, version)


def rows_of(people: Iterable[User], dates: list[datetime.date]) -> list[Row]:
    """These people's days."""
    people = list(people)
    given: dict[tuple[int, datetime.date], list[Assignment]] = defaultdict(list)
    ids = [person.pk for person in people]
    assignments = Assignment.objects.filter(
        daily_limit__user__in=ids, daily_limit__date__gte=dates[0], daily_limit__date__lte=dates[-1]
    )
    for one in assignments.select_related("daily_limit", "task").order_by("pk"):
        given[one.user_id, one.date].append(one)
    days = limits.read(user_ids=ids, first=dates[0], last=dates[-1])
    cells = [Cell(day, given[day.user_id, day.date]) for day in days]
    width = len(dates)
    return [
        Row(person, cells[start : start + width])
        for person, start in zip(people, range(0, len(cells), width), strict=True)
    ]


def cell_of(*, user_id: int, date: datetime.date) -> Cell:
    """One person's day."""
    (row,) = rows_of([User(pk=user_id)], [date])
    return row.cells[0]


def current_version() -> str:
    """Changes whenever something is written to the history, and when changed rules have got to all days.

    The newest event alone would not do: one with a lower number can be committed after it. So the last ones are
    counted too.
    """
    last = list(Event.objects.order_by("-pk").values_list("pk", flat=True)[:_LATE])
    newest = last[0] if last else 0
    return f"{newest}-{sum(pk > newest - _LATE for pk in last)}-{int(repicking.is_under_way())}"


def changed_since(version: str, people: list[User]) -> list[User]:
    """Those of these people whose days may look different than at that version."""
    newest, _, under_way = (int(number) for number in version.split("-"))
    if under_way:
        return people
    changed: set[int | None] = set()
    for pk, user_id, from_user in Event.objects.filter(pk__gt=newest - _LATE).values_list("pk", "user", "from_user"):
        # A rule for everyone has no person. Late ones are shown again, which changes nothing where nothing changed.
        if user_id is None and pk > newest:
            return people
        changed |= {user_id, from_user}
    return [person for person in people if person.pk in changed]


def page_of(people: QuerySet[User], after: str, before: str, size: int) -> tuple[list[User], str, str]:
    """So many of these people by username, after or before that one; and the usernames after and before which there
    are others, empty where there are none."""
    if before:
        found = list(people.filter(username__lt=before).order_by("-username")[: size + 1])
        more, page = len(found) > size, found[:size][::-1]
        return page, page[-1].username if page else "", page[0].username if page and more else ""
    rows = people.filter(username__gt=after) if after else people
    found = list(rows.order_by("username")[: size + 1])
    more, page = len(found) > size, found[:size]
    return page, page[-1].username if page and more else "", page[0].username if page and after else ""
