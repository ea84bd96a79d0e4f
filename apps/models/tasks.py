"""The catalogue of tasks."""

from django.db import models


class Task(models.Model):
    """A thing that can be done. It can be assigned many times, and is retired when it no longer should be."""

    name = models.CharField(max_length=255)
    is_active = models.BooleanField(default=True, help_text="Can be assigned. Untick it to retire the task.")

    def __str__(self) -> str:
        return self.name
