"""Imports: stores the rows of a CSV file until a job has assigned them, and reports the result of each row.

The rows are stored in the database, so that web servers and workers need no shared disk.
"""

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice

from django.conf import settings
from django.db import connection
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext

from apps.exceptions.base import InvalidRequest, NotFound, PayloadTooLarge
from apps.models import Import, ImportBlock, User
from apps.models.imports import ImportStatus
from apps.services import unit_of_work
from apps.services.bulk import Item
from apps.services.shared import formats, permissions, spreadsheets
from apps.services.shared.formats import DateOrder
from apps.services.shared.spreadsheets import Source

COLUMNS = ("task", "user", "date")
OPTIONAL = ("effort",)
ALL_COLUMNS = (*COLUMNS, *OPTIONAL)
# Further columns of exports and reports: those files can be edited and imported, too, and these columns are ignored.
IGNORED = {"id", "task_name", "username", "taskmaster", "created_at", "label"}
IGNORED |= {"line", "status", "code", "detail", "assignment", "next_free_date"}
REPORT_COLUMNS = ("line", *COLUMNS, *OPTIONAL, "status", "code", "detail", "assignment", "next_free_date")
# Rows per transaction of the job. On SQLite nobody else can write during a transaction, and larger ones aren't faster.
# On PostgreSQL 2,000 take 15 % less processor time than twice 1,000; their days are locked for at most 0.3 s.
ROWS_PER_BLOCK = {"sqlite": 500, "postgresql": 2000}.get(connection.vendor, 1000)
KEPT = datetime.timedelta(days=30)
# After this time without progress an import has no worker.
STANDSTILL = datetime.timedelta(seconds=30)

# Sent after the commit with `import_id`: the import has rows to assign.
import_taken = Signal()


def start(
    *,
    actor: User,
    file: Source,
    dry_run: bool,
    heads: Mapping[str, str] | None = None,
    order: DateOrder = DateOrder.ISO,
) -> Import:
    """Store a CSV file for a job that imports it, or, in a dry run, reports the result that each row would have.

    `heads` are the heads of columns that the file calls otherwise, and `order` says how it writes dates.

    The rows are stored while the file is read, in one transaction.

    Raises `NotAllowed`, `InvalidRequest` with the first line that can't be read, and `PayloadTooLarge` for more rows
    than may be imported at once; then nothing is stored.
    """
    permissions.require_taskmaster(actor)

    return _stage(actor, lambda: _rows(file, heads, order), dry_run=dry_run)


def start_items(*, actor: User, items: Sequence[Item]) -> Import:
    """Store these items for a job that assigns each one that fits, as the rows of a file. Raises `NotAllowed`."""
    permissions.require_taskmaster(actor)
    rows = [
        [line, *map(str, (item.task_id, item.user_id, item.date)), *([str(item.effort)] if item.effort else [])]
        for line, item in enumerate(items, 1)
    ]
    return _stage(actor, lambda: iter(rows), dry_run=False)


def get(*, actor: User, import_id: int) -> Import:
    """An import that `actor` has sent; admins see all imports. Raises `NotAllowed`, and `NotFound` if there is none."""
    permissions.require_taskmaster(actor)
    import_ = Import.objects.visible_to(actor).filter(pk=import_id).first()
    if import_ is None:
        raise NotFound(gettext("There is no import with the id %(import_id)s.") % {"import_id": import_id})
    return import_


def start_for_real(*, actor: User, import_id: int) -> Import:
    """Import the rows of a dry run that is done, without its file being sent again.

    Raises `NotAllowed`, `NotFound`, and `InvalidRequest` if the import is no dry run or isn't done.
    """
    tried = get(actor=actor, import_id=import_id)
    if not tried.dry_run or tried.status != ImportStatus.DONE:
        raise InvalidRequest(gettext("Only a dry run that is done can be imported."))

    def work() -> Import:
        import_ = Import.objects.create(uploader=actor, dry_run=False, rows=tried.rows)
        for block in tried.blocks.order_by("number").defer("outcomes").iterator(chunk_size=1):
            ImportBlock.objects.create(parent=import_, number=block.number, rows=block.rows)
        unit_of_work.after_commit(lambda: import_taken.send(sender=Import, import_id=import_.pk))
        return import_

    return unit_of_work.run(work)


def latest(*, actor: User, most: int) -> list[Import]:
    """The last imports that `actor` has sent. Raises `NotAllowed`."""
    permissions.require_taskmaster(actor)
    return list(Import.objects.filter(uploader=actor).order_by("-pk")[:most])


def report(import_: Import) -> Iterator[str]:
    """The result of every row so far, as pieces of a CSV file. Blocks are read while the caller writes the file."""
    return spreadsheets.write(REPORT_COLUMNS, _reported(import_))


def report_page(
    import_: Import, *, first: int, most: int, only_refused: bool
) -> tuple[list[dict[str, object]], int | None]:
    """At most `most` rows of the report as dictionaries, from row `first` on (0 is the first of the file), and the row
    at which the next page begins, None after the last page."""
    rows: list[dict[str, object]] = []
    for place, row in enumerate(_reported(import_, first), first):
        told = dict(zip(REPORT_COLUMNS, row, strict=True))
        if only_refused and told["status"] != "refused":
            continue
        if len(rows) == most:
            return rows, place
        rows.append(told)
    return rows, None


def standing_still() -> list[int]:
    """The ids of unfinished imports without progress, because their job or its worker was lost."""
    waiting = Import.objects.unfinished().filter(progressed_at__lt=timezone.now() - STANDSTILL)
    return list(waiting.order_by("pk").values_list("pk", flat=True))


def remove_old() -> int:
    """Delete imports that were sent more than 30 days ago, with their rows; returns how many there were."""
    old = list(Import.objects.filter(created_at__lt=timezone.now() - KEPT).values_list("pk", flat=True))
    for import_id in old:
        unit_of_work.run(lambda import_id=import_id: Import.objects.filter(pk=import_id).delete())  # type: ignore[misc]
    return len(old)


def _stage(actor: User, read: Callable[[], Iterator[list[object]]], *, dry_run: bool) -> Import:
    """Store rows in blocks, in one transaction, and ask for the job."""

    def work() -> Import:
        import_ = Import.objects.create(uploader=actor, dry_run=dry_run)
        rows = read()
        number = 0
        while block := list(islice(rows, ROWS_PER_BLOCK)):
            ImportBlock.objects.create(parent=import_, number=number, rows=block)
            import_.rows += len(block)
            number += 1
        import_.save(update_fields=["rows"])
        unit_of_work.after_commit(lambda: import_taken.send(sender=Import, import_id=import_.pk))
        return import_

    return unit_of_work.run(work)


def _rows(file: Source, heads: Mapping[str, str] | None, order: DateOrder) -> Iterator[list[object]]:
    """The rows of a file as blocks store them. Raises `PayloadTooLarge` for too many, and `InvalidRequest` for none."""
    limit = settings.TOGO_IMPORT_MAX_ROWS
    number = 0
    # Two lines for each row: a cell may have a line break, and some programs write an empty line after each row.
    most_lines = 2 * limit + 1000
    for number, row in enumerate(
        spreadsheets.read(file, COLUMNS, IGNORED, optional=OPTIONAL, most_lines=most_lines, heads=heads), 1
    ):
        if number > limit:
            message = f"At most {limit:,} rows can be imported at once; line {row.line} is past that."
            raise PayloadTooLarge(message, limit=limit)
        task, user, date, effort = row.cells
        cells = [task, user, as_iso(date, order)]
        # Workers of older versions can't read rows with an effort.
        yield [row.line, *cells, effort] if effort else [row.line, *cells]
    if not number:
        message = "The file has a header and no rows."
        raise InvalidRequest(message, errors=[{"field": "file", "code": "empty", "message": message}])


def as_iso(cell: str, order: DateOrder) -> str:
    """The date as imports store it. A cell that is no date stays, and its row will be refused."""
    try:
        return formats.parse_date_in(cell, order).isoformat()
    except ValueError:
        return cell


def _reported(import_: Import, first: int = 0) -> Iterator[list[object]]:
    accepted = "would_be_accepted" if import_.dry_run else "accepted"
    number, skipped = _place(import_, first)
    # Read one block at a time by its number, so that no cursor stays open while a caller reads slowly.
    while block := ImportBlock.objects.filter(parent=import_, number__gte=number).order_by("number").first():
        number = block.number + 1
        for place, row in list(enumerate(block.rows))[skipped:]:
            outcome = block.outcomes[place] if block.outcomes else {}
            status = "not_done" if not block.outcomes else "refused" if "code" in outcome else accepted
            told = (outcome.get(name) for name in ("code", "detail", "assignment", "next_free_date"))
            line, task, user, date, *effort = row
            yield [line, task, user, date, "".join(effort), status, *told]
        skipped = 0


def _place(import_: Import, row: int) -> tuple[int, int]:
    """The number of the block that holds a row, and the row's position in it. All blocks of an import except the last
    one have the same length, which may differ from `ROWS_PER_BLOCK` of this version."""
    rows = ImportBlock.objects.filter(parent=import_, number=0).values_list("rows", flat=True).first()
    return divmod(row, len(rows)) if rows else (0, 0)
