"""The catalogue of tasks."""

import re
from collections.abc import Iterator

from django.db import models

from apps.models.base import holds
from apps.models.effort import EffortField, effort_within_bounds
from apps.models.names import NameField, folded, tidy


class TaskQuerySet(models.QuerySet["Task"]):
    """Reads of tasks."""

    def search(self, text: str) -> "TaskQuerySet":
        """Tasks whose name contains the text. Case is ignored."""
        return self.filter(holds("name", tidy(text))) if text else self

    def called(self, name: str) -> "Iterator[Task]":
        """Tasks that a reader takes for the one of this name: capitals, blanks and forms of letters are ignored."""
        words = r"\s+".join(re.escape(word) for word in tidy(name).split())
        found = self.filter(name__iregex=rf"(?i)^\s*{words}\s*$").order_by("pk")
        # The database's idea of capitals may be wider than ours.
        return (task for task in found if folded(task.name) == folded(name))


class Task(models.Model):
    """A thing to do. It can be assigned many times; a retired task can't be assigned any more."""

    name = NameField(max_length=255)
    is_active = models.BooleanField(default=True, help_text="Can be assigned. Untick it to retire the task.")
    effort = EffortField(help_text="How much of a day's limit it takes, from when it is assigned next.")

    objects = TaskQuerySet.as_manager()

    class Meta:
        constraints = [effort_within_bounds("togo_task_effort")]
        # For the list's pages, which are in the order of names.
        indexes = [models.Index(fields=["name", "id"], name="togo_task_name")]

    def __str__(self) -> str:
        return self.name
