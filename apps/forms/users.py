"""Forms of people."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.core.exceptions import ValidationError

from apps.models import User
from apps.services.shared import passwords


class UserForm(forms.ModelForm[User]):
    """A person. A new person needs a password; later, an empty field leaves the password unchanged. The form of a
    person who may use no password has no such field."""

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
            if not passwords.allowed_for(is_admin=self.instance.is_admin):
                del self.fields["password"]
        else:
            self.fields["password"].required = True

    def _post_clean(self) -> None:
        # The password may not resemble the names, which the person has only now.
        super()._post_clean()  # type: ignore[misc]  # Django has it, its stubs do not
        if password := self.cleaned_data.get("password"):
            try:
                validate_password(password, self.instance)
            except ValidationError as error:
                self.add_error("password", error)
