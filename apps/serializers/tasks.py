"""Shapes of tasks."""

from rest_framework import serializers

from apps.models import Task
from apps.serializers.base import (
    BooleanField,
    PageQuerySerializer,
    PageSerializer,
    QueryBooleanField,
    QueryTextField,
    StrictSerializer,
    TextField,
)


class TaskChangeSerializer(StrictSerializer):
    """What is to be said differently; the rest stays."""

    name = TextField(required=False, max_length=255, help_text="What it is called.")
    is_active = BooleanField(required=False, help_text="Can be assigned; false retires it.")


class TaskCreateSerializer(TaskChangeSerializer):
    """A task."""

    name = TextField(max_length=255, help_text="What it is called.")


class TaskSerializer(serializers.Serializer[Task]):
    """A thing that can be done."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    is_active = serializers.BooleanField(help_text="Can be assigned.")


class TaskPageSerializer(PageSerializer):
    """A page of tasks."""

    results = TaskSerializer(many=True)


class TaskQuerySerializer(PageQuerySerializer):
    """Which tasks."""

    q = QueryTextField(required=False, help_text="Those whose name holds this, in capitals or not.")
    is_active = QueryBooleanField(required=False, help_text="Those that can be assigned, or those that are retired.")
