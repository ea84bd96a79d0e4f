"""Webhooks: receivers of the history, and what was sent to them."""

import datetime

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from apps.models.events import Kind

EVERYTHING = "*"
# The type of a message that only tests whether the receiver gets it.
TEST = "webhook.test"
LONGEST_URL = 2000


# The kinds of events about assignments. Those about limits and rules begin so; all others are about a person.
_OF_ASSIGNMENTS = {
    Kind.ASSIGNED,
    Kind.MOVED,
    Kind.DONE,
    Kind.REOPENED,
    Kind.EFFORT_CHANGED,
    Kind.TASK_CHANGED,
    Kind.UNASSIGNED,
    Kind.RETURNED,
    Kind.RETURN_CLOSED,
    Kind.QUEUED,
    Kind.PROMOTED,
    Kind.CANCELLED,
}


def type_of(kind: str) -> str:
    """The type of the message about an event of this kind: `assignment.assigned`, `limit.set`, `rule.created` …"""
    topic, _, what = kind.partition("_")
    if topic in ("limit", "rule"):
        return f"{topic}.{what}"
    return f"assignment.{kind}" if kind in _OF_ASSIGNMENTS else f"person.{kind}"


TYPES = [type_of(kind) for kind in Kind.values]
# What a webhook can ask for: everything, a topic, or one type; each topic before its types.
PATTERNS = [EVERYTHING, *dict.fromkeys(one for name in TYPES for one in (f"{name.partition('.')[0]}.*", name))]


class Status(models.TextChoices):
    """The states of a delivery."""

    PENDING = "pending", "it will be tried, for the first time or again"
    DELIVERED = "delivered", "the receiver has answered that it has it"
    FAILED = "failed", "it was given up"


class WebhookQuerySet(models.QuerySet["Webhook"]):
    """Reads of webhooks."""

    def enabled(self) -> "WebhookQuerySet":
        """Webhooks that are told."""
        return self.filter(enabled=True)

    def with_work(self, now: datetime.datetime) -> "WebhookQuerySet":
        """Webhooks to which something is to be sent now."""
        due = Delivery.objects.filter(webhook=OuterRef("pk")).due(now)
        may_send = Q(resume_at=None) | Q(resume_at__lte=now)
        return self.enabled().filter(may_send, Exists(due))


class Webhook(models.Model):
    """A URL that is told what happens."""

    url = models.CharField(max_length=LONGEST_URL)
    events = models.JSONField(help_text="Patterns of PATTERNS.")
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # Only events with a higher id are sent: what happened before it was made or enabled is not.
    after_event = models.BigIntegerField(default=0)
    # When its receiver answered 410 Gone, which disabled it; empty once it is enabled again.
    gone_at = models.DateTimeField(null=True)
    # Nothing is sent before this time, because its receiver asked for that.
    resume_at = models.DateTimeField(null=True)

    objects = WebhookQuerySet.as_manager()

    @property
    def is_paused(self) -> bool:
        """Whether nothing is sent for now, because its receiver asked for that."""
        return self.resume_at is not None and self.resume_at > timezone.now()

    def wants(self, event_type: str) -> bool:
        """Whether this type is among its events."""
        return not {EVERYTHING, event_type, f"{event_type.partition('.')[0]}.*"}.isdisjoint(self.events)

    def __str__(self) -> str:
        return self.url


class WebhookSecret(models.Model):
    """A secret that signs the messages of a webhook. It is stored as it is, because each signature needs it."""

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="secrets")
    secret = models.CharField(max_length=60)
    # Empty for the current one; one that was replaced also signs until this time.
    expires_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"a secret of {self.webhook_id}"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Reads of deliveries."""

    def due(self, now: datetime.datetime) -> "DeliveryQuerySet":
        """Deliveries to try now, in their order."""
        return self.filter(status=Status.PENDING, next_try_at__lte=now).order_by("next_try_at", "pk")


class Delivery(models.Model):
    """A message to a webhook, and the result of its last try."""

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    # The event's id; empty for a test. A plain number, as in events.
    event = models.BigIntegerField(null=True)
    type = models.CharField(max_length=40)
    # `webhook-id`, the same in every try.
    message_id = models.CharField(max_length=40)
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.PENDING)
    created_at = models.DateTimeField(auto_now_add=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(null=True)
    seconds = models.FloatField(null=True, help_text="How long the last try took.")
    http_status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=255, blank=True, help_text="Why the last try failed.")
    answer = models.TextField(blank=True, help_text="The beginning of the last answer's body.")

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [models.UniqueConstraint(fields=["webhook", "event"], name="togo_delivery_once")]
        indexes = [
            # To find what is due.
            models.Index(fields=["webhook", "status", "next_try_at", "id"], name="togo_delivery_due"),
            # To remove the old ones.
            models.Index(fields=["created_at"], name="togo_delivery_created"),
        ]

    def __str__(self) -> str:
        return f"{self.type} to {self.webhook_id}"
