"""The worker of imports: assigns the rows of an import, one block in one transaction.

The transaction that assigns a block's rows also stores their results. So no row is done twice and the counters are
right, even if a worker is killed or several work at the same time.
"""

import datetime
import logging
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from django.db import DatabaseError, IntegrityError
from django.db.models import F, QuerySet
from django.utils import timezone

from apps.exceptions.base import InvalidRequest, ToGoError
from apps.exceptions.tasks import TaskNotFound
from apps.exceptions.users import UserNotFound
from apps.models import DailyLimit, Import, ImportBlock, ImportClaim, Task, User
from apps.models.base import DayKey, any_of, conditions_for
from apps.models.effort import HIGHEST_EFFORT, LOWEST_EFFORT
from apps.models.imports import ImportStatus
from apps.models.limits import DaySnapshot
from apps.models.names import folded, tidy, tidy_username
from apps.services import bulk, limits, unit_of_work
from apps.services.bulk import Item
from apps.services.shared import picking, refusals
from apps.services.shared.formats import parse_date
from apps.services.slots import Accepted, Candidate, CreatedAssignment, decide

logger = logging.getLogger(__name__)

_TASK = ("name", "is_active", "pk")
_ID = re.compile(r"\d{1,18}", re.ASCII)
_EFFORT = re.compile(r"\d{1,4}", re.ASCII)

# The id that a cell names, which may not exist, or the reason why the cell names nothing.
Named = int | ToGoError


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
        _finish(import_, ImportStatus.FAILED, f"{uploader} is no taskmaster any more, or is deactivated.")
        return False
    block = ImportBlock.objects.filter(parent=import_, outcomes__isnull=True).order_by("number").first()
    if block is None:
        _finish(import_, ImportStatus.DONE)
        return False
    asked = _items_of([cells for _, *cells in block.rows])
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
        _finish(import_, ImportStatus.FAILED, "Something went wrong here; the operator finds it in the log.")


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


def _items_of(rows: Iterable[Sequence[str]]) -> list[bulk.Asked]:
    """The item of each row, or the reason why the row is invalid; names are looked up for all rows together."""
    rows = list(rows)
    tasks = _tasks({row[0] for row in rows})
    people = _people({row[1] for row in rows})
    dates = {date: _date(date) for date in {row[2] for row in rows}}
    return [_item_of(row, tasks[row[0]], people[row[1]], dates[row[2]]) for row in rows]


def _item_of(row: Sequence[str], task: Named, user: Named, date: datetime.date | None) -> bulk.Asked:
    if not all(row):
        empty = [name for name, cell in zip(("task", "user", "date"), row, strict=False) if not cell]
        return InvalidRequest(f"The row has no {' and no '.join(empty)}.")
    if date is None:
        return InvalidRequest(f"{row[2]!r} is not a date that exists, as YYYY-MM-DD.")
    if isinstance(task, ToGoError):
        return task
    if isinstance(user, ToGoError):
        return user
    # Only a row that has an effort has a fourth cell.
    if not row[3:]:
        return Item(task, user, date)
    if not _EFFORT.fullmatch(row[3]) or not LOWEST_EFFORT <= int(row[3]) <= HIGHEST_EFFORT:
        return InvalidRequest(f"{row[3]!r} is not an effort, which is a whole number from 1 to {HIGHEST_EFFORT}.")
    return Item(task, user, date, int(row[3]))


def _date(cell: str) -> datetime.date | None:
    try:
        return parse_date(cell)
    except ValueError:
        return None


def _tasks(cells: set[str]) -> dict[str, Named]:
    ids = set(Task.objects.filter(pk__in=any_of(_ids(cells))).values_list("pk", flat=True))
    names = {cell: tidy(cell) for cell in cells}
    named: dict[str, dict[bool, list[int]]] = defaultdict(lambda: {True: [], False: []})
    for name, is_active, pk in Task.objects.filter(name__in=any_of(names.values())).values_list(*_TASK):
        named[name][is_active].append(pk)
    # An exact name wins; `_alike` finds the others.
    missing = {cell for cell, name in names.items() if _id(cell) not in ids and name not in named}
    alike: dict[str, dict[bool, list[int]]] = defaultdict(lambda: {True: [], False: []})
    for name, is_active, pk in _alike(missing, Task.objects.values_list(*_TASK)):
        alike[name][is_active].append(pk)

    def find(cell: str) -> Named:
        task_id = _id(cell)
        if task_id in ids:
            return task_id
        # A retired task with the same name is ignored if there is an active one.
        found = named.get(names[cell]) or alike.get(folded(cell)) or {True: [], False: []}
        same = found[True] or found[False]
        if len(same) > 1:
            return InvalidRequest(f"{len(same)} tasks are called {cell!r}; write the id of the one that you mean.")
        return same[0] if same else task_id or TaskNotFound(f"There is no task called {cell!r}.")

    return {cell: find(cell) for cell in cells}


def _people(cells: set[str]) -> dict[str, Named]:
    ids = set(User.objects.filter(pk__in=any_of(_ids(cells))).values_list("pk", flat=True))
    # A cell that is the id of a person means that person, even if it is also somebody's name.
    names = {cell: tidy_username(cell) for cell in cells if _id(cell) not in ids}
    named = dict(User.objects.filter(username__in=any_of(set(names.values()))).values_list("username", "pk"))
    # An exact name wins; `_alike` finds the others.
    missing = {cell for cell, name in names.items() if name not in named}
    alike: dict[str, list[int]] = defaultdict(list)
    for name, pk in _alike(missing, User.objects.values_list("username", "pk")):
        alike[name].append(pk)

    def find(cell: str) -> Named:
        user_id = _id(cell)
        if user_id in ids:
            return user_id
        if names[cell] in named:
            return named[names[cell]]
        similar = alike.get(folded(cell), [])
        if len(similar) > 1:
            return InvalidRequest(f"{len(similar)} people have names like {cell!r}; write the exact name or the id.")
        return similar[0] if similar else user_id or UserNotFound(f"There is nobody called {cell!r}.")

    return {cell: find(cell) for cell in cells}


def _alike(cells: set[str], rows: QuerySet[Any, tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """The rows whose name differs from a cell only in capitals, blanks or the form of letters, with the folded name in
    front. No index folds names as Python does, so this reads all rows, but only if there are cells."""
    wanted = {folded(cell) for cell in cells}
    if wanted:
        for name, *others in rows.iterator():
            if (key := folded(name)) in wanted:
                yield key, *others


def _id(cell: str) -> int:
    """The id in the cell, or 0."""
    return int(cell) if _ID.fullmatch(cell) else 0


def _ids(cells: set[str]) -> list[int]:
    return [number for cell in cells if (number := _id(cell))]


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
    days = _days_as_they_would_be(places)
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


def _days_as_they_would_be(places: set[DayKey]) -> dict[DayKey, DaySnapshot]:
    """Snapshots of these days. A day without a limit gets the one that would be set now, and the `id` 0."""
    if not places:
        return {}
    found = {
        (day.user_id, day.date): day
        for some in conditions_for(places)
        for day in DailyLimit.objects.filter(some).snapshots()
    }
    dates = [date for _, date in places]
    picker = picking.load({user_id for user_id, _ in places}, min(dates), max(dates))
    return {place: found.get(place) or DaySnapshot.of(limits.unset_day(picker, *place)) for place in places}
