"""Imports: CSV files of assignments, and the result of each row."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connections, models

from apps.models.effort import EffortField

if TYPE_CHECKING:
    from apps.models.users import User


class ImportStatus(models.TextChoices):
    """The progress of an import."""

    WAITING = "waiting", "its file is read, and no row is done yet"
    RUNNING = "running", "some rows are done"
    DONE = "done", "every row is done"
    FAILED = "failed", "it was given up; the rows that weren't done stay as they are"


class ImportQuerySet(models.QuerySet["Import"]):
    """Reads of imports."""

    def visible_to(self, person: "User") -> "ImportQuerySet":
        """All imports for an admin; their own for other people."""
        return self if person.is_admin else self.filter(uploader=person)

    def unfinished(self) -> "ImportQuerySet":
        """Imports with rows to assign."""
        return self.filter(status__in=[ImportStatus.WAITING, ImportStatus.RUNNING])

    def locked(self) -> "ImportQuerySet":
        """Lock the imports, without those that another worker has locked. On SQLite the transaction is the lock."""
        return self.select_for_update(skip_locked=connections[self.db].features.has_select_for_update_skip_locked)


class Import(models.Model):
    """One uploaded file. A `dry_run` only reports the results that its rows would have.

    The counters are updated in the transaction that assigns the rows.
    """

    uploader = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="imports")
    dry_run = models.BooleanField()
    status = models.CharField(max_length=7, choices=ImportStatus.choices, default=ImportStatus.WAITING)
    detail = models.CharField(max_length=255, blank=True, help_text="Why it was given up.")
    rows = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    accepted = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    # The time of the last progress: an import without progress for long has lost its worker.
    progressed_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        indexes = [
            # For the job that resumes imports without a worker, and the one that deletes old imports.
            models.Index(fields=["status", "progressed_at"], name="togo_import_status"),
            models.Index(fields=["created_at"], name="togo_import_created"),
        ]

    def __str__(self) -> str:
        return f"import {self.pk}: {self.done} of {self.rows} done"


class ImportBlock(models.Model):
    """Some hundred rows of a file, which are assigned in one transaction, and the result of each.

    `rows` are `[line, task, user, date]` as in the file, and the effort where the row has one. `outcomes` is null until
    they are done; then it holds, in the same order, each row's assignment id, or the code and detail of its refusal.
    """

    parent = models.ForeignKey(
        Import,
        on_delete=models.CASCADE,
        related_name="blocks",
        db_column="whole_id",
        # The unique constraint's index begins with it.
        db_index=False,
    )
    number = models.PositiveIntegerField()
    rows = models.JSONField()
    outcomes = models.JSONField(null=True)

    class Meta:
        # For reading the blocks in the order of the file.
        constraints = [models.UniqueConstraint(fields=["parent", "number"], name="togo_import_block_number")]

    def __str__(self) -> str:
        return f"block {self.number} of import {self.parent_id}"


class ImportClaim(models.Model):
    """A slot that an earlier row of a dry run would have taken. Deleted when the dry run is done."""

    parent = models.ForeignKey(
        Import, on_delete=models.CASCADE, related_name="claims", db_column="whole_id", db_index=False
    )
    user = models.BigIntegerField()
    date = models.DateField()
    task = models.BigIntegerField()
    effort = EffortField()

    class Meta:
        constraints = [
            # A later row looks for its slot here; and no slot is claimed twice.
            models.UniqueConstraint(fields=["parent", "date", "user", "task"], name="togo_import_claim")
        ]

    def __str__(self) -> str:
        return f"task {self.task} for {self.user} on {self.date}"
