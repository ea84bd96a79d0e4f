"""Links to calendar feeds."""

from django.conf import settings
from django.db import models


class CalendarLink(models.Model):
    """Counts how often a person has renewed the calendar link. The signed link holds this number, so only the newest
    link works. Without a row it is 0."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, primary_key=True, related_name="calendar_link"
    )
    version = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.user_id}, version {self.version}"
