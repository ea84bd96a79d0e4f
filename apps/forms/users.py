"""Forms of people."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.forms.base import RefusableForm
from apps.models import User
from apps.services.shared import passwords
from apps.services.users import UserFields


class UserForm(forms.ModelForm[User]):
    """A person. A new person needs a password; later, an empty field leaves the password unchanged. The form of a
    person who may use no password has no such field."""

    password = forms.CharField(
        label=_("Password"),
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
            self.fields["password"].label = _("New password")
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


class TeamForm(forms.Form):
    """The people that the page is asked to show."""

    q = forms.CharField(required=False, max_length=150)
    show = forms.ChoiceField(required=False, choices=[("", "Active"), ("deactivated", "Deactivated")])
    after = forms.CharField(required=False, max_length=150, strip=False)
    before = forms.CharField(required=False, max_length=150, strip=False)


# What the roles are called, and what somebody with it may do.
ROLES = {
    "person": (_("Person"), _("gets tasks, and gives tasks to themselves")),
    "taskmaster": (_("Taskmaster"), _("also gives tasks to everyone, and keeps tasks and limits")),
    "admin": (_("Admin"), _("also keeps the people, and everything else")),
}


def role_of(person: User) -> str:
    """The highest role of a person."""
    return "admin" if person.is_admin else "taskmaster" if person.is_taskmaster else "person"


class PersonForm(RefusableForm):
    """A person's names and role."""

    first_name = forms.CharField(label=_("Given name"), max_length=150, required=False)
    last_name = forms.CharField(label=_("Family name"), max_length=150, required=False)
    role = forms.ChoiceField(
        label=_("Role"),
        choices=[(name, format_lazy("{}: {}", word, what)) for name, (word, what) in ROLES.items()],
        initial="person",
        widget=forms.RadioSelect,
    )

    def fields_to_write(self) -> UserFields:
        """The fields that were changed, for a service. An admin who is a taskmaster, too, stays one."""
        changed = UserFields()
        if "first_name" in self.changed_data:
            changed["first_name"] = self.cleaned_data["first_name"]
        if "last_name" in self.changed_data:
            changed["last_name"] = self.cleaned_data["last_name"]
        if "role" in self.changed_data:
            changed["is_admin"] = self.cleaned_data["role"] == "admin"
            changed["is_taskmaster"] = self.cleaned_data["role"] == "taskmaster"
        return changed


class NewPersonForm(PersonForm):
    """Somebody new."""

    username = forms.CharField(
        label=_("Username"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
        help_text=_("What they sign in with: letters, digits and @ . + - _"),
    )
    field_order = ("username", "first_name", "last_name", "role")


class LeavingForm(forms.Form):
    """What becomes of the open tasks of somebody who leaves."""

    tasks = forms.ChoiceField(
        choices=[
            ("stay", _("They stay, and can be handed on to somebody else")),
            ("take_away", _("They are taken away, and their room is free")),
        ],
        widget=forms.RadioSelect,
    )


class ChoosePasswordForm(RefusableForm):
    """A password to choose, typed twice."""

    new_password = forms.CharField(
        label=_("New password"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("The same again"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        """The fields. Adds an error when the two passwords differ."""
        fields = super().clean() or {}
        if "new_password" in fields and "again" in fields and fields["new_password"] != fields["again"]:
            self.add_error("again", gettext("The two passwords differ."))
        return fields
