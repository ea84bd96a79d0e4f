"""Makes somebody an admin, where nobody is left who could do so on the pages."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.exceptions.users import UserNotFound
from apps.services import users


class Command(BaseCommand):
    """`manage.py make_admin USERNAME`"""

    help = "Make a person an admin."

    def add_arguments(self, parser: CommandParser) -> None:
        """The person."""
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the person an admin, and activate them if they were deactivated."""
        try:
            person = users.make_admin(username=options["username"])
        except UserNotFound as refusal:
            raise CommandError(refusal.detail) from None
        self.stdout.write(f"{person} is an admin.")
