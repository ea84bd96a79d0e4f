"""The records that the functions of `slots` take and return, and the exceptions for full and missing days."""

import datetime
from typing import Any, NamedTuple

from apps.exceptions.assignments import DailyLimitReached
from apps.models import DailyLimit, Task
from apps.models.assignments import Status
from apps.models.base import DayKey
from apps.models.limits import DaySnapshot
from apps.services.shared import refusals
from apps.services.unit_of_work import Restart


class Candidate(NamedTuple):
    """A task for a person on a date, and its effort. Both exist and are active."""

    task: Task
    user_id: int
    date: datetime.date
    effort: int


class Accepted(NamedTuple):
    """A task, the day that has room for it, and how much of the day it takes."""

    task: Task
    day: DaySnapshot
    effort: int


class CreatedAssignment(NamedTuple):
    """An assignment that was written. For many of them, objects of the model would take ten times as long."""

    id: int
    daily_limit: DaySnapshot
    task_id: int
    taskmaster_id: int
    status: str
    effort: int
    created_at: datetime.datetime

    @property
    def user_id(self) -> int:
        """The id of the assignee."""
        return self.daily_limit.user_id

    @property
    def date(self) -> datetime.date:
        """The date that the task is assigned for."""
        return self.daily_limit.date


def columns_of_new(
    *, day_id: int, user_id: int, task_id: int, taskmaster_id: int, effort: int, now: datetime.datetime
) -> dict[str, Any]:
    """The columns of an assignment that is written now, all but its id."""
    return {
        "daily_limit_id": day_id,
        "user": user_id,
        "task_id": task_id,
        "taskmaster_id": taskmaster_id,
        "status": Status.OPEN.value,
        "effort": effort,
        "created_at": now,
        "done_at": None,
    }


class DayMissing(Restart):
    """Work needs days whose limits aren't set yet. They are set before it starts again: so their rows are created
    before any other lock is held, one lock order everywhere.

    With `for_everybody` a job sets the limits of everybody else on those dates.
    """

    def __init__(self, *days: DayKey, for_everybody: bool = False) -> None:
        super().__init__("The limit of that day could not be set; try again.")
        self._days = days
        self._for_everybody = for_everybody

    def prepare(self) -> None:
        """Set these days' limits."""
        # Not at the top: `limits` writes the limits of days with functions of `slots`.
        from apps.services import limits

        if self._for_everybody:
            for date in sorted({date for _, date in self._days}):
                limits.request_date(date)
        limits.create_days(self._days)


class DayFull(Exception):
    """A day has no room for this effort. `refusal` makes the answer, once the next free date is known.

    Earlier candidates of the same call take `promised` of the day; an assignment that is already there takes `held`.
    """

    def __init__(self, day: DailyLimit | DaySnapshot, effort: int, *, promised: int = 0, held: int = 0) -> None:
        super().__init__(day, effort, promised, held)
        self.day = day
        self.effort = effort
        self.promised = promised
        self.held = held

    def refusal(self, next_free_date: datetime.date | None) -> DailyLimitReached:
        """The refusal for the caller."""
        return refusals.daily_limit_reached(
            self.day, effort=self.effort, next_free_date=next_free_date, promised=self.promised, held=self.held
        )
