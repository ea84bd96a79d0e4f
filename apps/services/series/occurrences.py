"""What became of the dates of a series. Whether an assignment was moved, done or taken away is read from itself."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import models

from apps.models import Assignment, Occurrence, User
from apps.models.assignments import Status
from apps.models.series import Decision
from apps.services.series.filling import settled


class OccurrenceStatus(models.TextChoices):
    """What became of a date."""

    ASSIGNED = "assigned", "the task is assigned"
    MOVED = "moved", "the task is assigned for another day or person"
    WAITING = "waiting", "the task waits for room on the day"
    SKIPPED = "skipped", "the task was not assigned"
    TAKEN_AWAY = "taken_away", "somebody took the task away"


_STATUSES = {
    Decision.FULL: OccurrenceStatus.SKIPPED,
    Decision.SKIPPED: OccurrenceStatus.SKIPPED,
    Decision.WAITING: OccurrenceStatus.WAITING,
    Decision.CANCELLED: OccurrenceStatus.TAKEN_AWAY,
}


@dataclass(frozen=True)
class State:
    """A date of a series as it is now. `assignment` is None if there is none, or none that may be seen."""

    row: Occurrence
    status: OccurrenceStatus
    assignment: Assignment | None

    @property
    def date(self) -> datetime.date:
        """The date by the rule."""
        return self.row.date

    @property
    def is_open(self) -> bool:
        """Whether the task is assigned and not done."""
        return self.assignment is not None and self.assignment.status == Status.OPEN

    @property
    def is_untouched(self) -> bool:
        """Whether all is as it was decided: then a change of the series may decide again."""
        if self.row.decision == Decision.ASSIGNED:
            here = (self.row.user_id, self.row.placed_on)
            return self.is_open and self.assignment is not None and here == _place(self.assignment)
        return self.row.decision != Decision.CANCELLED


def states_of(rows: Iterable[Occurrence], *, seen_by: User | None = None) -> list[State]:
    """The states of these rows, in their order. `seen_by` doesn't see to whom and when a task was moved away from
    them, unless they are a taskmaster."""
    rows = list(rows)
    settled(rows)
    ids = [row.assignment for row in rows if row.assignment]
    found = Assignment.objects.with_day().select_related("task", "daily_limit__user").in_bulk(ids)
    return [_state(row, found.get(row.assignment or 0), seen_by) for row in rows]


def _state(row: Occurrence, assignment: Assignment | None, seen_by: User | None) -> State:
    if row.decision != Decision.ASSIGNED:
        return State(row, _STATUSES[Decision(row.decision)], None)
    if assignment is None:
        return State(row, OccurrenceStatus.TAKEN_AWAY, None)
    if _place(assignment) == (row.user_id, row.date):
        return State(row, OccurrenceStatus.ASSIGNED, assignment)
    hidden = seen_by and not seen_by.may_assign_to_all and assignment.user_id != seen_by.pk
    return State(row, OccurrenceStatus.MOVED, None if hidden else assignment)


def _place(assignment: Assignment) -> tuple[int, datetime.date]:
    return assignment.user_id, assignment.date
