"""Pages of a list, found by key: (what it is ordered by, id). A page costs the same wherever it is."""

import base64
import datetime
import json
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet
from rest_framework.request import Request
from rest_framework.serializers import ErrorDetail, ValidationError
from rest_framework.utils.urls import replace_query_param

M = TypeVar("M", bound=Model)

DEFAULT_SIZE = 50
HIGHEST_SIZE = 200


def paginate(
    request: Request, rows: QuerySet[M], *, column: str, descending: bool, size: int | None, cursor: str | None
) -> dict[str, Any]:
    """One page: `results`, and the addresses of the `next` and `previous` one, or None.

    A cursor names the row that the page begins after, or ends before when one goes back. Raises `ValidationError`
    for a cursor that isn't one of ours.
    """
    size = min(size or DEFAULT_SIZE, HIGHEST_SIZE)
    backwards, edge = _decode(cursor, timed=column.endswith("_at")) if cursor else (False, None)
    falling = descending != backwards
    if edge:
        value, row_id = edge
        compare = "lt" if falling else "gt"
        # The first condition says less than the second, and lets the database go straight to the row in an index.
        rows = rows.filter(
            Q(**{f"{column}__{compare}e": value}),
            Q(**{f"{column}__{compare}": value}) | Q(**{column: value, f"pk__{compare}": row_id}),
        )
    sign = "-" if falling else ""
    found = list(rows.order_by(f"{sign}{column}", f"{sign}pk")[: size + 1])
    more, page = len(found) > size, found[:size]
    if backwards:
        page.reverse()
    has_next, has_previous = (bool(edge), more) if backwards else (more, bool(edge))

    def link(row: M, *, back: bool) -> str:
        value: Any = row
        for name in column.split("__"):
            value = getattr(value, name)
        return replace_query_param(request.build_absolute_uri(), "cursor", _encode(back, value, row.pk))

    return {
        "results": page,
        "next": link(page[-1], back=False) if page and has_next else None,
        "previous": link(page[0], back=True) if page and has_previous else None,
    }


def _encode(backwards: bool, value: datetime.date, row_id: int) -> str:
    text = json.dumps([int(backwards), value.isoformat(), row_id], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str, *, timed: bool) -> tuple[bool, tuple[datetime.date, int]]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        backwards, value, row_id = json.loads(text)
        when = datetime.datetime.fromisoformat(value) if timed else datetime.date.fromisoformat(value)
        # At the edges of time a database's own time zone may be past them.
        if isinstance(when, datetime.datetime) and not (when.tzinfo and 1 < when.year < 9999):
            raise ValueError
        if type(row_id) is not int or not 0 < row_id < 2**63 or backwards not in (0, 1):
            raise ValueError
    except (ValueError, TypeError, RecursionError):
        raise ValidationError(
            {"cursor": ErrorDetail("This is not a cursor; follow next and previous.", "invalid")}
        ) from None
    return bool(backwards), (when, row_id)
