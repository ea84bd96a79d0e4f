"""API keys, with which programs call as a person."""

import datetime
from typing import NamedTuple

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.models.names import NameField
from apps.models.prepared_statements import first_row
from apps.models.users import PERSON_COLUMNS, User, person_from


class Scope(models.TextChoices):
    """What a key may do at most; it never may more than its person."""

    READ = "read", _("reads")
    ASSIGN = "assign", _("reads and assigns")
    ALL = "all", _("does what its person may")


# A key and its person in one statement. Every call with a key runs it.
_IN_USE = (
    f"SELECT {', '.join(f'togo_user.{column}' for column in PERSON_COLUMNS)}, togo_apikey.id, togo_apikey.scope,"  # noqa: S608 - only our own names
    " CASE WHEN togo_apikey.last_used_at > %(noted_since)s THEN 1 ELSE 0 END"
    " FROM togo_apikey JOIN togo_user ON togo_user.id = togo_apikey.user_id AND togo_user.epoch = togo_apikey.epoch"
    " WHERE togo_apikey.digest = %(digest)s AND togo_user.is_active"
    " AND (togo_apikey.expires_at IS NULL OR togo_apikey.expires_at > %(now)s)"
)


class KeyInUse(NamedTuple):
    """A key that works, and its person. `use_is_noted` says whether `last_used_at` is recent."""

    person: User
    key_id: int
    scope: Scope
    use_is_noted: bool


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    """Reads of keys."""

    def of(self, person: User) -> "ApiKeyQuerySet":
        """The keys of a person, expired ones too. Keys from before a deactivation are dead, and no longer there."""
        return self.filter(user=person, epoch=person.epoch)


class ApiKeyManager(models.Manager["ApiKey"]):
    """Finds keys."""

    def get_queryset(self) -> ApiKeyQuerySet:
        """All keys."""
        return ApiKeyQuerySet(self.model, using=self._db)

    def of(self, person: User) -> ApiKeyQuerySet:
        """The keys of a person, expired ones too."""
        return self.get_queryset().of(person)

    def in_use(self, digest: str, *, now: datetime.datetime, noted_since: datetime.datetime) -> KeyInUse | None:
        """The key with this digest and its active person; None if there is none or it has expired.

        Every call with a key runs this, so it is a prepared statement and not a query.
        """
        row = first_row(_IN_USE, {"digest": digest, "now": now, "noted_since": noted_since})
        if row is None:
            return None
        *columns, key_id, scope, noted = row
        return KeyInUse(person_from(columns), key_id, Scope(scope), bool(noted))


class ApiKey(models.Model):
    """The right to call as a person. The key itself is shown once and stored only as a digest."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="api_keys")
    # The person's epoch when the key was made: a deactivation ends the key for good, as it ends tokens.
    epoch = models.PositiveIntegerField(default=0)
    name = NameField(max_length=255)
    scope = models.CharField(max_length=6, choices=Scope.choices)
    # The beginning of the key, by which people recognize it.
    prefix = models.CharField(max_length=16)
    # SHA-256 in hexadecimal. Keys are random, so they need no slow hash.
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    # Written at most once a minute.
    last_used_at = models.DateTimeField(null=True, blank=True)

    objects = ApiKeyManager()

    class Meta:
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
