"""Who was given what, when and by whom."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models

from apps.models.limits import DailyLimit
from apps.models.tasks import Task

if TYPE_CHECKING:
    import datetime

    from apps.models.users import User


class Status(models.TextChoices):
    """Both count against the limit: what is done was still taken on."""

    OPEN = "open"
    DONE = "done"


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    """Reads of assignments."""

    def visible_to(self, person: "User") -> "AssignmentQuerySet":
        """All of them for a taskmaster, their own for anyone else."""
        return self if person.may_assign_to_all else self.filter(daily_limit__user=person)

    def with_day(self) -> "AssignmentQuerySet":
        """Read with the day, and so with the person, the date and the limit, in one query."""
        return self.select_related("daily_limit")


class Assignment(models.Model):
    """One task, given to one person on one date by one taskmaster.

    Person and date are those of the `daily_limit`, so the two can't disagree. Only `apps.services.slots` writes
    assignments.
    """

    daily_limit = models.ForeignKey(
        DailyLimit,
        on_delete=models.PROTECT,
        related_name="assignments",
        # The unique constraint's index begins with it.
        db_index=False,
    )
    # PROTECT, and an index by Django's default: a task that someone has can't be deleted, which asks who has it.
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="assignments")
    taskmaster = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="given")
    status = models.CharField(max_length=4, choices=Status.choices, default=Status.OPEN)
    created_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True, blank=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        constraints = [
            # A task is given to a person once a day; also how a day's assignments are read and counted.
            models.UniqueConstraint(fields=["daily_limit", "task"], name="togo_assignment_day_task"),
        ]
        indexes = [
            # The list's pages by time.
            models.Index(fields=["created_at", "id"], name="togo_assignment_created"),
        ]

    def __str__(self) -> str:
        return f"{self.task_id} for {self.user_id} on {self.date}"

    @property
    def user_id(self) -> int:
        """The id of the person who was given the task."""
        return self.daily_limit.user_id

    @property
    def date(self) -> "datetime.date":
        """The date that the task was given for."""
        return self.daily_limit.date
