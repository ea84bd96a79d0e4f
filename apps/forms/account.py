"""Forms of the page of one's account."""

import secrets
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.forms.base import RefusableForm
from apps.models.api_keys import Scope
from apps.services.shared import languages

# What each scope of a key means to the person who makes it.
SCOPES = {
    Scope.READ: _("Only read"),
    Scope.ASSIGN: _("Read, and assign tasks"),
    Scope.ALL: _("Everything you may do, except sign-in, keys and roles"),
}
# For how many days a key works.
LIFETIMES = {30: _("30 days"), 90: _("90 days"), 365: _("A year"), 0: _("Until I end it")}


class NameForm(RefusableForm):
    """A person's names."""

    first_name = forms.CharField(
        label=_("Given name"),
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
    )
    last_name = forms.CharField(
        label=_("Family name"),
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
    )


class LanguageForm(forms.Form):
    """The language of a person's pages and mails."""

    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[("", _("As my browser asks; mails in English")), *languages.NAMES.items()],
    )


class KeyForm(forms.Form):
    """An API key to make."""

    name = forms.CharField(
        label=_("What is it for?"), max_length=255, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    scope = forms.ChoiceField(label=_("It may"), choices=list(SCOPES.items()))
    days = forms.TypedChoiceField(label=_("It works for"), choices=list(LIFETIMES.items()), coerce=int, initial=90)
    # Tells this form from every other one, so that sending it twice makes one key.
    form = forms.CharField(
        max_length=100,
        initial=secrets.token_urlsafe,
        widget=forms.HiddenInput(attrs={"autocomplete": "off"}),
        error_messages=dict.fromkeys(("required", "max_length"), _("Load the page again, and try again.")),
    )


class CodeForm(RefusableForm):
    """A code of an authenticator app, or a recovery code."""

    code = forms.CharField(
        label=_("Code"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "spellcheck": "false"}),
    )

    # The beginning of the ids of its fields: two of these forms are on one page.
    ids = "codes"

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id=f"{self.ids}_%s")


class OfferForm(CodeForm):
    """The first code of an app, and the signed offer that it belongs to."""

    ids = "on"

    offer = forms.CharField(max_length=1000, widget=forms.HiddenInput)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        # No recovery code is taken here, so a phone may show digits alone.
        self.fields["code"].widget.attrs["inputmode"] = "numeric"


class TurnOffForm(CodeForm):
    """A code and the password."""

    ids = "off"

    password = forms.CharField(
        label=_("Password"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    field_order = ("password", "code")
