"""The form of the search from every page."""

from django import forms


class FindForm(forms.Form):
    """A few letters of a name."""

    q = forms.CharField(required=False, max_length=150)
