"""Writes assignments as CSV, for spreadsheets and for an import elsewhere."""

from collections.abc import Iterator
from typing import Any

from apps.models import User
from apps.models.assignments import AssignmentQuerySet
from apps.services.shared import permissions, spreadsheets

# The columns, and the lookups of their values.
_COLUMNS = {
    "id": "pk",
    "task": "task_id",
    "task_name": "task__name",
    "user": "daily_limit__user_id",
    "username": "daily_limit__user__username",
    "date": "daily_limit__date",
    "effort": "effort",
    "status": "status",
    "taskmaster": "taskmaster_id",
    "created_at": "created_at",
    "label": "task__label",
}
_ROWS_PER_QUERY = 1000


def export(*, actor: User, assignments: AssignmentQuerySet) -> Iterator[str]:
    """These assignments, ordered by id, as pieces of a CSV file. Raises `NotAllowed`.

    They are read as they are written, some at a time by their ids: neither the web server nor the database keeps the
    rest for somebody who reads slowly.
    """
    permissions.require_taskmaster(actor)
    return spreadsheets.write(list(_COLUMNS), _rows(assignments.visible_to(actor)))


def _rows(assignments: AssignmentQuerySet) -> Iterator[tuple[Any, ...]]:
    last = 0
    while rows := list(
        assignments.filter(pk__gt=last).order_by("pk").values_list(*_COLUMNS.values())[:_ROWS_PER_QUERY]
    ):
        yield from rows
        last = rows[-1][0]
