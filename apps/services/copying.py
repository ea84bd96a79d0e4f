"""Copies a day to many people: the database inserts for all of them what was picked once."""

from django.db import connection
from django.db.models import QuerySet, Value
from django.db.models.constants import OnConflict

from apps.models import DailyLimit, User

_COPIED = ("date", "wanted", "maximum", "taken", "source_kind", "source_rule", "source_reason", "rules_version")


def insert(day: DailyLimit, people: QuerySet[User, int]) -> None:
    """Insert a day like this one for each of these ids of people. Rows that exist stay as they are."""
    # Documented, whatever its name says.
    fields = {field.attname: field for field in DailyLimit._meta.concrete_fields}  # noqa: SLF001
    values = [Value(getattr(day, name), fields[name]) for name in _COPIED]
    select, params = people.values_list("pk", *values).query.sql_with_params()
    # Django's own words for it, by database; it has none for the whole.
    ignore = OnConflict.IGNORE
    into = f"{connection.ops.insert_statement(ignore)} togo_dailylimit (user_id, {', '.join(_COPIED)})"
    suffix = connection.ops.on_conflict_suffix_sql([], ignore, [], [])
    with connection.cursor() as cursor:
        cursor.execute(f"{into} {select} {suffix}", params)
