"""Shapes of who is free, and when."""

from typing import Any

from rest_framework import serializers

from apps.models import DailyLimit
from apps.serializers.base import DateField, PageQuerySerializer, PageSerializer, QueryIdField, QueryIntegerField
from apps.services.availability import SEARCH_DAYS


class FreeDaySerializer(serializers.Serializer[DailyLimit]):
    """A day with room."""

    date = serializers.DateField()
    maximum = serializers.IntegerField(help_text="The most tasks that the person may have on that date.")
    taken = serializers.IntegerField(help_text="How many they have.")
    remaining = serializers.IntegerField(help_text="How many more fit: at least one.")


class FreePersonSerializer(FreeDaySerializer):
    """A person with room on that day."""

    user = serializers.IntegerField(source="user_id", help_text="The person's id.")
    username = serializers.CharField(source="user.username")


class PersonAvailabilitySerializer(serializers.Serializer[Any]):
    """When a person has room."""

    user = serializers.IntegerField(source="user_id", help_text="The person's id.")
    next_free_date = serializers.DateField(
        allow_null=True, help_text="The first day with room, at most 366 days on, or null. It may be past the others."
    )
    results = FreeDaySerializer(source="days", many=True, help_text="The days with room, and no others.")


class DateAvailabilitySerializer(PageSerializer):
    """A page of those who have room on a day. It can be short, or even empty, and others follow."""

    ordered_by = serializers.ChoiceField(
        choices=["remaining", "name"], help_text="Most room first, once the day is set for everybody; else by username."
    )
    results = FreePersonSerializer(many=True)


class AvailabilityQuerySerializer(PageQuerySerializer):
    """Who is free on `date`; or when `user` is. Without parameters, when one is oneself."""

    date = DateField(required=False, help_text="Who is free on this day.")
    user = QueryIdField(required=False, help_text="When this person is free; oneself if nothing is said.")
    date_from = DateField(required=False, help_text="From this day on; today if nothing is said.")
    days = QueryIntegerField(
        required=False, min_value=1, max_value=SEARCH_DAYS, help_text="Among so many days: 14 by default, 366 at most."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One of the two questions at a time."""
        of_a_date, of_a_person = ("page_size", "cursor"), ("user", "date_from", "days")
        others, message = (
            (of_a_person, "This doesn't go together with date.") if "date" in attrs else (of_a_date, "This needs date.")
        )
        if wrong := {name: serializers.ErrorDetail(message, "not_together") for name in others if name in attrs}:
            raise serializers.ValidationError(wrong)
        return attrs
