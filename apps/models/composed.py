"""Queries of frequent calls: Django composes each once, because that takes it longer than the database takes to answer.

A query is written once, as a function of a module that makes a QuerySet from a shape and values. On PostgreSQL the
function is called once for each shape, with stand-ins for the values; the text is kept, and is prepared like the
statements that are written out. On other databases Django composes the query for every run.

Compose only queries whose best plan is the same for all values: PostgreSQL may plan them once.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet, Value

from apps.models.base import object_of
from apps.models.prepared_statements import rows

M = TypeVar("M", bound=Model)
Row = tuple[Any, ...]
Shape = tuple[Hashable, ...]
# The columns to read of the objects that a foreign key refers to.
Related = Mapping[str, Sequence[str]]

# Each shape is a statement in each session of the database, so that further ones are composed for every run.
_MOST_SHAPES = 100
_composed: dict[Shape, "_Composed"] = {}


class _StandIn(Value):
    """Stands for a value that each run brings, and is found again among the parameters of the query."""

    def __init__(self, name: str, sample: Any) -> None:
        super().__init__(sample)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """A placeholder for it."""
        return "%s", [self]


def read_rows(build: Callable[..., "QuerySet[Any, Row]"], shape: Shape, values: Mapping[str, Any]) -> list[Row]:
    """The rows of `build(*shape, **values)`, a QuerySet made by `values_list`."""
    if (composed := _as_composed(build, shape, values)) is None:
        return list(build(*shape, **values))
    return composed.rows(values)


def read_objects(
    build: Callable[..., "QuerySet[M]"], shape: Shape, values: Mapping[str, Any], related: Related
) -> list[M]:
    """The objects of `build(*shape, **values)`, and those to which they refer by these foreign keys."""
    if (composed := _as_composed(build, shape, values, related)) is None:
        return list(build(*shape, **values).select_related(*related))
    return composed.objects(values)


def _as_composed(
    build: Callable[..., "QuerySet[Any, Any]"], shape: Shape, values: Mapping[str, Any], related: Related | None = None
) -> "_Composed | None":
    """The query of this shape, or None if it is composed for every run."""
    if connection.vendor != "postgresql":
        return None
    key = build, *shape, *values
    found = _composed.get(key)
    if found is None and len(_composed) < _MOST_SHAPES:
        query = build(*shape, **{name: _StandIn(name, value) for name, value in values.items()})
        found = _composed[key] = _Composed(query, related)
    return found


class _Composed:
    """A composed query. With `related` its rows are objects."""

    def __init__(self, query: "QuerySet[Any, Any]", related: Related | None) -> None:
        self._model = query.model
        meta = query.model._meta  # noqa: SLF001 - documented, as are its fields
        self._own = [field.attname for field in meta.concrete_fields]
        self._related = {key: (meta.get_field(key).related_model, names) for key, names in (related or {}).items()}
        if related is not None:
            theirs = [f"{key}__{name}" for key, names in related.items() for name in names]
            query = query.values_list(*self._own, *theirs)
        text, parameters = query.query.sql_with_params()
        names = [one.name if isinstance(one, _StandIn) else f"constant_{at}" for at, one in enumerate(parameters)]
        self._text = text % tuple(f"%({name})s" for name in names)
        self._constants = {
            name: one for name, one in zip(names, parameters, strict=True) if not isinstance(one, _StandIn)
        }

    def rows(self, values: Mapping[str, Any]) -> list[Row]:
        """The rows of the query for these values."""
        return rows(self._text, {**self._constants, **values})

    def objects(self, values: Mapping[str, Any]) -> list[Any]:
        """The objects of the query for these values."""
        return [self._object_of(row) for row in self.rows(values)]

    def _object_of(self, row: Row) -> Any:
        start, related = len(self._own), {}
        for key, (model, names) in self._related.items():
            end = start + len(names)
            related[key] = object_of(model, dict(zip(names, row[start:end], strict=True)))
            start = end
        return object_of(self._model, dict(zip(self._own, row, strict=False)), **related)
