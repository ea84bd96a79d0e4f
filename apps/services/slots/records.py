"""What is asked of slots, and what becomes of it."""

import datetime
from typing import NamedTuple

from apps.models import DailyLimit, Task
from apps.models.limits import DaySnapshot


class Candidate(NamedTuple):
    """A task for a person on a date; task and person were found and may be assigned."""

    task: Task
    user_id: int
    date: datetime.date


class Accepted(NamedTuple):
    """A task and the day that has room for it."""

    task: Task
    day: DaySnapshot


class CreatedAssignment(NamedTuple):
    """An assignment that was written. Objects of the model would take ten times as long where there are many."""

    id: int
    daily_limit: DaySnapshot
    task_id: int
    taskmaster_id: int
    status: str
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
    """A day has no free slot. It becomes the refusal `DailyLimitReached` once the next free date was looked up."""

    def __init__(self, day: DailyLimit | DaySnapshot) -> None:
        super().__init__(day)
        self.day = day
