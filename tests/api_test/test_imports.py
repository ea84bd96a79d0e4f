"""`/api/users/assignment/import/`: the API accepts a CSV file, a job imports its rows, and a report has the outcome
of each row."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from rest_framework.test import APIClient

from apps.models import Assignment, Import, ImportBlock, Task, User
from apps.services import imports
from apps.services.imports import blocks
from tests.api_test.test_problems import assert_problem, nothing_written
from tests.conftest import make_person

pytestmark = pytest.mark.no_db

IMPORT = "/api/users/assignment/import/"
FORM = "multipart/form-data; boundary=x"

SignIn = Callable[[User], APIClient]


@pytest.fixture
def caller(taskmaster: User, signed_in: SignIn) -> APIClient:
    return signed_in(taskmaster)


def send(caller: APIClient, content: str | bytes, **more: Any) -> HttpResponse:
    data = content if isinstance(content, bytes) else content.encode()
    response: HttpResponse = caller.post(IMPORT, {"file": SimpleUploadedFile("week.csv", data), **more})
    return response


def part(name: str, value: str, filename: str = "") -> bytes:
    file = f'; filename="{filename}"' if filename else ""
    return f'--x\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n{value}\r\n'.encode()


def send_form(caller: APIClient, *parts: bytes, form: str = FORM) -> HttpResponse:
    response: HttpResponse = caller.post(IMPORT, b"".join(parts) + b"--x--\r\n", content_type=form)
    return response


FILE = "task,user,date\ncooking,alice,2026-03-02\n"
FILE_PART = part("file", FILE, "week.csv")


def finish() -> None:
    while blocks.do_next_block(Import.objects.get().pk):
        pass


# --- accepted files ---------------------------------------------------------------------------------------------


@pytest.mark.every_database
def test_a_file_is_accepted_and_its_rows_are_imported_afterwards(
    caller: APIClient, taskmaster: User, alice: User, cooking: Task
) -> None:
    response = send(caller, "task;user;date\r\ncooking;alice;2026-03-02\r\ncooking;bob;2026-03-02\r\n")

    assert response.status_code == 202
    whole = Import.objects.get()
    url = f"http://testserver/api/users/assignment/import/{whole.pk}/"
    waiting = {
        "id": whole.pk,
        "status": "waiting",
        "detail": "",
        "dry_run": False,
        "rows": 2,
        "done": 0,
        "accepted": 0,
        "refused": 0,
        "created_at": "2026-03-02T12:00:00Z",
        "finished_at": None,
        "url": url,
        "report": f"{url}report.csv",
    }
    assert response["Location"] == url
    assert response.json() == waiting
    assert caller.get(url).json() == waiting
    assert (whole.uploader, Assignment.objects.count()) == (taskmaster, 0)

    finish()

    done = {"status": "done", "done": 2, "accepted": 1, "refused": 1, "finished_at": "2026-03-02T12:00:00Z"}
    assert caller.get(f"/api/users/assignment/import/{whole.pk}/").json() == waiting | done
    made = Assignment.objects.get()
    assert (made.task, made.daily_limit.user, made.taskmaster) == (cooking, alice, taskmaster)


def test_the_report_names_every_row_with_its_code(caller: APIClient, alice: User, cooking: Task) -> None:
    Task.objects.create(name='=HYPERLINK("http://evil.example.org")')
    send(caller, 'task,user,date\ncooking,alice,2026-03-02\n\n"=HYPERLINK(""http://x"")",alice,2026-03-02\n@x,bob,1\n')
    url = f"/api/users/assignment/import/{Import.objects.get().pk}/report.csv"
    assert b"".join(caller.get(url)).decode().splitlines()[1:] == [
        "2,cooking,alice,2026-03-02,,not_done,,,,",
        '4,"\'=HYPERLINK(""http://x"")",alice,2026-03-02,,not_done,,,,',
        "5,'@x,bob,1,,not_done,,,,",
    ]

    finish()
    response = caller.get(url)

    assert response.status_code == 200
    assert response.streaming
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == f'attachment; filename="import-{Import.objects.get().pk}.csv"'
    assert response["X-Request-ID"]
    text = b"".join(response).decode()
    assert text.startswith("\ufeffline,task,user,date,effort,status,code,detail,assignment,next_free_date\r\n")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert [(row["line"], row["status"], row["code"], row["assignment"]) for row in rows] == [
        ("2", "accepted", "", str(Assignment.objects.get().pk)),
        ("4", "refused", "task_not_found", ""),
        ("5", "refused", "invalid_request", ""),
    ]
    assert rows[2]["detail"] == "'1' is not a date that exists, as YYYY-MM-DD."


@pytest.mark.parametrize(("dry_run", "made"), [("true", 0), ("false", 1)])
def test_a_dry_run_assigns_nothing(caller: APIClient, alice: User, cooking: Task, dry_run: str, made: int) -> None:
    response = send(caller, FILE, dry_run=dry_run)
    assert (response.status_code, response.json()["dry_run"]) == (202, dry_run == "true")

    finish()

    assert Assignment.objects.count() == made
    report = b"".join(caller.get(f"{IMPORT}{Import.objects.get().pk}/report.csv")).decode()
    assert ("would_be_accepted" in report) is (dry_run == "true")


def test_refused_rows_can_be_corrected_in_the_report_and_imported(
    caller: APIClient, alice: User, cooking: Task
) -> None:
    send(caller, "task,user,date\ncoking,alice,2026-03-02\n")
    finish()
    report = b"".join(caller.get(f"{IMPORT}{Import.objects.get().pk}/report.csv"))
    Import.objects.all().delete()

    assert send(caller, report.replace(b"2,coking,", b"2,cooking,")).status_code == 202
    finish()

    assert Assignment.objects.get().task == cooking


def test_a_file_that_does_not_fit_into_memory_is_read_from_the_disk(
    caller: APIClient, settings: Any, alice: User, cooking: Task
) -> None:
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 1000
    response = send(caller, FILE + "cooking,alice,2026-03-02\n" * 2000)

    assert (response.status_code, response.json()["rows"]) == (202, 2001)
    assert ImportBlock.objects.count() == 2000 // imports.ROWS_PER_BLOCK + 1


def test_a_form_may_have_its_parts_in_any_order(caller: APIClient) -> None:
    assert send_form(caller, part("dry_run", "true"), FILE_PART).status_code == 202
    assert Import.objects.get().dry_run


def test_the_same_file_sent_again_with_its_key_is_imported_once(caller: APIClient) -> None:
    key = {"HTTP_IDEMPOTENCY_KEY": "monday"}
    first = caller.post(IMPORT, {"file": SimpleUploadedFile("week.csv", FILE.encode())}, **key)
    again = caller.post(IMPORT, {"file": SimpleUploadedFile("week.csv", FILE.encode())}, **key)

    assert (first.status_code, again.status_code, first.json()) == (202, 202, again.json())
    assert (again["Idempotent-Replayed"], again["Location"]) == ("true", first["Location"])
    assert Import.objects.count() == 1
    other = caller.post(IMPORT, {"file": SimpleUploadedFile("week.csv", FILE.encode() * 2)}, **key)
    assert_problem(other, 422, "idempotency_key_reused")


# --- permissions ------------------------------------------------------------------------------------------------


@pytest.fixture
def started(taskmaster: User) -> Import:
    return imports.start(actor=taskmaster, file=io.BytesIO(FILE.encode()), dry_run=False)


def test_an_import_needs_a_token(started: Import) -> None:
    with nothing_written():
        assert_problem(send(APIClient(), FILE), 401, "not_authenticated")
        for url in (f"{IMPORT}{started.pk}/", f"{IMPORT}{started.pk}/report.csv"):
            assert_problem(APIClient().get(url), 401, "not_authenticated")


def test_imports_are_for_taskmasters_only_whatever_is_sent(started: Import, alice: User, signed_in: SignIn) -> None:
    caller = signed_in(alice)
    with nothing_written():
        assert_problem(send(caller, FILE), 403, "not_allowed")
        assert_problem(send(caller, b"\0", more="x"), 403, "not_allowed")
        for url in (f"{IMPORT}{started.pk}/", f"{IMPORT}{started.pk}/report.csv", f"{IMPORT}4711/"):
            assert_problem(caller.get(url), 403, "not_allowed")


def test_another_taskmasters_import_is_not_found(started: Import, admin: User, signed_in: SignIn) -> None:
    other = signed_in(make_person("other", is_taskmaster=True))
    for url in (
        f"{IMPORT}{started.pk}/",
        f"{IMPORT}{started.pk}/report.csv",
        f"{IMPORT}4711/",
        f"{IMPORT}4711/report.csv",
    ):
        assert_problem(other.get(url), 404, "not_found")
    assert signed_in(admin).get(f"{IMPORT}{started.pk}/").status_code == 200
    assert signed_in(admin).get(f"{IMPORT}{started.pk}/report.csv").status_code == 200


# --- refusals ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The file is empty; the first line must name the columns task, user, date."),
        (b"task,user,date\n", "The file has a header and no rows."),
        (b"task,user,date\r\n\r\n  \r\n,,\r\n", "The file has a header and no rows."),
        (b"task,user\ncooking,alice\n", "Line 1 lacks date; the first line must name the columns task, user, date."),
        (FILE.encode("utf-16") + b"x", "Line 3 is not UTF-16; save the file as CSV in UTF-8."),
        (FILE.encode("utf-16-le"), "Line 1 contains NUL bytes; save the file as CSV in UTF-8."),
        (FILE.encode() + b"caf\xe9,alice,2026-03-02\n", "Line 3 is not UTF-8; save the file as CSV in UTF-8."),
        (FILE.encode() + b"a\0,b,c\n", "Line 3 contains NUL bytes; save the file as CSV in UTF-8."),
        (FILE.encode() + b'"a,b,c\nd,e,f\n', "Line 3: a quoted cell that begins here never ends."),
        (bytes(range(256)) * 100, "Line 1 contains NUL bytes; save the file as CSV in UTF-8."),
    ],
    ids=lambda value: repr(value[:30]),
)
def test_an_unreadable_file_is_refused_with_the_line(caller: APIClient, content: bytes, message: str) -> None:
    with nothing_written():
        problem = assert_problem(
            send_form(
                caller, b'--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n', content, b"\r\n"
            ),
            400,
            "invalid_request",
        )

    assert [(error["field"], error["message"]) for error in problem["errors"]] == [("file", message)]


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ([], "file"),
        ([part("dry_run", "true")], "file"),
        ([part("file", FILE)], "file"),
        ([part("file", FILE, "a"), part("file", FILE, "b")], "file"),
        ([part("file", FILE), FILE_PART], "file"),
        ([FILE_PART, part("other", FILE, "b")], "other"),
        ([FILE_PART, part("more", "1")], "more"),
        ([FILE_PART, part("dry_run", "yes")], "dry_run"),
        ([FILE_PART, part("dry_run", "True")], "dry_run"),
        ([FILE_PART, part("dry_run", "1")], "dry_run"),
        ([FILE_PART, part("dry_run", "")], "dry_run"),
        ([FILE_PART, part("dry_run", "true"), part("dry_run", "true")], "dry_run"),
        ([FILE_PART, part("dry_run", "true", "f")], "dry_run"),
    ],
)
def test_a_form_with_other_parts_is_refused(caller: APIClient, parts: list[bytes], field: str) -> None:
    with nothing_written():
        problem = assert_problem(send_form(caller, *parts), 400, "invalid_request")

    assert {error["field"] for error in problem["errors"]} == {field}


@pytest.mark.parametrize(
    ("body", "form"),
    [
        (FILE_PART, "multipart/form-data"),
        (FILE_PART, "multipart/form-data; boundary="),
        (FILE_PART, "multipart/form-data; boundary=other"),
        (b"", FORM),
        (b"rubbish", FORM),
        (FILE_PART[:60], FORM),
        (b"--x\r\nContent-Disposition: form-data\r\n\r\n--x--", FORM),
        (
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n'
            b"Content-Transfer-Encoding: base64\r\n\r\n!\r\n--x--",
            FORM,
        ),
    ],
)
def test_a_broken_form_is_refused(caller: APIClient, body: bytes, form: str) -> None:
    with nothing_written():
        assert_problem(caller.post(IMPORT, body, content_type=form), 400, "invalid_request")


@pytest.mark.parametrize("kind", ["application/json", "text/csv", "application/x-www-form-urlencoded", "text/plain"])
def test_anything_but_a_form_is_refused(caller: APIClient, kind: str) -> None:
    with nothing_written():
        assert_problem(caller.post(IMPORT, FILE, content_type=kind), 415, "unsupported_media_type")


@pytest.mark.parametrize("kind", ["", FORM, "application/json"])
def test_a_call_without_a_body_is_refused(caller: APIClient, kind: str) -> None:
    with nothing_written():
        problem = assert_problem(caller.generic("POST", IMPORT, content_type=kind), 400, "invalid_request")

    assert problem["errors"][0]["field"] == "file"


@pytest.mark.parametrize("path", [IMPORT, f"{IMPORT}1/", f"{IMPORT}1/report.csv", "/api/users/assignment/export.csv"])
def test_options_are_answered_in_json(caller: APIClient, path: str) -> None:
    response = caller.options(path)

    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert response.json()["name"]


def test_a_file_that_is_too_long_is_refused(caller: APIClient, settings: Any) -> None:
    settings.TOGO_IMPORT_MAX_BYTES = 1000
    longest = FILE + "x,y,z\n" * ((1000 - len(FILE)) // 6)
    longest += "\n" * (1000 - len(longest))
    for size in (1001, 5000, 50_000):
        with nothing_written():
            problem = assert_problem(send(caller, longest + "\n" * (size - 1000)), 413, "payload_too_large")
        assert problem["limit"] == 1000
    assert send(caller, longest).status_code == 202


def test_too_many_rows_are_refused(caller: APIClient, settings: Any) -> None:
    settings.TOGO_IMPORT_MAX_ROWS = 2
    with nothing_written():
        problem = assert_problem(send(caller, FILE + "a,b,c\n" * 2), 413, "payload_too_large")

    assert (problem["limit"], problem["detail"]) == (2, "At most 2 rows can be imported at once; line 4 is past that.")
    assert send(caller, FILE + "a,b,c\n").status_code == 202


@pytest.mark.parametrize(
    "parts",
    [
        [part(f"field {number}", "x") for number in range(2000)],
        [part(f"file {number}", "x", "f") for number in range(200)],
        [FILE_PART, part("dry_run", "x" * 2_000_000)],
    ],
    ids=["fields", "files", "text"],
)
def test_a_form_with_too_many_or_too_long_parts_is_refused(caller: APIClient, parts: list[bytes]) -> None:
    with nothing_written():
        assert_problem(send_form(caller, *parts), 413, "payload_too_large")


def test_other_methods_and_parameters_are_refused(caller: APIClient, started: Import) -> None:
    with nothing_written():
        for method in ("GET", "PUT", "PATCH", "DELETE"):
            assert_problem(caller.generic(method, IMPORT), 405, "method_not_allowed")
        for url in (f"{IMPORT}{started.pk}/", f"{IMPORT}{started.pk}/report.csv"):
            for method in ("POST", "PUT", "PATCH", "DELETE"):
                assert_problem(caller.generic(method, url), 405, "method_not_allowed")
            assert_problem(caller.get(f"{url}?page=1"), 400, "invalid_request")
        assert_problem(caller.post(f"{IMPORT}?dry_run=true", {"file": io.BytesIO(b"x")}), 400, "invalid_request")
        assert_problem(caller.get(f"{IMPORT}99999999999999999999/"), 404, "not_found")


@pytest.mark.parametrize("accept", ["text/csv", "*/*", "text/*", "text/csv;charset=utf-8"])
def test_the_report_is_sent_to_callers_who_accept_csv(caller: APIClient, started: Import, accept: str) -> None:
    assert caller.get(f"{IMPORT}{started.pk}/report.csv", HTTP_ACCEPT=accept).status_code == 200


def test_the_report_is_csv_or_refused(caller: APIClient, started: Import) -> None:
    for accept in ("application/json", "text/html"):
        assert_problem(caller.get(f"{IMPORT}{started.pk}/report.csv", HTTP_ACCEPT=accept), 406, "not_acceptable")
    assert_problem(caller.get(f"{IMPORT}{started.pk}/", HTTP_ACCEPT="text/csv"), 406, "not_acceptable")
