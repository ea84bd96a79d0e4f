"""Shapes of webhooks, of their deliveries, and of the messages that are sent."""

import json
from typing import Any

from rest_framework import serializers

from apps.models import Delivery, Event, Webhook
from apps.models.webhooks import LONGEST_URL, PATTERNS, TEST, TYPES, Status
from apps.serializers.base import (
    BooleanField,
    PageQuerySerializer,
    PageSerializer,
    StrictSerializer,
    TextField,
    TimeField,
)
from apps.serializers.events import EventSerializer
from apps.serializers.shapes import shared

_URL = (
    "Where messages are sent: `https://` or `http://`, to a public address or one in a network of `TOGO_WEBHOOK_ALLOW`."
)
_EVENTS = "The types of events to send; `assignment.*` stands for all that begin so, `*` for all."


class EventsField(serializers.ListField):
    """Patterns of types, each once."""

    def __init__(self, **kwargs: Any) -> None:
        child = serializers.ChoiceField(choices=PATTERNS)
        super().__init__(child=child, min_length=1, max_length=len(PATTERNS), help_text=_EVENTS, **kwargs)

    def to_internal_value(self, data: Any) -> list[str]:
        """The patterns, in their order."""
        return list(dict.fromkeys(super().to_internal_value(data)))


class WebhookChangeSerializer(StrictSerializer):
    """The fields to change; the others stay."""

    url = TextField(required=False, max_length=LONGEST_URL, help_text=_URL)
    events = EventsField(required=False)
    enabled = BooleanField(
        required=False, help_text="Whether messages are sent. What happens while they aren't is not sent later."
    )


class WebhookCreateSerializer(WebhookChangeSerializer):
    """A webhook to make."""

    url = TextField(max_length=LONGEST_URL, help_text=_URL)
    events = EventsField()


class WebhookSerializer(serializers.Serializer[Webhook]):
    """A webhook, without its secret."""

    id = serializers.IntegerField()
    url = serializers.CharField()
    events = serializers.ListField(child=serializers.ChoiceField(choices=PATTERNS))
    enabled = serializers.BooleanField()
    created_at = TimeField()
    gone_at = TimeField(allow_null=True, help_text="When the receiver answered 410, which disabled the webhook.")
    resume_at = TimeField(
        allow_null=True, help_text="Nothing is sent before this time, because the receiver asked for that."
    )


class NewWebhookSerializer(WebhookSerializer):
    """A new webhook."""

    secret = serializers.CharField(help_text="With it a receiver verifies messages. It is shown this once.")


class RotatedWebhookSerializer(NewWebhookSerializer):
    """A webhook with a new secret."""

    old_secret_until = TimeField(help_text="Until then the secret before signs each message, too.")


class WebhookPageSerializer(PageSerializer):
    """A page of webhooks."""

    results = WebhookSerializer(many=True)


class DeliverySerializer(serializers.Serializer[Delivery]):
    """A message to a webhook, and the result of its last try."""

    id = serializers.IntegerField()
    message_id = serializers.CharField(help_text="`webhook-id`, the same in every try.")
    type = serializers.ChoiceField(choices=[*TYPES, TEST])
    event = serializers.IntegerField(allow_null=True, help_text="The event's id; null for a test.")
    status = serializers.ChoiceField(choices=Status.choices)
    created_at = TimeField()
    attempts = serializers.IntegerField(help_text="How often it was tried.")
    tried_at = TimeField(allow_null=True, help_text="When it was tried last.")
    seconds = serializers.FloatField(allow_null=True, help_text="How long the last try took.")
    http_status = serializers.IntegerField(
        allow_null=True, help_text="The last answer's status; null without an answer."
    )
    error = serializers.CharField(allow_blank=True, help_text="Why the last try failed.")
    next_try_at = TimeField(allow_null=True, help_text="When it will be tried; null if it won't.")


class DeliveryDetailSerializer(DeliverySerializer):
    """A delivery with what was sent and answered."""

    sent = serializers.CharField(help_text="The message's body.")
    answer = serializers.CharField(allow_blank=True, help_text="The beginning of the last answer's body.")


class DeliveryPageSerializer(PageSerializer):
    """A page of deliveries."""

    results = DeliverySerializer(many=True)


class DeliveryQuerySerializer(PageQuerySerializer):
    """Filters of deliveries."""

    status = serializers.ChoiceField(choices=Status.choices, required=False)


class MessageSerializer(serializers.Serializer[Any]):
    """What a receiver gets."""

    type = serializers.ChoiceField(choices=[*TYPES, TEST], help_text="What happened.")
    timestamp = TimeField(help_text="When it happened, in UTC.")
    data = EventSerializer(help_text="The event, as the history shows it; empty for a test.")  # type: ignore[assignment]  # a field of this name, not the class's property


def message(delivery: Delivery, event: Event | None) -> bytes:
    """The body of a message: the same bytes in every try."""
    shown = {
        "type": delivery.type,
        "timestamp": TimeField().to_representation(event.at if event else delivery.created_at),
        "data": shared(EventSerializer).to_representation(event) if event else {},
    }
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()
