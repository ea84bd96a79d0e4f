"""Browsers in which people are signed in."""

from django.conf import settings
from django.db import models


class BrowserSession(models.Model):
    """What a person is shown about one of their sessions. Django's own table holds the session itself.

    A row proves nothing: a session may have ended since, by itself or by a new password.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="browser_sessions")
    session_key = models.CharField(max_length=40, unique=True)
    # As of the last use that was noted. For IPv6 the network of 64 bits.
    address = models.CharField(max_length=45, blank=True)
    user_agent = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField()
    # Written at most once in 5 minutes.
    last_used_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user_id}, last used {self.last_used_at}"
