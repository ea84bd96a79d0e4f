"""Distributions: proposals that share out tasks, kept until they are carried out or expire."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connections, models
from django.utils import timezone

from apps.models.imports import Import

if TYPE_CHECKING:
    from apps.models.users import User


class DistributionQuerySet(models.QuerySet["Distribution"]):
    """Reads of distributions."""

    def usable_by(self, person: "User") -> "DistributionQuerySet":
        """Those that haven't expired: all for an admin; their own for other people."""
        usable = self.filter(expires_at__gt=timezone.now())
        return usable if person.is_admin else usable.filter(taskmaster=person)

    def locked(self) -> "DistributionQuerySet":
        """These rows, locked. On SQLite the transaction itself is the lock."""
        return self.select_for_update(no_key=connections[self.db].features.has_select_for_no_key_update)


class Distribution(models.Model):
    """A proposal: what was asked for, and who would get what when. It changes nothing until it is applied.

    `asked` and `plan` are as the service reads and answers them. `job` assigns a plan that is too large for one
    transaction.
    """

    taskmaster = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="distributions")
    asked = models.JSONField()
    plan = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)
    job = models.ForeignKey(Import, on_delete=models.SET_NULL, null=True, related_name="+")

    objects = DistributionQuerySet.as_manager()

    class Meta:
        # For the job that deletes expired ones.
        indexes = [models.Index(fields=["expires_at"], name="togo_distribution_expires")]

    def __str__(self) -> str:
        return f"distribution {self.pk} by {self.taskmaster_id}"
