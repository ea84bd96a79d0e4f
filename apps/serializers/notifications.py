"""Shapes of what a person wants to be told."""

import datetime
import re
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.models import Notification
from apps.models.notifications import LONGEST_CHANNEL, Way, When, channel_of
from apps.serializers.base import IntegerField, StrictSerializer, TextField
from apps.services import notifications

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
STATES = ["off", "no_address", "unconfirmed", "refused", "ready"]


@extend_schema_field({"type": "string", "pattern": f"^{_TIME.pattern}$"})
class TimeOfDayField(serializers.Field[datetime.time, Any, str, Any]):
    """A time of the day exactly as `HH:MM`."""

    default_error_messages = {"invalid": "This must be a time of the day, as 07:00."}

    def to_internal_value(self, data: Any) -> datetime.time:
        """The time."""
        if not (isinstance(data, str) and _TIME.fullmatch(data)):
            self.fail("invalid")
        return datetime.time.fromisoformat(data)

    def to_representation(self, value: datetime.time) -> str:
        """The time as it is written."""
        return value.isoformat("minutes")


class AddressField(serializers.EmailField):
    """An e-mail address."""

    default_error_messages = {"invalid": "This must be an e-mail address, such as bea@example.org."}

    def to_internal_value(self, data: Any) -> str:
        """The address."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class DigestSerializer(StrictSerializer):
    """When the daily message is sent."""

    at = TimeOfDayField(help_text="The time of the day, `HH:MM`, in the time zone of this ToGo.")
    weekdays = serializers.ListField(
        child=IntegerField(min_value=0, max_value=6),
        min_length=1,
        max_length=7,
        help_text="The weekdays, 0 for Monday to 6 for Sunday.",
    )


class NotificationEventsSerializer(StrictSerializer):
    """When you are told of changes of your tasks by others: `now` (within a few minutes), in the `digest`, or not at
    all (`off`)."""

    assigned = serializers.ChoiceField(
        choices=When.choices, required=False, help_text="A task was given to you, or handed on to you."
    )
    moved = serializers.ChoiceField(choices=When.choices, required=False, help_text="A task was moved to another date.")
    unassigned = serializers.ChoiceField(
        choices=When.choices, required=False, help_text="A task was taken away, or handed on to someone else."
    )
    returned = serializers.ChoiceField(
        choices=When.choices, required=False, help_text="A person handed back a task that you had given them."
    )


class NotificationChangeSerializer(StrictSerializer):
    """What to change; what is left out stays."""

    email = AddressField(required=False, allow_null=True, max_length=254, help_text="Your address; null for none.")
    channel = TextField(
        required=False,
        allow_null=True,
        max_length=LONGEST_CHANNEL,
        help_text="The URL of Apprise for another service, such as ntfys://ntfy.sh/my-topic; null for none. The one "
        "without secrets that is answered stands for the channel that you have.",
    )
    digest = DigestSerializer(required=False, allow_null=True, help_text="Null for no daily message.")
    events = NotificationEventsSerializer(required=False)


class NotificationSerializer(serializers.Serializer[Notification]):
    """What you want to be told, and where."""

    email = serializers.SerializerMethodField()
    state = serializers.SerializerMethodField(
        help_text="`ready`; or why you get no messages: they are `off` here, there is `no_address`, its link wasn't "
        "followed yet (`unconfirmed`), or the mail server has `refused` it."
    )
    refusal = serializers.CharField(help_text="The mail server's answer, if the state is `refused`; else empty.")
    channel = serializers.SerializerMethodField(help_text="The URL of your channel, without its secrets.")
    channel_state = serializers.SerializerMethodField(help_text="As `state`, for the channel.")
    channel_problem = serializers.SerializerMethodField(
        help_text="Why the channel is refused, or what its service said to the last message if it didn't take it; else "
        "empty."
    )
    digest = serializers.SerializerMethodField()
    events = NotificationEventsSerializer(source="*")

    def get_email(self, one: Notification) -> str | None:
        """The address."""
        return one.email or None

    @extend_schema_field({"type": "string", "enum": STATES})
    def get_state(self, one: Notification) -> str:
        """Whether messages are sent to the address."""
        return notifications.state_of(one)

    def get_channel(self, one: Notification) -> str | None:
        """The channel."""
        channel = channel_of(one)
        return channel.shown if channel else None

    @extend_schema_field({"type": "string", "enum": STATES})
    def get_channel_state(self, one: Notification) -> str:
        """Whether messages are sent to the channel."""
        return notifications.state_of(one, Way.CHANNEL)

    def get_channel_problem(self, one: Notification) -> str:
        """Why the channel takes no messages."""
        channel = channel_of(one)
        return (channel.refusal or channel.problem) if channel else ""

    @extend_schema_field(DigestSerializer(allow_null=True))
    def get_digest(self, one: Notification) -> dict[str, Any] | None:
        """When the daily message is sent; null if there is none."""
        if one.digest_at is None:
            return None
        return {"at": one.digest_at.isoformat("minutes"), "weekdays": [int(day) for day in one.digest_weekdays]}
