"""The records that the functions of `slots` take and return, and the exception for a full day."""

import datetime
from typing import NamedTuple

from apps.exceptions.assignments import DailyLimitReached
from apps.models import DailyLimit, Task
from apps.models.limits import DaySnapshot
from apps.services.shared import refusals


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
