"""Shapes of tasks."""

from rest_framework import serializers

from apps.models import Task
from apps.serializers.base import (
    BooleanField,
    EffortField,
    PageQuerySerializer,
    PageSerializer,
    QueryBooleanField,
    QueryTextField,
    StrictSerializer,
    TextField,
)


class TaskChangeSerializer(StrictSerializer):
    """The fields to change; the others stay."""

    name = TextField(required=False, max_length=255, help_text="Its name.")
    is_active = BooleanField(required=False, help_text="Can be assigned; false retires it.")
    effort = EffortField(
        help_text="How much of a day's limit it takes, from 1 to 1000. A change counts for later assignments only."
    )


class TaskCreateSerializer(TaskChangeSerializer):
    """A task."""

    name = TextField(max_length=255, help_text="Its name.")


class TaskSerializer(serializers.Serializer[Task]):
    """A thing to do."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    is_active = serializers.BooleanField(help_text="Can be assigned.")
    effort = serializers.IntegerField(help_text="How much of a day's limit it takes.")


class TaskPageSerializer(PageSerializer):
    """A page of tasks."""

    results = TaskSerializer(many=True)


class TaskQuerySerializer(PageQuerySerializer):
    """Filters of tasks."""

    q = QueryTextField(required=False, help_text="Tasks whose name contains this. Case is ignored.")
    is_active = QueryBooleanField(required=False, help_text="Only tasks that can be assigned, or only retired ones.")
