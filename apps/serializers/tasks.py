"""Shapes of tasks."""

from typing import Any

from django.core.exceptions import ValidationError
from rest_framework import serializers

from apps.models import Task
from apps.models.tasks import LONGEST_NOTE, LONGEST_URL, URL_MESSAGE, Color, require_link
from apps.serializers.base import (
    BooleanField,
    DateField,
    EffortField,
    MultilineField,
    PageQuerySerializer,
    PageSerializer,
    QueryBooleanField,
    QueryTextField,
    StrictSerializer,
    TextField,
)

_LABEL = "What it belongs to; lists filter by it. Empty if it belongs to nothing."
_DEADLINE = "When it must be done at the latest, or null."


class LinkField(TextField):
    """A link to a page of the web, or an empty text."""

    default_error_messages = {"url": URL_MESSAGE}

    def to_internal_value(self, data: Any) -> str:
        """The link."""
        link = super().to_internal_value(data)
        try:
            require_link(link)
        except ValidationError:
            self.fail("url")
        return link


class ColorField(serializers.ChoiceField):
    """A colour of the palette, or an empty text."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=Color.choices, allow_blank=True, help_text="Its colour on pages.", **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """The colour's name."""
        if not isinstance(data, str):
            self.fail("invalid_choice", input=data)
        return str(super().to_internal_value(data))


class TaskChangeSerializer(StrictSerializer):
    """The fields to change; the others stay."""

    name = TextField(required=False, max_length=255, help_text="Its name.")
    is_active = BooleanField(required=False, help_text="Can be assigned; false retires it.")
    effort = EffortField(
        help_text="How much of a day's limit it takes, from 1 to 1000. A change counts for later assignments only."
    )
    note = MultilineField(
        required=False, allow_blank=True, max_length=LONGEST_NOTE, help_text="What there is to know about it."
    )
    color = ColorField(required=False)
    label = TextField(  # type: ignore[assignment]  # no attribute: declared fields leave the class
        required=False, allow_blank=True, max_length=50, help_text=_LABEL
    )
    url = LinkField(
        required=False, allow_blank=True, max_length=LONGEST_URL, help_text="A page that says more: http or https."
    )
    deadline = DateField(required=False, allow_null=True, help_text=_DEADLINE)


class TaskCreateSerializer(TaskChangeSerializer):
    """A task."""

    name = TextField(max_length=255, help_text="Its name.")


class TaskSerializer(serializers.Serializer[Task]):
    """A thing to do."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    is_active = serializers.BooleanField(help_text="Can be assigned.")
    effort = serializers.IntegerField(help_text="How much of a day's limit it takes.")
    note = serializers.CharField(help_text="What there is to know about it.")
    color = ColorField()
    label = serializers.CharField(help_text=_LABEL)  # type: ignore[assignment]  # as above
    url = serializers.CharField(help_text="A page that says more.")
    deadline = serializers.DateField(allow_null=True, help_text=_DEADLINE)


class TaskPageSerializer(PageSerializer):
    """A page of tasks."""

    results = TaskSerializer(many=True)


class TaskQuerySerializer(PageQuerySerializer):
    """Filters of tasks."""

    q = QueryTextField(required=False, help_text="Tasks whose name contains this. Case is ignored.")
    is_active = QueryBooleanField(required=False, help_text="Only tasks that can be assigned, or only retired ones.")
    label = QueryTextField(  # type: ignore[assignment]  # as above
        required=False, help_text="Only tasks with exactly this label; with an empty one, only tasks without a label."
    )
