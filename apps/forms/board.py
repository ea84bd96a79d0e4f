"""Forms of the board."""

import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.forms.base import DayField, DayInput, IdField, ListField, MonthField, PlaceField, VersionField, WeekField
from apps.models.assignments import Status
from apps.models.effort import HIGHEST_EFFORT, LOWEST_EFFORT
from apps.models.limit_rules import HIGHEST_MAXIMUM, LONGEST_REASON
from apps.services.board.looks import OF_TASKS, By, Look, Show, Span
from apps.services.shared import formats, units
from apps.services.shared.formats import HIGHEST_ID, LimitByHand, Move, Place


def _places(**options: Any) -> ListField:
    return ListField(Place.parse, _("These must be persons' days, as 2:2026-11-24."), **options)


def _ids(**options: Any) -> ListField:
    return ListField(formats.parse_id, _("These must be ids."), **options)


def _limit_by_hand(text: str) -> LimitByHand:
    """A limit as the field of `DayForm` takes it. Raises `ValueError`."""
    limit = LimitByHand.parse(text)
    if (limit.maximum or 0) > HIGHEST_MAXIMUM or len(limit.reason) > LONGEST_REASON or "\0" in limit.reason:
        raise ValueError(text)
    return limit


def _effort() -> forms.IntegerField:
    """An effort, None where it isn't given."""
    return forms.IntegerField(required=False, min_value=LOWEST_EFFORT, max_value=HIGHEST_EFFORT)


class LookForm(forms.Form):
    """What the board is asked to show: days, people or tasks, and filters."""

    week = WeekField(required=False)
    date = DayField(required=False)
    span = forms.ChoiceField(required=False, choices=[(span.value, span.value) for span in Span])
    by = forms.ChoiceField(required=False, choices=[(by.value, by.value) for by in By])
    q = forms.CharField(required=False, max_length=150)
    task = IdField(required=False)
    show = forms.ChoiceField(required=False, choices=[(show.value, show.value) for show in Show])

    def look(self, today: datetime.date) -> Look:
        """The valid form's look; where no day is named, the one of today."""
        asked = self.cleaned_data
        span, by = Span(asked["span"] or Span.WEEK), By(asked["by"] or By.PEOPLE)
        show = Show(asked["show"]) if asked["show"] else None
        if by == By.TASKS and show not in OF_TASKS:
            show = None
        look = Look(today, span, by, asked["q"], asked["task"], show)
        if span == Span.DAY:
            return look.at(asked["date"] or asked["week"] or today)
        return look.at(asked["week"] or asked["date"] or today)


class BoardForm(LookForm):
    """The same with the page of people or tasks, and how the board looks."""

    after = forms.CharField(required=False, max_length=150, strip=False)
    before = forms.CharField(required=False, max_length=150, strip=False)
    size = forms.ChoiceField(required=False, choices=[("compact", "Compact"), ("comfortable", "Comfortable")])
    weekends = forms.ChoiceField(required=False, choices=[("shown", "Shown"), ("folded", "Folded")])
    choose = forms.BooleanField(required=False)
    since = VersionField(required=False)


class FilterForm(LookForm):
    """What is on display, and the text to search tasks for."""

    text = forms.CharField(required=False, max_length=255)


class NameForm(forms.Form):
    """The name of a saved view."""

    name = forms.CharField(max_length=100)


class FavouriteForm(forms.Form):
    """Whether a task is a favourite."""

    on = forms.BooleanField(required=False)


class MonthForm(forms.Form):
    """The month and the people to show."""

    month = MonthField(required=False)
    q = forms.CharField(required=False, max_length=150)
    after = forms.CharField(required=False, max_length=150, strip=False)
    before = forms.CharField(required=False, max_length=150, strip=False)


class SinceForm(forms.Form):
    """The version of the board that is on display."""

    since = VersionField()


class ChangesForm(LookForm, SinceForm):
    """What is on display: its days and people, and their version."""

    person = _ids(required=False)


class ChooseForm(forms.Form):
    """The days to choose a task for, the text to search tasks for, the effort it would take instead of its own, and
    whether it waits if the day is full."""

    cell = _places(required=False)
    q = forms.CharField(required=False, max_length=255)
    effort = _effort()
    wait = forms.BooleanField(required=False)


class AssignForm(forms.Form):
    """An existing task, or the name of a new one, for one or several days; the effort, if not the task's own; and, for
    a single day, whether it waits if the day is full, or goes to the first day from then on that has room."""

    cell = _places()
    task = forms.IntegerField(required=False, min_value=1, max_value=HIGHEST_ID)
    name = forms.CharField(required=False, max_length=255)
    effort = _effort()
    wait = forms.BooleanField(required=False)
    later = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        """The fields. Adds an error when they name no task, or when a task is to wait for several days."""
        fields = super().clean() or {}
        if fields.get("wait") and len(fields.get("cell") or []) > 1:
            self.add_error("wait", gettext("A task waits for a single day."))
        if not self.errors and not fields["task"] and not fields["name"]:
            self.add_error("task", gettext("Choose a task, or type the name of a new one."))
        return fields


class ChangeForm(forms.Form):
    """Where an assignment is moved to, as a cell of the board or as a username and a date, its new effort, or its new
    status. With `later` it goes on to the next free day if that one is full."""

    cell = PlaceField(required=False)
    later = forms.BooleanField(required=False)
    username = forms.CharField(required=False, max_length=150, strip=False)
    date = forms.DateField(required=False)
    effort = _effort()
    status = forms.ChoiceField(required=False, choices=[("", ""), *Status.choices])


class FreeForm(forms.Form):
    """The task to give to somebody who is free."""

    task = IdField(required=False)


class RemoveForm(forms.Form):
    """A task that was made for the assignment that is taken away."""

    created_task = forms.IntegerField(required=False, min_value=1, max_value=HIGHEST_ID)


class UndoForm(forms.Form):
    """Assignments to take away together."""

    assignment = _ids()


class MoveBackForm(forms.Form):
    """Assignments that were moved, each with the day that it was moved away from."""

    move = ListField(Move.parse, _("These must be assignments with days, as 7:2:2026-11-24."))


class LimitsBackForm(forms.Form):
    """Days, each with the limit that was set for it by hand, if one was."""

    limit = ListField(_limit_by_hand, _("These must be limits of days, as 2:2026-11-24:3:Training."))


class PlaceForm(forms.Form):
    """Where a returned task goes: a cell of the board, or a username and a date. With `listed`, the list of returned
    tasks is on display."""

    cell = PlaceField(required=False)
    username = forms.CharField(required=False, max_length=150, strip=False)
    date = forms.DateField(required=False)
    listed = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        """The fields. Adds an error when they name no day."""
        fields = super().clean() or {}
        if not self.errors and not fields["cell"] and not (fields["username"] and fields["date"]):
            self.add_error("cell", "Choose a person and a date.")
        return fields


class HandOnForm(forms.Form):
    """The person who gets somebody else's tasks."""

    username = forms.CharField(max_length=150, strip=False)


class DayForm(forms.Form):
    """A day's limit, set by hand."""

    maximum = forms.IntegerField(min_value=0, max_value=HIGHEST_MAXIMUM)
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=LONGEST_REASON,
        help_text=_("People see it when this day is full. For example: “Training”."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["maximum"].label = gettext("At most, in %(unit)s") % {"unit": units.unit()}


class DaysForm(DayForm):
    """A limit set by hand for several days; 0 for days off."""

    cell = _places()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["maximum"].widget.attrs["autofocus"] = True


class DaysOffForm(forms.Form):
    """A range of days on which one person, or everyone, gets nothing new."""

    who = forms.ChoiceField(
        label=_("Who"),
        widget=forms.RadioSelect,
        choices=[("person", _("One person")), ("everyone", _("Everyone: a holiday"))],
    )
    username = forms.CharField(required=False, max_length=150, strip=False)
    date_from = forms.DateField(label=_("First day"), widget=DayInput())
    date_to = forms.DateField(label=_("Last day"), widget=DayInput())
    reason = forms.CharField(label=_("Reason"), max_length=LONGEST_REASON, help_text=_("For example: “Holiday”."))
    # Sent by the page that shows how many people and days the days off for everyone affect.
    sure = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """The fields. Adds an error when one person is meant and no username is given."""
        fields = super().clean() or {}
        if fields.get("who") == "person" and not fields.get("username"):
            self.add_error("username", gettext("Type the person’s username, or choose everyone."))
        return fields


class CopyForm(forms.Form):
    """The days to copy, the day on which the copy begins, and whose."""

    date_from = forms.DateField(label=_("From"), widget=DayInput())
    date_to = forms.DateField(label=_("To"), widget=DayInput())
    to = forms.DateField(label=_("The first of them goes to"), widget=DayInput())
    username = forms.CharField(required=False, max_length=150, strip=False)
    # Sent by the page that shows what fits.
    sure = forms.BooleanField(required=False, widget=forms.HiddenInput)


class TrayForm(forms.Form):
    """The text to search tasks for."""

    q = forms.CharField(required=False, max_length=255)


class PersonForm(forms.Form):
    """The beginning of a person's name, from a field that suggests people."""

    username = forms.CharField(required=False, max_length=150, strip=False)
