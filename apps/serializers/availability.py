"""Shapes of availability."""

from typing import Any

from rest_framework import serializers

from apps.serializers.base import (
    DateField,
    PageQuerySerializer,
    PageSerializer,
    QueryEffortField,
    QueryIdField,
    QueryIntegerField,
)
from apps.serializers.shapes import ShapeSerializer
from apps.services.availability import SEARCH_DAYS


class FreeDaySerializer(ShapeSerializer):
    """A day with room."""

    date = serializers.DateField()
    maximum = serializers.IntegerField(help_text="The most that the person may have on that date.")
    taken = serializers.IntegerField(help_text="How much they have.")
    remaining = serializers.IntegerField(help_text="How much more fits: at least the `effort` of the query.")


class FreePersonSerializer(FreeDaySerializer):
    """A person with room on that day."""

    user = serializers.IntegerField(source="user_id", help_text="The person's id.")
    username = serializers.CharField(source="user.username")


class PersonAvailabilitySerializer(ShapeSerializer):
    """When a person has room."""

    user = serializers.IntegerField(source="user_id", help_text="The person's id.")
    next_free_date = serializers.DateField(
        allow_null=True, help_text="The first date with room within 366 days, or null. It may be later than `results`."
    )
    results = FreeDaySerializer(source="days", many=True, help_text="The days with room, and no others.")


class DateAvailabilitySerializer(PageSerializer):
    """A page of people with room on a day. It can be short, or even empty, although others follow."""

    ordered_by = serializers.ChoiceField(
        choices=["remaining", "name"],
        help_text="`remaining`: most room first, once everybody's limit of the day is set; until then by `name`.",
    )
    results = FreePersonSerializer(many=True)


class AvailabilityQuerySerializer(PageQuerySerializer):
    """Who is free on `date`, or when `user` is free. Without parameters: when you are free."""

    date = DateField(required=False, help_text="The date to find free people on.")
    user = QueryIdField(required=False, help_text="The person to find free days of; default: you.")
    date_from = DateField(required=False, help_text="The first date; default: today.")
    effort = QueryEffortField(help_text="Only days with room for this effort, from 1 to 1000; default: 1.")
    days = QueryIntegerField(
        required=False,
        min_value=1,
        max_value=SEARCH_DAYS,
        help_text="The number of days to look at: 14 by default, at most 366.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """`date` excludes the other parameters."""
        of_a_date, of_a_person = ("page_size", "cursor"), ("user", "date_from", "days")
        others, message = (
            (of_a_person, "This doesn't go together with date.") if "date" in attrs else (of_a_date, "This needs date.")
        )
        if wrong := {name: serializers.ErrorDetail(message, "not_together") for name in others if name in attrs}:
            raise serializers.ValidationError(wrong)
        return attrs
