"""The catalogue of tasks."""

from django.db import models

from apps.models.base import holds
from apps.models.names import NameField, tidy


class TaskQuerySet(models.QuerySet["Task"]):
    """Reads of tasks."""

    def search(self, text: str) -> "TaskQuerySet":
        """Those whose name holds the text, in capitals or not."""
        return self.filter(holds("name", tidy(text))) if text else self


class Task(models.Model):
    """A thing that can be done. It can be assigned many times, and is retired when it no longer should be."""

    name = NameField(max_length=255)
    is_active = models.BooleanField(default=True, help_text="Can be assigned. Untick it to retire the task.")

    objects = TaskQuerySet.as_manager()

    class Meta:
        # The list's pages by name.
        indexes = [models.Index(fields=["name", "id"], name="togo_task_name")]

    def __str__(self) -> str:
        return self.name
