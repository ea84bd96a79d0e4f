"""Forms of the insights."""

from django import forms
from django.utils.translation import gettext_lazy as _

WEEKS = [
    ("4", _("4 weeks")),
    ("8", _("8 weeks")),
    ("12", _("12 weeks")),
    ("52", _("1 year")),
    ("156", _("3 years")),
    ("520", _("10 years")),
]


class InsightsForm(forms.Form):
    """The number of weeks to look back, and the page of people."""

    weeks = forms.ChoiceField(label=_("Look back"), choices=WEEKS, required=False)
    after = forms.CharField(required=False, max_length=150, strip=False, widget=forms.HiddenInput)
    before = forms.CharField(required=False, max_length=150, strip=False, widget=forms.HiddenInput)
