"""Creates the first admin."""

import os
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from apps.exceptions.base import InvalidRequest
from apps.models import User
from apps.models.names import tidy_username
from apps.services import users


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
            except InvalidRequest as refusal:
                raise CommandError(f"TOGO_ADMIN_USERNAME: {refusal.detail}") from None
            self.stdout.write(f"The admin {username} is made." if made else "There is an admin already.")
        elif not User.objects.active().filter(is_admin=True).exists():
            self.stdout.write(
                "There is no admin yet: set TOGO_ADMIN_USERNAME and TOGO_ADMIN_PASSWORD, "
                "or run manage.py createsuperuser."
            )


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
