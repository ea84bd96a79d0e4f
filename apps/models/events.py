"""What happened: written with what it tells, never changed."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from apps.models.users import User


class Kind(models.TextChoices):
    """What can happen."""

    ASSIGNED = "assigned", "a task was given to a person for a date"
    MOVED = "moved", "an assignment was moved to another person or date"
    DONE = "done", "an assignment was marked as done"
    REOPENED = "reopened", "an assignment was marked as open again"
    UNASSIGNED = "unassigned", "an assignment was taken away"
    LIMIT_SET = "limit_set", "a person's limit of a date was set by hand"
    LIMIT_GIVEN_BACK = "limit_given_back", "a date that was set by hand was given back to the rules"
    RULE_CREATED = "rule_created", "a rule was made"
    RULE_CHANGED = "rule_changed", "a rule was changed"
    RULE_DELETED = "rule_deleted", "a rule was deleted"


class EventQuerySet(models.QuerySet["Event"]):
    """Reads of the history."""

    def of(self, user_id: int) -> "EventQuerySet":
        """What happened to a person's days, also what was moved away from them."""
        return self.filter(Q(user=user_id) | Q(from_user=user_id))

    def visible_to(self, person: "User") -> "EventQuerySet":
        """Everything for a taskmaster, their own for anyone else."""
        return self if person.may_assign_to_all else self.of(person.pk)

    def on_days_of(self, person: "User") -> "EventQuerySet":
        """Those about days that this person may see: everyone's for a taskmaster, else not where theirs went."""
        return self if person.may_assign_to_all else self.filter(user=person.pk)


class Event(models.Model):
    """One thing that happened. Plain numbers instead of foreign keys: what they name can be deleted, this stays."""

    at = models.DateTimeField(auto_now_add=True)
    actor = models.BigIntegerField(help_text="Who did it.")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    user = models.BigIntegerField(null=True, help_text="Whose day it is about; empty where it is about everyone's.")
    task = models.BigIntegerField(null=True)
    task_name = models.CharField(max_length=255, blank=True, help_text="What the task was called then.")
    date = models.DateField(null=True, help_text="The day that it is about.")
    assignment = models.BigIntegerField(null=True)
    # Whose it was before a move to somebody else: it is part of their history too.
    from_user = models.BigIntegerField(null=True)
    data = models.JSONField(default=dict, help_text="What else there is to tell, by kind.")

    objects = EventQuerySet.as_manager()

    class Meta:
        indexes = [
            # The history of a person, a task and a date, the last first.
            models.Index(fields=["user", "id"], name="togo_event_user"),
            models.Index(fields=["from_user", "id"], name="togo_event_from_user"),
            models.Index(fields=["task", "id"], name="togo_event_task"),
            models.Index(fields=["date", "id"], name="togo_event_date"),
        ]

    def as_seen_by(self, person: "User") -> "Event":
        """The event without what this person may not know: where somebody else has what was theirs before."""
        if self.user not in {None, person.pk} and not person.may_assign_to_all:
            self.user = self.date = None
        return self

    def __str__(self) -> str:
        return f"{self.kind} by {self.actor} at {self.at}"
