"""What people want to be told by e-mail, and the messages to them."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models

if TYPE_CHECKING:
    import datetime


class When(models.TextChoices):
    """When a person is told of a change of their tasks."""

    NOW = "now", "within a few minutes"
    DIGEST = "digest", "in the daily message"
    OFF = "off", "not at all"


class MessageKind(models.TextChoices):
    """What a message is about."""

    CONFIRM = "confirm", "the link that confirms an address"
    TEST = "test", "a test"
    DIGEST = "digest", "your day"
    NEWS = "news", "what has changed"


class MessageStatus(models.TextChoices):
    """What became of a message."""

    PENDING = "pending", "will be sent"
    SENT = "sent", "sent"
    FAILED = "failed", "not sent"
    DROPPED = "dropped", "not needed"


class NotificationQuerySet(models.QuerySet["Notification"]):
    """Reads of what people want to be told."""

    def in_use(self) -> "NotificationQuerySet":
        """Those of active people whose address is confirmed and takes mail."""
        return self.filter(confirmed_at__isnull=False, refusal="", user__is_active=True)

    def due_on(self, date: "datetime.date", time: "datetime.time") -> "NotificationQuerySet":
        """Those whose digest of this date is due by this time of the day, and isn't there yet."""
        there = Message.objects.filter(kind=MessageKind.DIGEST, date=date, user=models.OuterRef("user"))
        due = self.in_use().filter(digest_at__lte=time, digest_from__lte=date)
        return due.filter(~models.Exists(there), digest_weekdays__contains=str(date.weekday()))


class Notification(models.Model):
    """What one person wants to be told, and at which address."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, primary_key=True, related_name="notification"
    )
    email = models.CharField(max_length=254, blank=True)
    # The link to confirm the address names it; empty once the link was followed.
    nonce = models.CharField(max_length=32, blank=True)
    confirmed_at = models.DateTimeField(null=True)
    # The mail server's answer when it refused the address for good. Nothing is sent to it after that.
    refusal = models.CharField(max_length=255, blank=True)
    # The time of the digest in the configured time zone; none for no digest.
    digest_at = models.TimeField(null=True)
    # The digits of the weekdays, 0 for Monday.
    digest_weekdays = models.CharField(max_length=7, blank=True)
    # The first date with a digest, so that a digest whose time has just passed begins on the next date.
    digest_from = models.DateField(null=True)
    assigned = models.CharField(max_length=6, choices=When.choices, default=When.NOW)
    moved = models.CharField(max_length=6, choices=When.choices, default=When.NOW)
    unassigned = models.CharField(max_length=6, choices=When.choices, default=When.NOW)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        indexes = [
            # Finds the digests that are due.
            models.Index(fields=["digest_at"], name="togo_notification_digest"),
        ]

    def __str__(self) -> str:
        return f"notifications of {self.user_id}"


class MessageQuerySet(models.QuerySet["Message"]):
    """Reads of messages."""

    def due(self, now: "datetime.datetime") -> "MessageQuerySet":
        """Messages to send now, in their order."""
        return self.filter(status=MessageStatus.PENDING, due_at__lte=now).order_by("due_at", "pk")

    def collecting(self, now: "datetime.datetime") -> "MessageQuerySet":
        """Messages that take further events."""
        return self.filter(status=MessageStatus.PENDING, kind=MessageKind.NEWS, attempts=0, due_at__gt=now)


class Message(models.Model):
    """A message to one person. Its text is written when it is sent."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="notices")
    kind = models.CharField(max_length=7, choices=MessageKind.choices)
    date = models.DateField(null=True, help_text="The date of a digest.")
    events = models.JSONField(default=list, help_text="The ids of the events that it covers.")
    status = models.CharField(max_length=7, choices=MessageStatus.choices, default=MessageStatus.PENDING)
    created_at = models.DateTimeField(auto_now_add=True)
    # When to send it, or to try again. While it is being sent: when the process that sends it must have died.
    due_at = models.DateTimeField()
    give_up_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints = [
            # A digest is sent once for each person and date, whoever wants to send it.
            models.UniqueConstraint(fields=["user", "kind", "date"], name="togo_message_once"),
        ]
        indexes = [
            # Finds what is due.
            models.Index(fields=["status", "due_at"], name="togo_message_due"),
            # Finds what is old.
            models.Index(fields=["created_at"], name="togo_message_created"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.user_id}"
