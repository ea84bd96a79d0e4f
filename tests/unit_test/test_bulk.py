"""The items of a bulk are read fast, with the result that a single call would have."""

from datetime import date
from typing import Any

import pytest
from rest_framework.serializers import ValidationError

from apps.serializers.assignments import AssignmentItemSerializer
from apps.serializers.bulk import BulkItemsField

GOOD = {"task": 1, "user": 2, "date": "2026-03-02"}


def test_a_good_item_is_read() -> None:
    assert BulkItemsField().to_internal_value([GOOD]) == [{"task": 1, "user": 2, "date": date(2026, 3, 2)}]


@pytest.mark.parametrize(
    "item",
    [
        GOOD | {"task": 2**63 - 1},
        GOOD | {"date": "2028-02-29"},
        GOOD | {"task": 2**63},
        GOOD | {"task": 0},
        GOOD | {"user": -1},
        GOOD | {"user": 1.0},
        GOOD | {"user": "1"},
        GOOD | {"user": True},
        GOOD | {"user": None},
        GOOD | {"user": [1]},
        GOOD | {"date": "2026-02-29"},
        GOOD | {"date": "0000-01-01"},
        GOOD | {"date": "2026-3-2"},
        GOOD | {"date": "20260302"},
        GOOD | {"date": "2026-03-02\n"},
        GOOD | {"date": "２０２６-03-02"},
        GOOD | {"date": 20260302},
        GOOD | {"colour": "red"},
        {"task": 1, "user": 2},
        {},
        [],
        None,
        "1",
    ],
)
def test_an_item_is_read_or_refused_as_the_single_call_would(item: Any) -> None:
    try:
        expected: Any = AssignmentItemSerializer().run_validation(item)
    except ValidationError as error:
        expected = error.detail

    [read] = BulkItemsField().to_internal_value([item])

    assert (read.detail if isinstance(read, ValidationError) else read) == expected
