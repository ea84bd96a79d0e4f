"""Strict input: nothing is coerced, and unknown fields are refused."""

import datetime
import re
import unicodedata
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from apps.models.effort import HIGHEST_EFFORT, LOWEST_EFFORT
from apps.serializers.shapes import ShapeSerializer, shared
from apps.services.shared.formats import HIGHEST_ID, parse_date

_DIGITS = re.compile(r"\d{1,19}", re.ASCII)
# RFC 3339, 5.6.
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:Z|[+-]\d{2}:\d{2})", re.ASCII)


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses unknown fields, and names them."""

    default_error_messages = {"invalid": "This must be a JSON object."}

    @classmethod
    def read(cls, request: Request) -> dict[str, Any]:
        """The valid body of a request. Raises `ValidationError`."""
        return cls.valid(request.data)

    @classmethod
    def valid(cls, data: Any) -> dict[str, Any]:
        """The valid data. Raises `ValidationError`."""
        return dict(shared(cls).run_validation(data))

    def to_internal_value(self, data: Any) -> Any:
        """The valid data. Raises `ValidationError` for unknown fields as well as for wrong ones."""
        if isinstance(data, dict) and (unknown := sorted(set(data) - set(self.fields))):
            known = ", ".join(self.fields) or "none"
            raise serializers.ValidationError(
                {
                    name: serializers.ErrorDetail(f"This field is not known; known: {known}.", "unknown")
                    # Name only a few: a body could have a hundred thousand unknown fields.
                    for name in unknown[:10]
                }
            )
        return super().to_internal_value(data)


class QuerySerializer(StrictSerializer):
    """Query parameters, which arrive as text."""

    @classmethod
    def read(cls, request: Request) -> dict[str, Any]:
        """The valid parameters of a request. Raises `ValidationError`, also for a repeated parameter that isn't a
        list."""
        fields = shared(cls).fields
        data: dict[str, Any] = {}
        for name, values in request.query_params.lists() if request.META.get("QUERY_STRING") else ():
            if isinstance(fields.get(name), serializers.ListField):
                data[name] = values
            elif len(values) > 1:
                raise serializers.ValidationError(
                    {name: serializers.ErrorDetail("This parameter was given more than once.", "repeated")}
                )
            else:
                data[name] = values[0]
        return cls.valid(data)


class IntegerField(serializers.IntegerField):
    """A JSON integer: no text, no fraction, no true or false."""

    default_error_messages = {"invalid": "This must be a whole number."}

    def to_internal_value(self, data: Any) -> int:
        """The number."""
        if type(data) is not int:
            self.fail("invalid")
        return super().to_internal_value(data)


class IdField(IntegerField):
    """An id: a JSON integer from 1 to the highest number that a database can hold."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=HIGHEST_ID, **kwargs)


class EffortField(IntegerField):
    """How much of a day's limit a task takes."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "min_value": LOWEST_EFFORT, "max_value": HIGHEST_EFFORT, **kwargs})


class QueryIntegerField(IntegerField):
    """A whole number in a query, as digits."""

    def to_internal_value(self, data: Any) -> int:
        """The number."""
        if not (isinstance(data, str) and _DIGITS.fullmatch(data)):
            self.fail("invalid")
        return super().to_internal_value(int(data))


class QueryEffortField(QueryIntegerField, EffortField):
    """An effort in the query of a URL."""


class QueryIdField(QueryIntegerField, IdField):
    """An id in a query, as digits."""


class TextField(serializers.CharField):
    """A JSON string without control characters; text that a database or a log can't hold is refused."""

    default_error_messages = {
        "invalid": "This must be text.",
        "control": "This must not hold control characters.",
    }
    # Control characters that it may hold.
    allowed = ""

    def to_internal_value(self, data: Any) -> str:
        """The text without blanks around it, unless the field keeps them. The blanks count in its length."""
        if not isinstance(data, str):
            self.fail("invalid")
        if self.max_length is not None and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        if any(unicodedata.category(one) in {"Cc", "Cs"} and one not in self.allowed for one in data):
            self.fail("control")
        return super().to_internal_value(data)


class MultilineField(TextField):
    """A JSON string that may have several lines. Each line break becomes `\\n`."""

    allowed = "\n"

    def to_internal_value(self, data: Any) -> str:
        """The text."""
        return super().to_internal_value(data.replace("\r\n", "\n") if isinstance(data, str) else data)


class QueryTextField(TextField):
    """A text to search for; an empty one finds everything."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_blank=True, max_length=255, **kwargs)


class BooleanField(serializers.BooleanField):
    """A JSON true or false: no text and no number."""

    default_error_messages = {"invalid": "This must be true or false."}

    def to_internal_value(self, data: Any) -> bool:
        """True or false."""
        if not isinstance(data, bool):
            self.fail("invalid")
        return data


class QueryBooleanField(BooleanField):
    """`true` or `false` in a query."""

    def to_internal_value(self, data: Any) -> bool:
        """Which of the two."""
        return super().to_internal_value({"true": True, "false": False}.get(data, data))


class SecretField(TextField):
    """A password or token: blanks are kept, and it is never shown."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(write_only=True, trim_whitespace=False, **kwargs)


class DateField(serializers.DateField):
    """A date exactly as `YYYY-MM-DD`."""

    default_error_messages = {"invalid": "This must be a date that exists, as YYYY-MM-DD."}

    def to_internal_value(self, value: Any) -> datetime.date:
        """The date."""
        if not isinstance(value, str):
            self.fail("invalid")
        try:
            return parse_date(value)
        except ValueError:
            self.fail("invalid")


class TimeField(serializers.DateTimeField):
    """A time exactly as RFC 3339 writes it: read with any offset, and shown in UTC whatever `TOGO_TIME_ZONE` is."""

    default_error_messages = {"invalid": "This must be a time with its offset, as 2026-03-02T12:00:00Z."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default_timezone=datetime.UTC, **kwargs)

    def to_representation(self, value: Any) -> str:
        """The time in UTC, which databases return already."""
        text: str = value.astimezone(datetime.UTC).isoformat()
        return f"{text.removesuffix('+00:00')}Z"

    def to_internal_value(self, value: Any) -> datetime.datetime:
        """The time, in UTC."""
        if not (isinstance(value, str) and _TIME.fullmatch(value)):
            self.fail("invalid")
        try:
            time = datetime.datetime.fromisoformat(value).astimezone(datetime.UTC)
        except (ValueError, OverflowError):
            self.fail("invalid")
        # A time near the last year may leave the calendar in another zone.
        if time.year == datetime.MAXYEAR:
            self.fail("invalid")
        return time


class PageQuerySerializer(QuerySerializer):
    """The page of a list."""

    page_size = QueryIdField(required=False, help_text="Rows on a page: 50 by default, at most 200.")
    cursor = serializers.CharField(
        required=False, help_text="The position of the page, taken from `next` or `previous`."
    )


class PageSerializer(ShapeSerializer):
    """A page of a list; subclasses add `results`."""

    next = serializers.URLField(allow_null=True, help_text="The next page, or null.")
    previous = serializers.URLField(allow_null=True, help_text="The page before, or null.")


class DateRangeSerializer(QuerySerializer):
    """A range of dates, both included."""

    date_from = DateField(required=False)
    date_to = DateField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Check the order of the two dates."""
        if "date_from" in attrs and "date_to" in attrs and attrs["date_from"] > attrs["date_to"]:
            raise serializers.ValidationError(
                {"date_to": serializers.ErrorDetail("This must not be before date_from.", "order")}
            )
        return attrs
