"""Keyset pagination: a page is found by the ordering columns and the id, so every page costs the same."""

import base64
import datetime
import functools
import json
from collections.abc import Callable, Sequence
from functools import reduce
from operator import or_
from typing import Any, TypeVar

from django.db.models import CharField, DateField, DateTimeField, F, Lookup, Model, Q, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThanOrEqual, TupleLessThanOrEqual
from rest_framework.request import Request
from rest_framework.serializers import ErrorDetail, ValidationError
from rest_framework.utils.urls import replace_query_param

from apps.models.composed import Related, Shape, read_objects
from apps.services.shared import links
from apps.services.shared.formats import HIGHEST_ID

M = TypeVar("M", bound=Model)
# The position of a row: the values of the ordering columns, and its id.
Edge = tuple[Any, ...]

# What the names of an edge's values begin with in a composed query.
_EDGE = "edge_"
DEFAULT_SIZE = 50
HIGHEST_SIZE = 200


def paginate(
    request: Request, rows: QuerySet[M], query: dict[str, Any], *, by: Sequence[str], descending: bool = False
) -> dict[str, Any]:
    """One page, ordered by these columns and the id: `results`, and the addresses of the `next` and the `previous`
    page, or None.

    `query` may hold `page_size` and `cursor`. A cursor names the row after which the page begins or, going backwards,
    before which it ends. Raises `ValidationError` for an invalid cursor.
    """

    def find(size: int, falling: bool, edge: Edge) -> list[M]:
        return list(_beside(rows, by, size, falling, edge))

    return _page(request, rows.model, find, query, by, descending)


def paginate_composed(
    request: Request,
    build: Callable[..., QuerySet[M]],
    shape: Shape,
    values: dict[str, Any],
    query: dict[str, Any],
    *,
    model: type[M],
    related: Related,
    by: Sequence[str],
    descending: bool = False,
) -> dict[str, Any]:
    """As `paginate`, of `build(*shape, **values)`, which is composed once; see `apps.models.composed`."""

    def find(size: int, falling: bool, edge: Edge) -> list[M]:
        beside = {f"{_EDGE}{number}": value for number, value in enumerate(edge)}
        return read_objects(_build_page, (build, shape, tuple(by), size, falling), values | beside, related)

    return _page(request, model, find, query, by, descending)


def _build_page(
    build: Callable[..., QuerySet[M]], shape: Shape, by: Sequence[str], size: int, falling: bool, **values: Any
) -> QuerySet[M]:
    edge = [values.pop(name) for name in list(values) if name.startswith(_EDGE)]
    return _beside(build(*shape, **values), by, size, falling, tuple(edge))


def _beside(rows: QuerySet[M], by: Sequence[str], size: int, falling: bool, edge: Edge) -> QuerySet[M]:
    """The first `size` rows, after the edge if there is one."""
    if edge:
        rows = rows.filter(_near(by, edge[:-1], falling), _beyond([*by, "pk"], edge, falling))
    sign = "-" if falling else ""
    return rows.order_by(*(f"{sign}{column}" for column in (*by, "pk")))[:size]


def _page(
    request: Request,
    model: type[M],
    find: Callable[[int, bool, Edge], list[M]],
    query: dict[str, Any],
    by: Sequence[str],
    descending: bool,
) -> dict[str, Any]:
    size = size_of(query)
    backwards, edge = read_cursor(query, *(_reader(model, column) for column in by))
    found = find(size + 1, descending != backwards, edge or ())
    more, page = len(found) > size, found[:size]
    if backwards:
        page.reverse()
    has_next, has_previous = (bool(edge), more) if backwards else (more, bool(edge))

    def edge_at(row: M) -> Edge:
        return *(reduce(getattr, column.split("__"), row) for column in by), row.pk

    return {
        "results": page,
        "next": link(request, edge_at(page[-1])) if page and has_next else None,
        "previous": link(request, edge_at(page[0]), backwards=True) if page and has_previous else None,
    }


def _near(by: Sequence[str], keys: Edge, falling: bool) -> Lookup[Any]:
    """A condition that `_beyond` implies; with it, the database goes straight to the row in an index."""
    compare = TupleLessThanOrEqual if falling else TupleGreaterThanOrEqual
    return compare(Tuple(*map(F, by)), keys)


def _beyond(columns: Sequence[str], edge: Edge, falling: bool) -> Q:
    compare = "lt" if falling else "gt"
    return reduce(
        or_,
        (
            Q(**dict(zip(columns[:number], edge, strict=False)), **{f"{columns[number]}__{compare}": edge[number]})
            for number in range(len(columns))
        ),
    )


def size_of(query: dict[str, Any]) -> int:
    """The page size of a query: at most 200."""
    return min(query.get("page_size") or DEFAULT_SIZE, HIGHEST_SIZE)


def read_cursor(query: dict[str, Any], *read_keys: Callable[[Any], Any]) -> tuple[bool, Edge | None]:
    """Whether `query` asks for a page backwards, and the keys and id to start from, or None without a cursor.
    A function of `read_keys` may raise `ValueError` or `TypeError`. Raises `ValidationError` for an invalid cursor.
    """
    return _decode(query["cursor"], read_keys) if query.get("cursor") else (False, None)


def link(request: Request, edge: Edge, *, backwards: bool = False) -> str:
    """The address of the page that begins after this position, or, going backwards, ends before it."""
    return replace_query_param(links.absolute(request, request.get_full_path()), "cursor", _encode(backwards, edge))


def _encode(backwards: bool, edge: Edge) -> str:
    keys = [key.isoformat() if isinstance(key, datetime.date) else key for key in edge]
    text = json.dumps([int(backwards), *keys], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str, read_keys: Sequence[Callable[[Any], Any]]) -> tuple[bool, Edge]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        backwards, *keys, row_id = json.loads(text)
        if read_id(row_id) == 0 or backwards not in (0, 1):
            raise ValueError
        edge = (*(read(key) for read, key in zip(read_keys, keys, strict=True)), row_id)
    except (ValueError, TypeError, RecursionError):
        raise ValidationError(
            {"cursor": ErrorDetail("This is not a cursor; follow next and previous.", "invalid")}
        ) from None
    return bool(backwards), edge


@functools.cache
def _reader(model: type[Model], column: str) -> Callable[[Any], Any]:
    """The parser of this column's value in a cursor; it raises `ValueError` or `TypeError`."""
    field: Any = None
    for name in column.split("__"):
        field = (field.related_model if field else model)._meta.get_field(name)  # noqa: SLF001  (documented)
    if isinstance(field, DateTimeField):
        return _read_time
    if isinstance(field, DateField):
        return datetime.date.fromisoformat
    return read_text if isinstance(field, CharField) else read_id


def _read_time(value: Any) -> datetime.datetime:
    time = datetime.datetime.fromisoformat(value)
    # A time near the first or last year may leave the calendar in the database's time zone.
    if not (time.tzinfo and 1 < time.year < 9999):
        raise ValueError
    return time


def read_text(value: Any) -> str:
    """The text value of a column."""
    # A database can't hold NUL or half a surrogate pair, so no row has such a text.
    if not isinstance(value, str) or "\0" in value:
        raise ValueError
    value.encode()
    return value


def read_id(value: Any) -> int:
    """The value of an integer column: an id or another number from 0 on."""
    if type(value) is not int or not 0 <= value <= HIGHEST_ID:
        raise ValueError
    return value
