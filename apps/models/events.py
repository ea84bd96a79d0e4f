"""The history: events are written in the transaction of the change, and never updated."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from apps.models.users import User


class Kind(models.TextChoices):
    """The kinds of events."""

    ASSIGNED = "assigned", "a task was given to a person for a date"
    MOVED = "moved", "an assignment was moved to another person or date"
    DONE = "done", "an assignment was marked as done"
    REOPENED = "reopened", "an assignment was marked as open again"
    EFFORT_CHANGED = "effort_changed", "the effort of an assignment was changed"
    TASK_CHANGED = "task_changed", "an assignment got another task, because two tasks were merged"
    UNASSIGNED = "unassigned", "an assignment was taken away"
    RETURNED = "returned", "a person handed their assignment back"
    RETURN_CLOSED = "return_closed", "a task that was handed back was closed, and not given again"
    QUEUED = "queued", "a task was queued for a full day"
    PROMOTED = "promoted", "a queued task was assigned, because its day got room"
    CANCELLED = "cancelled", "a queued task left the queue without an assignment"
    LIMIT_SET = "limit_set", "a person's limit of a date was set by hand"
    LIMIT_GIVEN_BACK = "limit_given_back", "a date that was set by hand was given back to the rules"
    RULE_CREATED = "rule_created", "a rule was made"
    RULE_CHANGED = "rule_changed", "a rule was changed"
    RULE_DELETED = "rule_deleted", "a rule was deleted"
    SIGNED_UP = "signed_up", "a person was made at their first sign-in with OpenID Connect"
    SIGN_IN_LINKED = "sign_in_linked", "a person linked a sign-in with OpenID Connect to themselves"
    SIGN_IN_UNLINKED = "sign_in_unlinked", "a person unlinked a sign-in with OpenID Connect"
    ROLES_FOLLOWED = "roles_followed", "a person's roles followed their groups at a sign-in"
    OTP_ON = "otp_on", "a person turned their second factor on"
    OTP_OFF = "otp_off", "a person turned their second factor off"
    OTP_CODES = "otp_codes", "a person made new recovery codes"
    OTP_RESET = "otp_reset", "an admin turned a person's second factor off"


# About a person's sign-in. Taskmasters plan days, and don't see these of others.
ABOUT_SIGN_IN = [
    *(Kind.SIGN_IN_LINKED, Kind.SIGN_IN_UNLINKED),
    *(Kind.OTP_ON, Kind.OTP_OFF, Kind.OTP_CODES, Kind.OTP_RESET),
]


class EventQuerySet(models.QuerySet["Event"]):
    """Reads of the history."""

    def of(self, user_id: int) -> "EventQuerySet":
        """Events about a person's days, and about assignments that were moved away from them."""
        return self.filter(Q(user=user_id) | Q(from_user=user_id))

    def visible_to(self, person: "User") -> "EventQuerySet":
        """Everything for an admin; for a taskmaster everything but events about how others sign in; their own for
        anyone else."""
        if not person.may_assign_to_all:
            return self.of(person.pk)
        return self if person.is_admin else self.filter(~Q(kind__in=ABOUT_SIGN_IN) | Q(user=person.pk))

    def on_days_of(self, person: "User") -> "EventQuerySet":
        """Events about days that this person may see: everyone's for a taskmaster, for other people only their own."""
        return self if person.may_assign_to_all else self.filter(user=person.pk)


class Event(models.Model):
    """One event. It has plain numbers instead of foreign keys: an event outlives the objects that it names."""

    at = models.DateTimeField(auto_now_add=True)
    actor = models.BigIntegerField(help_text="Who did it.")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    user = models.BigIntegerField(null=True, help_text="Whom it is about; empty where it is about everyone.")
    task = models.BigIntegerField(null=True)
    task_name = models.CharField(max_length=255, blank=True, help_text="What the task was called then.")
    date = models.DateField(null=True, help_text="The day that it is about.")
    assignment = models.BigIntegerField(null=True)
    # The former assignee, if an assignment was moved to another person: the event is in both histories.
    from_user = models.BigIntegerField(null=True)
    data = models.JSONField(default=dict, help_text="What else there is to tell, by kind.")

    objects = EventQuerySet.as_manager()

    class Meta:
        indexes = [
            # For the history of a person, a task or a date, newest first.
            models.Index(fields=["user", "id"], name="togo_event_user"),
            models.Index(fields=["from_user", "id"], name="togo_event_from_user"),
            models.Index(fields=["task", "id"], name="togo_event_task"),
            models.Index(fields=["date", "id"], name="togo_event_date"),
            # For the archive, which takes all events of an assignment at once.
            models.Index(fields=["assignment"], name="togo_event_assignment"),
        ]

    def as_seen_by(self, person: "User") -> "Event":
        """The event without the new assignee and date, if this person may not know to whom their task was moved."""
        if self.user not in {None, person.pk} and not person.may_assign_to_all:
            self.user = self.date = None
        return self

    def __str__(self) -> str:
        return f"{self.kind} by {self.actor} at {self.at}"
