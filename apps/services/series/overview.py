"""What the pages of series show."""

import datetime
from dataclasses import dataclass

from django.db.models import Count, F

from apps.models import Occurrence, Series, User
from apps.models.series import Decision
from apps.services import series
from apps.services.series.occurrences import State, states_of
from apps.services.series.words import in_words
from apps.services.shared import keyset, permissions

PER_PAGE = 50
# Dates of a series that are shown, from today on and before.
SHOWN = 40


@dataclass(frozen=True)
class Line:
    """A series in the list: its rule in words, its next date by the rule, None if it has ended, and of its dates from
    today on those that aren't as planned."""

    series: Series
    text: str
    next: datetime.date | None
    paused: str
    skipped: int
    waiting: int


@dataclass(frozen=True)
class SeriesPage:
    """A page of the list. `following` and `preceding` are as in the catalogue of tasks."""

    lines: list[Line]
    following: int | None
    preceding: int | None


@dataclass(frozen=True)
class Dates:
    """Dates of a series from today on, and before, the latest first."""

    coming: list[State]
    past: list[State]


def page(*, actor: User, after: int | None = None, before: int | None = None) -> SeriesPage:
    """A page of the series by the names of their tasks."""
    found = series.visible_to(actor)
    shown, edges = keyset.page_of(found, by=[F("task__name")], after=after, before=before, size=PER_PAGE)
    rows = Occurrence.objects.filter(series__in=shown, date__gte=permissions.today())
    counts = {
        (series_id, decision): count
        for series_id, decision, count in rows.values_list("series", "decision").annotate(Count("pk")).order_by()
    }
    lines = [
        Line(
            one,
            in_words(one),
            series.next_date(one),
            permissions.why_paused(one),
            counts.get((one.pk, Decision.SKIPPED), 0),
            counts.get((one.pk, Decision.WAITING), 0),
        )
        for one in shown
    ]
    return SeriesPage(sorted(lines, key=lambda line: line.next is None), *edges)


def dates_of(one: Series) -> Dates:
    """The dates of a series that its page shows."""
    rows = one.occurrences.select_related("user")
    today = permissions.today()
    coming = states_of(rows.filter(date__gte=today).order_by("date")[:SHOWN])
    return Dates(coming, states_of(rows.filter(date__lt=today).order_by("-date")[:SHOWN]))
