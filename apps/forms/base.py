"""What the forms of several pages share."""

from typing import Any, TypeVar

from django import forms
from django.db.models import Model

from apps.exceptions.base import ToGoError

M = TypeVar("M", bound=Model)


class DayInput(forms.DateInput):
    """A browser's own field for a date. Its value is written as 2026-11-24 in every language."""

    input_type = "date"

    def __init__(self, **options: Any) -> None:
        super().__init__(format="%Y-%m-%d", **options)


class _Refusable(forms.BaseForm):
    def add_refusal(self, refusal: ToGoError) -> None:
        """Show the messages beside their fields, or the refusal above them."""
        for error in refusal.data.get("errors", []):
            self.add_error(error["field"], error["message"])
        if not self.errors:
            self.add_error(None, refusal.detail)


class RefusableForm(_Refusable, forms.Form):
    """A form that shows a refusal of the service."""


class RefusableModelForm(_Refusable, forms.ModelForm[M]):
    """A form of a table's row that shows a refusal of the service. The service writes the row, not the form."""
