"""Files of assignments that were sent to be imported, and what became of each of their rows."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connections, models

if TYPE_CHECKING:
    from apps.models.users import User


class ImportStatus(models.TextChoices):
    """How far an import is."""

    WAITING = "waiting", "its file is read, and no row is done yet"
    RUNNING = "running", "some rows are done"
    DONE = "done", "every row is done"
    FAILED = "failed", "it was given up; the rows that weren't done stay as they are"


class ImportQuerySet(models.QuerySet["Import"]):
    """Reads of imports."""

    def visible_to(self, person: "User") -> "ImportQuerySet":
        """All of them for an admin, for anyone else those that they sent."""
        return self if person.is_admin else self.filter(uploader=person)

    def unfinished(self) -> "ImportQuerySet":
        """Those that have rows to do."""
        return self.filter(status__in=[ImportStatus.WAITING, ImportStatus.RUNNING])

    def locked(self) -> "ImportQuerySet":
        """Those that nobody else works on, locked. On SQLite the transaction itself is the lock."""
        return self.select_for_update(skip_locked=connections[self.db].features.has_select_for_update_skip_locked)


class Import(models.Model):
    """One file. It may only tell what would become of its rows, as a `dry_run`.

    The counters are written with what they count, in one transaction.
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
    # When something was last done about it: one that stands still for long has lost its worker.
    progressed_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        indexes = [
            # The job that goes on with those that have lost their worker, and the one that removes the old ones.
            models.Index(fields=["status", "progressed_at"], name="togo_import_status"),
            models.Index(fields=["created_at"], name="togo_import_created"),
        ]

    def __str__(self) -> str:
        return f"import {self.pk}: {self.done} of {self.rows} done"


class ImportBlock(models.Model):
    """Some hundred rows of a file, which are done in one transaction, and what became of each.

    `rows` are `[line, task, user, date]` as the file has them. `outcomes` is null until they are done; then it has
    for each row, in the same order, the assignment's id, or the code and detail of the refusal.
    """

    whole = models.ForeignKey(
        Import,
        on_delete=models.CASCADE,
        related_name="blocks",
        # The unique constraint's index begins with it.
        db_index=False,
    )
    number = models.PositiveIntegerField()
    rows = models.JSONField()
    outcomes = models.JSONField(null=True)

    class Meta:
        # Reading a file in its order.
        constraints = [models.UniqueConstraint(fields=["whole", "number"], name="togo_import_block_number")]

    def __str__(self) -> str:
        return f"block {self.number} of import {self.whole_id}"


class ImportClaim(models.Model):
    """A slot that an earlier row of a dry run would have taken. Gone when the dry run is done."""

    whole = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="claims", db_index=False)
    user = models.BigIntegerField()
    date = models.DateField()
    task = models.BigIntegerField()

    class Meta:
        constraints = [
            # What a later row asks; and no row claims twice.
            models.UniqueConstraint(fields=["whole", "date", "user", "task"], name="togo_import_claim")
        ]

    def __str__(self) -> str:
        return f"task {self.task} for {self.user} on {self.date}"
