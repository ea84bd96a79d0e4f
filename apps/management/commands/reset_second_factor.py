"""Turns off the second factor of a person who can't sign in any more."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.exceptions.base import NotFound
from apps.models import User
from apps.models.names import tidy_username
from apps.services import second_factors


class Command(BaseCommand):
    """`manage.py reset_second_factor USERNAME`"""

    help = "Turn off the second factor of a person, such as the last admin, who has lost their app and recovery codes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the person's username."""
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        """Turn it off, and write that to the history."""
        username = tidy_username(options["username"])
        person = User.objects.get_queryset().filter(username=username).first()
        if person is None:
            raise CommandError(f"Nobody has the username “{username}”.")
        try:
            second_factors.reset(actor=None, user_id=person.pk)
        except NotFound as refusal:
            raise CommandError(refusal.detail) from None
        self.stdout.write(f"The second factor of {username} is off: their password alone signs them in.")
