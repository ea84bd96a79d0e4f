"""Shapes of daily limits."""

from typing import Any

from rest_framework import serializers

from apps.models.limit_rules import HIGHEST_MAXIMUM
from apps.models.limits import Source
from apps.serializers.base import (
    DateRangeSerializer,
    IntegerField,
    QueryIdField,
    ShapeSerializer,
    StrictSerializer,
    TextField,
)


class SourceSerializer(ShapeSerializer):
    """Where a maximum came from, as it was when the day was set."""

    kind = serializers.ChoiceField(choices=Source.choices, help_text="Which level of the rules decided.")
    rule = serializers.IntegerField(allow_null=True, help_text="The rule's id, if a rule decided.")
    reason = serializers.CharField(allow_blank=True, help_text="What the rule, or who set it by hand, gave as reason.")


class RoomSerializer(ShapeSerializer):
    """How much of a day is taken."""

    maximum = serializers.IntegerField(help_text="The most tasks that the person may have on that date.")
    taken = serializers.IntegerField(help_text="How many they have.")
    remaining = serializers.IntegerField(help_text="How many more fit.")
    source = SourceSerializer()  # type: ignore[assignment]  # a field of this name, not the class's attribute


class DailyLimitSerializer(RoomSerializer):
    """One person's limit on one date."""

    user = serializers.IntegerField(source="user_id", help_text="The person's id.")
    date = serializers.DateField()
    wanted = serializers.IntegerField(
        help_text="What the rules or a person want; `maximum` is higher where more is taken already."
    )


class DailyLimitListSerializer(serializers.Serializer[Any]):
    """Every person and day that was asked for, by person and date."""

    results = DailyLimitSerializer(many=True)


class DailyLimitQuerySerializer(DateRangeSerializer):
    """Whose limits, of which days; oneself and today if nothing is said."""

    user = serializers.ListField(
        child=QueryIdField(), required=False, max_length=50, help_text="The person's id; can be given up to 50 times."
    )


class DailyLimitSetSerializer(StrictSerializer):
    """A limit that is set by hand."""

    maximum = IntegerField(
        min_value=0, max_value=HIGHEST_MAXIMUM, help_text="The most tasks that the person may have on that date."
    )
    reason = TextField(default="", allow_blank=True, max_length=255, help_text="Shown to whoever is refused.")
