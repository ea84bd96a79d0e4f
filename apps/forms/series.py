"""Forms of series."""

from typing import Any

from django import forms
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from apps.forms.base import DayInput, RefusableForm, weekday_choices
from apps.models import Series
from apps.models.effort import HIGHEST_EFFORT, LOWEST_EFFORT
from apps.models.series import LONGEST_RULE, OnFull
from apps.services.series.rules import (
    DAILY,
    MONTHLY,
    MOST_COUNT,
    MOST_INTERVAL,
    WEEKDAYS,
    WEEKLY,
    YEARLY,
    WrongRule,
    parse,
)
from apps.services.shared import units
from apps.services.shared.formats import HIGHEST_ID

_UNITS = [
    (DAILY, pgettext_lazy("every … days", "days")),
    (WEEKLY, pgettext_lazy("every … weeks", "weeks")),
    (MONTHLY, pgettext_lazy("every … months", "months")),
    (YEARLY, pgettext_lazy("every … years", "years")),
]
_WHICH = [
    ("", pgettext_lazy("a weekday", "every")),
    ("1", pgettext_lazy("a weekday", "the first")),
    ("2", pgettext_lazy("a weekday", "the second")),
    ("3", pgettext_lazy("a weekday", "the third")),
    ("4", pgettext_lazy("a weekday", "the fourth")),
    ("-1", pgettext_lazy("a weekday", "the last")),
]
_ON_FULL = [
    (OnFull.SKIP, _("Leave the date out")),
    (OnFull.NEXT_FREE, _("Take the next free day before the following date")),
    (OnFull.WAIT, _("Wait for the day")),
]
# The field that makes each part of a rule.
_FIELDS = {"INTERVAL": "interval", "BYDAY": "weekdays", "BYMONTHDAY": "month_days", "COUNT": "count"}


def _date(label: StrOrPromise, **options: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=DayInput(), **options)


class SeriesForm(RefusableForm):
    """A series. `cleaned_data["rrule"]` is the rule: the one that somebody wrote, or the one of the other fields."""

    task = forms.CharField(
        label=_("Task"), max_length=255, widget=forms.TextInput(attrs={"placeholder": _("Name or id")})
    )
    who = forms.CharField(
        label=_("People"),
        max_length=20_000,
        help_text=_("Usernames with blanks between them. Several people take turns in this order."),
    )
    interval = forms.IntegerField(label=_("Every"), min_value=1, max_value=MOST_INTERVAL, initial=1)
    frequency = forms.ChoiceField(label=_("Unit"), choices=_UNITS, initial=WEEKLY)
    weekdays = forms.MultipleChoiceField(
        required=False,
        label=pgettext_lazy("weekdays", "On"),
        choices=weekday_choices(WEEKDAYS),
        widget=forms.CheckboxSelectMultiple,
    )
    which = forms.ChoiceField(required=False, label=_("Which of these weekdays"), choices=_WHICH)
    month_days = forms.CharField(
        required=False,
        max_length=100,
        label=_("Days of the month"),
        help_text=_("Such as 1, 15 or -1, which is the last day."),
    )
    date_from = _date(_("First date"))
    date_to = _date(_("Last date"), required=False, help_text=_("Empty means no end."))
    count = forms.IntegerField(required=False, label=_("Or how many times"), min_value=1, max_value=MOST_COUNT)
    rrule = forms.CharField(
        required=False,
        max_length=LONGEST_RULE,
        label=_("Rule"),
        widget=forms.TextInput(attrs={"spellcheck": "false", "placeholder": "FREQ=MONTHLY;BYDAY=2TU,-1FR"}),
        help_text=_("RFC 5545; counts instead of the fields above."),
    )
    effort = forms.IntegerField(required=False, min_value=LOWEST_EFFORT, max_value=HIGHEST_EFFORT)
    on_full = forms.ChoiceField(
        label=_("If the person’s day is full"), choices=_ON_FULL, widget=forms.RadioSelect, initial=OnFull.SKIP
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["effort"].label = gettext("Effort in %(unit)s") % {"unit": units.unit()}
        self.fields["effort"].help_text = gettext("Empty means the task’s own.")

    def clean(self) -> dict[str, Any]:
        """The fields. Adds an error to the field of a part that is no rule."""
        fields = super().clean() or {}
        if fields.get("rrule") or self.errors:
            return fields
        if fields["which"] and fields["frequency"] in (DAILY, WEEKLY):
            self.add_error("which", gettext("This goes with months and years only."))
        if fields["month_days"] and fields["frequency"] in (DAILY, WEEKLY):
            self.add_error("month_days", gettext("These go with months and years only."))
        if not self.errors:
            text = _rule_of(fields)
            try:
                fields["rrule"] = str(parse(text))
            except WrongRule as wrong:
                self.add_error(_FIELDS.get(wrong.part, "rrule"), str(wrong))
        return fields


class SeriesChangeForm(SeriesForm):
    """A change of a series, from a date on."""

    since = _date(_("Change it from"), help_text=_("Dates before it stay as they are."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["date_from"]


class NewSeriesForm(SeriesForm):
    """A new series; `assignment` is the one on the board that comes again."""

    assignment = forms.IntegerField(required=False, min_value=1, max_value=HIGHEST_ID, widget=forms.HiddenInput)


class EndForm(forms.Form):
    """The date from which on a series has ended."""

    since = _date(_("From"))


class RepeatForm(forms.Form):
    """The assignment that comes again."""

    assignment = forms.IntegerField(required=False, min_value=1, max_value=HIGHEST_ID)


def fields_of(series: Series) -> dict[str, Any]:
    """A series as the form shows it."""
    rule = parse(series.rrule)
    numbers = {number for number, _ in rule.weekdays}
    fields: dict[str, Any] = {
        "task": series.task.name,
        "who": " ".join(turn.user.username for turn in series.turns.all()),
        "date_to": series.date_to,
        "effort": series.effort,
        "on_full": series.on_full,
        "interval": rule.interval,
        "frequency": rule.frequency,
    }
    simple = len(numbers) <= 1 and {str(number or "") for number in numbers} <= dict(_WHICH).keys()
    if not simple or rule.until or (rule.month_days and rule.frequency == DAILY):
        return {**fields, "rrule": series.rrule}
    return {
        **fields,
        "weekdays": [WEEKDAYS[weekday] for _, weekday in rule.weekdays],
        "which": "".join(str(number or "") for number in numbers),
        "month_days": ", ".join(map(str, rule.month_days)),
        "count": rule.count,
    }


def _rule_of(fields: dict[str, Any]) -> str:
    """The rule as the fields say it."""
    days = ",".join(f"{fields['which']}{name}" for name in sorted(fields["weekdays"], key=WEEKDAYS.index))
    parts = {
        "FREQ": fields["frequency"],
        "INTERVAL": fields["interval"],
        "BYDAY": days,
        "BYMONTHDAY": ",".join(fields["month_days"].replace(",", " ").split()),
        "COUNT": fields["count"],
    }
    return ";".join(f"{name}={value}" for name, value in parts.items() if value)
