"""Forms of the rules that limits are picked from."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.forms.base import DayInput, ListField, PageForm, RefusableForm
from apps.models import LimitRule
from apps.models.limit_rules import HIGHEST_MAXIMUM, LONGEST_REASON, Weekday
from apps.services.limit_rules import RuleFields
from apps.services.shared import formats, units

_WEEKDAYS = [("", _("Every day")), *((str(day.value), day.label) for day in Weekday)]


class RuleForm(RefusableForm):
    """A rule."""

    who = forms.ChoiceField(
        label=_("Who"),
        widget=forms.RadioSelect,
        choices=[("everyone", _("Everyone")), ("person", _("One person"))],
        initial="everyone",
    )
    username = forms.CharField(required=False, max_length=150, strip=False)
    maximum = forms.IntegerField(min_value=0, max_value=HIGHEST_MAXIMUM)
    weekday = forms.TypedChoiceField(
        required=False, choices=_WEEKDAYS, coerce=int, empty_value=None, label=_("On which days")
    )
    date_from = forms.DateField(required=False, label=_("From"), widget=DayInput())
    date_to = forms.DateField(required=False, label=_("Until"), widget=DayInput())
    reason = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST_REASON,
        required=False,
        help_text=_("People see it when a day is full. For example: “Part time”."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["maximum"].label = gettext("At most, in %(unit)s") % {"unit": units.unit()}
        self.fields["maximum"].help_text = gettext("0 means off: nothing new can be assigned.")

    @classmethod
    def showing(cls, rule: LimitRule) -> dict[str, Any]:
        """The fields' values for this rule."""
        return {
            "who": "person" if rule.user else "everyone",
            "username": rule.user.username if rule.user else "",
            "maximum": rule.maximum,
            "weekday": "" if rule.weekday is None else str(rule.weekday),
            "date_from": rule.date_from and rule.date_from.isoformat(),
            "date_to": rule.date_to and rule.date_to.isoformat(),
            "reason": rule.reason,
        }

    def clean(self) -> dict[str, Any]:
        """The fields. Adds an error when one person is meant and no username is given, and when the dates aren't in
        order."""
        fields = super().clean() or {}
        if fields.get("who") == "person" and not fields.get("username"):
            self.add_error("username", gettext("Type the person’s username, or choose everyone."))
        first, last = fields.get("date_from"), fields.get("date_to")
        if first and last and first > last:
            self.add_error("date_to", gettext("This must not be before the first day."))
        return fields

    def fields_to_write(self, user_id: int | None) -> RuleFields:
        """The rule's fields, for this person or everyone."""
        fields = self.cleaned_data
        return RuleFields(
            user_id=user_id,
            weekday=fields["weekday"],
            date_from=fields["date_from"],
            date_to=fields["date_to"],
            maximum=fields["maximum"],
            reason=fields["reason"],
        )


class RulesForm(PageForm):
    """The rules that the page is asked to show."""

    q = forms.CharField(required=False, max_length=150)
    show = forms.ChoiceField(required=False, choices=[("", "In force"), ("past", "Past")])


class HolidaysForm(forms.Form):
    """Whose public holidays to propose, of which year, and in which language."""

    country = forms.CharField(required=False, max_length=2)
    region = forms.CharField(required=False, max_length=50)
    year = forms.IntegerField(required=False, min_value=2000, max_value=2100)
    language = forms.CharField(required=False, max_length=20)


class AgreeForm(forms.Form):
    """The holidays that become rules, and the limit that they set."""

    date = ListField(formats.parse_date, _("These must be dates, as 2026-11-24."))
    maximum = forms.IntegerField(min_value=0, max_value=HIGHEST_MAXIMUM)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["date"].error_messages["required"] = gettext("Tick at least one day.")
        self.fields["maximum"].label = gettext("At most, in %(unit)s") % {"unit": units.unit()}
        self.fields["maximum"].help_text = gettext("0 means off: nothing new can be assigned.")
