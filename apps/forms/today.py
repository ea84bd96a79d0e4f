"""Forms of one's own day."""

from django import forms

from apps.forms.base import VersionField
from apps.models.assignments import Status


class StatusForm(forms.Form):
    """Whether an assignment is done."""

    status = forms.ChoiceField(choices=Status.choices)


class SinceForm(forms.Form):
    """The version of the board that is on display."""

    since = VersionField()
