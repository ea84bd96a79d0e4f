"""Links to calendar feeds."""

from django.conf import settings
from django.db import models


class CalendarLink(models.Model):
    """How often a person renewed the link to their calendar. The link is signed and names this number, so that only
    the newest one works; without a row it is 0."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, primary_key=True, related_name="calendar_link"
    )
    version = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.user_id}, version {self.version}"
