"""Forms of the import page."""

from django import forms


class FileForm(forms.Form):
    """A CSV file."""

    file = forms.FileField(
        label="CSV file",
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv"}),
    )


class ReportForm(forms.Form):
    """Which rows of a report are shown."""

    first = forms.IntegerField(required=False, min_value=0, max_value=10**9)
    refused = forms.BooleanField(required=False)
