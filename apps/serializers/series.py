"""Shapes of series."""

from typing import Any

from rest_framework import serializers

from apps.models import Series
from apps.models.series import LONGEST_RULE, OnFull
from apps.serializers.base import (
    DateField,
    DateRangeSerializer,
    EffortField,
    IdField,
    PageQuerySerializer,
    PageSerializer,
    QueryIdField,
    QuerySerializer,
    StrictSerializer,
    TextField,
    TimeField,
)
from apps.services import series as service
from apps.services.series.occurrences import OccurrenceStatus, State
from apps.services.series.words import in_words
from apps.services.shared import permissions


class _SeriesFieldsSerializer(StrictSerializer):
    """The fields that can be given and changed."""

    task = IdField(help_text="The task's id.")
    user = IdField(required=False, help_text="The id of the person who gets the task; or `users`.")
    users = serializers.ListField(
        child=IdField(),
        required=False,
        min_length=1,
        max_length=service.MOST_TURNS,
        help_text="The ids of the people who get the task in turns, in this order. Somebody named twice has two turns.",
    )
    rrule = TextField(
        max_length=LONGEST_RULE,
        help_text="The rule of RFC 5545 by which the dates come: `FREQ` (`DAILY`, `WEEKLY`, `MONTHLY`, `YEARLY`), and "
        "`INTERVAL` (1 to 366), `BYDAY`, `BYMONTHDAY`, and `COUNT` (1 to 1000) or `UNTIL` (a date as `YYYYMMDD`).",
    )
    date_to = DateField(required=False, allow_null=True, help_text="The last date; null means no end.")
    effort = EffortField(
        allow_null=True, help_text="How much of the day's limit it takes, from 1 to 1000; null means the task's effort."
    )
    on_full = serializers.ChoiceField(
        choices=OnFull.choices,
        required=False,
        help_text="What happens to a date on which the person has no room: `skip` (default) leaves it out, `next_free` "
        "takes their next free day before the following date, and `wait` queues the task for the day.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse `user` beside `users`."""
        if "user" in attrs and "users" in attrs:
            raise serializers.ValidationError({"user": serializers.ErrorDetail("Give user or users.", "invalid")})
        return attrs


class SeriesCreateSerializer(_SeriesFieldsSerializer):
    """A task that comes again."""

    date_from = DateField(help_text="The date from which the rule counts, at most 366 days ago.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Require a person."""
        if "user" not in attrs and "users" not in attrs:
            raise serializers.ValidationError({"user": serializers.ErrorDetail("Give user or users.", "required")})
        return super().validate(attrs)


class SeriesChangeSerializer(_SeriesFieldsSerializer):
    """The fields to change, and the date from which on; the other fields stay."""

    task = IdField(required=False, help_text="The task's id.")
    rrule = TextField(required=False, max_length=LONGEST_RULE, help_text="Another rule; it counts from `from`.")

    def get_fields(self) -> dict[str, Any]:
        """The fields; `from` is a keyword of Python."""
        first = DateField(
            required=False,
            help_text="The date from which on the change counts; default: today, or the date of an earlier change of "
            "`rrule` or `users` that is still to come.",
        )
        return {**super().get_fields(), "from": first}


class SeriesEndSerializer(QuerySerializer):
    """The end of a series."""

    def get_fields(self) -> dict[str, Any]:
        """The fields; `from` is a keyword of Python."""
        first = DateField(required=False, help_text="The date from which on the series has ended; default: today.")
        return {**super().get_fields(), "from": first}


class SeriesSerializer(serializers.Serializer[Series]):
    """A task that people get again and again, in turns."""

    id = serializers.IntegerField()
    task = serializers.IntegerField(help_text="The task's id.")
    users = serializers.ListField(
        child=serializers.IntegerField(), help_text="The ids of the people, in the order of their turns."
    )
    rrule = serializers.CharField(help_text="The rule, with its parts in one order.")
    text = serializers.CharField(help_text="The rule in words.")
    date_from = serializers.DateField(help_text="The first date.")
    date_to = serializers.DateField(allow_null=True, help_text="The last date; null means no end.")
    effort = serializers.IntegerField(
        allow_null=True, help_text="How much of the day's limit it takes; null means the task's effort."
    )
    on_full = serializers.ChoiceField(choices=OnFull.choices)
    taskmaster = serializers.IntegerField(help_text="The id of the person who gives the tasks.")
    created_at = TimeField(help_text="When it was made, in UTC.")
    next_date = serializers.DateField(
        allow_null=True, help_text="The next date from today on; null after the last one."
    )
    filled_to = serializers.DateField(help_text="The dates up to this one are decided.")
    paused = serializers.CharField(
        help_text="Why nothing more is assigned, empty if it is: the person who gives the tasks may no longer do so. "
        "Whoever changes the series takes it over."
    )

    @classmethod
    def show(cls, series: Series) -> dict[str, Any]:
        """The fields of one series."""
        created_at: Any = TimeField().to_representation(series.created_at)
        return {
            "id": series.pk,
            "task": series.task_id,
            "users": series.user_ids,
            "rrule": series.rrule,
            "text": in_words(series),
            "date_from": series.date_from,
            "date_to": series.date_to,
            "effort": series.effort,
            "on_full": series.on_full,
            "taskmaster": series.taskmaster_id,
            "created_at": created_at,
            "next_date": service.next_date(series),
            "filled_to": series.filled_to,
            "paused": permissions.why_paused(series),
        }


class SeriesPageSerializer(PageSerializer):
    """A page of series."""

    results = SeriesSerializer(many=True)


class SeriesQuerySerializer(PageQuerySerializer):
    """Filters of series."""

    user = QueryIdField(required=False, help_text="Only series in which this person has turns.")
    task = QueryIdField(required=False, help_text="Only series of this task.")


class OccurrenceSerializer(serializers.Serializer[State]):
    """A date of a series, and what became of it."""

    date = serializers.DateField(help_text="The date by the rule.")
    user = serializers.IntegerField(help_text="The id of the person whose turn it is.")
    status = serializers.ChoiceField(choices=OccurrenceStatus.choices)
    assignment = serializers.IntegerField(allow_null=True, help_text="The assignment's id.")
    assigned_to = serializers.IntegerField(allow_null=True, help_text="The id of the person who has it now.")
    assigned_on = serializers.DateField(allow_null=True, help_text="The date for which it is assigned now.")
    waiting = serializers.IntegerField(allow_null=True, help_text="The id of the waiting entry.")
    code = serializers.CharField(
        help_text="Why it was skipped, waits or went to another day: the code with which a call would be refused, or "
        "`date_past`. Else empty."
    )
    detail = serializers.CharField(help_text="The same in words, or whose turn was passed over.")

    @classmethod
    def show(cls, state: State) -> dict[str, Any]:
        """The fields of one date."""
        row, assignment = state.row, state.assignment
        return {
            "date": row.date,
            "user": row.user_id,
            "status": state.status.value,
            "assignment": assignment and assignment.pk,
            "assigned_to": assignment and assignment.user_id,
            "assigned_on": assignment and assignment.date,
            "waiting": row.waiting if state.status == OccurrenceStatus.WAITING else None,
            "code": row.code,
            "detail": row.detail,
        }


class OccurrencePageSerializer(PageSerializer):
    """A page of dates."""

    results = OccurrenceSerializer(many=True)


class OccurrenceQuerySerializer(DateRangeSerializer, PageQuerySerializer):
    """Which dates."""
