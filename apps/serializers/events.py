"""Shapes of the history."""

from rest_framework import serializers

from apps.models import Event
from apps.models.events import Kind
from apps.serializers.base import DateRangeSerializer, PageQuerySerializer, PageSerializer, QueryIdField


class EventSerializer(serializers.Serializer[Event]):
    """One thing that happened, as it was then: what the numbers name may be gone."""

    id = serializers.IntegerField()
    at = serializers.DateTimeField(help_text="When, in UTC.")
    actor = serializers.IntegerField(help_text="The id of the person who did it.")
    kind = serializers.ChoiceField(choices=Kind.choices)
    user = serializers.IntegerField(
        allow_null=True, help_text="The id of the person whose day it is about; null where it is about everyone's."
    )
    task = serializers.IntegerField(allow_null=True, help_text="The task's id.")
    task_name = serializers.CharField(allow_blank=True, help_text="What the task was called then.")
    date = serializers.DateField(allow_null=True, help_text="The day that it is about.")
    assignment = serializers.IntegerField(allow_null=True, help_text="The assignment's id.")
    data = serializers.DictField(help_text="What else there is to tell, by kind.")  # type: ignore[assignment]  # a field of this name, not the class's property


class EventPageSerializer(PageSerializer):
    """A page of the history."""

    results = EventSerializer(many=True)


class EventQuerySerializer(DateRangeSerializer, PageQuerySerializer):
    """Which part of the history. The dates are those of the days that it is about."""

    user = QueryIdField(required=False, help_text="About this person's days, also what was moved away from them.")
    task = QueryIdField(required=False, help_text="About this task.")
    kind = serializers.ChoiceField(choices=Kind.choices, required=False)
