"""The last runs of periodic jobs."""

from django.db import models


class JobRun(models.Model):
    """The last complete run of a periodic job. It shows whether workers still consume jobs."""

    name = models.CharField(max_length=100, primary_key=True)
    finished_at = models.DateTimeField()
    # Its duration in seconds, and the number of problems that it found.
    seconds = models.FloatField(null=True)
    found = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"{self.name} at {self.finished_at}"
