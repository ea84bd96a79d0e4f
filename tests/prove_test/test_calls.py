"""What a client takes for certain."""

from typing import Any

import pytest

from lab.prove.calls import Answer


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (201, {"id": 1}),
        (204, None),
        (409, {"code": "daily_limit_reached"}),
        (503, {"code": "try_again", "retry_after": 1}),  # Busy: nothing was written.
    ],
)
def test_an_answer_is_certain(status: int, body: Any) -> None:
    assert not Answer(status, body).is_unknown


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (0, None),
        (500, None),
        (502, {"code": "try_again"}),
        (503, {"code": "try_again", "retry_after": 5}),  # The database was lost, perhaps after the commit.
    ],
)
def test_it_may_have_happened(status: int, body: Any) -> None:
    assert Answer(status, body).is_unknown
