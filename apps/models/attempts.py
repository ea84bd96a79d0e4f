"""Passwords that were tried, so that nobody can try many."""

from django.db import connections, models


class PasswordTriesQuerySet(models.QuerySet["PasswordTries"]):
    """Reads of tries."""

    def locked(self) -> "PasswordTriesQuerySet":
        """These rows, locked in the order of their keys. On SQLite the transaction itself is the lock."""
        rows = self.order_by("pk")
        return rows.select_for_update() if connections[self.db].features.has_select_for_update else rows


class PasswordTries(models.Model):
    """The passwords tried lately: for an account from an address, or from an address for any account.

    A try is written to `pending` before its password is checked. A wrong one then moves to `times`; a right one is
    removed.
    """

    # A keyed digest, so that the table holds no names, which may be passwords typed into the wrong field, and no
    # addresses.
    key = models.CharField(max_length=64, primary_key=True)
    # When wrong passwords were tried, as Unix times, oldest first.
    times = models.JSONField(default=list)
    # When tries began that are not decided yet, as Unix times. Null in rows that an older version wrote.
    pending = models.JSONField(default=list, null=True)
    last_at = models.DateTimeField()

    objects = PasswordTriesQuerySet.as_manager()

    class Meta:
        # For the job that removes old rows.
        indexes = [models.Index(fields=["last_at"], name="togo_password_tries_last")]

    def __str__(self) -> str:
        return f"{len(self.times)} wrong passwords until {self.last_at}"
