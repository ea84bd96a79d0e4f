"""Forms of one's own day."""

from django import forms

from apps.models.assignments import Status


class StatusForm(forms.Form):
    """Whether an assignment is done."""

    status = forms.ChoiceField(choices=Status.choices)


class SinceForm(forms.Form):
    """What is shown already, as it was at which version of the board."""

    since = forms.RegexField(r"^\d{1,19}-\d{1,9}-[01]$")
