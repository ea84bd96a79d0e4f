"""Migrations run while the version before them still serves: each step must be one that it doesn't notice."""

import importlib
from collections.abc import Iterator

import pytest
from django.db import migrations, models
from django.db.migrations.operations.base import Operation

from tests.processes import ROOT

# From here on there are installations. What came before made the first tables.
FIRST_UPGRADE = "0005"
HARMLESS = (
    migrations.CreateModel,
    migrations.AddIndex,
    migrations.RemoveIndex,
    migrations.AlterModelOptions,
    migrations.AlterModelManagers,
    migrations.AlterModelTableComment,
    migrations.RemoveConstraint,
)


def unsafe(operations: list[Operation]) -> Iterator[str]:
    """What is wrong with each operation, for a version that knows nothing of it."""
    made = {operation.name_lower for operation in operations if isinstance(operation, migrations.CreateModel)}
    for operation in operations:
        if isinstance(operation, migrations.SeparateDatabaseAndState):
            yield from unsafe(list(operation.database_operations))
        elif isinstance(operation, migrations.AddField):
            field = operation.field
            if not (field.null or field.has_db_default() or isinstance(field, models.ManyToManyField)):
                yield f"{operation.describe()}: without null or db_default the old version can't insert a row"
        elif isinstance(operation, migrations.RunPython | migrations.RunSQL):
            if not operation.elidable:
                yield f"{operation.describe()}: mark it elidable once somebody has thought about rows written meanwhile"
        elif isinstance(operation, migrations.AddConstraint) and operation.model_name_lower in made:
            continue
        elif not isinstance(operation, HARMLESS):
            yield f"{operation.describe()}: the old version reads or writes what this changes"


def upgrades() -> list[str]:
    names = sorted(file.stem for file in (ROOT / "apps" / "migrations").glob("[0-9]*.py"))
    return [name for name in names if name >= FIRST_UPGRADE]


def test_there_are_upgrades_to_look_at() -> None:
    assert "0005_job_numbers" in upgrades()


@pytest.mark.parametrize("name", upgrades())
def test_every_migration_runs_while_the_old_version_serves(name: str) -> None:
    migration = importlib.import_module(f"apps.migrations.{name}").Migration
    assert list(unsafe(migration.operations)) == []


@pytest.mark.parametrize(
    "operation",
    [
        migrations.AddField("task", "colour", models.CharField(max_length=9)),
        migrations.AddField("task", "colour", models.CharField(max_length=9, default="red")),
        migrations.RemoveField("task", "name"),
        migrations.RenameField("task", "name", "title"),
        migrations.AlterField("task", "name", models.CharField(max_length=9)),
        migrations.RenameModel("task", "job"),
        migrations.DeleteModel("task"),
        migrations.AlterModelTable("task", "jobs"),
        migrations.AlterUniqueTogether("task", {("name",)}),
        migrations.AddConstraint("task", models.UniqueConstraint(fields=["name"], name="one_name")),
        migrations.RunSQL("DELETE FROM togo_task"),
        migrations.SeparateDatabaseAndState(database_operations=[migrations.RemoveField("task", "name")]),
    ],
    ids=lambda operation: type(operation).__name__,
)
def test_finds_steps_that_the_old_version_would_notice(operation: Operation) -> None:
    assert len(list(unsafe([operation]))) == 1


@pytest.mark.parametrize(
    "operation",
    [
        migrations.AddField("task", "colour", models.CharField(max_length=9, null=True)),
        migrations.AddField("task", "colour", models.CharField(max_length=9, db_default="red")),
        migrations.CreateModel("colour", [("id", models.BigAutoField(primary_key=True))]),
        migrations.AddIndex("task", models.Index(fields=["name"], name="task_name")),
    ],
    ids=lambda operation: type(operation).__name__,
)
def test_lets_the_others_pass(operation: Operation) -> None:
    assert list(unsafe([operation])) == []
