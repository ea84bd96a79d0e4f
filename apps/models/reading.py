"""How far each reader of the history has read, and which process does work that only one may do at a time."""

from django.db import models


class ReadingPosition(models.Model):
    """How far one reader has read the history, see `apps/services/shared/reading.py`."""

    reader = models.CharField(max_length=40, primary_key=True)
    last = models.BigIntegerField(help_text="The highest id that was read.")
    # Ids below `last` that weren't committed when the reader passed them: [first, last, since in seconds since 1970].
    missing = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.reader} has read up to {self.last}"


class Lease(models.Model):
    """The right of one process to do something, until a time; see `apps/services/shared/leases.py`."""

    name = models.CharField(max_length=40, primary_key=True)
    holder = models.CharField(max_length=40, blank=True)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} until {self.until}"
