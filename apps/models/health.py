"""What operators ask about."""

from django.db import models


class JobRun(models.Model):
    """When a periodic job last ran to its end: how a worker that is alive but deaf is told."""

    name = models.CharField(max_length=100, primary_key=True)
    finished_at = models.DateTimeField()
    # How long it took, and how many of what it looks for it found.
    seconds = models.FloatField(null=True)
    found = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"{self.name} at {self.finished_at}"
