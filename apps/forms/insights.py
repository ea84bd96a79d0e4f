"""Forms of the insights."""

from django import forms

WEEKS = [("4", "4 weeks"), ("8", "8 weeks"), ("12", "12 weeks")]


class InsightsForm(forms.Form):
    """The number of weeks to look back, and the page of people."""

    weeks = forms.ChoiceField(label="Look back", choices=WEEKS, required=False)
    after = forms.CharField(required=False, max_length=150, strip=False, widget=forms.HiddenInput)
    before = forms.CharField(required=False, max_length=150, strip=False, widget=forms.HiddenInput)
