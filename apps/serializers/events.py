"""Shapes of the history."""

from rest_framework import serializers

from apps.models import Event
from apps.models.events import Kind
from apps.serializers.base import DateRangeSerializer, PageQuerySerializer, PageSerializer, QueryIdField, TimeField


class EventSerializer(serializers.Serializer[Event]):
    """One event, as it was at that time. The objects that the ids name may be deleted by now."""

    id = serializers.IntegerField()
    at = TimeField(help_text="When, in UTC.")
    actor = serializers.IntegerField(help_text="The id of the person who did it.")
    kind = serializers.ChoiceField(choices=Kind.choices)
    user = serializers.IntegerField(
        allow_null=True,
        help_text="The id of the person whom it is about; null for everyone, or if you may not see it.",
    )
    task = serializers.IntegerField(allow_null=True, help_text="The task's id.")
    task_name = serializers.CharField(allow_blank=True, help_text="The task's name at that time.")
    date = serializers.DateField(allow_null=True, help_text="The date that it is about; null like `user`.")
    assignment = serializers.IntegerField(allow_null=True, help_text="The assignment's id.")
    data = serializers.DictField(help_text="Further data, depending on `kind`.")  # type: ignore[assignment]  # a field of this name, not the class's property


class EventPageSerializer(PageSerializer):
    """A page of the history."""

    results = EventSerializer(many=True)


class EventQuerySerializer(DateRangeSerializer, PageQuerySerializer):
    """Filters of the history. The dates are those of the days that events are about."""

    user = QueryIdField(
        required=False, help_text="Events about this person's days, and assignments that were moved away from them."
    )
    task = QueryIdField(required=False, help_text="Events about this task.")
    kind = serializers.ChoiceField(choices=Kind.choices, required=False)
