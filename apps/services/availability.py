"""Finds room: a person's free days, the people who are free on a date, and the next free date for refusals.

It reads the rows that assigning uses, and the same picker answers for days that aren't set yet. So a day that is found
here can be taken, unless someone else takes it first.
"""

import datetime
import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from operator import or_
from typing import Any, NamedTuple

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from apps.models import DailyLimit, User
from apps.models.base import DayKey
from apps.models.composed import read_objects
from apps.models.effort import DEFAULT_EFFORT
from apps.models.users import PERSON_COLUMNS, UserQuerySet
from apps.services import limits
from apps.services.shared import permissions, picking

# How far a search for a free day looks, in days after the requested one.
SEARCH_DAYS = 366
# Most free days are near, so these are read first.
NEAR_DAYS = 14
_WINDOWS = [0, NEAR_DAYS, SEARCH_DAYS]
# Windows of days in one query: each is a condition that an index answers.
_WINDOWS_PER_QUERY = 100
# A page of free people by name looks at so many people at most, however few of them are free.
_PEOPLE_PER_PAGE = 500

Window = tuple[int, datetime.date, datetime.date]


class Search(NamedTuple):
    """A search for a person's first date after `after` with room for this effort."""

    user_id: int
    after: datetime.date
    effort: int


# --- when a person is free --------------------------------------------------------------------------------------


def next_free_date(*, user_id: int, after: datetime.date, effort: int = DEFAULT_EFFORT) -> datetime.date | None:
    """The first date after `after` on which the person has room for this effort, or None: at most 366 days later, and
    no further ahead than may be planned."""
    search = Search(user_id, after, effort)
    return next_free_dates([search])[search]


def next_free_dates(searches: Iterable[Search]) -> dict[Search, datetime.date | None]:
    """`next_free_date` for each of these searches. A thousand searches are fast, because they read the rules once and
    the days of many people with one query."""
    answers: dict[Search, datetime.date | None] = dict.fromkeys(searches)
    last_date = permissions.last_date()
    waiting = [search for search in answers if search.after < last_date]
    if not waiting:
        return answers
    people, first = {search.user_id for search in waiting}, min(search.after for search in waiting)
    # The rules are only read if one of the next days isn't set yet.
    picker = functools.cache(lambda: picking.load_to_tell(people, first, last_date))
    for start, end in pairwise(_WINDOWS):
        windows = [
            (user_id, _later(after, start + 1), min(_later(after, end), last_date)) for user_id, after, _ in waiting
        ]
        for some in range(0, len(windows), _WINDOWS_PER_QUERY):
            chunk = slice(some, some + _WINDOWS_PER_QUERY)
            found = _read(windows[chunk])
            for search, window in zip(waiting[chunk], windows[chunk], strict=True):
                answers[search] = next(_free_dates(picker, found, window, search.effort), None)
        waiting = [search for search in waiting if answers[search] is None]
    return answers


def free_days(
    *, user_id: int, first: datetime.date, last: datetime.date, effort: int = DEFAULT_EFFORT
) -> Iterator[DailyLimit]:
    """The person's days from `first` to `last` with room for this effort, by date, as far ahead as may be planned.

    A day that isn't set yet has the limit that would be set now, and no `pk`. The days are read in pieces while the
    caller uses them.
    """
    last = min(last, permissions.last_date())
    if first > last:
        return
    picker = picking.load([user_id], first, last)
    length = NEAR_DAYS
    while first <= last:
        window = (user_id, first, min(_later(first, length - 1), last))
        found = _read([window])
        for date in _free_dates(lambda: picker, found, window, effort):
            yield found.get((user_id, date)) or limits.unset_day(picker, user_id, date)
        first, length = _later(window[2], 1), SEARCH_DAYS


@dataclass(frozen=True)
class PersonRoom:
    """A person's days with room, and the next free date, which may be later than all of them."""

    user_id: int
    next_free_date: datetime.date | None
    days: list[DailyLimit]


def room_of(
    *,
    actor: User,
    user_id: int | None = None,
    first: datetime.date | None = None,
    days: int = NEAR_DAYS,
    effort: int = DEFAULT_EFFORT,
) -> PersonRoom:
    """The days on which `actor` may give this person (default: themselves) a task of this effort, among `days` days
    from `first` (default: today) on; and the next free date within 366 days.

    Raises `UserNotFound`, also if `actor` asks for someone else and is no taskmaster.
    """
    user_id = user_id or actor.pk
    permissions.require_may_see_days_of(actor, [user_id])
    first = first or permissions.today()
    found: list[DailyLimit] = []
    nearest = None
    if User.objects.active().filter(pk=user_id).exists() and first <= permissions.last_date():
        earliest = max(first, permissions.earliest_date(actor) or first)
        for day in free_days(user_id=user_id, first=earliest, last=_later(first, SEARCH_DAYS - 1), effort=effort):
            nearest = nearest or day.date
            if (day.date - first).days >= days:
                break
            found.append(day)
    return PersonRoom(user_id, nearest, found)


def _read(windows: list[Window]) -> dict[DayKey, DailyLimit]:
    """The days in these windows that are set."""
    if len(windows) == 1:
        return {(day.user_id, day.date): day for day in DailyLimit.objects.between(*windows[0])}
    within = functools.reduce(
        or_, (Q(user=user_id, date__gte=first, date__lte=last) for user_id, first, last in windows)
    )
    return {(day.user_id, day.date): day for day in DailyLimit.objects.filter(within)}


def _free_dates(
    picker: Callable[[], picking.Picker], found: dict[DayKey, DailyLimit], window: Window, effort: int
) -> Iterator[datetime.date]:
    user_id, first, last = window
    for offset in range((last - first).days + 1):
        date = _later(first, offset)
        day = found.get((user_id, date))
        if (day.remaining if day else picker().pick(user_id, date).maximum) >= effort:
            yield date


def _later(date: datetime.date, days: int) -> datetime.date:
    return date + datetime.timedelta(days=days)


# --- who is free on a date --------------------------------------------------------------------------------------


class Edge(NamedTuple):
    """Where a page begins or ends: the `id` of a person and, depending on the order, their username or room."""

    key: str | int
    id: int


@dataclass(frozen=True)
class RoomPage:
    """A page of people who are free on a date: their days, each with its `user`, and where the other pages begin."""

    days: list[DailyLimit]
    ordered_by: str
    following: Edge | None
    preceding: Edge | None


def room_on(
    *,
    actor: User,
    date: datetime.date,
    size: int,
    edge: Edge | None = None,
    backwards: bool = False,
    effort: int = DEFAULT_EFFORT,
) -> RoomPage:
    """A page of at most `size` people, from `edge` on, who have room for this effort on a date and to whom `actor` may
    give tasks.

    If everybody's limit of the date is set, the people with the most room come first (`remaining`); otherwise the order
    is by `name`. Later pages keep the order of the first. A page by name looks at 500 people at most, so it can have
    fewer than `size`, or none, although others follow.
    """
    by_name = isinstance(edge.key, str) if edge else not limits.is_set_for_everybody(date)
    look = _look_by_name if by_name else _look_by_remaining
    seen: list[DailyLimit] = []
    more = False
    if permissions.may_plan(actor, date):
        seen, more = look(actor.confined_to, date, effort, size, edge, backwards)
    if backwards:
        seen.reverse()
    before, after = (more, bool(edge)) if backwards else (bool(edge), more)

    def edge_at(day: DailyLimit) -> Edge:
        return Edge(day.user.username if by_name else day.remaining, day.user_id)

    return RoomPage(
        days=[day for day in seen if day.remaining >= effort],
        ordered_by="name" if by_name else "remaining",
        following=edge_at(seen[-1]) if seen and after else None,
        preceding=edge_at(seen[0]) if seen and before else None,
    )


def _assignees(only: int | None) -> UserQuerySet:
    """Everybody who can be given tasks, or only this person."""
    return User.objects.active() if only is None else User.objects.active().filter(pk=only)


def _look_by_remaining(
    only: int | None, date: datetime.date, effort: int, size: int, edge: Edge | None, backwards: bool
) -> tuple[list[DailyLimit], bool]:
    """The days with room next to the edge, and whether there are more."""
    values: dict[str, Any] = {"date": date, "effort": effort}
    if only is not None:
        values["only"] = only
    if edge:
        values |= {"room": edge.key, "person": edge.id}
    found = read_objects(_most_room, (size + 1, backwards), values, {"user": PERSON_COLUMNS})
    return found[:size], len(found) > size


def _most_room(
    size: int,
    backwards: bool,
    *,
    date: datetime.date,
    effort: int,
    only: int | None = None,
    room: int | None = None,
    person: int | None = None,
) -> QuerySet[DailyLimit]:
    """The first `size` days with room, of all active people or of `only` one, after the edge of this `room` and
    `person`."""
    # EXISTS for each day: with a join SQLite would read all people first.
    theirs = Exists(_assignees(only).filter(pk=OuterRef("user")))
    days = DailyLimit.objects.filter(theirs, date=date).with_room(effort).annotate(room=F("maximum") - F("taken"))
    if person is not None:
        past = {"room__gt": room} if backwards else {"room__lt": room}
        beside = {"user__lt": person} if backwards else {"user__gt": person}
        # `near` follows from the other condition; it lets the database go straight to the page in the index.
        near = {"room__gte": room} if backwards else {"room__lte": room}
        days = days.filter(Q(**past) | Q(room=room, **beside), **near)
    order = ("room", "-user_id") if backwards else ("-room", "user_id")
    return days.order_by(*order)[:size]


def _look_by_name(
    only: int | None, date: datetime.date, effort: int, size: int, edge: Edge | None, backwards: bool
) -> tuple[list[DailyLimit], bool]:
    """The days of people next to the edge, free or not, until `size` are free; and whether there are more people."""
    people = _assignees(only)
    if edge:
        people = people.filter(username__lt=edge.key) if backwards else people.filter(username__gt=edge.key)
    beside = list(people.order_by("-username" if backwards else "username")[: _PEOPLE_PER_PAGE + 1])
    looked_at = {person.pk: person for person in beside[:_PEOPLE_PER_PAGE]}
    days = limits.read(user_ids=list(looked_at), first=date, last=date)
    seen: list[DailyLimit] = []
    free = 0
    for day in days:
        if free == size:
            break
        day.user = looked_at[day.user_id]
        seen.append(day)
        free += day.remaining >= effort
    return seen, len(seen) < len(beside)
