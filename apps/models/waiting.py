"""The people who wait for room on a full day."""

import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q, Subquery

from apps.models.assignments import Assignment
from apps.models.effort import EffortField, effort_within_bounds
from apps.models.limits import DailyLimit
from apps.models.tasks import Task

if TYPE_CHECKING:
    from apps.models.users import User


class Ending(models.TextChoices):
    """Why an entry ended without an assignment."""

    CANCELLED = "cancelled", "someone cancelled it"
    ASSIGNED = "assigned", "the task was assigned otherwise"
    DATE_PAST = "date_past", "its date has passed"
    TASK_INACTIVE = "task_inactive", "its task was retired"
    USER_INACTIVE = "user_inactive", "its person was deactivated"


class WaitingQuerySet(models.QuerySet["WaitingEntry"]):
    """Reads of the entries."""

    def visible_to(self, person: "User") -> "WaitingQuerySet":
        """All entries for a taskmaster, for other people only their own."""
        return self if person.may_assign_to_all else self.filter(daily_limit__user=person)

    def ended(self, today: datetime.date) -> "dict[Ending, WaitingQuerySet]":
        """Entries that can't be given a slot any more and are still to be removed, by the reason."""
        return {ending: self.filter(condition) for ending, condition in _ended(today).items()}

    def live(self, today: datetime.date) -> "WaitingQuerySet":
        """Entries that can still be given a slot."""
        return self.exclude(daily_limit__date__lt=today).filter(
            ~_is_assigned(), task__is_active=True, daily_limit__user__is_active=True
        )

    def with_place(self, today: datetime.date) -> "WaitingQuerySet":
        """Also load the day and the task, and count the entries up to each one as its `position`."""
        up_to = WaitingEntry.objects.live(today).filter(daily_limit=OuterRef("daily_limit"), pk__lte=OuterRef("pk"))
        number = up_to.order_by().annotate(number=Func(F("pk"), function="COUNT")).values("number")
        return self.select_related("daily_limit", "task").annotate(position=Subquery(number))  # type: ignore[no-redef]  # the attribute below

    def that_fit(self, today: datetime.date) -> "WaitingQuerySet":
        """Live entries for which their day has room by now. There should be none after any commit."""
        day = F("daily_limit__taken") + F("effort")
        return self.live(today).filter(daily_limit__maximum__gte=day)


def _is_assigned() -> Exists:
    return Exists(Assignment.objects.filter(daily_limit=OuterRef("daily_limit"), task=OuterRef("task")))


def _ended(today: datetime.date) -> dict[Ending, Q]:
    return {
        Ending.DATE_PAST: Q(daily_limit__date__lt=today),
        Ending.TASK_INACTIVE: Q(task__is_active=False),
        Ending.USER_INACTIVE: Q(daily_limit__user__is_active=False),
        Ending.ASSIGNED: Q(_is_assigned()),
    }


class WaitingEntry(models.Model):
    """A task that a person is given as soon as a full day has room for it. Entries of a day are served by their ids: an
    entry is inserted while the day is locked, so ids are in the order of arrival.

    Only `apps.services.slots` writes entries, and counts them in the day's `waiting`.
    """

    daily_limit = models.ForeignKey(
        DailyLimit,
        on_delete=models.PROTECT,
        related_name="entries",
        # The unique constraint's index begins with it.
        db_index=False,
    )
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="entries")
    # Who queued it, and so assigns it.
    taskmaster = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="queued")
    effort = EffortField()
    created_at = models.DateTimeField(auto_now_add=True)

    # Set by `with_place`.
    position: int

    objects = WaitingQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "waiting entries"
        constraints = [
            # A person waits for a task once a day. Its index also finds the entries of a day.
            models.UniqueConstraint(fields=["daily_limit", "task"], name="togo_waiting_day_task"),
            effort_within_bounds("togo_waiting_effort"),
        ]

    def __str__(self) -> str:
        return f"{self.task_id} for {self.user_id} on {self.date}, waiting"

    @property
    def user_id(self) -> int:
        """The id of the person who gets the task."""
        return self.daily_limit.user_id

    @property
    def date(self) -> datetime.date:
        """The date that it waits for."""
        return self.daily_limit.date
