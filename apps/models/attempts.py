"""Passwords that were tried, so that nobody can try many."""

from django.db import connections, models


class PasswordTriesQuerySet(models.QuerySet["PasswordTries"]):
    """How tries are read."""

    def locked(self) -> "PasswordTriesQuerySet":
        """These rows, locked in the order of their keys. On SQLite the transaction itself is the lock."""
        rows = self.order_by("pk")
        return rows.select_for_update() if connections[self.db].features.has_select_for_update else rows


class PasswordTries(models.Model):
    """When passwords were tried lately: for an account from an address, or from an address for whatever account.

    A try is noted before the password is looked at, and forgotten when it was the right one.
    """

    # A keyed digest: the table tells neither names, which may be passwords in the wrong field, nor addresses.
    key = models.CharField(max_length=64, primary_key=True)
    # Unix times, oldest first.
    times = models.JSONField(default=list)
    last_at = models.DateTimeField()

    objects = PasswordTriesQuerySet.as_manager()

    class Meta:
        # The job that removes what is over looks for the oldest.
        indexes = [models.Index(fields=["last_at"], name="togo_password_tries_last")]

    def __str__(self) -> str:
        return f"{len(self.times)} tries until {self.last_at}"
