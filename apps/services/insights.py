"""How full people's days were, are and will be, summed by the database."""

import datetime
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext

from apps.models import Assignment, DailyLimit, LimitRule, Task, User
from apps.models.assignments import Status, is_late
from apps.services import board, limits
from apps.services.board import late, pages
from apps.services.shared import formats, past, permissions, picking, spreadsheets, units

DAYS_AHEAD = 14
_AWAY_SHOWN = 3
# A picture has a bar for each day of so many weeks, and else one for each week.
_MOST_WEEKS_BY_DAY = 12
# People with rules of their own are read in chunks of this size.
_PEOPLE_PER_READ = 500


@dataclass(frozen=True)
class Numbers:
    """A table of numbers: by date, or by the first date of a week. `heads` name its columns in files, and `columns` on
    the page."""

    name: str
    title: str
    heads: tuple[str, ...]
    columns: tuple[str, ...]
    rows: Sequence[tuple[datetime.date, *tuple[int, ...]]]
    by_week: bool = False

    def as_csv(self) -> Iterator[str]:
        """The table, as pieces of a CSV file."""
        return spreadsheets.write(("date", *self.heads), self.rows)


@dataclass(frozen=True)
class PersonLoad:
    """A person, and how much of their days of the next two weeks is taken, as far as these are set."""

    person: User
    taken: int
    maximum: int


@dataclass(frozen=True)
class TaskLoad:
    """A task, and how much of the days was given to it: what is done, late, and to come."""

    task: Task
    done: int
    late: int
    open: int


@dataclass(frozen=True)
class Summary:
    """What a taskmaster wants to know first: how many open tasks are late, the fullest day of the next seven, who is
    away then, and what everybody together can still take in the next 14 days. `fullest` is None while nothing is
    planned; `away` has a few people, and `away_more` says how many more there are."""

    late: int
    fullest: board.Load | None
    fullest_date: datetime.date | None
    away: list[User]
    away_more: int
    free: int


def summary(*, actor: User, free: Numbers) -> Summary:
    """The summary; `free` are the numbers of `room`. Raises `NotAllowed`."""
    dates = _dates_ahead()[: formats.WEEK_DAYS]
    loads = zip(board.loads_of_everyone(dates), dates, strict=True)
    planned = [(load, date) for load, date in loads if load.taken and load.maximum]
    off = LimitRule.objects.filter(maximum=0, weekday=None, date_from__lte=dates[-1], date_to__gte=dates[0])
    away = list(User.objects.active().filter(pk__in=off.values("user")).order_by("username"))
    fullest = max(planned, key=lambda one: one[0].taken / one[0].maximum, default=None)
    return Summary(
        late=late.number(actor=actor),
        fullest=fullest[0] if fullest else None,
        fullest_date=fullest[1] if fullest else None,
        away=away[:_AWAY_SHOWN],
        away_more=len(away[_AWAY_SHOWN:]),
        free=sum(left for _, *numbers in free.rows for left in numbers),
    )


def first_date(weeks: int) -> datetime.date:
    """The first date of the last `weeks` weeks, this one among them."""
    return formats.week_of(permissions.today()) - datetime.timedelta(weeks=weeks - 1)


def load(*, actor: User, weeks: int) -> Numbers:
    """How much was taken, and the sum of the limits, on each day of the last `weeks` weeks, or in each week if these
    are more than 12. Raises `NotAllowed`."""
    permissions.require_taskmaster(actor)
    by_week = weeks > _MOST_WEEKS_BY_DAY
    rows = [(date, taken, maximum) for date, taken, maximum, _, _ in _days(weeks)]
    if by_week:
        sums: dict[datetime.date, list[int]] = defaultdict(lambda: [0, 0])
        for date, taken, maximum in rows:
            week = sums[formats.week_of(date)]
            week[0] += taken
            week[1] += maximum
        rows = [(date, taken, maximum) for date, (taken, maximum) in sums.items()]
    title = gettext("Load per week, in %(unit)s") if by_week else gettext("Load per day, in %(unit)s")
    columns = (gettext("Taken"), gettext("Limit"))
    return Numbers("load", title % {"unit": units.unit()}, ("taken", "limit"), columns, rows, by_week=by_week)


def full(*, actor: User, weeks: int) -> Numbers:
    """How many people's days were full in each of the last `weeks` weeks, and how many days had a limit above 0. Raises
    `NotAllowed`."""
    permissions.require_taskmaster(actor)
    by_week: dict[datetime.date, list[int]] = defaultdict(lambda: [0, 0])
    for date, _, _, number, of in _days(weeks):
        week = by_week[formats.week_of(date)]
        week[0] += number
        week[1] += of
    columns = (gettext("Full days"), gettext("Days"))
    rows = [(date, full_days, of) for date, (full_days, of) in by_week.items()]
    return Numbers("full", gettext("Full days per week"), ("full_days", "days"), columns, rows, by_week=True)


def room(*, actor: User) -> Numbers:
    """How much more all active people together can take on each of the next 14 days. A day that isn't set yet
    counts with the limit that the rules would set now. Raises `NotAllowed`.

    People without rules of their own are counted, not read: the rules give the same limit to all of them.
    """
    permissions.require_taskmaster(actor)
    dates = _dates_ahead()
    people = User.objects.active().values_list("pk", flat=True)
    own = picking.with_limits_of_their_own(people, dates[0], dates[-1])
    free = dict.fromkeys(dates, 0)
    for start in range(0, len(own), _PEOPLE_PER_READ):
        for day in limits.read(user_ids=own[start : start + _PEOPLE_PER_READ], first=dates[0], last=dates[-1]):
            free[day.date] += day.remaining
    if others := people.count() - len(own):
        days = DailyLimit.objects.filter(user__is_active=True, date__gte=dates[0], date__lte=dates[-1])
        days = days.exclude(user__in=picking.about_people(dates[0], dates[-1]).values("user"))
        picker = picking.load([], dates[0], dates[-1])
        known = {
            date: rest
            for date, *rest in days.values_list("date").annotate(
                number=Count("pk"), left=Sum(F("maximum") - F("taken"))
            )
        }
        for date in dates:
            number, left = known.get(date, (0, 0))
            free[date] += left + (others - number) * picker.pick(0, date).maximum
    title = gettext("Free room in the next two weeks, in %(unit)s") % {"unit": units.unit()}
    return Numbers("room", title, ("free",), (gettext("Free"),), list(free.items()))


def people(*, actor: User, most: int) -> tuple[list[PersonLoad], list[PersonLoad]]:
    """The people whose next two weeks are the fullest, and those who have the least to do, at most so many each. Nobody
    is in both lists, and people whose set days are all off are in none. Raises `NotAllowed`."""
    permissions.require_taskmaster(actor)
    dates = _dates_ahead()
    days = Q(daily_limits__date__gte=dates[0], daily_limits__date__lte=dates[-1])
    loads = User.objects.active().annotate(
        taken=Coalesce(Sum("daily_limits__taken", filter=days), 0),
        most=Coalesce(Sum("daily_limits__maximum", filter=days), 0),
        known=Count("daily_limits", filter=days),
    )
    columns = ("pk", "taken", "most")
    shares = loads.filter(taken__gt=0, most__gt=0).annotate(share=F("taken") * 1000 / F("most"))
    busy = list(shares.order_by("-share", "-taken", "username").values_list(*columns)[:most])
    others = loads.exclude(known__gt=0, most=0).exclude(pk__in=[pk for pk, *_ in busy])
    idle = list(others.order_by("taken", "username").values_list(*columns)[:most])
    persons = User.objects.in_bulk([pk for pk, *_ in [*busy, *idle]])
    return (
        [PersonLoad(persons[pk], taken, maximum) for pk, taken, maximum in busy],
        [PersonLoad(persons[pk], taken, maximum) for pk, taken, maximum in idle],
    )


def by_task(*, actor: User, weeks: int, most: int) -> list[TaskLoad]:
    """The tasks that take the most of the last `weeks` weeks and the next two, at most so many. Raises
    `NotAllowed`."""
    permissions.require_taskmaster(actor)
    today = permissions.today()
    first = first_date(weeks)
    given = Assignment.objects.filter(daily_limit__date__gte=first, daily_limit__date__lte=_dates_ahead()[-1])
    effort = Coalesce(Sum("effort"), 0)
    is_late_now = is_late(today)
    sums = given.values_list("task").annotate(
        all=effort,
        done=Coalesce(Sum("effort", filter=Q(status=Status.DONE)), 0),
        late=Coalesce(Sum("effort", filter=is_late_now), 0),
    )
    archived = past.efforts(first)
    # What is in the archive may lead any task to the front.
    found = list(sums.order_by("-all", "task")[: None if archived else most])
    loads = {pk: (whole, done, late) for pk, whole, done, late in found}
    for pk, more in archived.items():
        given_before, done_before, late_before = loads.get(pk, (0, 0, 0))
        loads[pk] = (given_before + more, done_before + more, late_before)
    ranked = sorted(loads.items(), key=lambda one: (-one[1][0], one[0]))[:most]
    tasks = Task.objects.in_bulk([pk for pk, _ in ranked])
    return [TaskLoad(tasks[pk], done, late, whole - done - late) for pk, (whole, done, late) in ranked]


def heat_map(*, actor: User, after: str = "", before: str = "") -> pages.PeopleDays:
    """A page of people, and how full their next 14 days are. Raises `NotAllowed`."""
    permissions.require_taskmaster(actor)
    return pages.days_of_page(User.objects.active(), _dates_ahead(), after, before)


def heat_map_as_csv(heat: pages.PeopleDays) -> Iterator[str]:
    """The page as pieces of a CSV file, a line for each person and day."""
    rows = (
        (row.person.username, cell.limit.date, cell.limit.taken, cell.limit.maximum)
        for row in heat.rows
        for cell in row.cells
    )
    return spreadsheets.write(("username", "date", "taken", "limit"), rows)


def _days(weeks: int) -> list[tuple[datetime.date, int, int, int, int]]:
    """Each date of the last `weeks` weeks until today: the sum taken, the sum of the limits, the number of full days
    and the number of days with a limit above 0."""
    last = permissions.today()
    first = first_date(weeks)
    days = DailyLimit.objects.filter(date__gte=first, date__lte=last).values_list("date")
    is_full = Q(taken__gte=F("maximum"), taken__gt=0)
    sums = days.annotate(
        given=Sum("taken"),
        most=Sum("maximum"),
        full=Count("pk", filter=is_full),
        open=Count("pk", filter=Q(maximum__gt=0)),
    )
    known = {date: rest for date, *rest in sums}
    for date, *archived in past.sums(first, last):
        known[date] = [one + more for one, more in zip(known.get(date, (0, 0, 0, 0)), archived, strict=True)]
    dates = (first + datetime.timedelta(days=offset) for offset in range((last - first).days + 1))
    return [(date, *known.get(date, (0, 0, 0, 0))) for date in dates]


def _dates_ahead() -> list[datetime.date]:
    today = permissions.today()
    return [today + datetime.timedelta(days=offset) for offset in range(DAYS_AHEAD)]
