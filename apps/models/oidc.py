"""Sign-ins with OpenID Connect that are linked to people."""

import hashlib

from django.conf import settings
from django.db import models

from apps.models.users import User


class IdentityQuerySet(models.QuerySet["Identity"]):
    """Reads of identities."""

    def known(self, issuer: str, subject: str) -> "Identity | None":
        """The identity and its person, or None."""
        return self.select_related("user").filter(digest=digest_of(issuer, subject)).first()

    def of(self, person: User) -> "IdentityQuerySet":
        """The identities that are linked to a person, the oldest first."""
        return self.filter(user=person).order_by("pk")


class Identity(models.Model):
    """An account at an OpenID provider, and its person here. The pair (issuer, subject) alone tells who signs in, never
    an e-mail address or a name: those can change, and can be given to somebody else."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="identities")
    issuer = models.CharField(max_length=255)
    subject = models.CharField(max_length=255)
    # SHA-256 of issuer and subject in hexadecimal. Some databases ignore capitals or blanks when they compare text.
    digest = models.CharField(max_length=64, unique=True)
    # The name at the provider when the identity was linked, by which its person recognizes it.
    name = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    objects = IdentityQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "identities"

    def __str__(self) -> str:
        return f"{self.name or self.subject} at {self.issuer}"


def digest_of(issuer: str, subject: str) -> str:
    """The key by which an identity is found."""
    return hashlib.sha256(f"{issuer}\0{subject}".encode()).hexdigest()
