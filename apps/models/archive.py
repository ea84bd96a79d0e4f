"""What is in the archive instead of the tables of days, assignments and events, and what was summed up of it."""

import datetime
from collections.abc import Sequence

from django.conf import settings
from django.db import models
from django.db.models import Q, Sum

from apps.models.limits import DailyLimit
from apps.models.tasks import Task

# The lowest TOGO_KEEP_DAYS. Whoever asks about a later date than so many days ago need not look for an archive; series
# remember what they assigned for as long.
LOWEST_KEEP_DAYS = 366


class Archive(models.Model):
    """The one row that says which dates are closed: nothing can be assigned, and no limit set, on a date before
    `closed_before`. The days that are still there have an open task, or changed lately."""

    ID = 1
    id = models.PositiveSmallIntegerField(primary_key=True, default=ID)
    closed_before = models.DateField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="togo_archive_one")]

    def __str__(self) -> str:
        return f"days before {self.closed_before}"

    @classmethod
    def end(cls) -> datetime.date | None:
        """The first date that is not closed; None if nothing was ever archived."""
        return cls.objects.filter(pk=cls.ID).values_list("closed_before", flat=True).first()


class ArchivedDayQuerySet(models.QuerySet["ArchivedDay"]):
    """Reads of archived days."""

    def of(self, user_ids: list[int], first: datetime.date, last: datetime.date) -> "list[DailyLimit]":
        """These people's archived days between two dates, both included, as they were, without a `pk`."""
        # Each date by itself: the index begins with the date, and has everybody's days of it.
        dates = [first + datetime.timedelta(days=offset) for offset in range((last - first).days + 1)]
        found = self.filter(date__in=dates, user__in=user_ids)
        return [
            DailyLimit(
                user_id=user_id,
                date=date,
                wanted=maximum,
                maximum=maximum,
                taken=taken,
                source_kind=kind,
                rules_version=0,
            )
            for user_id, date, maximum, taken, kind in found.values_list(
                "user", "date", "maximum", "taken", "source_kind"
            )
        ]


class ArchivedDay(models.Model):
    """The numbers of a day that is in the archive. All that was taken was done: a day with an open task stays."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="archived_days",
        # Nobody asks for all of a person's days.
        db_index=False,
    )
    date = models.DateField()
    maximum = models.PositiveSmallIntegerField()
    taken = models.PositiveSmallIntegerField()
    source_kind = models.CharField(max_length=16)

    objects = ArchivedDayQuerySet.as_manager()

    class Meta:
        # No day is summed up twice. The index also serves the sums of dates.
        constraints = [models.UniqueConstraint(fields=["date", "user"], name="togo_archived_date_user")]

    def __str__(self) -> str:
        return f"{self.user_id} on {self.date}: {self.taken} of {self.maximum}, archived"


class ArchivedWorkQuerySet(models.QuerySet["ArchivedWork"]):
    """Reads of archived work."""

    def numbers(self, task_ids: Sequence[int]) -> dict[int, int]:
        """How often each of these tasks is in the archive; those that aren't are left out."""
        found = self.filter(task__in=task_ids).values_list("task").order_by()
        return dict(found.annotate(all=Sum("number")))

    def efforts(self, first: datetime.date) -> dict[int, int]:
        """How much of the archived days from `first` on each task took."""
        return dict(self.filter(date__gte=first).values_list("task").order_by().annotate(all=Sum("effort")))


class ArchivedWork(models.Model):
    """How often a task was done on an archived date, and its effort, over all people."""

    task = models.ForeignKey(
        Task,
        # What was done can't be deleted, archived or not.
        on_delete=models.PROTECT,
        related_name="archived",
        # Needed to look that up.
        db_index=True,
    )
    date = models.DateField()
    number = models.PositiveIntegerField()
    effort = models.PositiveIntegerField()

    objects = ArchivedWorkQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["date", "task"], name="togo_archived_date_task")]

    def __str__(self) -> str:
        return f"{self.task_id} on {self.date}: {self.number} times, archived"


class FileKind(models.TextChoices):
    """What a file of the archive holds."""

    DAYS = "days", "days with their assignments"
    EVENTS = "events", "events of the history"


class ArchiveFile(models.Model):
    """A file of the archive. It is written before what it holds is deleted, and this row together with the deletion: so
    a file without a row is left from an interrupted run, and what it holds is still in the tables."""

    name = models.CharField(max_length=100, primary_key=True)
    kind = models.CharField(max_length=6, choices=FileKind.choices)
    first = models.DateField()
    last = models.DateField()
    rows = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    written_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name
