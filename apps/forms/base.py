"""What the forms of several pages share."""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, TypeVar

from django import forms
from django.db.models import Model
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from apps.exceptions.base import ToGoError
from apps.services.shared import formats
from apps.services.shared.formats import Place, Version

M = TypeVar("M", bound=Model)


def weekday_choices(values: Iterable[str]) -> Callable[[], list[tuple[str, StrOrPromise]]]:
    """Choices of weekdays, in the order of the reader's weeks; `values` are what Monday to Sunday send."""
    choices = list(zip(values, WEEKDAYS_ABBR.values(), strict=True))

    def in_order() -> list[tuple[str, StrOrPromise]]:
        first = formats.weekday_of_weeks()
        return [*choices[first:], *choices[:first]]

    return in_order


class DayInput(forms.DateInput):
    """A browser's own field for a date. Its value is written as 2026-11-24 in every language."""

    input_type = "date"

    def __init__(self, **options: Any) -> None:
        super().__init__(format="%Y-%m-%d", **options)


class FormattedField(forms.Field):
    """A text that a function of `formats` parses."""

    read: Callable[[str], Any]
    message: ClassVar[StrOrPromise]

    def to_python(self, value: Any) -> Any:
        """The parsed text; None if it is empty."""
        try:
            return self.read(value) if value else None
        except ValueError:
            raise forms.ValidationError(self.message) from None


class WeekField(FormattedField):
    """A week, as 2026-W48: its Monday."""

    read = staticmethod(formats.parse_week)
    message = _("This must be a week, as 2026-W48.")


class MonthField(FormattedField):
    """A month, as 2026-11: its first day."""

    read = staticmethod(formats.parse_month)
    message = _("This must be a month, as 2026-11.")


class DayField(FormattedField):
    """A date, as 2026-11-24."""

    read = staticmethod(formats.parse_day)
    message = _("This must be a date, as 2026-11-24.")


class IdField(FormattedField):
    """An id."""

    read = staticmethod(formats.parse_id)
    message = _("This must be an id.")


class VersionField(FormattedField):
    """A version of the board."""

    read = staticmethod(Version.parse)
    message = _("This must be a version of the board.")


class PlaceField(FormattedField):
    """A person's day, as 2:2026-11-24."""

    read = staticmethod(Place.parse)
    message = _("This must be a person's day, as 2:2026-11-24.")


class ListField(forms.Field):
    """Several texts with the same field name, each of which `read` parses."""

    widget = forms.MultipleHiddenInput

    def __init__(self, read: Callable[[str], Any], message: StrOrPromise, **options: Any) -> None:
        super().__init__(**options)
        self._read, self._message = read, message

    def to_python(self, value: Any) -> list[Any]:
        """The parsed texts."""
        try:
            return [self._read(text) for text in value or []]
        except ValueError:
            raise forms.ValidationError(self._message) from None


class PageForm(forms.Form):
    """Which page of a list is shown: the one that begins after a row, or that ends before one; else the first."""

    after = IdField(required=False)
    before = IdField(required=False)


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
