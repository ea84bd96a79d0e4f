"""Assignments: a task for a person on a date."""

import datetime
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.models.base import ReadOften, object_of
from apps.models.constraints import CompositeForeignKey
from apps.models.effort import EffortField, effort_within_bounds
from apps.models.limits import DailyLimit
from apps.models.tasks import Task

if TYPE_CHECKING:
    from apps.models.users import User


class Status(models.TextChoices):
    """Both count against the limit: a done task still took its part of the day."""

    OPEN = "open"
    DONE = "done"


# What pages that show many assignments need of each, and of its task.
_SHOWN = ["id", "daily_limit_id", "task_id", "status", "effort", "task__name", "task__color"]

# An open task of an older day was forgotten, and nobody is asked about it for ever.
LATE_DAYS = 60


def is_late(today: datetime.date) -> Q:
    """The condition for assignments that are late: open, of a day that is past, but not older than 60 days."""
    first = today - datetime.timedelta(days=LATE_DAYS)
    return Q(status=Status.OPEN, daily_limit__date__gte=first, daily_limit__date__lt=today)


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    """Reads of assignments."""

    def of(self, user_id: int | None, *, by_time: bool = False) -> "AssignmentQuerySet":
        """One person's assignments, found by the column whose index has their order: the day's if they are listed by
        date, their own if they are listed `by_time`. None stands for everybody."""
        if user_id is None:
            return self
        return self.filter(user=user_id) if by_time else self.filter(daily_limit__user=user_id)

    def visible_to(self, person: "User", *, by_time: bool = False) -> "AssignmentQuerySet":
        """All assignments for a taskmaster, for other people only their own; see `of`."""
        return self.of(person.confined_to, by_time=by_time)

    def late(self, today: datetime.date) -> "AssignmentQuerySet":
        """Those that are late, the latest first."""
        return self.filter(is_late(today)).order_by("-daily_limit__date", "pk")

    def shown(
        self, first: datetime.date, last: datetime.date, *, task_id: int | None = None, status: str = ""
    ) -> "AssignmentQuerySet":
        """Those of the days from `first` to `last`; only of a task, and only with a status, if these are given."""
        found = self.filter(daily_limit__date__gte=first, daily_limit__date__lte=last)
        if task_id:
            found = found.filter(task=task_id)
        return found.filter(status=status) if status else found

    def with_day(self) -> "AssignmentQuerySet":
        """Also load the day, and so the person, the date and the limit, in the same query."""
        return self.select_related("daily_limit")

    def shown_rows(self) -> "list[tuple[Any, ...]]":
        """The rows of these from which `Assignment.of_shown_rows` makes objects."""
        return list(self.values_list(*_SHOWN))


class Assignment(ReadOften):
    """One task, given to one person on one date by one taskmaster.

    The date is that of the `daily_limit`. The person is, too: `user` repeats it for lists by person and for databases
    that are partitioned by person, and the database refuses another person than the day's. Only `apps.services.slots`
    writes assignments.
    """

    daily_limit = models.ForeignKey(
        DailyLimit,
        on_delete=models.PROTECT,
        related_name="assignments",
        # A foreign key of both columns, below, checks the day and its person at once.
        db_constraint=False,
        # The unique constraint's index begins with it.
        db_index=False,
    )
    # The id of the day's person. It is empty only while the upgrade to this column is under way: the database fills it
    # in for processes of older versions, by triggers.
    user = models.BigIntegerField(db_column="user_id", null=True, editable=False)
    # PROTECT: a task that is assigned can't be deleted. Django looks that up in the index of this column.
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="assignments")
    taskmaster = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="given")
    status = models.CharField(max_length=4, choices=Status.choices, default=Status.OPEN)
    # How much of the day it takes: the task's effort when it was assigned, unless the call gave another one.
    effort = EffortField()
    created_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True, blank=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        constraints = [
            # A person gets a task once a day. Its index also serves reading and counting a day's assignments.
            models.UniqueConstraint(fields=["daily_limit", "task"], name="togo_assignment_day_task"),
            effort_within_bounds("togo_assignment_effort"),
            CompositeForeignKey(
                columns=["user_id", "daily_limit_id"],
                to_table="togo_dailylimit",
                to_columns=["user_id", "id"],
                name="togo_assignment_day_user",
            ),
        ]
        indexes = [
            # For pages of the list by time.
            models.Index(fields=["created_at", "id"], name="togo_assignment_created"),
            # For pages of one person's list by time.
            models.Index(fields=["user", "created_at", "id"], name="togo_assignment_user_created"),
        ]

    def __str__(self) -> str:
        return f"{self.task_id} for {self.user_id} on {self.date}"

    @property
    def user_id(self) -> int:
        """The id of the assignee."""
        return self.daily_limit.user_id

    @property
    def date(self) -> datetime.date:
        """The date that the task is assigned for."""
        return self.daily_limit.date

    @classmethod
    def of_shown_rows(cls, rows: Iterable[tuple[Any, ...]], days: Mapping[int, DailyLimit]) -> "Iterator[Assignment]":
        """The assignments of `shown_rows`, whose days are among these. Those of the same task share one
        object of it. A column that pages don't show is read when it is used."""
        tasks: dict[int, Task] = {}
        for pk, day_id, task_id, status, effort, name, color in rows:
            if (task := tasks.get(task_id)) is None:
                task = tasks[task_id] = object_of(Task, {"id": task_id, "name": name, "color": color})
            columns = {"id": pk, "daily_limit_id": day_id, "task_id": task_id, "status": status, "effort": effort}
            yield object_of(cls, columns, daily_limit=days[day_id], task=task)
