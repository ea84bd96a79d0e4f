"""What the database holds, to be compared before and after."""

from collections.abc import Collection
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import Model


def everything(*, but: Collection[type[Model]] = ()) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, except the tables of the models in `but`.

    In plain SQL, because tests ask for it thousands of times.
    """
    with connection.cursor() as cursor:
        return {
            model._meta.label: _rows(cursor, model._meta.db_table, model._meta.pk.column)
            for model in apps.get_models(include_auto_created=True)
            if model not in but
        }


def _rows(cursor: Any, table: str, key: str) -> list[tuple[Any, ...]]:
    # MariaDB has words of its own that are names here.
    table, key = map(connection.ops.quote_name, (table, key))
    cursor.execute(f"SELECT * FROM {table} ORDER BY {key}")  # noqa: S608
    return list(cursor.fetchall())
