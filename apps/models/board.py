"""What people keep for themselves on the board, and how far the history has come that it shows."""

from typing import ClassVar, NamedTuple

from django.conf import settings
from django.db import models

from apps.models.names import NameField
from apps.models.prepared_statements import first_row
from apps.models.tasks import Task

# Events don't commit in the order of their ids: this many ids below the newest one are looked at again.
LATE = 50
_PROGRESS = f"""
WITH latest AS (SELECT id FROM togo_event ORDER BY id DESC LIMIT {LATE})
SELECT COALESCE(MAX(id), 0), COUNT(CASE WHEN id > (SELECT MAX(id) FROM latest) - {LATE} THEN 1 END),
    (SELECT version FROM togo_rulesversion), (SELECT applied FROM togo_rulesversion)
FROM latest
"""  # noqa: S608 - only our own number


class Progress(NamedTuple):
    """The newest event, how many of the `LATE` ids up to it have events, and the rules' version if there is one."""

    newest: int
    seen: int
    rules: int | None
    applied: int | None


def progress() -> Progress:
    """How far the history and the rules have come. Every open page asks for it every few seconds, so it is one
    prepared statement."""
    row = first_row(_PROGRESS, {})
    assert row  # for the type checker: it always has one row
    return Progress(*row)


class SavedView(models.Model):
    """A name for what the board shows to one person: days, rows and filters, but no date. `query` is the address's."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="saved_views", db_index=False
    )
    name = NameField(max_length=100)
    query = models.CharField(max_length=2000, blank=True)

    class Meta:
        # Its index finds and lists a person's views by name.
        constraints: ClassVar = [models.UniqueConstraint(fields=["owner", "name"], name="togo_saved_view_name")]

    def __str__(self) -> str:
        return self.name


class FavouriteTask(models.Model):
    """A task that a person wants on top of the tray."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="favourite_tasks",
        # The unique constraint's index begins with it.
        db_index=False,
    )
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["owner", "task"], name="togo_favourite_task")]

    def __str__(self) -> str:
        return f"{self.task_id} of {self.owner_id}"
