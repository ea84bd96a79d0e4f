"""What people keep for themselves on the board."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from apps.models.names import NameField
from apps.models.tasks import Task


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
