"""Takes back what a series has assigned or queued, where it has changed or ended."""

import datetime

from apps.exceptions.base import NotAllowed
from apps.models import DailyLimit, Occurrence, Series, User, WaitingEntry
from apps.models.series import Decision
from apps.models.waiting import Ending
from apps.services import slots
from apps.services.series import filling
from apps.services.series.occurrences import State, states_of
from apps.services.shared import permissions


def take_back_changed(
    *, actor: User, series: Series, first: datetime.date, before: tuple[int, int | None, str]
) -> None:
    """Take back what the changed series would do otherwise from the date `first` on, so that it is decided again.
    `before` are the task, the effort and `on_full` before the change."""
    last = max(filling.horizon(), series.filled_to)
    turns = {turn.date: turn.user_id for turn in filling.turns_of(series, first, last)}
    same = (series.task_id, series.effort) == before[:2]

    def stays(one: State) -> bool:
        if not one.is_untouched:
            return True
        kept = one.row.decision == Decision.ASSIGNED or (
            one.row.decision == Decision.WAITING and series.on_full == before[2]
        )
        return kept and same and turns.get(one.date) == one.row.user_id

    states = states_of(series.occurrences.filter(date__gte=first))
    changed = [one for one in states if not stays(one)]
    take_back(actor=actor, states=changed)
    Occurrence.objects.filter(pk__in=[one.row.pk for one in changed]).delete()


def take_back(*, actor: User, states: list[State]) -> None:
    """Delete the assignments and waiting entries of these dates. All days are locked before, in the order of their
    ids."""
    waiting = WaitingEntry.objects.filter(pk__in=[one.row.waiting for one in states if one.row.waiting])
    given = [one.assignment for one in states if one.assignment]
    ids = {one.daily_limit_id for one in given} | set(waiting.values_list("daily_limit", flat=True))
    list(DailyLimit.objects.filter(pk__in=ids).locked().values_list("pk", flat=True))
    slots.leave(actor=actor, entries=waiting, ending=Ending.CANCELLED)
    for assignment in given:
        slots.free(actor=actor, assignment=assignment)


def may_be_taken_back(*, actor: User, one: State) -> bool:
    """Whether the task of this date is neither done nor past, and `actor` may take it away: somebody may have moved it
    to another person."""
    if one.assignment is None:
        return True
    if not one.is_open or one.assignment.date < permissions.today():
        return False
    try:
        permissions.require_may_unassign(actor, one.assignment)
    except NotAllowed:
        return False
    return True
