"""Creates the people and tasks of the demonstration."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.models import Task, User
from apps.services import tasks, users

TASKS = ["cooking", "booking", "reading", "learning", "bokking", "playing", "watching", "moving"]


class Command(BaseCommand):
    """`manage.py seed_demo`"""

    help = "Create the people a and b and eight tasks, to try ToGo on your own machine. Never in production."

    def handle(self, *args: Any, **options: Any) -> None:
        """Create missing people and tasks; existing ones stay unchanged."""
        if not settings.TOGO_EMBEDDED:
            raise CommandError("The demonstration's passwords are known to everyone: it is for the embedded way only.")
        if not User.objects.filter(username="a").exists():
            users.create_user(
                actor=None, username="a", password=users.DEMO_PASSWORDS["a"], is_taskmaster=True, is_admin=True
            )
        if not User.objects.filter(username="b").exists():
            users.create_user(actor=None, username="b", password=users.DEMO_PASSWORDS["b"])
        admin = User.objects.get(username="a")
        known = set(Task.objects.values_list("name", flat=True))
        for name in TASKS:
            if name not in known:
                tasks.create_task(actor=admin, name=name)
        self.stdout.write("The people a and b (password 1 each) and the tasks of the demonstration are there.")
