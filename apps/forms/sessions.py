"""Forms of signing in, and of one's own password."""

from typing import Any

from django import forms
from django.contrib.admin.forms import AdminPasswordChangeForm
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.exceptions.base import TooManyRequests, TryAgain
from apps.exceptions.tokens import TooManyAttempts
from apps.forms.base import RefusableForm
from apps.services.shared import attempts


class SignInForm(forms.Form):
    """A person's name and password."""

    username = forms.CharField(
        label=_("Username"),
        max_length=150,
        strip=False,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class SecondStepForm(forms.Form):
    """A code for a sign-in whose password was right, as the ticket says."""

    code = forms.CharField(
        label=_("Code"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}),
        help_text=_("From your authenticator app, or one of your recovery codes."),
    )
    ticket = forms.CharField(max_length=1000, widget=forms.HiddenInput)


class OwnPasswordForm(RefusableForm):
    """A person's own password, the old one and the new one."""

    old_password = forms.CharField(
        label=_("Your password now"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new_password = forms.CharField(
        label=_("New password"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("New password again"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    new_link = forms.BooleanField(
        label=_("Make a new link to my calendar, too; the old one stops working"), required=False
    )

    def clean(self) -> dict[str, Any]:
        """The fields. Adds an error when the two new passwords differ."""
        fields = super().clean() or {}
        if "new_password" in fields and "again" in fields and fields["new_password"] != fields["again"]:
            self.add_error("again", gettext("The two new passwords differ."))
        return fields


class PasswordForm(AdminPasswordChangeForm):
    """Django's form for an admin's own password, with the same bound on wrong passwords as everywhere else.

    `address` is where the request comes from.
    """

    def __init__(self, *args: Any, address: str, **more: Any) -> None:
        super().__init__(*args, **more)
        self._address = address

    def clean_old_password(self) -> str:
        """The old password. Raises `ValidationError` when it is wrong, or when too many wrong ones were tried."""
        old: str = self.cleaned_data["old_password"]
        username = self.user.get_username()
        try:
            if attempts.verified(
                username=username, address=self._address, verify=lambda: self.user.check_password(old)
            ):
                return old
        except (TooManyAttempts, TooManyRequests, TryAgain) as refusal:
            raise forms.ValidationError(refusal.detail, code=refusal.code) from None
        raise forms.ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
