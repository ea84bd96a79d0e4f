"""The pages of `/api/users/assignment/`"""

import base64
import itertools
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.models import Assignment, DailyLimit, Task, User
from tests.api_test.test_problems import assert_problem
from tests.conftest import make_person

LIST = "/api/users/assignment/"


@pytest.fixture
def rows(taskmaster: User, cooking: Task) -> list[Assignment]:
    """25 assignments on 3 days with 2 creation times, so that most of them are equal in the field that orders them.
    They aren't created in the order of their people."""
    made = []
    people = [make_person(f"person {number}") for number in range(25)]
    for number in range(25):
        day = DailyLimit.objects.create(
            user=people[number * 7 % 25],
            date=date(2026, 3, 2 + number % 3),
            wanted=5,
            maximum=5,
            taken=1,
            source_kind="default",
            rules_version=1,
        )
        made.append(Assignment.objects.create(daily_limit=day, task=cooking, taskmaster=taskmaster))
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    for number, row in enumerate(made):
        row.created_at = noon + timedelta(microseconds=number % 2)
        row.save()
    return made


@pytest.fixture
def caller(taskmaster: User, signed_in: Callable[[User], APIClient]) -> APIClient:
    return signed_in(taskmaster)


def pages(caller: APIClient, address: str | None, direction: str) -> list[list[int]]:
    """The ids of every page from this one on."""
    found = []
    while address:
        page = caller.get(address).json()
        found.append([row["id"] for row in page["results"]])
        address = page[direction]
        assert len(found) < 50
    return found


@pytest.mark.parametrize("size", [1, 7, 24, 25, 26])
def test_every_row_is_on_one_page_in_order_forwards_and_backwards(
    caller: APIClient, rows: list[Assignment], size: int
) -> None:
    for ordering in ("date", "-date", "created_at", "-created_at"):
        key = (
            (lambda row: (row.date, row.user_id, row.pk))
            if "date" in ordering
            else (lambda row: (row.created_at, row.pk))
        )
        expected = [row.pk for row in sorted(rows, key=key, reverse=ordering.startswith("-"))]

        first = f"{LIST}?ordering={ordering}&page_size={size}"
        forwards = pages(caller, first, "next")
        assert list(itertools.chain(*forwards)) == expected
        assert all(len(page) == size for page in forwards[:-1])

        last = first
        while following := caller.get(last).json()["next"]:
            last = following
        assert pages(caller, last, "previous") == forwards[::-1]


def test_deleted_rows_do_not_shift_the_next_page(caller: APIClient, rows: list[Assignment]) -> None:
    expected = [row.pk for row in sorted(rows, key=lambda row: (row.date, row.user_id, row.pk))]
    page = caller.get(f"{LIST}?page_size=10").json()
    assert [row["id"] for row in page["results"]] == expected[:10]

    # Delete the page's last row and one before it.
    Assignment.objects.filter(pk__in=[expected[9], expected[2]]).delete()

    assert [row["id"] for row in caller.get(page["next"]).json()["results"]] == expected[10:20]


def test_links_keep_the_filters(caller: APIClient, rows: list[Assignment]) -> None:
    page = caller.get(f"{LIST}?date=2026-03-03&page_size=5&ordering=-created_at").json()
    following = caller.get(page["next"]).json()

    assert {row["date"] for row in page["results"] + following["results"]} == {"2026-03-03"}
    assert (len(page["results"]), len(following["results"]), following["next"]) == (5, 3, None)
    assert page["previous"] is None


@pytest.mark.parametrize(("asked", "size"), [("", 50), ("?page_size=200", 200), ("?page_size=201", 200)])
def test_a_page_holds_50_and_at_most_200(caller: APIClient, rows: list[Assignment], asked: str, size: int) -> None:
    day = DailyLimit.objects.create(
        user=rows[0].taskmaster, date=date(2026, 3, 2), wanted=500, maximum=500, source_kind="hand", rules_version=1
    )
    tasks = Task.objects.bulk_create([Task(name=str(number)) for number in range(180)])
    for task in Task.objects.filter(name__in=[task.name for task in tasks]):
        Assignment(daily_limit=day, task=task, taskmaster=rows[0].taskmaster).save()

    page = caller.get(f"{LIST}{asked}").json()

    assert len(page["results"]) == size
    assert page["next"]


def test_an_empty_list_has_no_other_pages(caller: APIClient, taskmaster: User) -> None:
    assert caller.get(LIST).json() == {"results": [], "next": None, "previous": None}


def cursor(*values: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


INVALID_CURSORS = [
    "x",
    "\xe9",
    "%00",
    "=",
    "A" * 5000,
    base64.urlsafe_b64encode(b"[" * 20_000).decode(),
    base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    cursor(),
    cursor(0, "2026-03-02"),
    cursor(0, "2026-03-02", 1, 1, 1),
    cursor(0, "2026-03-02", "1", 1),
    cursor(0, "2026-03-02", None, 1),
    cursor(0, "2026-03-02", 2**63, 1),
    cursor(0, "2026-03-02", 1, 0),
    cursor(0, 20260302, 1),
    cursor(0, None, 1),
    cursor(0, "2026-02-30", 1),
    cursor(0, "2026-03-02", "1"),
    cursor(0, "2026-03-02", 0),
    cursor(*[0, "2026-03-02", True]),
    cursor(0, "2026-03-02", 1.5),
    cursor(0, "2026-03-02", 2**63),
    cursor(0, "2026-03-02", -(2**63)),
    cursor(2, "2026-03-02", 1),
    cursor([], "2026-03-02", 1),
    cursor(0, "2026-03-02T12:00:00", 1),
    # The first and the last moment, which UTC can't express.
    cursor(0, "0001-01-01T00:00:00+14:00", 1),
    cursor(0, "9999-12-31T23:59:59-14:00", 1),
]


@pytest.mark.parametrize("ordering", ["date", "-date", "created_at", "-created_at"])
def test_refuses_an_invalid_cursor(caller: APIClient, rows: list[Assignment], ordering: str) -> None:
    for forged in INVALID_CURSORS:
        problem = assert_problem(caller.get(LIST, {"ordering": ordering, "cursor": forged}), 400, "invalid_request")
        assert [error["field"] for error in problem["errors"]] == ["cursor"]


@pytest.mark.parametrize(
    ("ordering", "edges"),
    [
        ("date", [["0001-01-01", 2**63 - 1], ["9999-12-31", 2**63 - 1]]),
        ("created_at", [["0002-01-01T00:00:00+14:00"], ["9998-12-31T23:59:59-14:00"]]),
    ],
)
def test_a_cursor_before_or_after_all_rows_is_accepted(
    caller: APIClient, rows: list[Assignment], ordering: str, edges: list[list[Any]]
) -> None:
    before, behind = (
        caller.get(LIST, {"ordering": ordering, "cursor": cursor(0, *edge, 2**63 - 1)}).json() for edge in edges
    )

    assert (len(before["results"]), len(behind["results"])) == (25, 0)
