"""Converters for ids and dates in paths."""

import datetime

from django.urls import register_converter

from apps.services.shared.formats import parse_date, parse_id


class IdConverter:
    """An id in digits that a database can hold; anything else is an unknown path."""

    regex = "[0-9]{1,19}"

    def to_python(self, value: str) -> int:
        """The id."""
        return parse_id(value)

    def to_url(self, value: int) -> str:
        """The digits."""
        return str(value)


class DateConverter:
    """A date that exists, as `YYYY-MM-DD`; anything else is an unknown path."""

    regex = "[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> datetime.date:
        """The date."""
        return parse_date(value)

    def to_url(self, value: datetime.date) -> str:
        """As `YYYY-MM-DD`."""
        return value.isoformat()


register_converter(IdConverter, "id")
register_converter(DateConverter, "date")
