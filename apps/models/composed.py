"""Statements of frequent calls: Django composes each once, because that takes longer than the database does to run it.

A statement is written once, as a function of a module that makes a QuerySet from a shape and values. The function is
called once for each shape, with stand-ins for the values, and the text is kept. On PostgreSQL a query is prepared like
the statements that are written out.

Compose only queries whose best plan is the same for all values: PostgreSQL may plan them once.
"""

import functools
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import JSONField, Model, QuerySet, Value
from django.db.models.sql import UpdateQuery

from apps.models.base import object_of
from apps.models.prepared_statements import adapted, execute, rows

M = TypeVar("M", bound=Model)
S = TypeVar("S", bound="_Statement")
Row = tuple[Any, ...]
Shape = tuple[Hashable, ...]
# The columns to read of the objects that a foreign key refers to.
Related = Mapping[str, Sequence[str]]
# The rows to change, and the new values of their columns.
Update = tuple["QuerySet[Any, Any]", dict[str, Any]]

# Each shape is a statement in each session of the database, so that further ones are composed for every run.
_MOST_SHAPES = 100
_composed: dict[Shape, Any] = {}


class _StandIn(Value):
    """Stands for a value that each run brings, and is found again among the parameters of the statement."""

    def __init__(self, name: str, sample: Any) -> None:
        super().__init__(sample)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """A placeholder for it."""
        return "%s", [self]


def read_rows(build: Callable[..., "QuerySet[Any, Row]"], shape: Shape, values: Mapping[str, Any]) -> list[Row]:
    """The rows of `build(*shape, **values)`, a QuerySet made by `values_list`."""
    if (composed := _as_composed(_Rows, build, shape, values)) is None:
        return list(build(*shape, **values))
    return composed.read(values)


def read_objects(
    build: Callable[..., "QuerySet[M]"], shape: Shape, values: Mapping[str, Any], related: Related
) -> list[M]:
    """The objects of `build(*shape, **values)`, and those to which they refer by these foreign keys."""
    if (composed := _as_composed(_Objects, build, shape, values, related)) is None:
        return list(build(*shape, **values).select_related(*related))
    return composed.read(values)


def update_rows(build: Callable[..., Update], shape: Shape, values: Mapping[str, Any]) -> int:
    """Make the changes of `build(*shape, **values)`, and return the number of changed rows. Call it in a transaction
    or a savepoint, which an error must undo."""
    if (composed := _as_composed(_Changes, build, shape, values)) is None:
        found, columns = build(*shape, **values)
        return found.update(**columns)
    return composed.write(values)


def update_object(
    build: Callable[..., Update], values: Mapping[str, Any], find: Callable[..., "QuerySet[M]"], key: Mapping[str, Any]
) -> M | None:
    """Make the changes of `build(**values)` if it finds the row of `find(**key)`; returns its object as it is then, or
    None if it wasn't found. Call it in a transaction or a savepoint, which an error must undo."""
    connection = connections[DEFAULT_DB_ALIAS]
    # No UPDATE of MariaDB and MySQL returns rows; SQLite's does since 3.35, as its INSERT.
    returns = connection.vendor != "mysql" and connection.features.can_return_columns_from_insert
    composed = _as_composed(_Change, build, (), values, find, key) if returns else None
    if composed is not None:
        changed: M | None = composed.change(values)
        return changed
    return read_objects(find, (), key, {})[0] if update_rows(build, (), values) else None


def insert_row(model: type[Model], columns: Mapping[str, Any]) -> int:
    """Insert a row with these values of all its columns but the id, and return the id, which the database gives it.
    Call it in a transaction or a savepoint, which an error must undo."""
    connection = connections[DEFAULT_DB_ALIAS]
    text, documents = _insert_into(model, connection.vendor)
    values = adapted(connection, columns)
    for field in documents:
        values[field.attname] = field.get_db_prep_save(values[field.attname], connection)
    found, _, last_id = execute(connection, text, values)
    pk: int = found[0][0] if found else last_id
    return pk


def _as_composed(
    kind: Callable[..., S], build: Callable[..., Any], shape: Shape, values: Mapping[str, Any], *more: Any
) -> S | None:
    """The statement of this shape, or None if it is composed for every run. `more` is always the same for a `build`."""
    key = kind, build, *shape, *values
    found: S | None = _composed.get(key)
    if found is None and len(_composed) < _MOST_SHAPES:
        stand_ins = {name: _StandIn(name, value) for name, value in values.items()}
        found = _composed[key] = kind(build(*shape, **stand_ins), *more)
    return found


class _Statement:
    """A composed statement."""

    def __init__(self, compiler: Any) -> None:
        text, parameters = compiler.as_sql()
        names = [one.name if isinstance(one, _StandIn) else f"constant_{at}" for at, one in enumerate(parameters)]
        self.text = text % tuple(f"%({name})s" for name in names)
        self._constants = {
            name: one for name, one in zip(names, parameters, strict=True) if not isinstance(one, _StandIn)
        }

    def with_constants(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values of a run, and those that are the same for all."""
        return {**self._constants, **values}


class _Rows(_Statement):
    """A composed query."""

    def __init__(self, query: "QuerySet[Any, Any]") -> None:
        compiler = query.query.get_compiler(DEFAULT_DB_ALIAS)
        super().__init__(compiler)
        self._convert = functools.partial(
            compiler.apply_converters,
            converters=compiler.get_converters([expression for expression, *_ in compiler.select]),
        )

    def read(self, values: Mapping[str, Any]) -> list[Any]:
        """What the query finds for these values."""
        return self.of_rows(rows(self.text, self.with_constants(values)))

    def of_rows(self, found: list[Row]) -> list[Any]:
        """The rows, as Django converts them."""
        return [tuple(row) for row in self._convert(found)] if self._convert.keywords["converters"] else found


class _Objects(_Rows):
    """A composed query whose rows are objects."""

    def __init__(self, query: "QuerySet[Any, Any]", related: Related) -> None:
        self._model = query.model
        meta = query.model._meta  # noqa: SLF001 - documented, as are its fields
        chosen = query.query.get_select_mask()  # by `only`; empty for all fields
        own = [field for field in meta.concrete_fields if not chosen or field in chosen]
        self.columns = [field.column for field in own]
        self._own = [field.attname for field in own]
        self._related = {key: (meta.get_field(key).related_model, names) for key, names in related.items()}
        theirs = [f"{key}__{name}" for key, names in related.items() for name in names]
        super().__init__(query.values_list(*self._own, *theirs))

    def of_rows(self, found: list[Row]) -> list[Any]:
        """The objects of the rows."""
        return [self._object_of(row) for row in super().of_rows(found)]

    def _object_of(self, row: Row) -> Any:
        start, related = len(self._own), {}
        for key, (model, names) in self._related.items():
            end = start + len(names)
            related[key] = object_of(model, dict(zip(names, row[start:end], strict=True)))
            start = end
        return object_of(self._model, dict(zip(self._own, row, strict=False)), **related)


class _Changes(_Statement):
    """A composed update."""

    def __init__(self, update: Update) -> None:
        found, columns = update
        query: Any = found.query.chain(UpdateQuery)
        query.add_update_values(columns)
        super().__init__(query.get_compiler(DEFAULT_DB_ALIAS))

    def write(self, values: Mapping[str, Any]) -> int:
        """Make the changes for these values, and return how many rows were changed."""
        connection = connections[DEFAULT_DB_ALIAS]
        _, changed, _ = execute(connection, self.text, adapted(connection, self.with_constants(values)))
        return changed


class _Change(_Changes):
    """A composed update that returns the row that it changed."""

    def __init__(self, update: Update, find: Callable[..., "QuerySet[Any]"], key: Mapping[str, Any]) -> None:
        super().__init__(update)
        self._objects = _Objects(find(**key), {})
        quoted = connections[DEFAULT_DB_ALIAS].ops.quote_name
        self.text += f" RETURNING {', '.join(quoted(column) for column in self._objects.columns)}"

    def change(self, values: Mapping[str, Any]) -> Any:
        """Make the changes for these values; returns the object of the row, or None if none was found."""
        connection = connections[DEFAULT_DB_ALIAS]
        found, _, _ = execute(connection, self.text, adapted(connection, self.with_constants(values)))
        return self._objects.of_rows(found)[0] if found else None


@functools.cache
def _insert_into(model: type[Model], vendor: str) -> tuple[str, list[Any]]:
    """The statement that inserts a row, and the fields of JSON, whose values the database doesn't take as they are."""
    meta: Any = model._meta  # noqa: SLF001 - documented, as are its fields
    quoted = connections[DEFAULT_DB_ALIAS].ops.quote_name
    fields = [field for field in meta.concrete_fields if not field.primary_key]
    columns = ", ".join(quoted(field.column) for field in fields)
    values = ", ".join(f"%({field.attname})s" for field in fields)
    returning = f" RETURNING {quoted(meta.pk.column)}" if vendor == "postgresql" else ""
    text = f"INSERT INTO {quoted(meta.db_table)} ({columns}) VALUES ({values}){returning}"  # noqa: S608
    return text, [field for field in fields if isinstance(field, JSONField)]
