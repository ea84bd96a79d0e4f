"""Forms of webhooks."""

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.models.webhooks import LONGEST_URL, PATTERNS


class WebhookForm(forms.Form):
    """A webhook."""

    url = forms.CharField(
        label=_("URL"),
        max_length=LONGEST_URL,
        widget=forms.TextInput(
            attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false", "placeholder": "https://"}
        ),
    )
    events = forms.MultipleChoiceField(
        choices=[(pattern, pattern) for pattern in PATTERNS],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one.")},
    )


class WebhookChangeForm(WebhookForm):
    """A webhook that exists."""

    enabled = forms.BooleanField(required=False, label=_("Enabled: messages are sent"))
