"""Shapes of the rules that limits are picked from."""

from rest_framework import serializers

from apps.models import LimitRule
from apps.models.limit_rules import HIGHEST_MAXIMUM, LONGEST_REASON, Weekday
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
    TimeField,
)


class LimitRuleChangeSerializer(StrictSerializer):
    """The fields to change; the others stay."""

    user = IdField(source="user_id", required=False, allow_null=True, help_text="The person's id; null means everyone.")
    weekday = IntegerField(
        required=False,
        allow_null=True,
        help_text="0 (Monday) to 6 (Sunday); null means every day.",
        min_value=Weekday.MONDAY,
        max_value=Weekday.SUNDAY,
    )
    date_from = DateField(required=False, allow_null=True, help_text="The first date; null means no beginning.")
    date_to = DateField(required=False, allow_null=True, help_text="The last date; null means no end.")
    maximum = IntegerField(
        required=False, min_value=0, max_value=HIGHEST_MAXIMUM, help_text="The most on each of these days."
    )
    reason = TextField(required=False, allow_blank=True, max_length=LONGEST_REASON, help_text="Shown in refusals.")


class LimitRuleCreateSerializer(LimitRuleChangeSerializer):
    """A rule. A field that is left out means everyone, every weekday, or no beginning or end."""

    maximum = IntegerField(min_value=0, max_value=HIGHEST_MAXIMUM, help_text="The most on each of these days.")


class LimitRuleSerializer(serializers.Serializer[LimitRule]):
    """A maximum for one person or everyone, for one weekday or all, within a range of dates or without one."""

    id = serializers.IntegerField()
    user = serializers.IntegerField(source="user_id", allow_null=True, help_text="Null means everyone.")
    weekday = serializers.IntegerField(allow_null=True, help_text="0 (Monday) to 6 (Sunday); null means every day.")
    date_from = serializers.DateField(allow_null=True, help_text="The first date; null means no beginning.")
    date_to = serializers.DateField(allow_null=True, help_text="The last date; null means no end.")
    maximum = serializers.IntegerField(help_text="The most on each of these days.")
    reason = serializers.CharField(help_text="Shown in refusals.")
    created_at = TimeField()
    applied_at = TimeField(
        allow_null=True, help_text="When all existing days had been picked again with it; null until then."
    )


class LimitRulePageSerializer(PageSerializer):
    """A page of rules."""

    results = LimitRuleSerializer(many=True)


class LimitRuleQuerySerializer(PageQuerySerializer):
    """Filters of rules."""

    user = QueryIdField(required=False, help_text="Only rules for this person.")
    weekday = QueryIntegerField(
        required=False,
        help_text="Only rules for this weekday, 0 for Monday.",
        min_value=Weekday.MONDAY,
        max_value=Weekday.SUNDAY,
    )
