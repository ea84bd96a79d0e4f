"""Creates the first admin."""

import os
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from apps.exceptions.base import InvalidRequest
from apps.exceptions.tokens import PasswordsOff
from apps.models import User
from apps.models.names import tidy_username
from apps.services import users
from apps.services.shared import passwords

_WITHOUT_PASSWORDS = (
    "the members of TOGO_OIDC_ADMIN_GROUPS are admins when they sign in; or let somebody sign in, and run "
    "manage.py make_admin with their username."
)


class Command(BaseCommand):
    """`manage.py ensure_admin`"""

    help = "Create an admin with TOGO_ADMIN_USERNAME and TOGO_ADMIN_PASSWORD if there is no admin yet."

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the admin, or print which variables to set. An existing admin stays unchanged."""
        # Read from the environment only: everyone on the machine can read arguments.
        username = tidy_username(os.environ.get("TOGO_ADMIN_USERNAME", ""))
        password = os.environ.get("TOGO_ADMIN_PASSWORD", "")
        if bool(username) != bool(password):
            raise CommandError("TOGO_ADMIN_USERNAME and TOGO_ADMIN_PASSWORD must be set together, or neither of them.")
        if username:
            _require_usable(username, password)
            try:
                made = users.ensure_admin(username=username, password=password)
            except PasswordsOff:
                # No error: containers start with these variables, too, and a password that is off is no way in.
                self.stdout.write("No admin is made, because TOGO_PASSWORDS is off: " + _WITHOUT_PASSWORDS)
                return
            except InvalidRequest as refusal:
                raise CommandError(f"TOGO_ADMIN_USERNAME: {refusal.detail}") from None
            self.stdout.write(f"The admin {username} is made." if made else "There is an admin already.")
        elif not User.objects.active().filter(is_admin=True).exists():
            advice = "set TOGO_ADMIN_USERNAME and TOGO_ADMIN_PASSWORD, or run manage.py createsuperuser."
            self.stdout.write(f"There is no admin yet: {advice if passwords.are_on() else _WITHOUT_PASSWORDS}")


def _require_usable(username: str, password: str) -> None:
    if username in users.DEMO_PASSWORDS:
        raise CommandError(f"TOGO_ADMIN_USERNAME can't be {username}: that is a person of the demonstration.")
    person = User(username=username)
    try:
        person.clean_fields(exclude=["password"])
    except ValidationError as error:
        raise CommandError(f"TOGO_ADMIN_USERNAME: {' '.join(error.messages)}") from None
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise CommandError(f"TOGO_ADMIN_PASSWORD: {' '.join(error.messages)}") from None
