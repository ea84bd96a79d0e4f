"""Pages and calls about dates whose days are in the archive."""

import csv
import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from apps.models import Assignment, Task, User
from apps.models.assignments import Status
from apps.services import archive, assignments
from tests.clock import freeze_time
from tests.web_test.test_board import text_of

# Today is 2 March 2026.
OLD = date(2025, 2, 10)


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path, taskmaster: User, alice: User, cooking: Task) -> Path:
    """Alice has cooked on a Monday of February 2025, which is in the archive."""
    settings.TOGO_KEEP_DAYS, settings.TOGO_HOME = 366, tmp_path
    with freeze_time("2025-02-10T09:00:00Z"):
        one = assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=OLD)
        assignments.change(actor=taskmaster, assignment_id=one.pk, status=Status.DONE)
    assert sum(archive.move(date(2025, 3, 1)), archive.Counts()).assignments == 1
    return tmp_path / "archive"


@pytest.mark.every_database
def test_pages_show_the_numbers_of_archived_days_and_tell_admins_where_the_files_are(
    client: Client, taskmaster: User, admin: User, alice: User, folder: Path
) -> None:
    pages = [f"/board/day/{alice.pk}/{OLD}/", "/board/?week=2025-W07", "/insights/?weeks=156"]
    for person, told in ((taskmaster, False), (admin, True)):
        client.force_login(person)
        for address in pages:
            text = text_of(client.get(address))
            assert "What was done before 1 March 2025 is in the archive" in text
            assert (str(folder) in text) == told
    assert "Nothing to show yet" not in text
    assert "10 Feb 2025" in text
    sheet = text_of(client.get(pages[0]))
    assert "1 of 5 tasks taken." in sheet
    assert "Assign a task" not in sheet
    assert "Set by hand" not in sheet
    week = client.get("/board/?week=2026-W10").content.decode()
    assert "is in the archive" not in week
    assert "is in the archive" not in client.get("/insights/?weeks=4").content.decode()
    load = client.get("/insights/load.csv?weeks=156")
    rows = list(csv.DictReader(io.StringIO(b"".join(load.streaming_content).decode("utf-8-sig"))))  # type: ignore[attr-defined]
    assert [row for row in rows if row["taken"] != "0"] == [{"date": "2025-02-10", "taken": "1", "limit": "5"}]


def test_calls_say_from_when_on_they_are_complete_and_refuse_closed_dates(
    signed_in: Callable[[User], APIClient], taskmaster: User, alice: User, cooking: Task
) -> None:
    caller = signed_in(taskmaster)
    for path in ("/api/users/event/", "/api/users/assignment/export.csv"):
        for query, header in (
            ("", "2025-03-01"),
            ("?date_from=2025-02-28", "2025-03-01"),
            ("?date_from=2025-03-01", None),
            ("?date_from=2026-01-01", None),
        ):
            answer = caller.get(f"{path}{query}")
            assert (answer.status_code, answer.headers.get("ToGo-Archived-Before")) == (200, header)

    day = caller.get(f"/api/users/limit/?user={alice.pk}&date_from=2025-02-10").json()["results"][0]
    assert (day["maximum"], day["taken"], day["remaining"], day["source"]["kind"]) == (5, 1, 4, "default")
    refused = caller.post(
        "/api/users/assignment/", {"task": cooking.pk, "user": alice.pk, "date": "2025-02-11"}, format="json"
    )
    assert refused.status_code == 400
    assert refused.json()["code"] == "date_out_of_range"
    assert refused.json()["earliest"] == "2025-03-01"
    assert not Assignment.objects.exists()
