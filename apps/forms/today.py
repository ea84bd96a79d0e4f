"""Forms of one's own day."""

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.models.assignments import Status
from apps.models.returns import LONGEST_REASON


class StatusForm(forms.Form):
    """Whether an assignment is done."""

    status = forms.ChoiceField(choices=Status.choices)


class HandBackForm(forms.Form):
    """Why somebody can't do a task."""

    reason = forms.CharField(
        label=_("Why?"),
        max_length=LONGEST_REASON,
        help_text=_("The person who gave it reads this. For example: “I am ill.”"),
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
    )
