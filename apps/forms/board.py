"""Forms of the board."""

import datetime
import re
from typing import Any

from django import forms

from apps.models.assignments import Status
from apps.models.limit_rules import HIGHEST_MAXIMUM

_WEEK = re.compile(r"(\d{4})-W(\d{2})", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DIGITS = re.compile(r"\d{1,19}", re.ASCII)


class WeekField(forms.Field):
    """A week as 2026-W48: its Monday."""

    def to_python(self, value: Any) -> datetime.date | None:
        """The Monday."""
        if not value:
            return None
        try:
            year, week = _WEEK.fullmatch(value).groups()  # type: ignore[union-attr]  # None raises what is caught
            # The weeks before and after it must be dates, too.
            if not datetime.MINYEAR < int(year) < datetime.MAXYEAR:
                raise ValueError
            return datetime.date.fromisocalendar(int(year), int(week), 1)
        except (AttributeError, ValueError):
            raise forms.ValidationError("This must be a week, as 2026-W48.") from None


class CellsField(forms.Field):
    """Persons' days, each as ID:YYYY-MM-DD."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: Any) -> list[tuple[int, datetime.date]]:
        """The ids and dates."""
        try:
            return [_cell(one) for one in value or []]
        except ValueError:
            raise forms.ValidationError("These must be persons' days.") from None


class PeopleField(forms.Field):
    """Ids of people."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: Any) -> list[int]:
        """The ids."""
        try:
            return [_id(one) for one in value or []]
        except ValueError:
            raise forms.ValidationError("These must be ids of people.") from None


class BoardForm(forms.Form):
    """What the board shows."""

    week = WeekField(required=False)
    q = forms.CharField(required=False, max_length=150)
    after = forms.CharField(required=False, max_length=150, strip=False)
    before = forms.CharField(required=False, max_length=150, strip=False)


class CellsForm(forms.Form):
    """What is shown already, and as it was at which version of the board."""

    week = WeekField()
    since = forms.RegexField(r"^\d{1,19}-\d{1,9}-[01]$")
    person = PeopleField()


class ChooseForm(forms.Form):
    """The days to choose a task for, and what to look for."""

    cell = CellsField(required=False)
    q = forms.CharField(required=False, max_length=255)


class AssignForm(forms.Form):
    """A task for one or several days: one that is there, or the name of a new one."""

    cell = CellsField()
    task = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    name = forms.CharField(required=False, max_length=255)

    def clean(self) -> dict[str, Any]:
        """What was sent, if it names a task."""
        fields = super().clean() or {}
        if not self.errors and not fields["task"] and not fields["name"]:
            self.add_error("task", "Choose a task, or name a new one.")
        return fields


class ChangeForm(forms.Form):
    """What becomes of an assignment."""

    user = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    username = forms.CharField(required=False, max_length=150, strip=False)
    date = forms.DateField(required=False)
    status = forms.ChoiceField(required=False, choices=[("", ""), *Status.choices])


class DayForm(forms.Form):
    """A day's limit, set by hand."""

    maximum = forms.IntegerField(label="Most tasks on this day", min_value=0, max_value=HIGHEST_MAXIMUM)
    reason = forms.CharField(
        required=False, max_length=255, help_text="Shown to whoever is refused, such as “Training”."
    )


class DaysOffForm(forms.Form):
    """A range of days on which somebody, or everybody, gets nothing new."""

    who = forms.ChoiceField(
        label="Who", widget=forms.RadioSelect, choices=[("person", "One person"), ("everyone", "Everyone: a holiday")]
    )
    username = forms.CharField(required=False, max_length=150, strip=False)
    date_from = forms.DateField(label="First day", widget=forms.DateInput(attrs={"type": "date"}))
    date_to = forms.DateField(label="Last day", widget=forms.DateInput(attrs={"type": "date"}))
    reason = forms.CharField(max_length=255, help_text="Such as “Holiday”.")

    def clean(self) -> dict[str, Any]:
        """What was sent, if it says whose days they are."""
        fields = super().clean() or {}
        if fields.get("who") == "person" and not fields.get("username"):
            self.add_error("username", "Say who, or choose everyone.")
        return fields


class PersonForm(forms.Form):
    """What somebody types to find a person."""

    username = forms.CharField(required=False, max_length=150, strip=False)


def _cell(text: str) -> tuple[int, datetime.date]:
    user_id, _, date = text.partition(":")
    if not _DATE.fullmatch(date):
        raise ValueError
    return _id(user_id), datetime.date.fromisoformat(date)


def _id(text: str) -> int:
    if not _DIGITS.fullmatch(text) or int(text) >= 2**63:
        raise ValueError
    return int(text)
