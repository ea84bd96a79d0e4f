"""Pages of rows for people. Each begins after a row or ends before one: every page costs the same, and no row is seen
twice or missed because others come or go meanwhile."""

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import NamedTuple, TypeVar

from django.db.models import Expression, F, Model, Q, QuerySet

M = TypeVar("M", bound=Model)


class Edges(NamedTuple):
    """The ids of the rows after which the next page begins, and before which the previous one ends; None if there is no
    such page."""

    following: int | None
    preceding: int | None


def page_of(
    rows: QuerySet[M], *, by: Sequence[Expression | F], after: int | None, before: int | None, size: int
) -> tuple[list[M], Edges]:
    """At most `size` of these rows by these keys, none of which is ever null, and by id. They come after the row with
    the id `after`, or before the one with the id `before`; if that row is gone, they are the first ones."""
    keys = {f"key_{number}": key for number, key in enumerate(by)}
    columns = [*keys, "pk"]
    everything: QuerySet[M] = rows.model._default_manager.annotate(**keys)  # noqa: SLF001 - Django's name for it
    edge = everything.filter(pk=after or before or 0).values_list(*columns).first()
    backwards = bool(before and not after and edge)
    rows = rows.annotate(**keys)
    if edge:
        rows = rows.filter(_beyond(columns, edge, "lt" if backwards else "gt"))
    sign = "-" if backwards else ""
    found = list(rows.order_by(*(f"{sign}{column}" for column in columns))[: size + 1])
    more, page = len(found) > size, found[:size]
    if backwards:
        page.reverse()
    has_following, has_preceding = (True, more) if backwards else (more, bool(edge))
    return page, Edges(page[-1].pk if page and has_following else None, page[0].pk if page and has_preceding else None)


def _beyond(columns: Sequence[str], edge: Sequence[object], compare: str) -> Q:
    """The rows of which the first column that differs from the edge's is beyond it."""
    return reduce(
        or_,
        (
            Q(**dict(zip(columns[:number], edge, strict=False)), **{f"{columns[number]}__{compare}": edge[number]})
            for number in range(len(columns))
        ),
    )
