"""Conditions that the reads of several tables share."""

import datetime
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import reduce
from operator import or_
from typing import Any, Self, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model, Q
from django.db.models.base import ModelState
from django.db.models.expressions import RawSQL

from apps.models import replica

T = TypeVar("T", int, str)
M = TypeVar("M", bound=Model)
# A person's id and a date: the key of a day.
DayKey = tuple[int, datetime.date]

# Dates in one query for days: each adds a condition.
_DATES_PER_QUERY = 100


def holds(column: str, text: str) -> Q:
    """Whether a column holds the text, in capitals or not."""
    # Not `icontains`: SQLite's knows no capitals but A to Z, and MariaDB's none at all where "Bob" and "bob" are two.
    return Q(**{f"{column}__iregex": f"(?i){re.escape(text)}"})


def any_of(values: Collection[T]) -> Collection[T] | RawSQL:
    """The value of an `__in` lookup for many ids or texts: on PostgreSQL one array instead of a value for each."""
    if connection.vendor != "postgresql" or not values:
        return values
    if isinstance(next(iter(values)), str):
        return RawSQL("SELECT unnest(%s::text[])", [list(values)])
    return RawSQL("SELECT unnest(%s::bigint[])", [array(values)])


def conditions_for(days: Iterable[DayKey]) -> Iterator[Q]:
    """Conditions that together find these people's dates, in any table with `user` and `date`; one for each query."""
    people: dict[datetime.date, set[int]] = {}
    for user_id, date in days:
        people.setdefault(date, set()).add(user_id)
    dates = sorted(people)
    for start in range(0, len(dates), _DATES_PER_QUERY):
        chunk = dates[start : start + _DATES_PER_QUERY]
        yield reduce(or_, (Q(date=date, user__in=people[date]) for date in chunk))


def array(values: Iterable[int | str | datetime.date]) -> str:
    """An array of numbers or dates as PostgreSQL reads it: one text is written faster than each value by itself."""
    return f"{{{','.join(map(str, values))}}}"


def object_of(model: type[M], columns: Mapping[str, Any], **related: Model) -> M:
    """The object of a row with these columns and these objects that it refers to. A column left out is read when it is
    used. As `Model.from_db`, in a tenth of the time: no signals, because nobody listens to them, and no defaults."""
    one = model.__new__(model)
    one.__dict__.update(columns)
    one._state = state = ModelState()  # noqa: SLF001 - `from_db` is documented to set it
    state.db, state.adding = DEFAULT_DB_ALIAS, False
    if related:
        state.fields_cache = related
    return one


class ReadOften(Model):
    """A model of which calls read many rows: its objects are made by `object_of`."""

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any], **_: Any) -> Self:
        """The object of a row, of the writer or of its replica."""
        assert db in (DEFAULT_DB_ALIAS, replica.ALIAS)
        return object_of(cls, dict(zip(field_names, values, strict=True)))
