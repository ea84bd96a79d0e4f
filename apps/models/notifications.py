"""What people want to be told, where, and the messages to them."""

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    import datetime


# The longest URL of a channel.
LONGEST_CHANNEL = 1000


class When(models.TextChoices):
    """When a person is told of a change of their tasks."""

    NOW = "now", _("within a few minutes")
    DIGEST = "digest", _("in the daily message")
    OFF = "off", _("not at all")


class Way(models.TextChoices):
    """How a message reaches a person."""

    EMAIL = "email", _("by e-mail")
    CHANNEL = "channel", _("through the channel")


class MessageKind(models.TextChoices):
    """What a message is about."""

    CONFIRM = "confirm", _("the link that confirms an address")
    TEST = "test", _("a test")
    DIGEST = "digest", _("your day")
    NEWS = "news", _("what has changed")


class MessageStatus(models.TextChoices):
    """What became of a message."""

    PENDING = "pending", _("will be sent")
    SENT = "sent", _("sent")
    FAILED = "failed", _("not sent")
    DROPPED = "dropped", _("not needed")


class NotificationQuerySet(models.QuerySet["Notification"]):
    """Reads of what people want to be told."""

    def in_use(self, way: Way) -> "NotificationQuerySet":
        """Those of active people who are reached this way: their address is confirmed, and takes messages."""
        before = "" if way == Way.EMAIL else "user__channel__"
        confirmed = {f"{before}confirmed_at__isnull": False, f"{before}refusal": ""}
        return self.filter(user__is_active=True, **confirmed)

    def due_on(self, date: "datetime.date", time: "datetime.time", way: Way) -> "NotificationQuerySet":
        """Those whose digest of this date is due this way by this time of the day, and isn't there yet."""
        there = Message.objects.filter(kind=MessageKind.DIGEST, date=date, user=models.OuterRef("user"), way=way)
        due = self.in_use(way).filter(digest_at__lte=time, digest_from__lte=date)
        return due.filter(~models.Exists(there), digest_weekdays__contains=str(date.weekday()))


class Address(models.Model):
    """Somewhere a person gets messages. It counts once the link that was sent to it was followed."""

    # What people call this kind of address.
    place: ClassVar[str]

    # The link to confirm the address names it; empty once the link was followed.
    nonce = models.CharField(max_length=32, blank=True)
    confirmed_at = models.DateTimeField(null=True)
    # Why the address takes no messages. Nothing is sent to it after that.
    refusal = models.CharField(max_length=255, blank=True)

    class Meta:
        abstract = True


class Notification(Address):
    """What one person wants to be told, and at which e-mail address."""

    place = "address"

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, primary_key=True, related_name="notification"
    )
    email = models.CharField(max_length=254, blank=True)
    # The time of the digest in the configured time zone; none for no digest.
    digest_at = models.TimeField(null=True)
    # The digits of the weekdays, 0 for Monday.
    digest_weekdays = models.CharField(max_length=7, blank=True)
    # The first date with a digest, so that a digest whose time has just passed begins on the next date.
    digest_from = models.DateField(null=True)
    assigned = models.CharField(max_length=6, choices=When.choices, default=When.NOW)
    moved = models.CharField(max_length=6, choices=When.choices, default=When.NOW)
    unassigned = models.CharField(max_length=6, choices=When.choices, default=When.NOW)
    # A task that this person had given was handed back.
    returned = models.CharField(max_length=6, choices=When.choices, default=When.NOW, db_default=When.NOW)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        indexes = [
            # Finds the digests that are due.
            models.Index(fields=["digest_at"], name="togo_notification_digest"),
        ]

    @property
    def shown(self) -> str:
        """The e-mail address, as people see it."""
        return self.email

    def __str__(self) -> str:
        return f"notifications of {self.user_id}"


class Channel(Address):
    """A person's address of another service than e-mail."""

    place = "channel"

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, primary_key=True, related_name="channel"
    )
    # Apprise's URL. It mostly holds a secret of the service, so people see `shown`.
    url = models.CharField(max_length=LONGEST_CHANNEL)
    shown = models.CharField(max_length=255)
    # What the service said to the last message, if it didn't take it.
    problem = models.CharField(max_length=255, blank=True)

    def __str__(self) -> str:
        return f"channel of {self.user_id}"


def channel_of(notification: Notification) -> Channel | None:
    """The channel of the same person."""
    return getattr(notification.user, "channel", None)


class MessageQuerySet(models.QuerySet["Message"]):
    """Reads of messages."""

    def due(self, now: "datetime.datetime", way: Way) -> "MessageQuerySet":
        """Messages to send this way now, in their order."""
        return self.filter(status=MessageStatus.PENDING, due_at__lte=now, way=way).order_by("due_at", "pk")

    def collecting(self) -> "MessageQuerySet":
        """Messages that take further events, because nobody has begun to send them."""
        return self.filter(status=MessageStatus.PENDING, kind=MessageKind.NEWS, attempts=0)


class Message(models.Model):
    """A message to one person. Its text is written when it is sent."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="notices")
    kind = models.CharField(max_length=7, choices=MessageKind.choices)
    way = models.CharField(max_length=7, choices=Way.choices, default=Way.EMAIL, db_default=Way.EMAIL)
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
            # A digest is sent once for each person and date this way, whoever wants to send it.
            models.UniqueConstraint(fields=["user", "kind", "date", "way"], name="togo_message_once_a_way"),
        ]
        indexes = [
            # Finds what is due.
            models.Index(fields=["status", "due_at"], name="togo_message_due"),
            # Finds what is old.
            models.Index(fields=["created_at"], name="togo_message_created"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.user_id}"
