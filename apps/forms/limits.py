"""Forms of daily limits."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.models import DailyLimit
from apps.models.limit_rules import HIGHEST_MAXIMUM, LONGEST_REASON
from apps.services.shared import units


class DailyLimitForm(forms.ModelForm[DailyLimit]):
    """A day that is set by hand."""

    maximum = forms.IntegerField(label=_("Maximum"), min_value=0, max_value=HIGHEST_MAXIMUM)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST_REASON,
        required=False,
        help_text=_("People see it when this day is full."),
    )

    class Meta:
        model = DailyLimit
        fields = ("user", "date")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["maximum"].help_text = gettext("Counted in %(unit)s.") % {"unit": units.unit()}
        if self.instance.pk:
            self.fields["user"].disabled = self.fields["date"].disabled = True
            self.initial.update(maximum=self.instance.wanted, reason=self.instance.source_reason)
