"""Second factors of signing in with a password: codes of an authenticator app, and recovery codes."""

from django.conf import settings
from django.db import models


class SecondFactor(models.Model):
    """A person has one if their second factor is on. Codes follow RFC 6238: 6 digits, a new one every 30 seconds."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, primary_key=True, related_name="second_factor"
    )
    # In base 32. It can't be a digest: the codes are computed from it.
    secret = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    # The 30 seconds, counted from 1970, of the newest code that was used. A code works only for a later step.
    last_step = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.user_id}, since {self.created_at}"


class RecoveryCode(models.Model):
    """A code that works once in place of the app's; its row is deleted then."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="recovery_codes")
    # SHA-256 in hexadecimal. Recovery codes are random, so they need no slow hash.
    digest = models.CharField(max_length=64, unique=True)

    def __str__(self) -> str:
        return f"of {self.user_id}"
