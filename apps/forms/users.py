"""Forms of people."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password

from apps.models import User


class UserForm(forms.ModelForm[User]):
    """A person. The password is asked for at first; later an empty one leaves it as it is."""

    password = forms.CharField(
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=password_validators_help_text_html,
    )

    class Meta:
        model = User
        fields = ("username", "first_name", "last_name", "is_active", "is_taskmaster", "is_admin")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["password"].label = "New password"
            self.fields["username"].disabled = True
        else:
            self.fields["password"].required = True

    def clean_password(self) -> str:
        """A password that the password rules accept."""
        password: str = self.cleaned_data["password"]
        if password:
            validate_password(password, self.instance)
        return password
