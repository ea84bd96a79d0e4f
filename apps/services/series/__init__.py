"""Series: tasks that come again by a rule, for one person or for several in turns.

`rules` knows which dates there are, `filling` decides about them up to a horizon, `occurrences` tells what became of
them, and `taking_back` undoes what a change or an end no longer wants.
"""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypedDict, Unpack

from django.db import IntegrityError
from django.db.models import QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext

from apps.exceptions.base import InvalidRequest
from apps.exceptions.series import SeriesNotFound
from apps.models import Assignment, Occurrence, Series, SeriesTurn, Task, User
from apps.models.series import Decision, SeriesQuerySet
from apps.services import assignments, unit_of_work
from apps.services.series import filling
from apps.services.series.filling import ONE_DAY
from apps.services.series.occurrences import states_of
from apps.services.series.rules import Rule, WrongRule, parse
from apps.services.series.taking_back import may_be_taken_back, take_back, take_back_changed
from apps.services.shared import permissions, refusals

MOST_TURNS = 100


class SeriesFields(TypedDict, total=False):
    """The fields that can be changed. `user_ids` are the people in the order of their turns; `effort` is None for the
    task's, and `date_to` for no end."""

    task_id: int
    user_ids: Sequence[int]
    rrule: str
    date_to: datetime.date | None
    effort: int | None
    on_full: str


def visible_to(actor: User) -> SeriesQuerySet:
    """The series that `actor` may see, with their people."""
    return Series.objects.visible_to(actor).select_related("task", "taskmaster").prefetch_related("turns__user")


def get(*, actor: User, series_id: int) -> Series:
    """A series. Raises `SeriesNotFound` if there is none that `actor` may see."""
    found = visible_to(actor).filter(pk=series_id).first()
    if found is None:
        raise SeriesNotFound(
            gettext("There is no series with the id %(series_id)s.") % {"series_id": series_id}, series=series_id
        )
    return found


def occurrences_of(*, actor: User, series_id: int) -> QuerySet[Occurrence]:
    """The dates of a series that were decided; people who are no taskmasters see their own. Raises `SeriesNotFound`."""
    rows = Occurrence.objects.filter(series=get(actor=actor, series_id=series_id))
    return rows if actor.may_assign_to_all else rows.filter(user=actor)


def next_date(series: Series) -> datetime.date | None:
    """The next date of a series from today on, by its rule; None if it has ended."""
    dates = filling.dates_of(series, permissions.last_date())
    return next((date for date in dates if date >= permissions.today()), None)


def of_assignment(assignment_id: int) -> Series | None:
    """The series to which an assignment belongs."""
    row = Occurrence.objects.filter(assignment=assignment_id).select_related("series").first()
    return row.series if row else None


def create_series(
    *,
    actor: User,
    task_id: int,
    user_ids: Sequence[int],
    rrule: str,
    date_from: datetime.date,
    on_full: str,
    date_to: datetime.date | None = None,
    effort: int | None = None,
    assignment_id: int | None = None,
) -> Series:
    """Make a series, and assign its dates from today up to the horizon. The rule counts from `date_from`.

    With `assignment_id`, that assignment is the occurrence of its date if it is one that the series would make.

    Raises `NotAllowed`, `DateOutOfRange`, `TaskNotFound`, `UserNotFound`, `TaskInactive`, `UserInactive`,
    `InvalidRequest` for a rule that can't be used and for dates that aren't in order, `AssignmentNotFound` and
    `TryAgain`; then nothing is written.
    """
    permissions.require_may_repeat(actor, list(user_ids), date_from)
    series = Series(
        task_id=task_id, date_from=date_from, anchor=date_from, date_to=date_to, effort=effort, on_full=on_full
    )
    _set_rule(series, rrule)

    def work() -> int:
        _require_assignable(task_id, user_ids)
        series.pk, series.taskmaster = None, actor
        series.filled_to = max(date_from, permissions.today()) - ONE_DAY
        series.save(force_insert=True)
        _set_turns(series, user_ids)
        if assignment_id:
            _adopt(series, assignments.get(actor=actor, assignment_id=assignment_id))
        filling.decide_up_to(series, max(filling.horizon(), series.filled_to))
        return series.pk

    # PostgreSQL notices only at the commit that the task was deleted meanwhile.
    made = unit_of_work.run(work, restart_on=IntegrityError)
    filling.place_full(made)
    return get(actor=actor, series_id=made)


def update_series(
    *, actor: User, series_id: int, first: datetime.date | None = None, **fields: Unpack[SeriesFields]
) -> Series:
    """Change a series from the date `first` on, and decide about the dates from there on again. Default, and at the
    earliest, is today; or, unless the rule is given, the date of an earlier change of rule or people that is to come.

    An assignment that the changed series would make, too, stays as it is. So does what people changed by hand: what is
    done, moved or taken away. Another rule counts from `first`, and the turns go on where they were; other people begin
    with their first one. If the person who gives the series' tasks may no longer do so, `actor` takes it over.

    Raises what `create_series` raises, `SeriesNotFound` and `NotAllowed`; then nothing is changed.
    """
    get(actor=actor, series_id=series_id)

    def work() -> None:
        series = _locked(actor, series_id)
        if "user_ids" in fields:
            permissions.require_may_repeat(actor, list(fields["user_ids"]), permissions.today())
        start = _start(series, first, replaces_rule="rrule" in fields)
        permissions.require_date(start)
        if permissions.why_paused(series):
            series.taskmaster = actor
        # The dates before `first` follow the series as it was.
        if start - ONE_DAY > series.filled_to:
            filling.decide_up_to(series, start - ONE_DAY)
        before = (series.task_id, series.effort, series.on_full)
        _change(series, start, fields)
        _require_assignable(series.task_id, series.user_ids)
        series.save()
        take_back_changed(actor=actor, series=series, first=start, before=before)
        series.filled_to = start - ONE_DAY
        filling.decide_up_to(series, max(filling.horizon(), series.filled_to))

    unit_of_work.run(work, restart_on=IntegrityError)
    filling.place_full(series_id)
    return get(actor=actor, series_id=series_id)


def end_series(*, actor: User, series_id: int, first: datetime.date | None = None) -> None:
    """End a series, and take away its open tasks from the date `first` (default, and at the earliest: today) on. What
    is done or past stays.

    With a later `first` the series goes on until the day before; else it is deleted. Raises `SeriesNotFound`,
    `NotAllowed` and `TryAgain`; then nothing is changed.
    """
    get(actor=actor, series_id=series_id)

    def work() -> None:
        series = _locked(actor, series_id)
        today = permissions.today()
        start = max(first or today, today)
        states = states_of(series.occurrences.filter(date__gte=start))
        take_back(actor=actor, states=[one for one in states if may_be_taken_back(actor=actor, one=one)])
        series.occurrences.filter(date__gte=start).delete()
        if start <= max(today, series.date_from):
            series.delete()
        elif series.date_to is None or series.date_to >= start:
            series.date_to = start - ONE_DAY
            series.save(update_fields=["date_to"])

    unit_of_work.run(work)


# --- the steps --------------------------------------------------------------------------------------------------


def change_task(*, old: Task, new: Task) -> None:
    """Let series of one task be of another one, with the effort that they have. For `tasks.merging`."""
    series = Series.objects.filter(task=old)
    fields = {} if old.effort == new.effort else {"effort": Coalesce("effort", Value(old.effort))}
    unit_of_work.run(lambda: series.update(task=new, **fields))


def _locked(actor: User, series_id: int) -> Series:
    """The locked series. Raises `SeriesNotFound` and `NotAllowed`."""
    Series.objects.locked().filter(pk=series_id).first()
    series = get(actor=actor, series_id=series_id)
    permissions.require_may_change_series(actor, series)
    return series


def _require_assignable(task_id: int, user_ids: Sequence[int]) -> None:
    task, people = Task.objects.filter(pk=task_id).first(), User.objects.in_bulk(user_ids)
    found = (refusals.of_task_or_person(task_id, task, user_id, people.get(user_id)) for user_id in user_ids)
    if refusal := next(filter(None, found), None):
        raise refusal


def _rest(series: Series) -> Iterator[datetime.date]:
    return filling.dates_of(series, datetime.date.max)


def _parsed(rrule: str) -> Rule:
    """The rule. Raises `InvalidRequest`."""
    try:
        return parse(rrule)
    except WrongRule as wrong:
        raise InvalidRequest.of_field("rrule", "invalid", str(wrong)) from None


def _set_rule(series: Series, rrule: str) -> None:
    """Set a rule that has dates in the time of the series. Raises `InvalidRequest`."""
    rule = _parsed(rrule)
    if series.date_to and series.date_to < series.date_from:
        raise InvalidRequest.of_field("date_to", "order", gettext("This must not be before date_from."))
    if not rule.has_dates(series.anchor, series.date_to or datetime.date.max):
        raise InvalidRequest.of_field(
            "rrule", "invalid", gettext("The rule has no date from %(anchor)s on.") % {"anchor": series.anchor}
        )
    series.rrule = str(rule)


def _set_turns(series: Series, user_ids: Sequence[int]) -> None:
    series.turns.all().delete()
    SeriesTurn.objects.bulk_create(
        [SeriesTurn(series=series, position=position, user_id=user_id) for position, user_id in enumerate(user_ids)]
    )
    # What was read before is out of date.
    getattr(series, "_prefetched_objects_cache", {}).clear()


def _adopt(series: Series, assignment: Assignment) -> None:
    fits = assignment.task_id == series.task_id and assignment.user_id in series.user_ids
    if fits and assignment.date in filling.dates_of(series, assignment.date):
        Occurrence.objects.create(
            series=series,
            date=assignment.date,
            user_id=assignment.user_id,
            placed_on=assignment.date,
            decision=Decision.ASSIGNED,
            assignment=assignment.pk,
        )


def _start(series: Series, first: datetime.date | None, *, replaces_rule: bool) -> datetime.date:
    """The date from which a change counts. Before `anchor`, only the dates that were decided are known. Raises
    `InvalidRequest`."""
    today = permissions.today()
    if first is None and not replaces_rule:
        return max(today, series.anchor)
    start = max(first or today, today, series.date_from)
    if replaces_rule or start >= series.anchor:
        return start
    if series.occurrences.filter(date__gte=start, date__lt=series.anchor).exists():
        message = f"An earlier change counts from {series.anchor}; change it from then on, or give the rule, too."
        raise InvalidRequest.of_field("from", "order", message)
    return series.anchor


def _change(series: Series, start: datetime.date, fields: SeriesFields) -> None:
    """Write the fields into the series, which isn't saved yet. Raises `InvalidRequest`."""
    number = sum(1 for date in filling.dates_of(series, start - ONE_DAY))
    new_people = "user_ids" in fields and list(fields["user_ids"]) != series.user_ids
    was = series.rrule
    for name in ("task_id", "date_to", "effort", "on_full"):
        if name in fields:
            setattr(series, name, fields[name])
    rule = _parsed(fields.get("rrule", was))
    if str(rule) != was or start < series.anchor:
        series.anchor = start
        series.first_turn += number
    elif new_people and (following := next((one for one in _rest(series) if one >= start), None)):
        # The same rhythm from the next date on: the dates before it belong to the people before.
        rule = replace(rule, count=rule.count and rule.count - number)
        series.anchor = following
    _set_rule(series, str(rule))
    if new_people:
        _set_turns(series, fields["user_ids"])
        series.first_turn = 0
