"""Browsers in which people are signed in."""

from typing import Any

from django.conf import settings
from django.contrib.sessions.backends import db
from django.db import models
from django.utils import timezone

from apps.models.prepared_statements import first_row

_DATA = "SELECT session_data FROM django_session WHERE session_key = %(key)s AND expire_date > %(now)s"


class SessionStore(db.SessionStore):
    """Django's sessions in its own table; every page reads one, so it is a prepared statement and not a query."""

    def load(self) -> dict[str, Any]:
        """What the session holds; nothing if there is no such session any more."""
        row = first_row(_DATA, {"key": self.session_key, "now": timezone.now()})
        if row is None:
            self._session_key = None
            return {}
        return self.decode(row[0])


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
