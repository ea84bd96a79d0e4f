"""Shapes of waiting entries."""

from typing import Any

from rest_framework import serializers

from apps.models import WaitingEntry
from apps.serializers.base import DateField, DateRangeSerializer, PageQuerySerializer, PageSerializer, QueryIdField
from apps.serializers.shapes import ShapeSerializer, shared


class WaitingSerializer(ShapeSerializer):
    """A task that waits for room on a person's full day."""

    id = serializers.IntegerField()
    task = serializers.IntegerField(source="task_id", help_text="The task's id.")
    user = serializers.IntegerField(source="user_id", help_text="The id of the person who gets it.")
    date = serializers.DateField(help_text="The date.")
    effort = serializers.IntegerField(help_text="How much of the day's limit it will take.")
    position = serializers.IntegerField(help_text="Its place in the day's queue; 1 is served first.")

    @classmethod
    def show(cls, entry: WaitingEntry) -> dict[str, Any]:
        """The fields of one entry."""
        shown: dict[str, Any] = shared(cls).to_representation(entry)
        return shown


class WaitingPageSerializer(PageSerializer):
    """A page of waiting entries."""

    results = WaitingSerializer(many=True)


class WaitingQuerySerializer(DateRangeSerializer, PageQuerySerializer):
    """Filters and order of waiting entries."""

    user = QueryIdField(required=False, help_text="Only entries for this person's days.")
    task = QueryIdField(required=False, help_text="Only entries of this task.")
    date = DateField(required=False, help_text="Only entries for this date.")
    ordering = serializers.ChoiceField(
        choices=["date", "-date", "created_at", "-created_at"],
        default="date",
        help_text="`-` means descending. Within a date, entries are ordered by person and position.",
    )
