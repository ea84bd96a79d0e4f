"""The board: reads people's days, with a few queries for any number of people."""

import datetime
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, QuerySet, Sum

from apps.exceptions.assignments import DailyLimitReached
from apps.models import Assignment, DailyLimit, Event, LimitRule, User
from apps.models.assignments import Status
from apps.models.board import LATE, progress
from apps.models.effort import DEFAULT_EFFORT
from apps.services import availability, limits
from apps.services.limit_rules import listing, words
from apps.services.shared import past, permissions, refusals, repicking
from apps.services.shared.formats import Place, Version

# A day on which something is taken is nearly full when less than this is left, or less than a tenth.
_NEARLY = 2


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
        return words.why(self.limit.source)

    @property
    def tenths(self) -> int:
        """How full it is, from 0 to 10."""
        return min(10, 10 * self.limit.taken // (self.limit.maximum or 1))

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
class Load:
    """How much of a date is taken, of the limits of everybody together. Limits that aren't set yet don't count."""

    taken: int = 0
    maximum: int = 0

    @property
    def tenths(self) -> int:
        """How full it is, from 0 to 10."""
        return min(10, 10 * self.taken // (self.maximum or 1))


@dataclass(frozen=True)
class Column:
    """A date with everybody's load, and its name if it is a holiday."""

    date: datetime.date
    load: Load
    name: str


def columns_of(dates: list[datetime.date], rules: Iterable[LimitRule] | None = None) -> list[Column]:
    """The heads of these dates' columns. `rules` are those of the dates, if the caller has read them already."""
    names = listing.names_of(dates[0], dates[-1], rules)
    return [Column(date, load, names.get(date, "")) for date, load in zip(dates, loads_of_everyone(dates), strict=True)]


def loads_of_everyone(dates: list[datetime.date]) -> list[Load]:
    """The load of everybody active together on each of these dates."""
    days = DailyLimit.objects.filter(user__is_active=True, date__gte=dates[0], date__lte=dates[-1])
    sums = days.values_list("date").annotate(Sum("taken"), Sum("maximum"))
    loads = {date: Load(taken, maximum) for date, taken, maximum in sums.order_by()}
    for date, taken, maximum, *_ in past.sums(dates[0], dates[-1], active=True):
        load = loads.get(date, Load())
        loads[date] = Load(load.taken + taken, load.maximum + maximum)
    return [loads.get(date, Load()) for date in dates]


def open_tasks() -> QuerySet[Assignment]:
    """Everybody's assignments from today on that aren't done."""
    return Assignment.objects.filter(status=Status.OPEN, daily_limit__date__gte=permissions.today())


def rows_of(people: Iterable[User], dates: list[datetime.date], rules: Iterable[LimitRule] | None = None) -> list[Row]:
    """These people's days. `rules` are those of the people and dates, if the caller has read them already."""
    people = list(people)
    ids = [person.pk for person in people]
    shown = Assignment.objects.filter(
        daily_limit__user__in=ids, daily_limit__date__gte=dates[0], daily_limit__date__lte=dates[-1]
    )
    # Read first, so that the day of each is among those that are read next.
    given = shown.order_by("pk").shown_rows()
    days = list(limits.read(user_ids=ids, first=dates[0], last=dates[-1], rules=rules))
    by_day: dict[int | None, list[Assignment]] = defaultdict(list)
    for one in Assignment.of_shown_rows(given, {day.pk: day for day in days}):
        by_day[one.daily_limit_id].append(one)
    cells = [Cell(day, by_day[day.pk]) for day in days]
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
    """The current cells of these days, each day once, with its person; a few queries for each date. Days of people who
    don't exist are left out."""
    places = list(dict.fromkeys(places))
    people = User.objects.in_bulk({place.user_id for place in places})
    by_date: dict[datetime.date, list[User]] = defaultdict(list)
    for place in places:
        if place.user_id in people:
            by_date[place.date].append(people[place.user_id])
    return [(row.person, row.cells[0]) for date, some in by_date.items() for row in rows_of(some, [date])]


def cell_of(person: User, date: datetime.date) -> Cell:
    """One person's day."""
    [row] = rows_of([person], [date])
    return row.cells[0]


def refusal_of(cell: Cell) -> DailyLimitReached | None:
    """The refusal that an assignment to this day would get now because it is full; None while it has room."""
    if cell.limit.remaining > 0:
        return None
    user_id, date = cell.place
    next_free_date = availability.next_free_date(user_id=user_id, after=date)
    return refusals.daily_limit_reached(cell.limit, effort=DEFAULT_EFFORT, next_free_date=next_free_date)


def next_free_date(refusal: DailyLimitReached) -> datetime.date | None:
    """The next day with room that a page offers in place of a full one: never a past one, as the refusal itself may
    name."""
    free: datetime.date | None = refusal.data["next_free_date"]
    today = permissions.today()
    if free is None or free >= today:
        return free
    yesterday = today - datetime.timedelta(days=1)
    return availability.next_free_date(user_id=refusal.data["user"], after=yesterday, effort=refusal.data["effort"])


def current_version() -> Version:
    """The board's version. It changes with every event of the history, and when a change of the rules has reached all
    days.

    The id of the newest event isn't enough, because an event with a lower id can be committed later. So the version
    also has the number of events just before it.
    """
    now = progress()
    return Version(now.newest, now.seen, int(repicking.is_behind(version=now.rules, applied=now.applied)))


@dataclass(frozen=True)
class Changes:
    """People whose days may have changed, and who changed each assignment last, by its id."""

    people: list[User]
    actors: dict[int | None, int]


def changed_since(version: Version, people: list[User]) -> Changes:
    """Those of these people whose days may have changed since that version, and who changed what they have."""
    changed: set[int | None] = set()
    actors: dict[int | None, int] = {}
    of_everyone = bool(version.repicking)
    later = Event.objects.filter(pk__gt=version.newest - LATE).order_by("pk")
    for pk, actor, user_id, from_user, assignment in later.values_list(
        "pk", "actor", "user", "from_user", "assignment"
    ):
        # A rule for everyone has no person. An event that was seen already shows its row again, unchanged.
        of_everyone |= user_id is None and pk > version.newest
        changed |= {user_id, from_user}
        actors[assignment] = actor
    return Changes(people if of_everyone else [person for person in people if person.pk in changed], actors)


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
