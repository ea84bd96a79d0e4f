"""Forms of what a person wants to be told."""

import datetime
from collections.abc import Collection
from typing import Any

from django import forms
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from apps.forms.base import weekday_choices
from apps.models import Notification
from apps.models.notifications import LONGEST_CHANNEL, Way, When, channel_of
from apps.services.notifications import CHANGES

_WHEN = [(When.NOW, _("soon")), (When.DIGEST, _("in the daily message")), (When.OFF, _("not at all"))]


class NotificationForm(forms.Form):
    """The addresses, the daily message, and when to tell of changes."""

    email = forms.EmailField(
        label=_("Your e-mail address"),
        max_length=254,
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    channel = forms.CharField(
        label=_("Your channel"),
        max_length=LONGEST_CHANNEL,
        required=False,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "none",
                "spellcheck": "false",
                "aria-describedby": "id_channel_helptext",
            }
        ),
    )
    digest = forms.BooleanField(label=_("Send me my day"), required=False)
    at = forms.TimeField(
        label=pgettext_lazy("a time of the day", "At"),
        required=False,
        input_formats=["%H:%M"],
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
    )
    weekdays = forms.MultipleChoiceField(
        label=pgettext_lazy("weekdays", "On"),
        choices=weekday_choices("0123456"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    assigned = forms.ChoiceField(label=_("A new task"), choices=_WHEN)
    moved = forms.ChoiceField(label=_("A task on another date"), choices=_WHEN)
    unassigned = forms.ChoiceField(label=_("A task taken away"), choices=_WHEN)
    returned = forms.ChoiceField(label=_("A task handed back to me"), choices=_WHEN)

    def __init__(self, *args: Any, ways: Collection[Way], gives: bool, **named: Any) -> None:
        super().__init__(*args, **named)
        for way in set(Way) - set(ways):
            del self.fields[way]
        # Only who gives tasks to others can have one handed back.
        if not gives:
            del self.fields["returned"]

    @classmethod
    def showing(cls, one: Notification, ways: Collection[Way], *, gives: bool) -> "NotificationForm":
        """The form with a person's choices."""
        shown: dict[str, Any] = {name: getattr(one, name) for name in ["email", *CHANGES]}
        channel = channel_of(one)
        shown["channel"] = channel.shown if channel else ""
        shown |= {
            "digest": one.digest_at is not None,
            "at": one.digest_at or datetime.time(7),
            "weekdays": list(one.digest_weekdays or "01234"),
        }
        return cls(initial=shown, ways=ways, gives=gives)

    def clean(self) -> dict[str, Any]:
        """The fields. Adds an error for a daily message without a time or without a weekday."""
        fields = super().clean() or {}
        if fields.get("digest"):
            if "at" in fields and fields["at"] is None:
                self.add_error("at", gettext("Choose a time."))
            if not fields.get("weekdays"):
                self.add_error("weekdays", gettext("Choose a weekday."))
        return fields

    def changes(self) -> dict[str, Any]:
        """The valid form as arguments of `notifications.change`."""
        fields = self.cleaned_data
        digest = {"at": fields["at"], "weekdays": [int(day) for day in fields["weekdays"]]}
        return {
            **{way: fields[way] or None for way in Way if way in fields},
            "digest": digest if fields["digest"] else None,
            "events": {name: fields[name] for name in CHANGES if name in fields},
        }
