"""Shapes of returned tasks."""

from typing import Any

from rest_framework import serializers

from apps.models import ReturnedTask
from apps.models.returns import LONGEST_REASON
from apps.serializers.base import (
    DateField,
    IdField,
    PageQuerySerializer,
    PageSerializer,
    QueryIdField,
    StrictSerializer,
    TextField,
    TimeField,
)
from apps.serializers.shapes import ShapeSerializer, shared


class ReturnCreateSerializer(StrictSerializer):
    """Why you can't do it."""

    reason = TextField(max_length=LONGEST_REASON, help_text="Why you can't do it; the person who gave it reads this.")


class ReturnPlaceSerializer(StrictSerializer):
    """Where a returned task goes."""

    user = IdField(required=False, help_text="The id of the person who gets it; default: who handed it back.")
    date = DateField(required=False, help_text="The date, as YYYY-MM-DD; default: the one that it had.")


class ReturnedTaskSerializer(ShapeSerializer):
    """A task that a person handed back, until it is placed again or closed."""

    id = serializers.IntegerField()
    task = serializers.IntegerField(source="task_id", help_text="The task's id.")
    user = serializers.IntegerField(source="user_id", help_text="The id of the person who handed it back.")
    date = serializers.DateField(help_text="The date that it was assigned for.")
    taskmaster = serializers.IntegerField(source="taskmaster_id", help_text="The id of the person who had given it.")
    effort = serializers.IntegerField(help_text="How much of a day's limit it takes.")
    reason = serializers.CharField(help_text="Why it was handed back.")
    created_at = TimeField(help_text="When it was handed back, in UTC.")

    @classmethod
    def show(cls, returned: ReturnedTask) -> dict[str, Any]:
        """The fields of one of them."""
        shown: dict[str, Any] = shared(cls).to_representation(returned)
        return shown


class ReturnedTaskPageSerializer(PageSerializer):
    """A page of returned tasks."""

    results = ReturnedTaskSerializer(many=True)


class ReturnedTaskQuerySerializer(PageQuerySerializer):
    """Filters of returned tasks."""

    user = QueryIdField(required=False, help_text="Only what this person handed back.")
    task = QueryIdField(required=False, help_text="Only this task.")
    taskmaster = QueryIdField(required=False, help_text="Only what this person had given.")
