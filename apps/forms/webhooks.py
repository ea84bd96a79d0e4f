"""Forms of webhooks."""

from django import forms

from apps.models.webhooks import LONGEST_URL, PATTERNS

_CHOICES = [(pattern, "* (everything)" if pattern == "*" else pattern) for pattern in PATTERNS]


class WebhookForm(forms.Form):
    """A webhook."""

    url = forms.CharField(
        label="URL",
        max_length=LONGEST_URL,
        widget=forms.TextInput(
            attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false", "placeholder": "https://"}
        ),
    )
    events = forms.MultipleChoiceField(
        choices=_CHOICES,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one."},
    )


class WebhookChangeForm(WebhookForm):
    """A webhook that exists."""

    enabled = forms.BooleanField(required=False, label="Enabled: messages are sent")
