"""Steps that large tables bear while they are read and written. (Django takes no file with _ for a migration.)"""

from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, ValidateConstraint
from django.db import migrations


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
    """Adds a check that every row passes, also the rows that the old version still writes. Its migration must be
    `atomic = False`.

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
