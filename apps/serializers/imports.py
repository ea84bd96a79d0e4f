"""Shapes of imports."""

from typing import Any

from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from rest_framework import serializers
from rest_framework.request import Request

from apps.models import Import
from apps.models.imports import ImportStatus
from apps.serializers.base import StrictSerializer, TextField, TimeField
from apps.services.shared import links
from apps.services.shared.formats import DateOrder


class ImportCreateSerializer(StrictSerializer):
    """A CSV file of assignments."""

    file = serializers.FileField(
        allow_empty_file=True,
        help_text="CSV in UTF-8, or in UTF-16 with a byte order mark. The columns are `task`, `user` (ids, or names "
        "where unambiguous; a person's first and last name, too) and `date` (YYYY-MM-DD), separated by commas, "
        "semicolons or tabs. The first line names them; before it there may be a line `sep=;`.",
    )
    dry_run = serializers.ChoiceField(
        choices=["true", "false"],
        default="false",
        help_text="`true`: only report the result that each row would have, and assign nothing.",
    )

    dates = serializers.ChoiceField(
        choices=[order.value for order in DateOrder],
        default=DateOrder.ISO.value,
        help_text="How the file writes dates: `iso`, or also `day_first` (24.11.2026) or `month_first` (11/24/2026).",
    )
    task_column = TextField(required=False, max_length=255, help_text="The head of the column that has the tasks.")
    user_column = TextField(required=False, max_length=255, help_text="The head of the column that has the people.")
    date_column = TextField(required=False, max_length=255, help_text="The head of the column that has the dates.")
    effort_column = TextField(
        required=False,
        max_length=255,
        help_text="The head of the column that has the efforts. If any head is given, other columns are ignored.",
    )

    @classmethod
    def read(cls, request: Request) -> dict[str, Any]:
        """The valid fields of a form. Raises `ValidationError`, also for a repeated field."""
        form = request.data
        # Without a body it is no form, but an empty dictionary.
        parts = dict(form.lists()) if isinstance(form, MultiValueDict) else {}
        for name, values in parts.items():
            if len(values) > 1:
                raise serializers.ValidationError(
                    {name: serializers.ErrorDetail("This part was sent more than once.", "repeated")}
                )
        # As a plain dictionary: of a form, an empty part would count as none.
        serializer = cls(data={name: value for name, (value,) in parts.items()})
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)


class ImportSerializer(serializers.Serializer[Import]):
    """The progress of an import."""

    id = serializers.IntegerField()
    status = serializers.ChoiceField(choices=ImportStatus.choices)
    detail = serializers.CharField(help_text="Why it was given up; empty otherwise.")
    dry_run = serializers.BooleanField(help_text="Nothing is assigned, only reported.")
    rows = serializers.IntegerField(help_text="The number of rows in the file.")
    done = serializers.IntegerField(help_text="The number of rows that are done: `accepted` plus `refused`.")
    accepted = serializers.IntegerField(help_text="Rows that were assigned, or would be, in a dry run.")
    refused = serializers.IntegerField(help_text="Rows that were refused; the report says why.")
    created_at = TimeField(help_text="When the file was sent, in UTC.")
    finished_at = TimeField(allow_null=True, help_text="When it was finished or given up, or null.")
    url = serializers.SerializerMethodField(help_text="The address of this progress report.")
    report = serializers.SerializerMethodField(
        help_text="The address of the CSV file with the result of each row so far."
    )

    def get_url(self, import_: Import) -> str:
        """The import's address."""
        return self._address("import", import_)

    def get_report(self, import_: Import) -> str:
        """The report's address."""
        return self._address("import-report", import_)

    def _address(self, name: str, import_: Import) -> str:
        return links.absolute(self.context["request"], reverse(name, args=[import_.pk]))
