"""Constraints of the database that Django has no class for."""

from typing import Any

from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


class CompositeForeignKey(models.BaseConstraint):
    """Several columns together are those of one row of another table. An empty column satisfies it.

    The database keeps it: Django's own foreign keys have one column each. The referenced columns need a unique
    constraint of their own. All columns have the names of the database, because Django hides other models while it
    writes a table of SQLite anew.
    """

    def __init__(self, *, columns: list[str], to_table: str, to_columns: list[str], name: str) -> None:
        super().__init__(name=name)
        self.columns = columns
        self.to_table = to_table
        self.to_columns = to_columns

    def constraint_sql(self, model: type[models.Model] | None, schema_editor: BaseDatabaseSchemaEditor | None) -> str:
        """The constraint within CREATE TABLE: SQLite can't add one to a table."""
        assert schema_editor
        quote = schema_editor.quote_name
        # Django's own foreign keys on SQLite are checked at the end of a transaction, too; it empties tables in any
        # order.
        is_sqlite = schema_editor.connection.vendor == "sqlite"
        when = " DEFERRABLE INITIALLY DEFERRED" if is_sqlite else schema_editor.connection.ops.deferrable_sql()
        columns, to_columns = (", ".join(map(quote, names)) for names in (self.columns, self.to_columns))
        return (
            f"CONSTRAINT {quote(self.name)} FOREIGN KEY ({columns}) REFERENCES {quote(self.to_table)} ({to_columns})"
            f"{when}"
        )

    def create_sql(self, model: type[models.Model] | None, schema_editor: BaseDatabaseSchemaEditor | None) -> str:
        """The statement that adds it, and checks the rows that are there."""
        return f"{_alter(model, schema_editor)} ADD {self.constraint_sql(model, schema_editor)}"

    def remove_sql(self, model: type[models.Model] | None, schema_editor: BaseDatabaseSchemaEditor | None) -> str:
        """The statement that removes it."""
        assert schema_editor
        drop = "DROP FOREIGN KEY" if schema_editor.connection.vendor == "mysql" else "DROP CONSTRAINT"
        return f"{_alter(model, schema_editor)} {drop} {schema_editor.quote_name(self.name)}"

    def validate(self, *_: Any, **__: Any) -> None:
        """Nothing: the database decides when the row is written."""

    def deconstruct(self) -> Any:
        """How a migration writes it down."""
        path, args, kwargs = super().deconstruct()
        return path, args, {**kwargs, "columns": self.columns, "to_table": self.to_table, "to_columns": self.to_columns}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CompositeForeignKey) and self.deconstruct() == other.deconstruct()

    def __hash__(self) -> int:
        return hash(self.name)


def _alter(model: type[models.Model] | None, schema_editor: BaseDatabaseSchemaEditor | None) -> str:
    assert model
    assert schema_editor
    # `_meta` is documented, whatever its name says.
    return f"ALTER TABLE {schema_editor.quote_name(model._meta.db_table)}"  # noqa: SLF001
