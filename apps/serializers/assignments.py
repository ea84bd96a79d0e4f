"""Shapes of assignments."""

from typing import Any

from rest_framework import serializers
from rest_framework.fields import empty

from apps.models.assignments import Status
from apps.models.effort import HIGHEST_EFFORT, LOWEST_EFFORT
from apps.serializers.base import (
    DateField,
    DateRangeSerializer,
    EffortField,
    IdField,
    PageQuerySerializer,
    PageSerializer,
    QueryIdField,
    StrictSerializer,
    TimeField,
)
from apps.serializers.limits import RoomSerializer
from apps.serializers.shapes import ShapeSerializer
from apps.services.shared.formats import HIGHEST_ID, parse_date


class AssignmentItemSerializer(StrictSerializer):
    """A task for a person on a date."""

    task = IdField(help_text="The task's id.")
    user = IdField(help_text="The id of the person who gets it.")
    date = DateField(help_text="The date, as YYYY-MM-DD.")
    effort = EffortField(help_text="How much of the day's limit it takes, from 1 to 1000; default: the task's effort.")

    def run_validation(self, data: Any = empty) -> Any:
        """The valid fields. Raises `ValidationError`. A valid body takes a short path, a tenth of the time."""
        return _valid(data) or super().run_validation(data)


_VALID_FIELDS = ({"task", "user", "date"}, {"task", "user", "date", "effort"})


def _valid(data: Any) -> dict[str, Any] | None:
    """The fields if all of them are valid, else None: then the serializer finds out what is wrong."""
    if type(data) is not dict or data.keys() not in _VALID_FIELDS:
        return None
    task, user, date, effort = data["task"], data["user"], data["date"], data.get("effort", LOWEST_EFFORT)
    if type(task) is not int or type(user) is not int or type(date) is not str or type(effort) is not int:
        return None
    if not (1 <= task <= HIGHEST_ID and 1 <= user <= HIGHEST_ID and LOWEST_EFFORT <= effort <= HIGHEST_EFFORT):
        return None
    try:
        return {**data, "date": parse_date(date)}
    except ValueError:
        return None


class AssignmentCreateSerializer(AssignmentItemSerializer):
    """A task for a person on a date, and what happens if the day is full."""

    if_full = serializers.ChoiceField(
        choices=["refuse", "wait"],
        required=False,
        help_text="If the day is full: `refuse` (default) refuses the call, `wait` queues the task for the day.",
    )


class AssignmentChangeSerializer(StrictSerializer):
    """The fields to change; the others stay."""

    user = IdField(required=False, help_text="The id of the person to move it to.")
    date = DateField(required=False, help_text="The date to move it to, as YYYY-MM-DD.")
    effort = EffortField(help_text="How much of the day's limit it takes from now on, from 1 to 1000.")
    status = serializers.ChoiceField(choices=Status.choices, required=False)


class EarliestSerializer(StrictSerializer):
    """A task for a person on their first free day."""

    task = IdField(help_text="The task's id.")
    user = IdField(help_text="The id of the person who gets it.")
    effort = EffortField(help_text="How much of the day's limit it takes, from 1 to 1000; default: the task's effort.")

    def get_fields(self) -> dict[str, Any]:
        """The fields; `from` is a keyword of Python."""
        first = DateField(required=False, help_text="The first date to try; default: today.")
        return {**super().get_fields(), "from": first}


class AssignmentSerializer(ShapeSerializer):
    """One task, given to one person on one date."""

    id = serializers.IntegerField()
    task = serializers.IntegerField(source="task_id", help_text="The task's id.")
    user = serializers.IntegerField(source="daily_limit.user_id", help_text="The id of the person who has it.")
    date = serializers.DateField(source="daily_limit.date", help_text="The date.")
    taskmaster = serializers.IntegerField(source="taskmaster_id", help_text="The id of the person who assigned it.")
    status = serializers.ChoiceField(choices=Status.choices)
    effort = serializers.IntegerField(help_text="How much of the day's limit it takes.")
    created_at = TimeField(help_text="When it was assigned, in UTC.")
    limit = RoomSerializer(source="daily_limit", help_text="The person's limit on that date.")


class AssignmentPageSerializer(PageSerializer):
    """A page of assignments."""

    results = AssignmentSerializer(many=True)


class AssignmentFilterSerializer(DateRangeSerializer):
    """Filters of assignments."""

    user = QueryIdField(required=False, help_text="Only assignments of this person.")
    task = QueryIdField(required=False, help_text="Only assignments of this task.")
    status = serializers.ChoiceField(choices=Status.choices, required=False)
    date = DateField(required=False, help_text="Only assignments on this date.")


class AssignmentQuerySerializer(AssignmentFilterSerializer, PageQuerySerializer):
    """Filters and order of assignments."""

    ordering = serializers.ChoiceField(
        choices=["date", "-date", "created_at", "-created_at"],
        default="date",
        help_text="`-` means descending. Within a date, assignments are ordered by person.",
    )
