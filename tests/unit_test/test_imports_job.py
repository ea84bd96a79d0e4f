"""Each row is imported once, whatever happens to the job."""

import datetime
import io
import tracemalloc
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from django.db import OperationalError, connection

from apps.models import Assignment, Event, Import, ImportBlock, ImportClaim, Task, User
from apps.services import bulk, imports, limits, unit_of_work, users
from apps.services.imports import blocks
from apps.tasks import imports as jobs
from lab.processes import run_python
from tests.clock import freeze_time
from tests.unit_test.test_imports import counted, finish, outcomes, start
from togo.celery.schedule import BEAT_SCHEDULE


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "ROWS_PER_BLOCK", 2)


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_taskmaster": False}])
def test_an_import_fails_when_its_uploader_may_no_longer_assign(
    taskmaster: User, admin: User, alice: User, tasks: list[Task], small_blocks: None, change: dict[str, Any]
) -> None:
    whole = start(taskmaster, "".join(f"task {number},alice,2026-03-02\n" for number in range(1, 6)))
    blocks.do_next_block(whole.pk)
    users.update_user(actor=admin, user_id=taskmaster.pk, **change)

    finish(whole)

    assert counted(whole) == ("failed", 5, 2, 2, 0)
    assert whole.detail == "taskmaster is no taskmaster any more, or is deactivated."
    assert whole.finished_at
    assert [status for status, _ in outcomes(whole)] == ["accepted"] * 2 + ["not_done"] * 3
    assert Assignment.objects.count() == 2
    users.update_user(actor=admin, user_id=taskmaster.pk, is_active=True, is_taskmaster=True)
    assert not blocks.do_next_block(whole.pk)
    assert Assignment.objects.count() == 2


def test_a_block_that_fails_leaves_nothing_and_is_retried(
    taskmaster: User, alice: User, tasks: list[Task], small_blocks: None
) -> None:
    whole = start(taskmaster, "".join(f"task {number},alice,2026-03-02\n" for number in range(1, 6)))
    blocks.do_next_block(whole.pk)
    with (
        patch.object(blocks, "_as_json", side_effect=OperationalError("the database is gone")),
        pytest.raises(OperationalError),
    ):
        blocks.do_next_block(whole.pk)

    assert Assignment.objects.count() == Event.objects.filter(kind="assigned").count() == 2
    assert list(limits.drifted()) == []
    assert counted(finish(whole)) == ("done", 5, 5, 5, 0)


def test_an_import_fails_after_an_internal_error_that_is_logged(
    taskmaster: User,
    alice: User,
    tasks: list[Task],
    small_blocks: None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    whole = start(taskmaster, "".join(f"task {number},alice,2026-03-02\n" for number in range(1, 6)), dry_run=True)
    blocks.do_next_block(whole.pk)
    with patch.object(blocks, "_as_json", side_effect=RuntimeError("nobody foresaw this")):
        assert not blocks.do_next_block(whole.pk)

    whole.refresh_from_db()
    assert counted(whole) == ("failed", 5, 2, 2, 0)
    assert whole.detail == "Something went wrong here; the operator finds it in the log."
    assert ImportClaim.objects.count() == 0
    assert f"The import {whole.pk} is given up." in caplog.text
    assert "nobody foresaw this" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_task_that_is_deleted_meanwhile_starts_the_block_again(
    taskmaster: User, alice: User, tasks: list[Task]
) -> None:
    whole = start(taskmaster, "task 1,alice,2026-03-02\ntask 2,alice,2026-03-02\n")
    real = bulk.candidates_of
    calls: list[Any] = []

    def delete_after_the_first_call(asked: Any) -> list[Any]:
        candidates = real(asked)
        if not calls:
            Task.objects.filter(pk=tasks[0].pk).delete()
        calls.append(asked)
        return candidates

    with patch.object(bulk, "candidates_of", delete_after_the_first_call):
        finish(whole)

    # If the database notices the delete at the commit, it rolls it back with the rest.
    still_exists = Task.objects.filter(pk=tasks[0].pk).exists()
    assert len(calls) == 2
    assert outcomes(whole) == [("accepted", "") if still_exists else ("refused", "task_not_found"), ("accepted", "")]
    assert whole.done == 2
    assert list(limits.drifted()) == []


def test_an_import_that_is_done_is_left_alone(taskmaster: User, alice: User, cooking: Task) -> None:
    whole = finish(start(taskmaster, "cooking,alice,2026-03-02\n"))
    before = list(Import.objects.values_list())

    assert not blocks.do_next_block(whole.pk)
    assert not blocks.do_next_block(4711)
    assert list(Import.objects.values_list()) == before
    assert Assignment.objects.count() == 1


def test_an_import_that_stands_still_is_continued(
    taskmaster: User, alice: User, tasks: list[Task], small_blocks: None
) -> None:
    text = "".join(f"task {number},alice,2026-03-02\n" for number in range(1, 6))
    never_begun, left, done = (start(taskmaster, text, dry_run=dry_run) for dry_run in (True, False, True))
    finish(done)
    blocks.do_next_block(left.pk)

    with freeze_time("2026-03-02T12:00:30Z"):
        assert imports.standing_still() == []
    with freeze_time("2026-03-02T12:00:31Z"):
        assert imports.standing_still() == [never_begun.pk, left.pk]
        blocks.do_next_block(left.pk)
        assert imports.standing_still() == [never_begun.pk]
    with freeze_time("2026-03-02T12:05:00Z"):
        jobs.do_imports_that_stand_still()

    for whole in (never_begun, left):
        whole.refresh_from_db()
        assert (whole.status, whole.done) == ("done", 5)


def test_a_long_import_lets_other_jobs_have_their_turn(
    taskmaster: User, alice: User, tasks: list[Task], small_blocks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "TURN", -1)
    asked: list[tuple[Any, ...]] = []
    monkeypatch.setattr(jobs, "ask", lambda *what: asked.append(what))
    whole = start(taskmaster, "".join(f"task {number},alice,2026-03-02\n" for number in range(1, 6)))

    jobs.do_import(whole.pk)

    whole.refresh_from_db()
    assert (whole.status, whole.done) == ("running", 2)
    assert asked == [(jobs.do_import, whole.pk)]


def test_an_import_asks_for_its_job_after_the_commit(
    taskmaster: User, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    asked: list[tuple[Any, ...]] = []
    monkeypatch.setattr(jobs, "ask", lambda *what: asked.append(what))
    with django_capture_on_commit_callbacks() as after_commit:
        whole = start(taskmaster, "1,2,2026-03-02\n")
        assert asked == []
    for callback in after_commit:
        callback()

    assert asked == [(jobs.do_import, whole.pk)]


def test_imports_are_removed_after_30_days(
    taskmaster: User, alice: User, tasks: list[Task], small_blocks: None
) -> None:
    text = "".join(f"task {number},alice,2026-03-02\n" for number in range(1, 4))
    finish(start(taskmaster, text))
    blocks.do_next_block(start(taskmaster, text.replace("02\n", "03\n"), dry_run=True).pk)
    with freeze_time("2026-03-20T12:00:00Z"):
        kept = finish(start(taskmaster, text.replace("02\n", "21\n")))
    with freeze_time("2026-04-01T12:00:00Z"):
        assert imports.remove_old() == 0
    with freeze_time("2026-04-01T12:00:01Z"):
        jobs.remove_old_imports()

    assert list(Import.objects.all()) == [kept]
    assert set(ImportBlock.objects.values_list("parent", flat=True)) == {kept.pk}
    assert ImportClaim.objects.count() == 0
    assert Assignment.objects.count() == 6


def test_the_allowed_dates_are_those_of_the_day_on_which_the_import_runs(
    taskmaster: User, alice: User, cooking: Task
) -> None:
    whole = start(taskmaster, "cooking,alice,2027-03-04\n")
    with freeze_time("2026-03-03T12:00:00Z"):
        assert outcomes(finish(whole)) == [("accepted", "")]
    assert Assignment.objects.get().date == datetime.date(2027, 3, 4)


@pytest.mark.no_db
def test_a_worker_knows_every_job_that_beat_runs() -> None:
    # A process of its own: here other tests have imported jobs that a worker may miss.
    known = run_python("-c", "from togo.celery import app; app.loader.import_default_modules(); print(*app.tasks)")

    assert {entry["task"] for entry in BEAT_SCHEDULE.values()} <= set(known.stdout.split()), known.stderr


def test_others_can_write_between_two_blocks(
    taskmaster: User, alice: User, tasks: list[Task], small_blocks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(unit_of_work.time, "sleep", pauses.append)
    whole = start(taskmaster, "".join(f"task {number},alice,2026-03-02\n" for number in range(1, 6)))

    jobs.do_import(whole.pk)

    # On other databases, writers don't wait for each other's transactions.
    assert pauses == ([0.1] * 3 if connection.vendor == "sqlite" else [])


@pytest.mark.no_db
def test_a_long_file_takes_no_more_memory_than_a_short_one(taskmaster: User, alice: User) -> None:
    def peak(rows: int) -> int:
        file = io.BytesIO(b"task,user,date\n" + b"no task of this name,alice,2026-03-02\n" * rows)
        tracemalloc.start()
        try:
            whole = finish(imports.start(actor=taskmaster, file=file, dry_run=False))
            length = sum(len(piece) for piece in imports.report(whole))
            at_most = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert counted(whole) == ("done", rows, rows, 0, rows)
        assert length > rows * 80
        return at_most

    peak(500)  # Fill the caches first.
    assert peak(20_000) < peak(4 * imports.ROWS_PER_BLOCK) + 300_000
