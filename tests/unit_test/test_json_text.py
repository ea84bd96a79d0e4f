"""JSON is written as Django REST framework writes it."""

import datetime
import uuid
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from django.utils.functional import lazystr
from rest_framework.renderers import JSONRenderer

from apps.models.assignments import Status
from apps.views.http.json_text import as_json

pytestmark = pytest.mark.no_db


class Pair(NamedTuple):
    one: int
    two: str


NOON = datetime.datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    "data",
    [
        {"name": "Nguyễn </script>", "none": None, "yes": True, "list": [1, 2.5, -0.0, 1e300]},
        {"at": NOON, "date": NOON.date(), "time": NOON.time().replace(tzinfo=None), "for": datetime.timedelta(1)},
        {"id": uuid.UUID(int=7), "sum": Decimal("1.50"), "status": Status.OPEN, "lazy": lazystr("later")},
        Pair(1, "two"),
        {1: "a key that is a number"},
        {"more than 64 bits": 2**64},
        {"bytes": b"bytes"},
    ],
)
def test_it_is_the_text_that_django_rest_framework_writes(data: Any) -> None:
    assert as_json(data) == JSONRenderer().render(data)
