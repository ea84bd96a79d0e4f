"""Stored answers: a repeated call gets the stored answer and isn't done again."""

from django.db import models


class IdempotencyKey(models.Model):
    """The idempotency key of a call, and the answer to the call.

    The call's own transaction inserts the row first, so the row exists if and only if the call's changes do.
    """

    # SHA-256 of person, method, path and key: one short column for which every database can have a unique index.
    scope = models.CharField(max_length=64, primary_key=True)
    # SHA-256 of the request's content.
    body = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    location = models.CharField(max_length=255, blank=True)
    answer = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        # For the job that deletes expired keys.
        indexes = [models.Index(fields=["created_at"], name="togo_idempotency_created")]

    def __str__(self) -> str:
        return f"{self.status} at {self.created_at}"
