"""Forms of signing in."""

from django import forms


class SignInForm(forms.Form):
    """A person's name and password."""

    username = forms.CharField(
        max_length=150, strip=False, widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True})
    )
    password = forms.CharField(
        max_length=1000, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
