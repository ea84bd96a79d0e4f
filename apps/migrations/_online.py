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


class AddFieldOnline(migrations.AddField):
    """Adds a column; does nothing where an interrupted migration has added it already."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        table = to_state.apps.get_model(app_label, self.model_name)._meta.db_table
        with schema_editor.connection.cursor() as cursor:
            columns = schema_editor.connection.introspection.get_table_description(cursor, table)
        if self.field.db_column not in {column.name for column in columns}:
            super().database_forwards(app_label, schema_editor, from_state, to_state)


class AddIndexOnline(AddIndexConcurrently):
    """Adds an index without stopping writers. Its migration must be `atomic = False`.

    MariaDB does so by itself, and SQLite has one writer anyway: Django's own operation for PostgreSQL fails on both.
    An index that an interrupted migration has made stays, and PostgreSQL makes an unfinished one anew.
    """

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        model = to_state.apps.get_model(app_label, self.model_name)
        if _is_there(schema_editor, model, self.index.name):
            return
        kind = AddIndexConcurrently if schema_editor.connection.vendor == "postgresql" else migrations.AddIndex
        kind.database_forwards(self, app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        kind = AddIndexConcurrently if schema_editor.connection.vendor == "postgresql" else migrations.AddIndex
        kind.database_backwards(self, app_label, schema_editor, from_state, to_state)


class AddUniqueOnline(migrations.AddConstraint):
    """Adds a unique constraint that no row can break, because it contains a unique column. Its migration must be an
    `OnlineMigration`.

    PostgreSQL builds the index without stopping writers, and then makes it the constraint's at once.
    """

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        model = to_state.apps.get_model(app_label, self.model_name)
        table, name = schema_editor.quote_name(model._meta.db_table), schema_editor.quote_name(self.constraint.name)
        if schema_editor.connection.vendor != "postgresql":
            if not _is_there(schema_editor, model, self.constraint.name):
                super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        columns = ", ".join(
            schema_editor.quote_name(model._meta.get_field(field).column) for field in self.constraint.fields
        )
        if not _is_there(schema_editor, model, self.constraint.name):
            schema_editor.execute(f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON {table} ({columns})", params=None)
        if not _is_constraint(schema_editor, self.constraint.name):
            schema_editor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE USING INDEX {name}", params=None)


class AddForeignKeyOnline(migrations.AddConstraint):
    """Adds a `CompositeForeignKey` that every row satisfies. Its migration must be an `OnlineMigration`.

    PostgreSQL looks at the rows that are there without stopping writers. MariaDB copies the table.
    """

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        model = to_state.apps.get_model(app_label, self.model_name)
        there = _is_there(schema_editor, model, self.constraint.name)
        if schema_editor.connection.vendor != "postgresql":
            if not there:
                super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        if not there:
            schema_editor.execute(f"{self.constraint.create_sql(model, schema_editor)} NOT VALID", params=None)
        ValidateConstraint(self.model_name, self.constraint.name).database_forwards(
            app_label, schema_editor, from_state, to_state
        )


def _is_there(schema_editor, model, name):
    """Whether the table has this index or constraint. Drops an index that PostgreSQL left unfinished."""
    connection = schema_editor.connection
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM pg_index JOIN pg_class ON oid = indexrelid WHERE relname = %s AND NOT indisvalid", [name]
            )
            unfinished = cursor.fetchone()
        if unfinished:
            schema_editor.execute(f"DROP INDEX CONCURRENTLY {schema_editor.quote_name(name)}", params=None)
    with connection.cursor() as cursor:
        return name in connection.introspection.get_constraints(cursor, model._meta.db_table)


def _is_constraint(schema_editor, name):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_constraint WHERE conname = %s", [name])
        return cursor.fetchone()


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
