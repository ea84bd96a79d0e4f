"""A linter for migrations: each must run while the previous version still serves, and block nobody.

A migration says what the linter can't know: `safe = {"remove_task_colour": "0.2 doesn't read it any more"}` has the
step's `migration_name_fragment` and the reason why the step is safe.
"""

from collections.abc import Iterator
from typing import Any

from django.db import migrations, models
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.fields import FieldOperation
from django.db.migrations.state import ProjectState

from apps.migrations._online import AddCheckOnline, AddIndexOnline, OnlineMigration

# The tables that grow with use; the other tables have as many rows as there are people, tasks and rules.
GROWING = {"assignment", "dailylimit", "event", "idempotencykey", "importblock", "importclaim", "occurrence"}
HARMLESS = (
    migrations.AlterModelManagers,
    migrations.AlterModelOptions,
    migrations.AlterModelTableComment,
    migrations.RemoveConstraint,
    migrations.RemoveIndex,
)
OLD_VERSION = "the old version reads or writes what this changes"
LOST_ON_SQLITE = (
    "SQLite copies the table for it, and loses what is written meanwhile: use OnlineMigration of "
    "apps/migrations/_online.py, which does it in one transaction"
)


def findings(migration: migrations.Migration, before: ProjectState) -> list[str]:
    """The problems of a migration, a line for each step. `before` is the state of the tables before it."""
    safe: dict[str, str] = dict(getattr(migration, "safe", {}))
    found = []
    in_pieces = not (migration.atomic or isinstance(migration, OnlineMigration))
    found += [f"{one.describe()}: {LOST_ON_SQLITE}" for one in migration.operations if in_pieces and _copies_table(one)]
    for operation, problem in _problems(migration.operations, before.clone(), atomic=migration.atomic):
        if not safe.pop(operation.migration_name_fragment, None):
            found.append(f"{operation.describe()}: {problem}")
    found += [f"safe: there is no unsafe step {name!r}, or it has no reason" for name in safe]
    return found


def _problems(
    operations: list[Operation], state: ProjectState, *, atomic: bool, made: frozenset[str] = frozenset()
) -> Iterator[tuple[Operation, str]]:
    for operation in operations:
        if isinstance(operation, migrations.CreateModel):
            made |= {operation.name_lower}
        elif isinstance(operation, migrations.SeparateDatabaseAndState):
            steps = list(operation.database_operations)
            yield from _problems(steps, state.clone(), atomic=atomic, made=made)
        elif getattr(operation, "model_name_lower", None) not in made and (
            problem := _problem(operation, state, atomic=atomic)
        ):
            yield operation, problem
        operation.state_forwards("togo", state)


def _copies_table(operation: Operation) -> bool:
    changes = FieldOperation | migrations.AddConstraint | migrations.RemoveConstraint
    return isinstance(operation, changes)


def _problem(operation: Operation, state: ProjectState, *, atomic: bool) -> str | None:
    """How this step would disturb a version that knows nothing of it."""
    if isinstance(operation, migrations.AddField):
        return _of_new_field(operation)
    if isinstance(operation, migrations.AlterField):
        old = state.models["togo", operation.model_name_lower].get_field(operation.name)
        return None if _is_wider(old, operation.field) else OLD_VERSION
    if isinstance(operation, AddIndexOnline):
        return "without `atomic = False` it can't be built beside writers" if atomic else None
    if isinstance(operation, migrations.AddIndex):
        grows = operation.model_name_lower in GROWING
        return (
            "PostgreSQL blocks writers while it builds the index: use AddIndexOnline of apps/migrations/_online.py"
            if grows
            else None
        )
    if isinstance(operation, AddCheckOnline):
        return "without `atomic = False` it stops writers while PostgreSQL looks at all rows" if atomic else None
    if isinstance(operation, migrations.AddConstraint):
        return (
            "the old version may write rows that it refuses, and PostgreSQL blocks writers while it checks all rows: "
            "use AddConstraintNotValid once nobody writes such rows, and then ValidateConstraint"
        )
    if isinstance(operation, migrations.RunPython | migrations.RunSQL):
        return _of_changed_rows(operation, atomic=atomic)
    return None if isinstance(operation, HARMLESS) else OLD_VERSION


def _of_new_field(operation: migrations.AddField) -> str | None:
    field: Any = operation.field
    if isinstance(field, models.ManyToManyField):
        return None
    if not (field.null or field.has_db_default()):
        return "without null or db_default the old version can't insert a row"
    if (field.unique or field.db_index) and operation.model_name_lower in GROWING:
        return "PostgreSQL blocks writers while it builds its index: use db_index=False, and AddIndexOnline"
    return None


def _of_changed_rows(operation: migrations.RunPython | migrations.RunSQL, *, atomic: bool) -> str | None:
    if not operation.reversible:
        return "it can't be reversed, so nobody can return to the previous migration"
    if not operation.elidable:
        return "mark it elidable once you have thought about rows that are written meanwhile"
    if atomic:
        return "all rows stay locked until its end: `atomic = False`, and a transaction for each few hundred"
    return None


def _is_wider(old: models.Field[Any, Any], new: models.Field[Any, Any]) -> bool:
    """Whether a column keeps its type and accepts all that it accepted: a longer text, or null as well."""
    (_, was_kind, _, was), (_, is_kind, _, now) = old.deconstruct(), new.deconstruct()
    for options in (was, now):
        # Options of Django's own checks, which the database doesn't know.
        for name in (*old.non_db_attrs, "default"):
            options.pop(name, None)
    longer = (now.pop("max_length", None) or 0) >= (was.pop("max_length", None) or 0)
    takes_null = now.pop("null", False) >= was.pop("null", False)
    return was_kind == is_kind and was == now and longer and takes_null
