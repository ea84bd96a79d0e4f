"""Migrations run while the previous version still serves, so no step may disturb it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import DatabaseError, connection, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.test.utils import CaptureQueriesContext

from apps.migrations._online import AddCheckOnline, AddIndexOnline, OnlineMigration
from apps.models import Event
from apps.models.events import Kind
from tests import upgrades

# Installations exist from here on. The migrations before made the first tables.
FIRST_UPGRADE = "0005"
LOADER = MigrationLoader(None)
UPGRADES = sorted(name for app, name in LOADER.graph.nodes if app == "togo" and name >= FIRST_UPGRADE)
NOW = LOADER.project_state()
INDEX = models.Index(fields=["name"], name="task_name")
ROWS = models.Index(fields=["kind"], name="event_kind")
CHECK = models.CheckConstraint(condition=~models.Q(task_name="forbidden"), name="event_task_name")
KIND = models.CharField(max_length=9, null=True)


def nothing(*_: Any) -> None:
    """Stands for a migration's work on rows."""


def found_in(
    *operations: Operation,
    atomic: bool = True,
    kind: type[migrations.Migration] = migrations.Migration,
    **more: Any,
) -> list[str]:
    """The findings of the linter for a new migration with these steps."""
    migration = kind("9999_next", "togo")
    migration.operations, migration.atomic = list(operations), atomic
    vars(migration).update(more)
    return upgrades.findings(migration, NOW)


def test_there_are_upgrades_to_check() -> None:
    assert "0005_job_numbers" in UPGRADES


@pytest.mark.parametrize("name", UPGRADES)
def test_every_migration_runs_while_the_old_version_serves(name: str) -> None:
    before: ProjectState = LOADER.project_state(("togo", name), at_end=False)
    assert upgrades.findings(LOADER.graph.nodes["togo", name], before) == []


@pytest.mark.parametrize(
    "operation",
    [
        migrations.AddField("task", "colour", models.CharField(max_length=9)),
        migrations.AddField("task", "colour", models.CharField(max_length=9, default="red")),
        migrations.AddField("event", "colour", models.CharField(max_length=9, null=True, db_index=True)),
        migrations.AddField("event", "by", models.ForeignKey("togo.task", models.PROTECT, null=True)),
        migrations.RemoveField("task", "name"),
        migrations.RenameField("task", "name", "title"),
        migrations.AlterField("task", "name", models.CharField(max_length=9)),
        migrations.AlterField("task", "name", models.TextField()),
        migrations.AlterField("jobrun", "found", models.BigIntegerField()),
        migrations.AlterField("jobrun", "found", models.BigIntegerField(null=True, unique=True)),
        migrations.RenameModel("task", "job"),
        migrations.DeleteModel("jobrun"),
        migrations.AlterModelTable("task", "jobs"),
        migrations.AlterUniqueTogether("task", {("name",)}),
        migrations.AddIndex("event", ROWS),
        AddIndexOnline("event", ROWS),
        migrations.AddConstraint("task", models.UniqueConstraint(fields=["name"], name="one_name")),
        migrations.AddConstraint("event", CHECK),
        AddCheckOnline("event", CHECK),
        migrations.RunPython(nothing, elidable=True),
        migrations.RunPython(nothing, nothing),
        migrations.RunPython(nothing, nothing, elidable=True),
        migrations.RunSQL("DELETE FROM togo_task"),
        migrations.SeparateDatabaseAndState(database_operations=[migrations.RemoveField("task", "name")]),
    ],
    ids=lambda operation: operation.describe(),
)
def test_refuses_steps_that_would_disturb_the_old_version(operation: Operation) -> None:
    assert len(found_in(operation)) == 1


@pytest.mark.parametrize(
    "operation",
    [
        migrations.AddField("task", "colour", models.CharField(max_length=9, null=True)),
        migrations.AddField("event", "colour", models.CharField(max_length=9, db_default="red")),
        migrations.AddField("jobrun", "by", models.ForeignKey("togo.task", models.PROTECT, null=True)),
        migrations.AlterField("task", "name", models.CharField(max_length=300, help_text="Longer.")),
        migrations.AlterField("jobrun", "seconds", models.FloatField(null=True, default=1, verbose_name="time")),
        migrations.AlterField("jobrun", "finished_at", models.DateTimeField(null=True)),
        migrations.AddIndex("task", INDEX),
        migrations.RemoveIndex("event", NOW.models["togo", "event"].options["indexes"][0].name),
        migrations.AlterModelOptions("task", {"verbose_name": "thing to do"}),
    ],
    ids=lambda operation: operation.describe(),
)
def test_accepts_steps_that_do_not_disturb_the_old_version(operation: Operation) -> None:
    assert found_in(operation) == []


def test_accepts_slow_steps_that_block_nobody() -> None:
    steps = [AddIndexOnline("event", ROWS), migrations.RunPython(nothing, nothing, elidable=True)]
    assert found_in(*steps, atomic=False) == []


@pytest.mark.parametrize(
    "step",
    [AddCheckOnline("event", CHECK), migrations.AddField("task", "colour", models.CharField(max_length=9, null=True))],
    ids=lambda step: step.describe(),
)
def test_steps_for_which_sqlite_copies_a_table_are_one_transaction_there(step: Operation) -> None:
    assert len(found_in(step, atomic=False)) == 1
    assert found_in(step, atomic=False, kind=OnlineMigration) == []


def test_a_new_table_may_be_changed_in_any_way() -> None:
    made = migrations.CreateModel(
        "colour", [("id", models.BigAutoField(primary_key=True)), ("name", models.TextField())]
    )
    only = models.UniqueConstraint(fields=["name"], name="one_colour")
    assert found_in(made, migrations.AddConstraint("colour", only), migrations.RemoveField("colour", "name")) == []


def test_a_step_that_is_marked_as_safe_needs_a_reason() -> None:
    step = migrations.RemoveField("jobrun", "found")
    assert found_in(step, safe={"remove_jobrun_found": "0.2 doesn't read it any more"}) == []
    assert len(found_in(step, safe={"remove_jobrun_found": ""})) == 1
    assert len(found_in(safe={"remove_jobrun_found": "0.2 doesn't read it any more"})) == 1


def test_the_tables_that_grow_exist() -> None:
    assert {name for app, name in NOW.models if app == "togo"} >= upgrades.GROWING


@pytest.mark.django_db(transaction=True)
def test_an_index_is_added_online_on_every_database() -> None:
    with done(AddIndexOnline("event", ROWS)):
        assert "event_kind" in indexes_and_constraints()
    assert "event_kind" not in indexes_and_constraints()


@pytest.mark.django_db(transaction=True)
def test_a_check_is_added_online_on_every_database() -> None:
    Event.objects.create(kind=Kind.ASSIGNED, actor=1, task_name="cooking")

    with done(AddCheckOnline("event", CHECK)):
        assert "event_task_name" in indexes_and_constraints()
        with pytest.raises(DatabaseError):
            Event.objects.create(kind=Kind.ASSIGNED, actor=1, task_name="forbidden")
    assert "event_task_name" not in indexes_and_constraints()
    assert Event.objects.get().task_name == "cooking"


@pytest.mark.django_db(transaction=True)
def test_postgresql_looks_at_the_rows_of_a_check_without_stopping_writers() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("other databases check all rows at once")
    with CaptureQueriesContext(connection) as queries, done(AddCheckOnline("event", CHECK)):
        adds, validates = [query["sql"] for query in queries if "event_task_name" in query["sql"]]

    assert adds.endswith("NOT VALID")
    assert "VALIDATE CONSTRAINT" in validates


@pytest.mark.django_db(transaction=True)
def test_an_online_migration_that_fails_changes_nothing_on_sqlite() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("elsewhere each step is a transaction, and no table is missing meanwhile")

    def fail(*_: Any) -> None:
        raise ZeroDivisionError

    Event.objects.create(kind=Kind.ASSIGNED, actor=1, task_name="cooking")
    migration = OnlineMigration("9999_next", "togo")
    migration.operations = [AddCheckOnline("event", CHECK), migrations.RunPython(fail)]

    with pytest.raises(ZeroDivisionError), connection.schema_editor(atomic=migration.atomic) as editor:
        migration.apply(NOW.clone(), editor)

    assert "event_task_name" not in indexes_and_constraints()
    assert Event.objects.get().task_name == "cooking"


@contextmanager
def done(step: Operation) -> Iterator[None]:
    """Do this step for the body, and then undo it."""
    after = NOW.clone()
    step.state_forwards("togo", after)
    with connection.schema_editor(atomic=False) as editor:
        step.database_forwards("togo", editor, NOW, after)
    try:
        yield
    finally:
        with connection.schema_editor(atomic=False) as editor:
            step.database_backwards("togo", editor, after, NOW)


def indexes_and_constraints() -> set[str]:
    with connection.cursor() as cursor:
        return set(connection.introspection.get_constraints(cursor, Event._meta.db_table))
