"""Shapes of daily limits."""

from typing import Any

from rest_framework import serializers

from apps.models.limit_rules import HIGHEST_MAXIMUM, LONGEST_REASON
from apps.models.limits import Source
from apps.serializers.base import DateRangeSerializer, IntegerField, QueryIdField, StrictSerializer, TextField
from apps.serializers.shapes import ShapeSerializer


class SourceSerializer(ShapeSerializer):
    """The source of a maximum, as it was when the day was set."""

    kind = serializers.ChoiceField(
        source="source_kind", choices=Source.choices, help_text="The level of the rules that decided."
    )
    rule = serializers.IntegerField(
        source="source_rule", allow_null=True, help_text="The rule's id, if a rule decided."
    )
    reason = serializers.CharField(
        source="source_reason",
        allow_blank=True,
        help_text="The reason given in the rule, or by the person who set the limit by hand.",
    )


class RoomSerializer(ShapeSerializer):
    """How much of a day is taken."""

    maximum = serializers.IntegerField(help_text="The most that the person may have on that date.")
    taken = serializers.IntegerField(help_text="How much they have: the sum of the efforts of their tasks.")
    remaining = serializers.IntegerField(help_text="How much more fits.")
    source = SourceSerializer(source="*")  # type: ignore[assignment]  # a field of this name, not the class's attribute


class DailyLimitSerializer(RoomSerializer):
    """One person's limit on one date."""

    user = serializers.IntegerField(source="user_id", help_text="The person's id.")
    date = serializers.DateField()
    wanted = serializers.IntegerField(
        help_text="The limit that the rules or a person ask for; `maximum` is higher if more is taken already."
    )


class DailyLimitListSerializer(serializers.Serializer[Any]):
    """Every requested person and day, by person and date."""

    results = DailyLimitSerializer(many=True)


class DailyLimitQuerySerializer(DateRangeSerializer):
    """The people and the dates; default: you, today."""

    user = serializers.ListField(
        child=QueryIdField(),
        required=False,
        max_length=50,
        help_text="The person's id; may be repeated up to 50 times.",
    )


class DailyLimitSetSerializer(StrictSerializer):
    """A limit to set by hand."""

    maximum = IntegerField(
        min_value=0, max_value=HIGHEST_MAXIMUM, help_text="The most that the person may have on that date."
    )
    reason = TextField(default="", allow_blank=True, max_length=LONGEST_REASON, help_text="Shown in refusals.")
