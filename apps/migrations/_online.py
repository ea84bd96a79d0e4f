"""Steps that large tables bear while they are read and written. (Django takes no file with _ for a migration.)"""

import contextlib

from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, ValidateConstraint
from django.db import migrations, transaction


class OnlineMigration(migrations.Migration):
    """A migration whose steps are transactions of their own, so that PostgreSQL locks each table for one step only.

    On SQLite all steps are one transaction. SQLite changes a table by copying it and dropping the old one: without a
    transaction, others would lose what they write meanwhile, and find no table for a moment.
    """

    atomic = False

    def apply(self, project_state, schema_editor, collect_sql=False):
        """Do all steps; returns the state of the tables after them."""
        with _one_transaction_on_sqlite(schema_editor.connection):
            return super().apply(project_state, schema_editor, collect_sql)

    def unapply(self, project_state, schema_editor, collect_sql=False):
        """Undo all steps; returns the state of the tables before them."""
        with _one_transaction_on_sqlite(schema_editor.connection):
            return super().unapply(project_state, schema_editor, collect_sql)


def _one_transaction_on_sqlite(connection):
    return transaction.atomic(connection.alias) if connection.vendor == "sqlite" else contextlib.nullcontext()


class AddIndexOnline(AddIndexConcurrently):
    """Adds an index without stopping writers. Its migration must be `atomic = False`.

    MariaDB does so by itself, and SQLite has one writer anyway: Django's own operation for PostgreSQL fails on both.
    """

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        kind = AddIndexConcurrently if schema_editor.connection.vendor == "postgresql" else migrations.AddIndex
        kind.database_forwards(self, app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        kind = AddIndexConcurrently if schema_editor.connection.vendor == "postgresql" else migrations.AddIndex
        kind.database_backwards(self, app_label, schema_editor, from_state, to_state)


class AddCheckOnline(migrations.AddConstraint):
    """Adds a check that every row passes, also the rows that the old version still writes. Its migration must be an
    `OnlineMigration`.

    PostgreSQL looks at the rows that are there without stopping writers. MariaDB copies the table.
    """

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        for step in (
            AddConstraintNotValid(self.model_name, self.constraint),
            ValidateConstraint(self.model_name, self.constraint.name),
        ):
            step.database_forwards(app_label, schema_editor, from_state, to_state)
