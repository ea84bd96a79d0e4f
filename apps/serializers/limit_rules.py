"""Shapes of the rules that limits are picked from."""

from rest_framework import serializers

from apps.models import LimitRule
from apps.models.limit_rules import HIGHEST_MAXIMUM, Weekday
from apps.serializers.base import (
    DateField,
    IdField,
    IntegerField,
    PageQuerySerializer,
    PageSerializer,
    QueryIdField,
    QueryIntegerField,
    StrictSerializer,
    TextField,
)


class LimitRuleChangeSerializer(StrictSerializer):
    """What is to be said differently; the rest stays."""

    user = IdField(source="user_id", required=False, allow_null=True, help_text="The person's id; null means everyone.")
    weekday = IntegerField(
        required=False,
        allow_null=True,
        help_text="0 for Monday to 6; null means every day.",
        min_value=Weekday.MONDAY,
        max_value=Weekday.SUNDAY,
    )
    date_from = DateField(required=False, allow_null=True, help_text="The first day; null means since ever.")
    date_to = DateField(required=False, allow_null=True, help_text="The last day; null means for ever.")
    maximum = IntegerField(
        required=False, min_value=0, max_value=HIGHEST_MAXIMUM, help_text="The most tasks on each of these days."
    )
    reason = TextField(required=False, allow_blank=True, max_length=255, help_text="Shown to whoever is refused.")


class LimitRuleCreateSerializer(LimitRuleChangeSerializer):
    """A rule; what isn't said means everyone, every day, for ever."""

    maximum = IntegerField(min_value=0, max_value=HIGHEST_MAXIMUM, help_text="The most tasks on each of these days.")


class LimitRuleSerializer(serializers.Serializer[LimitRule]):
    """A maximum for one person or everyone, for one weekday or all, in a range of dates, since, until or for ever."""

    id = serializers.IntegerField()
    user = serializers.IntegerField(source="user_id", allow_null=True, help_text="Null means everyone.")
    weekday = serializers.IntegerField(allow_null=True, help_text="0 for Monday to 6; null means every day.")
    date_from = serializers.DateField(allow_null=True, help_text="The first day; null means since ever.")
    date_to = serializers.DateField(allow_null=True, help_text="The last day; null means for ever.")
    maximum = serializers.IntegerField(help_text="The most tasks on each of these days.")
    reason = serializers.CharField(help_text="Shown to whoever is refused.")
    created_at = serializers.DateTimeField()
    applied_at = serializers.DateTimeField(
        allow_null=True, help_text="Since when all days that are set agree with it; null while they are being set."
    )


class LimitRulePageSerializer(PageSerializer):
    """A page of rules."""

    results = LimitRuleSerializer(many=True)


class LimitRuleQuerySerializer(PageQuerySerializer):
    """Which rules."""

    user = QueryIdField(required=False, help_text="Those for this person alone.")
    weekday = QueryIntegerField(
        required=False,
        help_text="Those for this weekday alone, 0 for Monday.",
        min_value=Weekday.MONDAY,
        max_value=Weekday.SUNDAY,
    )
