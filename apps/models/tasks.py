"""The catalogue of tasks."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.models.base import holds
from apps.models.effort import EffortField, effort_within_bounds
from apps.models.names import NameField, folded, tidy

LONGEST_NOTE = LONGEST_URL = 2000
_URL = re.compile(r"https?://[^\s\\]+", re.IGNORECASE)
URL_MESSAGE = _("This must be a link that begins with https:// or http://.")


class Color(models.TextChoices):
    """The colours that a task may have; pages show each as a dot, in a tone that suits the page."""

    RED = "red", _("Red")
    ORANGE = "orange", _("Orange")
    AMBER = "amber", _("Amber")
    LIME = "lime", _("Lime")
    GREEN = "green", _("Green")
    TEAL = "teal", _("Teal")
    CYAN = "cyan", _("Cyan")
    BLUE = "blue", _("Blue")
    INDIGO = "indigo", _("Indigo")
    PURPLE = "purple", _("Purple")
    PINK = "pink", _("Pink")
    GRAY = "gray", _("Gray")


def require_link(text: str) -> None:
    """Raise `ValidationError` unless the text is a link to a page of the web: no script and no file."""
    try:
        is_link = bool(_URL.fullmatch(text) and urlsplit(text).hostname and (urlsplit(text).port or True))
    except ValueError:
        is_link = False
    if not is_link:
        raise ValidationError(URL_MESSAGE, code="url")


class TaskQuerySet(models.QuerySet["Task"]):
    """Reads of tasks."""

    def search(self, text: str) -> "TaskQuerySet":
        """Tasks whose name contains the text. Case is ignored."""
        return self.filter(holds("name", tidy(text))) if text else self

    def brief(self) -> "TaskQuerySet":
        """Only what assigning needs of a task: a note may be long."""
        return self.only("name", "is_active", "effort")

    def called(self, name: str) -> "Iterator[Task]":
        """Tasks that a reader takes for the one of this name: capitals, blanks and forms of letters are ignored."""
        words = r"\s+".join(re.escape(word) for word in tidy(name).split())
        found = self.filter(name__iregex=rf"(?i)^\s*{words}\s*$").order_by("pk")
        # The database's idea of capitals may be wider than ours.
        return (task for task in found if folded(task.name) == folded(name))


class Task(models.Model):
    """A thing to do. It can be assigned many times; a retired task can't be assigned any more."""

    name = NameField(max_length=255)
    is_active = models.BooleanField(default=True, help_text=_("Can be assigned. Untick it to retire the task."))
    effort = EffortField(help_text=_("How much of a day's limit it takes, from when it is assigned next."))

    note = models.CharField(
        max_length=LONGEST_NOTE, blank=True, default="", db_default="", help_text=_("What there is to know about it.")
    )
    color = models.CharField(
        max_length=10, choices=Color.choices, blank=True, default="", db_default="", help_text=_("Its dot on pages.")
    )
    label = NameField(
        max_length=50,
        blank=True,
        default="",
        db_default="",
        help_text=_("What it belongs to, such as “Kitchen”. Lists filter by it."),
    )
    url = models.CharField(
        _("link"),
        max_length=LONGEST_URL,
        blank=True,
        default="",
        db_default="",
        validators=[require_link],
        help_text=_("A page that says more."),
    )
    deadline = models.DateField(null=True, blank=True, help_text=_("When it must be done at the latest."))

    objects = TaskQuerySet.as_manager()

    class Meta:
        constraints = [effort_within_bounds("togo_task_effort")]
        # For the list's pages, which are in the order of names.
        indexes = [models.Index(fields=["name", "id"], name="togo_task_name")]

    def __str__(self) -> str:
        return self.name
