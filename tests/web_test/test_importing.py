"""The pages of imports without scripts, and the export of the board."""

import csv
import datetime
import io
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.models import Assignment, Import, Task, User
from apps.services import assignments, imports, limits
from apps.services.imports import blocks
from tests.api_test.test_problems import nothing_written
from tests.conftest import TODAY, make_person

ROWS = "task,user,date\ncooking,alice,2026-03-02\ncooking,alice,2026-03-03\nsinging,alice,2026-03-04\n"


@pytest.fixture
def page(taskmaster: User, client: Client) -> Client:
    """A browser in which the taskmaster is signed in."""
    client.force_login(taskmaster)
    return client


def send(page: Client, text: str | bytes, **more: Any) -> Any:
    body = text.encode() if isinstance(text, str) else text
    return page.post("/import/", {"file": SimpleUploadedFile("week.csv", body, "text/csv")}, **more)


def do_imports() -> None:
    """Do all imports, as the worker does."""
    for one in Import.objects.order_by("pk"):
        while blocks.do_next_block(one.pk):
            pass


def text_of(response: Any) -> str:
    """The text of the page, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def refused_lines(whole: Import) -> set[int]:
    """The refused lines, read from the blocks."""
    return {
        row[0]
        for block in whole.blocks.all()
        for row, outcome in zip(block.rows, block.outcomes, strict=True)
        if "code" in outcome
    }


def test_a_file_is_tried_looked_at_imported_and_reported(
    page: Client, taskmaster: User, alice: User, cooking: Task
) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TODAY, maximum=0, reason="Dentist")

    tried = send(page, ROWS)["Location"]
    assert "0 of 3 rows tried" in text_of(page.get(tried))
    do_imports()
    text = text_of(page.get(tried))
    assert "1 would be assigned 2 refused" in text
    assert "2 cooking alice 2026-03-02 ✕ Mon 2 Mar is off (Dentist); the next day with room is Tue 3 Mar." in text
    assert "3 cooking alice 2026-03-03 ✓ Would be assigned" in text
    assert re.search("4 singing alice 2026-03-04 ✕ .*singing.*", text)
    assert not Assignment.objects.exists()

    done = page.post(tried)["Location"]
    assert done != tried
    do_imports()
    assert "1 assigned 2 refused" in text_of(page.get(done))
    assert [(one.user_id, one.date) for one in Assignment.objects.all()] == [(alice.pk, datetime.date(2026, 3, 3))]
    report = b"".join(page.get(f"{done}report.csv").streaming_content).decode()
    rows = list(csv.DictReader(io.StringIO(report.removeprefix("\ufeff"))))
    assert [(row["line"], row["status"], row["code"]) for row in rows] == [
        ("2", "refused", "daily_limit_reached"),
        ("3", "accepted", ""),
        ("4", "refused", "task_not_found"),
    ]
    assert "Imported 3 rows" in text_of(page.get("/import/"))
    assert "Trial run of 3 rows" in text_of(page.get("/import/"))


PLAN = "Who;When;Job;Remark\nAda Lovelace;3.11.2026;Cooking;early\nAda Byron;31.02.2026;cooking;\n"


def test_columns_are_guessed_and_chosen_and_the_first_rows_are_shown_as_they_are_understood(
    page: Client, cooking: Task
) -> None:
    ada = make_person("ada", first_name="Ada", last_name="Lovelace")

    def look(**chosen: str) -> str:
        file = SimpleUploadedFile("plan.csv", PLAN.encode(), "text/csv")
        with nothing_written():
            return page.post("/import/look/", {"file": file, **chosen}).content.decode()

    guessed = look(dates="day_first")
    assert re.findall(r"<option selected>([^<]*)<", guessed) == ["Job", "Who", "When"]
    assert "✓ cooking Ada Lovelace Tuesday 3 November 2026" in plain(guessed)
    assert "Ada Byron 31.02.2026 ✕ &#x27;31.02.2026&#x27; is not a date that exists" in plain(guessed)
    # Nobody has said that days come first.
    assert "✕ &#x27;3.11.2026&#x27; is not a date that exists" in plain(look())
    assert "Wednesday 11 March 2026" in plain(look(dates="month_first"))
    assert "There is nobody called &#x27;early&#x27;" in plain(
        look(dates="day_first", task_column="Job", user_column="Remark", date_column="When")
    )

    sent = {"dates": "day_first", "task_column": "Job", "user_column": "Who", "date_column": "When"}
    file = SimpleUploadedFile("plan.csv", PLAN.encode(), "text/csv")
    tried = page.post("/import/", {"file": file, **sent})["Location"]
    do_imports()
    page.post(tried)
    do_imports()
    one = Assignment.objects.get()
    assert (one.user_id, one.date, one.task) == (ada.pk, datetime.date(2026, 11, 3), cooking)


def test_without_scripts_the_columns_are_chosen_after_the_file_was_refused(page: Client, cooking: Task) -> None:
    refused = send(page, PLAN)

    assert refused.status_code == 400
    assert re.findall(r"<option selected>([^<]*)<", refused.content.decode()) == ["Job", "Who", "When"]


def plain(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_only_a_finished_trial_is_imported(page: Client, alice: User, cooking: Task) -> None:
    tried = send(page, ROWS)["Location"]
    with nothing_written():
        assert page.post(tried).status_code == 400
    do_imports()
    done = page.post(tried)["Location"]
    do_imports()
    with nothing_written():
        assert page.post(done).status_code == 400


@pytest.mark.no_db
def test_a_long_report_has_pages_and_can_show_only_the_refused_rows(
    page: Client, alice: User, tasks: list[Task]
) -> None:
    lines = [f"task {number % 8 + 1},alice,{TODAY + datetime.timedelta(days=number // 8)}" for number in range(1200)]
    lines[3::300] = ["nothing,alice,2026-03-02"] * 4
    tried = send(page, "task,user,date\n" + "\n".join(lines))["Location"]
    do_imports()

    def shown(query: str) -> tuple[list[int], str | None]:
        html = page.get(tried + query).content.decode()
        found = re.search(r'href="(\?first=[^"]*)">More', html)
        numbers = [int(number) for number in re.findall(r'<td class="number">(\d+)</td>', html)]
        return numbers, found[1].replace("&amp;", "&") if found else None

    seen: list[int] = []
    query: str | None = ""
    while query is not None:
        numbers, query = shown(query)
        assert len(numbers) <= 100
        seen += numbers
    assert seen == list(range(2, 1202))
    whole = Import.objects.get()
    everything = [number for number in range(2, 1202) if number in refused_lines(whole)]
    assert {5, 305, 605, 905} <= set(everything)
    first, query = shown("?refused=on")
    assert first == everything[:100]
    assert query is not None
    assert shown(query)[0] == everything[100:200]
    assert page.get(tried + "?first=x").status_code == 400


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ("", "empty"),
        ("task,user,date\n", "The file has a header and no rows."),
        ("a,b\n1,2\n", "task"),
        (b"\x89PNG\r\n\x1a\n\x00\xff\xfe", ""),
        ("task,user,date\ncafé,alice,2026-03-02\n".encode("latin-1"), "UTF-8"),
    ],
)
def test_an_unreadable_file_is_refused_beside_its_field(page: Client, sent: str | bytes, says: str) -> None:
    with nothing_written():
        response = send(page, sent)

    assert response.status_code == 400
    [error] = response.context["form"].errors["file"]
    assert says in error
    assert error in text_of(response).replace("&#x27;", "'").replace("&quot;", '"')


def test_a_missing_file_is_refused(page: Client) -> None:
    response = page.post("/import/")
    assert (response.status_code, response.context["form"].errors["file"]) == (400, ["This field is required."])


def test_a_file_that_is_too_big_is_refused_before_it_is_read(page: Client, settings: Any) -> None:
    settings.TOGO_IMPORT_MAX_ROWS = 2
    with nothing_written():
        assert "At most 2 rows can be imported at once" in text_of(send(page, ROWS))
        settings.TOGO_IMPORT_MAX_BYTES = 1000
        response = send(page, ROWS + "x" * 20_000)
        assert page.post("/import/", CONTENT_LENGTH="x").status_code == 400
    assert (response.status_code, "A file may be 1,000 bytes long." in text_of(response)) == (413, True)
    assert "At most 2 rows and 0.001 MB." in text_of(page.get("/import/"))


def test_a_forged_form_is_refused(taskmaster: User, alice: User, cooking: Task) -> None:
    page = Client(enforce_csrf_checks=True)
    page.force_login(taskmaster)
    with nothing_written():
        assert send(page, ROWS).status_code == 403


def test_the_page_shows_the_progress_and_that_no_worker_runs(page: Client, alice: User, cooking: Task) -> None:
    path = send(page, ROWS)["Location"]

    progress = page.get(f"{path}progress/")
    assert 'hx-trigger="every 1s"' in progress.content.decode()
    assert "HX-Refresh" not in progress
    assert "No worker has started" not in text_of(progress)
    Import.objects.update(progressed_at=datetime.datetime(2026, 3, 2, 11, 59, tzinfo=datetime.UTC))
    assert "No worker has started it yet. Is a worker running?" in text_of(page.get(f"{path}progress/"))

    do_imports()
    done = page.get(f"{path}progress/")
    assert done["HX-Refresh"] == "true"
    assert "Is a worker running?" not in text_of(done)


@pytest.mark.every_database
def test_the_page_shows_that_a_worker_was_lost_half_way(
    page: Client, alice: User, tasks: list[Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "ROWS_PER_BLOCK", 1)
    path = send(page, ROWS)["Location"]
    blocks.do_next_block(Import.objects.get().pk)

    assert text_of(page.get(f"{path}progress/")) == "1 of 3 rows tried"
    Import.objects.update(progressed_at=datetime.datetime(2026, 3, 2, 11, 59, tzinfo=datetime.UTC))
    assert "There has been no progress for a while. Is a worker running?" in text_of(page.get(f"{path}progress/"))


@pytest.mark.every_database
def test_a_failed_import_shows_the_reason_and_its_report(
    page: Client, taskmaster: User, alice: User, cooking: Task, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "ROWS_PER_BLOCK", 1)
    tried = send(page, ROWS)["Location"]
    do_imports()
    path = page.post(tried)["Location"]
    blocks.do_next_block(Import.objects.get(dry_run=False).pk)
    User.objects.filter(pk=taskmaster.pk).update(is_taskmaster=False)
    do_imports()
    User.objects.filter(pk=taskmaster.pk).update(is_taskmaster=True)

    shown = page.get(path)
    assert "The import stopped after 1 of 3 rows: taskmaster is no taskmaster any more, or is deactivated." in text_of(
        shown
    )
    assert "3 cooking alice 2026-03-03 Not done" in text_of(shown)
    assert f'href="{path}report.csv"' in shown.content.decode()
    assert "stopped after 1" in text_of(page.get("/import/"))


def test_taskmasters_see_only_their_own_imports_and_others_none(
    page: Client, alice: User, stranger: User, cooking: Task, admin: User
) -> None:
    path = send(page, ROWS)["Location"]
    paths = ["/import/", path, f"{path}progress/", f"{path}report.csv", "/board/export.csv"]
    page.logout()
    for address in paths:
        assert page.get(address)["Location"] == f"/sign-in/?next={address}"
    page.force_login(alice)
    with nothing_written():
        assert [page.get(address).status_code for address in paths] == [403] * 5
        assert send(page, ROWS).status_code == 403
    User.objects.filter(pk=stranger.pk).update(is_taskmaster=True)
    page.force_login(stranger)
    assert [page.get(address).status_code for address in paths] == [200, 404, 404, 404, 200]


@pytest.mark.every_database
def test_the_board_is_exported_as_it_is_shown(
    page: Client, taskmaster: User, alice: User, stranger: User, tasks: list[Task]
) -> None:
    for task, person, days in ((0, alice, 0), (1, alice, 6), (2, alice, 7), (3, stranger, 0)):
        date = TODAY + datetime.timedelta(days=days)
        assignments.assign(actor=taskmaster, task_id=tasks[task].pk, user_id=person.pk, date=date)

    def exported(query: str) -> list[str]:
        response = page.get(f"/board/export.csv?{query}")
        text = b"".join(response.streaming_content).decode().removeprefix("\ufeff")
        return [row["task_name"] for row in csv.DictReader(io.StringIO(text))]

    assert exported("") == ["task 1", "task 2", "task 4"]
    assert exported("q=ali") == ["task 1", "task 2"]
    assert exported("week=2026-W11") == ["task 3"]
    assert [page.get(f"/board/export.csv?week={week}").status_code for week in ("x", "9999-W52")] == [400, 400]
