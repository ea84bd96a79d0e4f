"""Forms of the import page."""

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.services import imports
from apps.services.shared.formats import DateOrder

ORDERS = [
    (DateOrder.ISO, _("2026-11-24")),
    (DateOrder.DAY_FIRST, _("24.11.2026 or 24/11/2026: the day first")),
    (DateOrder.MONTH_FIRST, _("11/24/2026: the month first")),
]


class FileForm(forms.Form):
    """A CSV file, the heads of its columns, and how it writes dates."""

    file = forms.FileField(
        label=_("CSV file"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv"}),
    )
    dates = forms.ChoiceField(choices=ORDERS, required=False)
    task_column = forms.CharField(required=False, max_length=255)
    user_column = forms.CharField(required=False, max_length=255)
    date_column = forms.CharField(required=False, max_length=255)
    effort_column = forms.CharField(required=False, max_length=255)

    @property
    def heads(self) -> dict[str, str]:
        """The heads that were chosen, by the column that each stands for."""
        chosen = {name: self.cleaned_data.get(f"{name}_column") for name in imports.ALL_COLUMNS}
        return {name: head for name, head in chosen.items() if head}

    @property
    def order(self) -> DateOrder:
        """How the file writes dates."""
        return DateOrder(self.cleaned_data.get("dates") or DateOrder.ISO)


class ReportForm(forms.Form):
    """Which rows of a report are shown."""

    first = forms.IntegerField(required=False, min_value=0, max_value=10**9)
    refused = forms.BooleanField(required=False)
