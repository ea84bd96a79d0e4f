"""Writes assignments as CSV, for spreadsheets and for an import elsewhere."""

from collections.abc import Iterator
from typing import Any

from django.db import DEFAULT_DB_ALIAS

from apps.models import User, replica
from apps.models.assignments import AssignmentQuerySet
from apps.services.shared import permissions, spreadsheets
from apps.services.shared.replica import FAILURES

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
    # The server that answers now is the one to ask for the rest, which is read after this call.
    return spreadsheets.write(list(_COLUMNS), _rows(assignments.visible_to(actor).using(replica.alias())))


def _rows(assignments: AssignmentQuerySet) -> Iterator[tuple[Any, ...]]:
    last = 0
    while True:
        some = assignments.filter(pk__gt=last).order_by("pk").values_list(*_COLUMNS.values())[:_ROWS_PER_QUERY]
        try:
            rows = list(some)
        except FAILURES:
            if assignments.db == DEFAULT_DB_ALIAS:
                raise
            # The replica is gone: the writer goes on.
            assignments = assignments.using(DEFAULT_DB_ALIAS)
            continue
        if not rows:
            return
        yield from rows
        last = rows[-1][0]
