"""Decides about the dates of series, up to a horizon that moves on with every day.

A series is locked while its dates are decided, and a date's occurrence is written in the transaction that assigns its
task. So no date is decided twice, even if a worker is killed or several work at the same time.
"""

import datetime
import logging
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from django.conf import settings
from django.db import DatabaseError, IntegrityError
from django.db.models import Exists, OuterRef

from apps.exceptions.assignments import DailyLimitReached
from apps.exceptions.base import ToGoError
from apps.models import Assignment, Event, Occurrence, Series, User, WaitingEntry
from apps.models.events import Kind
from apps.models.series import Decision, OnFull
from apps.models.waiting import Ending
from apps.services import assignments, availability, bulk, unit_of_work
from apps.services.series.rules import parse
from apps.services.shared import languages, permissions
from apps.services.shared.refusals import outcome_of

logger = logging.getLogger(__name__)

ONE_DAY = datetime.timedelta(days=1)
KEPT = datetime.timedelta(days=366)
DATE_PAST = "date_past"
_DECIDED = ["decision", "user", "placed_on", "assignment", "waiting", "code", "detail"]


class Turn(NamedTuple):
    """A date of a series, and whose turn it is. `note` says who is passed over."""

    date: datetime.date
    user_id: int
    note: str


def horizon() -> datetime.date:
    """The date up to which series are assigned."""
    return min(permissions.today() + datetime.timedelta(days=settings.TOGO_SERIES_DAYS), permissions.last_date())


def dates_of(series: Series, last: datetime.date) -> Iterator[datetime.date]:
    """The dates of the series from its `anchor` to `last`."""
    return parse(series.rrule).dates(series.anchor, min(last, series.date_to or last))


def turns_of(series: Series, first: datetime.date, last: datetime.date) -> list[Turn]:
    """The dates of the series from `first` to `last`, with the people. The next one in the rotation takes the turn of
    somebody who is deactivated."""
    people = [turn.user for turn in series.turns.select_related("user")]
    return [
        Turn(date, *_whose(people, series.first_turn + number))
        for number, date in enumerate(dates_of(series, last))
        if date >= first
    ]


def _whose(people: list[User], number: int) -> tuple[int, str]:
    start = number % len(people)
    inactive: list[str] = []
    for person in people[start:] + people[:start]:
        if person.is_active:
            passed = " and ".join(dict.fromkeys(inactive))
            are = "is" if len(set(inactive)) == 1 else "are"
            return person.pk, f"In place of {passed}, who {are} deactivated." if passed else ""
        inactive.append(str(person))
    return people[start].pk, ""


# --- deciding ---------------------------------------------------------------------------------------------------


@languages.in_english()
def fill(series_id: int) -> None:
    """Decide about all dates up to the horizon. It may run twice, at the same time or in part. Raises `TryAgain`."""

    def work() -> None:
        series = Series.objects.locked().filter(pk=series_id).first()
        if series and series.filled_to < horizon() and not permissions.why_paused(series):
            decide_up_to(series, horizon())

    # PostgreSQL notices only at the commit that a task was deleted meanwhile; the next attempt refuses it.
    unit_of_work.run(work, restart_on=IntegrityError)
    place_full(series_id)


@languages.in_english()
def decide_up_to(series: Series, last: datetime.date) -> None:
    """Decide about the dates after `filled_to` up to `last`: assign the tasks in one step, and note what was refused.
    The series is locked."""
    first = series.filled_to + ONE_DAY
    there = set(series.occurrences.filter(date__gte=first).values_list("date", flat=True))
    turns = [turn for turn in turns_of(series, first, last) if turn.date not in there]
    today = permissions.today()
    late = [turn for turn in turns if turn.date < today]
    coming = [turn for turn in turns if turn.date >= today]
    asked = [bulk.Item(series.task_id, turn.user_id, turn.date, series.effort) for turn in coming]
    outcomes = bulk.take_each(actor=series.taskmaster, asked=asked) if asked else []
    rows = [_decided(series, turn, outcome) for turn, outcome in zip(coming, outcomes, strict=True)]
    rows += [
        _row(series, turn, Decision.SKIPPED, DATE_PAST, "The date had passed when it was looked at.") for turn in late
    ]
    Occurrence.objects.bulk_create(rows)
    series.filled_to = max(series.filled_to, last)
    series.save(update_fields=["filled_to"])


def _decided(series: Series, turn: Turn, outcome: bulk.Outcome) -> Occurrence:
    if not isinstance(outcome, ToGoError):
        row = _row(series, turn, Decision.ASSIGNED, "", turn.note)
        row.assignment = outcome.id
        return row
    waits = isinstance(outcome, DailyLimitReached) and series.on_full != OnFull.SKIP
    return _row(series, turn, Decision.FULL if waits else Decision.SKIPPED, outcome.code, outcome.detail)


def _row(series: Series, turn: Turn, decision: Decision, code: str, detail: str) -> Occurrence:
    return Occurrence(
        series=series,
        date=turn.date,
        user_id=turn.user_id,
        placed_on=turn.date,
        decision=decision,
        code=code,
        detail=detail,
    )


# --- full days --------------------------------------------------------------------------------------------------


@languages.in_english()
def place_full(series_id: int) -> None:
    """Find a place for each date whose day was full. One after the other, each in a transaction of its own: their days
    are locked in no common order."""
    full = Occurrence.objects.filter(series=series_id, decision=Decision.FULL).order_by("date")
    for number in list(full.values_list("pk", flat=True)):
        unit_of_work.run(lambda number=number: _place(series_id, number), restart_on=IntegrityError)  # type: ignore[misc]


def _place(series_id: int, number: int) -> None:
    series = Series.objects.locked().filter(pk=series_id).first()
    row = Occurrence.objects.filter(pk=number, decision=Decision.FULL).first()
    if series is None or row is None or permissions.why_paused(series):
        return
    made = outcome_of(lambda: _placed(series, row))
    if isinstance(made, ToGoError):
        row.decision, row.code, row.detail = Decision.SKIPPED, made.code, made.detail
    else:
        waits = isinstance(made, WaitingEntry)
        row.decision, row.placed_on = Decision.WAITING if waits else Decision.ASSIGNED, made.date
        row.waiting, row.assignment = (made.pk, None) if waits else (None, made.pk)
        if not waits and made.date == row.date:
            row.code = row.detail = ""
    row.save(update_fields=_DECIDED)


def _placed(series: Series, row: Occurrence) -> Assignment | WaitingEntry:
    actor, task_id, user_id, effort = series.taskmaster, series.task_id, row.user_id, series.effort
    if series.on_full == OnFull.WAIT:
        return assignments.assign_or_wait(actor=actor, task_id=task_id, user_id=user_id, date=row.date, effort=effort)
    first, last = max(row.date, permissions.today()), _before_the_next(series, row.date)
    return assignments.assign_earliest(
        actor=actor, task_id=task_id, user_id=user_id, first=first, last=last, effort=effort
    )


def _before_the_next(series: Series, date: datetime.date) -> datetime.date:
    """The last day on which this date's task may be done: the day before the following date."""
    last = date + datetime.timedelta(days=availability.SEARCH_DAYS)
    return next((one - ONE_DAY for one in dates_of(series, last) if one > date), last)


# --- what waited ------------------------------------------------------------------------------------------------


def settled(rows: Iterable[Occurrence]) -> list[Occurrence]:
    """Those of these rows that no longer wait, with what became of them as the history tells. Writes nothing."""
    waiting = {row.waiting or 0: row for row in rows if row.decision == Decision.WAITING}
    gone = set(waiting) - set(WaitingEntry.objects.filter(pk__in=waiting).values_list("pk", flat=True))
    if not gone:
        return []
    dates = {waiting[entry].placed_on for entry in gone}
    ends = Event.objects.filter(kind__in=[Kind.PROMOTED, Kind.CANCELLED], date__in=dates)
    found = []
    for event in ends.order_by("pk").iterator():
        if (entry := event.data.get("waiting")) in gone:
            found.append(_settle(waiting[entry], event))
    return found


def _settle(row: Occurrence, event: Event) -> Occurrence:
    if event.kind == Kind.PROMOTED:
        row.decision, row.assignment, row.code, row.detail = Decision.ASSIGNED, event.assignment, "", ""
        return row
    reason = event.data.get("reason")
    if reason == Ending.CANCELLED:
        row.decision, row.code, row.detail = Decision.CANCELLED, "", ""
        return row
    row.decision = Decision.SKIPPED
    row.code, row.detail = {
        Ending.ASSIGNED: ("already_assigned", "The task was assigned for this day otherwise."),
        Ending.TASK_INACTIVE: ("task_inactive", "The task was retired while it waited."),
        Ending.USER_INACTIVE: ("user_inactive", "The person was deactivated while the task waited."),
    }.get(Ending(reason), (DATE_PAST, "The day got no room until it was over."))
    return row


# --- the periodic job -------------------------------------------------------------------------------------------


def fill_all() -> None:
    """Go on with every series that isn't decided up to the horizon, find places for what a crash left, and note what
    became of waiting tasks. A series that fails is logged, and stops no other one."""
    due = set(Series.objects.filter(filled_to__lt=horizon()).values_list("pk", flat=True))
    full = set(Occurrence.objects.filter(decision=Decision.FULL).values_list("series", flat=True))
    for series_id in sorted(due | full):
        try:
            fill(series_id)
        except (ToGoError, DatabaseError) as error:
            logger.warning("The series %d is left for the next run: %s", series_id, error)
        except Exception:
            logger.exception("The series %d can't be filled.", series_id)
        unit_of_work.let_others_write()
    _note_settled()


def _note_settled() -> None:
    entry = WaitingEntry.objects.filter(pk=OuterRef("waiting"))
    gone = Occurrence.objects.filter(~Exists(entry), decision=Decision.WAITING)

    def work(series_id: int, number: int) -> None:
        Series.objects.locked().filter(pk=series_id).first()
        for row in settled(Occurrence.objects.filter(pk=number)):
            row.save(update_fields=_DECIDED)

    for pair in list(gone.values_list("series", "pk")):
        unit_of_work.run(lambda pair=pair: work(*pair))  # type: ignore[misc]


def remove_old() -> None:
    """Delete occurrences that are older than 366 days, and series that ended so long ago."""
    before = permissions.today() - KEPT
    # All decisions are named, because the index begins with them.
    old = Occurrence.objects.filter(decision__in=Decision.values, date__lt=before)
    unit_of_work.run(lambda: old.delete())
    for series in Series.objects.all():
        # One after the other, each by the index: in one query a database may read all occurrences.
        if Occurrence.objects.filter(series=series).exists():
            continue
        if not any(date >= before for date in dates_of(series, datetime.date.max)):
            unit_of_work.run(lambda series=series: series.delete())  # type: ignore[misc]
