"""How full people's days were, are and will be, summed by the database."""

import datetime
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Count, F, Q, Sum

from apps.models import DailyLimit, User
from apps.services import board, limits
from apps.services.board import late, pages
from apps.services.shared import formats, permissions, picking, spreadsheets, units

DAYS_AHEAD = 14
# People with rules of their own are read in chunks of this size.
_PEOPLE_PER_READ = 500


@dataclass(frozen=True)
class Numbers:
    """A table of numbers: by date, or by the first date of a week."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[datetime.date, *tuple[int, ...]]]

    def as_csv(self) -> Iterator[str]:
        """The table, as pieces of a CSV file."""
        return spreadsheets.write(("date", *(name.lower().replace(" ", "_") for name in self.columns)), self.rows)


@dataclass(frozen=True)
class Summary:
    """What a taskmaster wants to know first: how many open tasks are late, the fullest day of the next seven, and what
    everybody together can still take in the next 14. `fullest` is None while nothing is planned."""

    late: int
    fullest: board.Load | None
    fullest_date: datetime.date | None
    free: int


def summary(*, actor: User, free: Numbers) -> Summary:
    """The summary; `free` are the numbers of `room`. Raises `NotAllowed`."""
    dates = _dates_ahead()[: formats.WEEK_DAYS]
    loads = zip(board.loads_of_everyone(dates), dates, strict=True)
    planned = [(load, date) for load, date in loads if load.taken and load.maximum]
    fullest = max(planned, key=lambda one: one[0].taken / one[0].maximum, default=None)
    return Summary(
        late=late.number(actor=actor),
        fullest=fullest[0] if fullest else None,
        fullest_date=fullest[1] if fullest else None,
        free=sum(left for _, *numbers in free.rows for left in numbers),
    )


def load(*, actor: User, weeks: int) -> Numbers:
    """How much was taken, and the sum of the limits, on each day of the last `weeks` weeks. Raises `NotAllowed`."""
    permissions.require_taskmaster(actor)
    rows = [(date, taken, maximum) for date, taken, maximum, _, _ in _days(weeks)]
    return Numbers("load", f"Load per day, in {units.unit()}", ("Taken", "Limit"), rows)


def full(*, actor: User, weeks: int) -> Numbers:
    """How many people's days were full in each of the last `weeks` weeks, and how many days had a limit above 0. Raises
    `NotAllowed`."""
    permissions.require_taskmaster(actor)
    by_week: dict[datetime.date, list[int]] = defaultdict(lambda: [0, 0])
    for date, _, _, number, of in _days(weeks):
        week = by_week[formats.week_of(date)]
        week[0] += number
        week[1] += of
    return Numbers(
        "full", "Full days per week", ("Full days", "Days"), [(date, *both) for date, both in by_week.items()]
    )


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
    return Numbers("room", f"Free room in the next two weeks, in {units.unit()}", ("Free",), list(free.items()))


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
    first = formats.week_of(last) - datetime.timedelta(weeks=weeks - 1)
    days = DailyLimit.objects.filter(date__gte=first, date__lte=last).values_list("date")
    is_full = Q(taken__gte=F("maximum"), taken__gt=0)
    sums = days.annotate(
        given=Sum("taken"),
        most=Sum("maximum"),
        full=Count("pk", filter=is_full),
        open=Count("pk", filter=Q(maximum__gt=0)),
    )
    known = {date: rest for date, *rest in sums}
    dates = (first + datetime.timedelta(days=offset) for offset in range((last - first).days + 1))
    return [(date, *known.get(date, (0, 0, 0, 0))) for date in dates]


def _dates_ahead() -> list[datetime.date]:
    today = permissions.today()
    return [today + datetime.timedelta(days=offset) for offset in range(DAYS_AHEAD)]
