"""The worker of imports: assigns the rows of an import, one block in one transaction.

The transaction that assigns a block's rows also stores their results. So no row is done twice and the counters are
right, even if a worker is killed or several work at the same time.
"""

import datetime
import logging
import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db import DatabaseError, IntegrityError
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext

from apps.exceptions.base import InvalidRequest, ToGoError
from apps.models import Import, ImportBlock, ImportClaim, User
from apps.models.base import conditions_for
from apps.models.effort import HIGHEST_EFFORT, LOWEST_EFFORT
from apps.models.imports import ImportStatus
from apps.services import bulk, unit_of_work
from apps.services.bulk import Item
from apps.services.shared import naming, refusals, stored
from apps.services.shared.formats import parse_date
from apps.services.shared.naming import Named
from apps.services.slots import Accepted, Candidate, CreatedAssignment, decide

logger = logging.getLogger(__name__)

_EFFORT = re.compile(r"\d{1,4}", re.ASCII)


def do_next_block(import_id: int) -> bool:
    """Assign the next block of rows; returns whether there may be more.

    Returns False if all rows are done, or if another worker has locked the import. Gives the import up if its uploader
    is no active taskmaster any more, or after an unexpected error, which would only happen again.
    Raises `TryAgain`, and the database's own errors.
    """

    try:
        # PostgreSQL notices only at the commit that a task was deleted meanwhile; the next attempt refuses its rows.
        return unit_of_work.run(lambda: _do_next_block(import_id), restart_on=IntegrityError)
    except (ToGoError, DatabaseError):
        raise
    except Exception:
        logger.exception("The import %d is given up.", import_id)
        unit_of_work.run(lambda: _give_up(import_id))
        return False


def _do_next_block(import_id: int) -> bool:
    # Lock the import before the days: another worker waits here, or skips this import.
    import_ = Import.objects.unfinished().locked().filter(pk=import_id).first()
    if import_ is None:
        return False
    uploader = User.objects.get(pk=import_.uploader_id)
    if not (uploader.is_active and uploader.may_assign_to_all):
        _finish(import_, ImportStatus.FAILED, stored.NO_TASKMASTER % {"person": uploader})
        return False
    block = ImportBlock.objects.filter(parent=import_, outcomes__isnull=True).order_by("number").first()
    if block is None:
        _finish(import_, ImportStatus.DONE)
        return False
    asked = items_of([cells for _, *cells in block.rows])
    outcomes = _predict(import_, asked) if import_.dry_run else bulk.assign_each(actor=uploader, asked=asked)
    refused = sum(isinstance(outcome, ToGoError) for outcome in outcomes)
    ImportBlock.objects.filter(pk=block.pk).update(outcomes=[_as_json(outcome) for outcome in outcomes])
    Import.objects.filter(pk=import_.pk).update(
        status=ImportStatus.RUNNING,
        done=F("done") + len(outcomes),
        accepted=F("accepted") + len(outcomes) - refused,
        refused=F("refused") + refused,
        progressed_at=timezone.now(),
    )
    return True


def _give_up(import_id: int) -> None:
    if import_ := Import.objects.unfinished().locked().filter(pk=import_id).first():
        _finish(import_, ImportStatus.FAILED, stored.IN_THE_LOG)


def _finish(import_: Import, status: ImportStatus, detail: str = "") -> None:
    ImportClaim.objects.filter(parent=import_).delete()
    Import.objects.filter(pk=import_.pk).update(status=status, detail=detail, finished_at=timezone.now())


def _as_json(outcome: object) -> dict[str, Any]:
    """The stored form of an outcome."""
    if isinstance(outcome, ToGoError):
        free = outcome.data.get("next_free_date")
        return {
            "code": outcome.code,
            "detail": outcome.detail,
            "assignment": outcome.data.get("assignment"),
            "next_free_date": free.isoformat() if free else None,
        }
    return {"assignment": outcome.id if isinstance(outcome, CreatedAssignment) else None}


# --- reading cells ----------------------------------------------------------------------------------------------


def items_of(rows: Iterable[Sequence[str]]) -> list[bulk.Asked]:
    """The item of each row, or the reason why the row is invalid; names are looked up for all rows together."""
    rows = list(rows)
    tasks = naming.tasks({row[0] for row in rows})
    people = naming.people({row[1] for row in rows})
    dates = {date: _date(date) for date in {row[2] for row in rows}}
    return [_item_of(row, tasks[row[0]], people[row[1]], dates[row[2]]) for row in rows]


def _item_of(row: Sequence[str], task: Named, user: Named, date: datetime.date | None) -> bulk.Asked:
    if not all(row):
        empty = [name for name, cell in zip(("task", "user", "date"), row, strict=False) if not cell]
        text = gettext("The row has no %(columns)s.") if len(empty) == 1 else gettext("The row lacks %(columns)s.")
        return InvalidRequest(text % {"columns": ", ".join(empty)})
    if date is None:
        return InvalidRequest(gettext("%(value)r is not a date that exists, as YYYY-MM-DD.") % {"value": row[2]})
    if isinstance(task, ToGoError):
        return task
    if isinstance(user, ToGoError):
        return user
    # Only a row that has an effort has a fourth cell.
    if not row[3:]:
        return Item(task, user, date)
    if not _EFFORT.fullmatch(row[3]) or not LOWEST_EFFORT <= int(row[3]) <= HIGHEST_EFFORT:
        return InvalidRequest(
            gettext("%(value)r is not an effort, which is a whole number from 1 to %(highest_effort)s.")
            % {"value": row[3], "highest_effort": HIGHEST_EFFORT}
        )
    return Item(task, user, date, int(row[3]))


def _date(cell: str) -> datetime.date | None:
    try:
        return parse_date(cell)
    except ValueError:
        return None


# --- dry runs ---------------------------------------------------------------------------------------------------


def _predict(import_: Import, asked: Sequence[bulk.Asked]) -> list[Accepted | ToGoError]:
    """The result that each row would have after all rows before it. Stores the slots that the rows would take."""
    candidates = bulk.candidates_of(asked)
    places = {(candidate.user_id, candidate.date) for candidate in candidates if isinstance(candidate, Candidate)}
    claims = {
        (user_id, date, task_id): effort
        for some in conditions_for(places)
        for user_id, date, task_id, effort in ImportClaim.objects.filter(some, parent=import_).values_list(
            "user", "date", "task", "effort"
        )
    }
    days = bulk.days_as_they_would_be(places)
    for (user_id, date, _), effort in claims.items():
        day = days[user_id, date]
        day.taken = min(day.taken + effort, day.maximum)
    decisions = decide([_unclaimed(candidate, claims) for candidate in candidates], days)
    ImportClaim.objects.bulk_create(
        ImportClaim(
            parent=import_,
            user=accepted.day.user_id,
            date=accepted.day.date,
            task=accepted.task.pk,
            effort=accepted.effort,
        )
        for accepted in decisions
        if isinstance(accepted, Accepted)
    )
    return bulk.with_advice(decisions)


def _unclaimed(
    candidate: Candidate | ToGoError, claims: Collection[tuple[int, datetime.date, int]]
) -> Candidate | ToGoError:
    if isinstance(candidate, Candidate) and (candidate.user_id, candidate.date, candidate.task.pk) in claims:
        return refusals.already_assigned(task_id=candidate.task.pk, user_id=candidate.user_id, date=candidate.date)
    return candidate
