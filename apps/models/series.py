"""Series: tasks that come again by a rule, and what became of each date."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connections, models
from django.db.models import Exists, OuterRef, Q

from apps.models.effort import HIGHEST_EFFORT, LOWEST_EFFORT
from apps.models.tasks import Task

if TYPE_CHECKING:
    from apps.models.users import User

LONGEST_RULE = 500


class OnFull(models.TextChoices):
    """What happens to a date on which the person has no room."""

    SKIP = "skip", "leave the date out"
    NEXT_FREE = "next_free", "take the person's next free day before the following date"
    WAIT = "wait", "queue the task for the day"


class SeriesQuerySet(models.QuerySet["Series"]):
    """Reads of series."""

    def visible_to(self, person: "User") -> "SeriesQuerySet":
        """All series for a taskmaster, for other people those in which they have turns."""
        return self if person.may_assign_to_all else self.with_turns_of(person.pk)

    def with_turns_of(self, user_id: int) -> "SeriesQuerySet":
        """The series in which this person has turns."""
        return self.filter(Exists(SeriesTurn.objects.filter(series=OuterRef("pk"), user=user_id)))

    def locked(self) -> "SeriesQuerySet":
        """These rows, locked. On SQLite the transaction itself is the lock. Load no other rows with them: they would be
        locked, too."""
        return self.select_for_update(no_key=connections[self.db].features.has_select_for_no_key_update)


class Series(models.Model):
    """A task that people get again and again, in turns.

    `rrule` counts from `anchor`: `date_from`, or the date from which the rule was changed. The date with the number n
    belongs to the person at the place `first_turn + n` of the rotation. Every date from today on up to `filled_to` is
    decided, and has an occurrence.
    """

    # Who made it, and gives its tasks.
    taskmaster = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="series")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="series")
    rrule = models.CharField(max_length=LONGEST_RULE)
    date_from = models.DateField()
    date_to = models.DateField(null=True)
    anchor = models.DateField()
    first_turn = models.PositiveIntegerField(default=0)
    # None stands for the task's effort.
    effort = models.SmallIntegerField(null=True)
    on_full = models.CharField(max_length=9, choices=OnFull.choices)
    created_at = models.DateTimeField(auto_now_add=True)
    filled_to = models.DateField()

    objects = SeriesQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "series"
        constraints = [
            models.CheckConstraint(
                condition=Q(effort__isnull=True) | Q(effort__gte=LOWEST_EFFORT, effort__lte=HIGHEST_EFFORT),
                name="togo_series_effort",
            ),
        ]
        # For the job that goes on with series.
        indexes = [models.Index(fields=["filled_to"], name="togo_series_filled_to")]

    def __str__(self) -> str:
        return f"series {self.pk} of {self.task_id}: {self.rrule}"

    @property
    def user_ids(self) -> list[int]:
        """The ids of the people, in the order of their turns."""
        return [turn.user_id for turn in self.turns.all()]


class SeriesTurn(models.Model):
    """A place in the rotation of a series. A person may have several."""

    series = models.ForeignKey(
        Series,
        on_delete=models.CASCADE,
        related_name="turns",
        # The unique constraint's index begins with it.
        db_index=False,
    )
    position = models.PositiveSmallIntegerField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="turns")

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["series", "position"], name="togo_series_turn")]

    def __str__(self) -> str:
        return f"turn {self.position} of series {self.series_id}: {self.user_id}"


class Decision(models.TextChoices):
    """What was decided about a date."""

    ASSIGNED = "assigned", "the task was assigned"
    FULL = "full", "the day was full; what happens instead comes next"
    WAITING = "waiting", "the task was queued"
    SKIPPED = "skipped", "the task was not assigned"
    CANCELLED = "cancelled", "the task was queued, and somebody took it out of the queue"


class Occurrence(models.Model):
    """A date of a series, and what was decided about it. The constraint lets nobody decide twice.

    `assignment` and `waiting` are plain numbers instead of foreign keys: so to take an assignment away costs nothing
    more, and a date whose assignment is gone was taken away. `user` and `placed_on` say where the task was put; an
    assignment that is elsewhere was moved.
    """

    series = models.ForeignKey(
        Series,
        on_delete=models.CASCADE,
        related_name="occurrences",
        # The unique constraint's index begins with it.
        db_index=False,
    )
    date = models.DateField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="occurrences")
    decision = models.CharField(max_length=9, choices=Decision.choices)
    placed_on = models.DateField()
    assignment = models.BigIntegerField(null=True)
    waiting = models.BigIntegerField(null=True)
    code = models.CharField(max_length=40, blank=True)
    detail = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["series", "date"], name="togo_occurrence_date")]
        indexes = [
            # For the job: what is still to be placed, and what waits.
            models.Index(fields=["decision", "date"], name="togo_occurrence_decision"),
            # For the series of an assignment.
            models.Index(fields=["assignment"], name="togo_occurrence_assignment"),
        ]

    def __str__(self) -> str:
        return f"{self.date} of series {self.series_id}: {self.decision}"
