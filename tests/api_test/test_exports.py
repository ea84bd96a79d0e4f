"""`/api/users/assignment/export.csv`: assignments as CSV that spreadsheets open and imports accept."""

import csv
import io
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.db.models import Value
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.models import Assignment, Import, Task, User
from apps.services import assignments, exports
from apps.services.imports import blocks
from tests.api_test.test_problems import assert_problem, nothing_written

EXPORT = "/api/users/assignment/export.csv"

SignIn = Callable[[User], APIClient]


@pytest.fixture
def caller(taskmaster: User, signed_in: SignIn) -> APIClient:
    return signed_in(taskmaster)


@pytest.fixture
def given(taskmaster: User, alice: User, stranger: User, tasks: list[Task]) -> list[Assignment]:
    return [
        assignments.assign(actor=taskmaster, task_id=task.pk, user_id=person.pk, date=day)
        for task, person, day in (
            (tasks[0], alice, date(2026, 3, 4)),
            (tasks[1], alice, date(2026, 3, 3)),
            (tasks[1], stranger, date(2026, 3, 4)),
        )
    ]


def rows(caller: APIClient, query: str = "") -> list[dict[str, str]]:
    response = caller.get(EXPORT + query)
    assert response.status_code == 200, response.content
    text = b"".join(response).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_gives_all_assignments_as_csv(
    caller: APIClient, taskmaster: User, alice: User, tasks: list[Task], given: list[Assignment]
) -> None:
    Task.objects.filter(pk=tasks[0].pk).update(label="Kitchen")
    response = caller.get(EXPORT)

    assert response.status_code == 200
    assert response.streaming
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="assignments.csv"'
    assert response["X-Request-ID"]
    text = b"".join(response).decode()
    first = f"{given[0].pk},{tasks[0].pk},task 1,{alice.pk},alice,2026-03-04,1,open,{taskmaster.pk}"
    first += ",2026-03-02T12:00:00Z,Kitchen"
    assert text.startswith(
        f"\ufeffid,task,task_name,user,username,date,effort,status,taskmaster,created_at,label\r\n{first}\r\n"
    )
    assert text.endswith("\r\n")
    assert [row["id"] for row in rows(caller)] == [str(one.pk) for one in given]


def test_an_export_without_assignments_is_only_a_header(caller: APIClient) -> None:
    assert b"".join(caller.get(EXPORT)).decode().count("\r\n") == 1


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("?user={alice}", [0, 1]),
        ("?task={second}", [1, 2]),
        ("?date=2026-03-04", [0, 2]),
        ("?date_to=2026-03-03", [1]),
        ("?date_from=2026-03-04&user={alice}", [0]),
        ("?status=open", [0, 1, 2]),
        ("?status=done", []),
    ],
)
def test_filters_as_the_list_does(
    caller: APIClient, alice: User, tasks: list[Task], given: list[Assignment], query: str, numbers: list[int]
) -> None:
    found = rows(caller, query.format(alice=alice.pk, second=tasks[1].pk))

    assert [row["id"] for row in found] == [str(given[number].pk) for number in numbers]


def test_an_export_can_be_imported_elsewhere(
    caller: APIClient, taskmaster: User, alice: User, given: list[Assignment]
) -> None:
    names = ['=cmd|" /C calc"!A0', "+49 call", "'=quoted", "cook; bake, and\nserve", "@home"]
    odd = [Task.objects.create(name=name) for name in names]
    for task in odd:
        assignments.assign(actor=taskmaster, task_id=task.pk, user_id=alice.pk, date=date(2026, 3, 5))
    exported = b"".join(caller.get(EXPORT))
    by_name = io.StringIO(newline="")
    table = csv.writer(by_name)
    table.writerow(["date", "user", "task", "status"])
    table.writerows([row["date"], row["username"], row["task_name"], "x"] for row in rows(caller))
    expected = sorted(Assignment.objects.values_list("task", "daily_limit__user", "daily_limit__date"))

    for file in (exported, by_name.getvalue().encode()):
        for one in Assignment.objects.all():
            assignments.unassign(actor=taskmaster, assignment_id=one.pk)
        response = caller.post("/api/users/assignment/import/", {"file": io.BytesIO(file)})
        assert response.status_code == 202, response.content
        while blocks.do_next_block(response.json()["id"]):
            pass
        assert Import.objects.get(pk=response.json()["id"]).refused == 0
        assert sorted(Assignment.objects.values_list("task", "daily_limit__user", "daily_limit__date")) == expected


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "＝1"])
def test_names_that_a_spreadsheet_would_run_are_made_harmless(
    caller: APIClient, taskmaster: User, alice: User, name: str
) -> None:
    task = Task.objects.create(name="old")
    # Older versions stored names with their blanks.
    Task.objects.update(name=Value(name))
    assignments.assign(actor=taskmaster, task_id=task.pk, user_id=alice.pk, date=date(2026, 3, 5))

    assert [row["task_name"] for row in rows(caller)] == [f"'{name}"]


def test_an_export_continues_while_assignments_are_added_and_removed(
    caller: APIClient, taskmaster: User, alice: User, given: list[Assignment], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "_ROWS_PER_QUERY", 1)
    with CaptureQueriesContext(connection) as queries:
        found: Iterator[Any] = exports._rows(Assignment.objects.all())
        assert next(found)[0] == given[0].pk
        assert len(queries) == 1
    assignments.unassign(actor=taskmaster, assignment_id=given[1].pk)
    new = assignments.assign(actor=taskmaster, task_id=given[2].task_id, user_id=alice.pk, date=date(2026, 3, 9))

    assert [row[0] for row in found] == [given[2].pk, new.pk]


# --- refusals ---------------------------------------------------------------------------------------------------


def test_an_export_is_for_taskmasters_only(alice: User, given: list[Assignment], signed_in: SignIn) -> None:
    with nothing_written():
        assert_problem(APIClient().get(EXPORT), 401, "not_authenticated")
        assert_problem(signed_in(alice).get(EXPORT), 403, "not_allowed")
        assert_problem(signed_in(alice).get(f"{EXPORT}?user={alice.pk}"), 403, "not_allowed")


@pytest.mark.parametrize(
    "query",
    [
        "?page_size=5",
        "?cursor=x",
        "?ordering=date",
        "?user=me",
        "?date=today",
        "?date=2026-03-02&date=2026-03-03",
        "?status=late",
        "?date_from=2026-03-03&date_to=2026-03-02",
        "?format=json",
    ],
)
def test_refuses_a_bad_query(caller: APIClient, query: str) -> None:
    assert_problem(caller.get(EXPORT + query), 400, "invalid_request")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_refuses_other_methods(caller: APIClient, given: list[Assignment], method: str) -> None:
    with nothing_written():
        assert_problem(caller.generic(method, EXPORT), 405, "method_not_allowed")


@pytest.mark.parametrize(("accept", "status"), [("text/csv", 200), ("*/*", 200), ("application/json", 406)])
def test_an_export_is_csv_or_refused(caller: APIClient, accept: str, status: int) -> None:
    assert caller.get(EXPORT, HTTP_ACCEPT=accept).status_code == status
