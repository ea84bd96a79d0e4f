"""Tasks that people handed back because they can't do them."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models

from apps.models.effort import EffortField, effort_within_bounds
from apps.models.tasks import Task

if TYPE_CHECKING:
    from apps.models.users import User

LONGEST_REASON = 200


class ReturnedTaskQuerySet(models.QuerySet["ReturnedTask"]):
    """Reads of returned tasks."""

    def visible_to(self, person: "User") -> "ReturnedTaskQuerySet":
        """All of them for a taskmaster, for other people those that they handed back."""
        return self if person.may_assign_to_all else self.filter(user=person)


class ReturnedTask(models.Model):
    """A task that a person handed back, until somebody places it again or closes it.

    Person and date are where it came from. The day itself has nothing of it any more, so days don't depend on these
    rows. Only `apps.services.slots` writes them, together with the assignments.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="returned")
    date = models.DateField()
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="returned")
    # Who had given it, and is told.
    taskmaster = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    effort = EffortField()
    reason = models.CharField(max_length=LONGEST_REASON)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ReturnedTaskQuerySet.as_manager()

    class Meta:
        constraints = [effort_within_bounds("togo_returned_effort")]
        # For pages of the list, the oldest first.
        indexes = [models.Index(fields=["created_at", "id"], name="togo_returned_created")]

    def __str__(self) -> str:
        return f"{self.task_id} of {self.user_id} on {self.date}, handed back"
