"""Old days go to files, and their numbers stay."""

import datetime
import io
import json
import logging
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.exceptions.archive import ArchiveRefused
from apps.exceptions.assignments import DateOutOfRange
from apps.exceptions.tasks import TaskInUse
from apps.models import Archive, ArchivedDay, ArchiveFile, Assignment, DailyLimit, Event, JobRun, LimitDay, Task, User
from apps.models.archive import LOWEST_KEEP_DAYS
from apps.models.assignments import Status
from apps.services import archive, assignments, insights, limit_rules, limits, unit_of_work
from apps.services import tasks as task_service
from apps.services.shared import leases
from apps.services.slots import archiving
from apps.services.tasks import catalogue
from apps.tasks.archive import archive_old_days
from tests import archives
from tests.clock import freeze_time
from tests.conftest import TODAY
from tests.storm_test.history import assert_history_matches_rows
from tests.unit_test.meanwhile import meanwhile

pytestmark = pytest.mark.django_db

# Today is 2 March 2026: with 366 days, what is before 1 March 2025 goes.
OLD, ALSO_OLD, KEPT = date(2025, 2, 10), date(2025, 2, 28), date(2025, 3, 1)
BEFORE = date(2025, 3, 1)
Give = Callable[..., Assignment]


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.TOGO_KEEP_DAYS, settings.TOGO_HOME = LOWEST_KEEP_DAYS, tmp_path
    return tmp_path / "archive"


@pytest.fixture
def give(taskmaster: User) -> Iterator[Give]:
    """Assigns a task on its date, when that was today, and marks it as done unless told otherwise."""

    def assign(task: Task, person: User, day: date, *, done: bool = True, effort: int = 1) -> Assignment:
        with freeze_time(datetime.datetime.combine(day, datetime.time(9), datetime.UTC)):
            one = assignments.assign(actor=taskmaster, task_id=task.pk, user_id=person.pk, date=day, effort=effort)
            if done:
                assignments.change(actor=taskmaster, assignment_id=one.pk, status=Status.DONE)
        return one

    yield assign
    # Whatever a test did, the history fits the rows, and no day has drifted.
    assert_history_matches_rows()
    assert list(limits.drifted()) == []


def run() -> archive.Counts:
    return sum(archive.move(BEFORE), archive.Counts())


def command(*options: str) -> str:
    output = io.StringIO()
    call_command("archive_old_days", *options, stdout=output, stderr=output)
    return output.getvalue()


def test_days_and_events_before_the_month_go_to_files_and_nothing_else(
    give: Give, taskmaster: User, alice: User, stranger: User, tasks: list[Task], folder: Path
) -> None:
    old = [give(tasks[0], alice, OLD), give(tasks[1], alice, OLD, effort=3), give(tasks[0], stranger, ALSO_OLD)]
    kept = give(tasks[0], alice, KEPT)
    with freeze_time("2025-02-03T09:00:00Z"):
        limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=date(2025, 2, 11), maximum=2, reason="=tired")
    old_events = list(Event.objects.filter(date__lt=BEFORE).order_by("pk").values_list("pk", flat=True))

    assert run() == archive.Counts(days=3, assignments=3, events=7, files=3)

    assert list(Assignment.objects.values_list("pk", flat=True)) == [kept.pk]
    assert list(DailyLimit.objects.values_list("date", flat=True)) == [KEPT]
    assert archives.assignments_in(folder) == [one.pk for one in old]
    assert archives.events_in(folder) == old_events
    assert not Event.objects.filter(pk__in=old_events).exists()
    lines = {(row["username"], row["date"], row["task_name"]): row for row in archives.rows_of(folder, "days")}
    line = lines["alice", "2025-02-10", "task 2"]
    assert (line["maximum"], line["taken"], line["effort"], line["status"]) == ("5", "4", "3", "done")
    # A spreadsheet runs no formula of it.
    assert lines["alice", "2025-02-11", ""]["reason"] == "'=tired"
    told = next(row for row in archives.rows_of(folder, "events") if int(row["id"]) == old_events[1])
    assert (told["kind"], told["at"], json.loads(told["data"])) == ("done", "2025-02-10T09:00:00Z", {})
    assert sorted(path.name for path in folder.iterdir()) == [
        file.name for file in ArchiveFile.objects.order_by("name")
    ]
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert command("--check") == f"All files in {folder} are as they were written.\n"
    assert run() == archive.Counts()


def test_a_day_that_has_an_open_task_when_it_is_locked_is_left_out(
    give: Give, alice: User, stranger: User, tasks: list[Task]
) -> None:
    """The look before the lock may be out of date, so the status under the lock counts."""
    done, opened = give(tasks[0], alice, OLD), give(tasks[0], stranger, OLD, done=False)

    days, given = unit_of_work.run(lambda: archiving.lock_settled([done.daily_limit_id, opened.daily_limit_id]))

    assert ([day.pk for day in days], [one.pk for one in given]) == ([done.daily_limit_id], [done.pk])


def test_a_day_with_an_open_task_stays_with_all_that_is_on_it_until_it_is_done(
    give: Give, taskmaster: User, alice: User, tasks: list[Task], folder: Path
) -> None:
    give(tasks[0], alice, OLD)
    forgotten = give(tasks[1], alice, OLD, done=False)

    assert run() == archive.Counts()
    assert Assignment.objects.count() == 2

    # Done today: its day goes once that is old, too, because what happened lately is in the history.
    assignments.change(actor=taskmaster, assignment_id=forgotten.pk, status=Status.DONE)
    assert run() == archive.Counts()
    assert Event.objects.count() == 4

    Event.objects.update(at=datetime.datetime(2025, 2, 12, tzinfo=datetime.UTC))
    assert run() == archive.Counts(days=1, assignments=2, events=4, files=2)


def test_events_of_what_was_taken_away_go_together_and_those_of_moved_tasks_stay_with_them(
    give: Give, taskmaster: User, alice: User, stranger: User, tasks: list[Task], folder: Path
) -> None:
    gone, moved, fresh = (give(task, alice, OLD, done=False) for task in tasks[:3])
    with freeze_time("2025-02-11T09:00:00Z"):
        assignments.unassign(actor=taskmaster, assignment_id=gone.pk)
        assignments.change(actor=taskmaster, assignment_id=moved.pk, user_id=stranger.pk, date=KEPT)
    assignments.unassign(actor=taskmaster, assignment_id=fresh.pk)

    # The day is empty by now.
    assert run() == archive.Counts(days=1, assignments=0, events=2, files=2)

    kinds = list(Event.objects.order_by("pk").values_list("assignment", "kind"))
    assert kinds == [
        (moved.pk, "assigned"),
        (fresh.pk, "assigned"),
        (moved.pk, "moved"),
        (fresh.pk, "unassigned"),
    ]
    assert {int(row["assignment"]) for row in archives.rows_of(folder, "events")} == {gone.pk}


def test_nobody_can_be_given_a_task_or_a_limit_on_a_date_that_is_closed(
    give: Give, taskmaster: User, alice: User, tasks: list[Task], settings: Any
) -> None:
    give(tasks[0], alice, OLD)
    left = give(tasks[1], alice, ALSO_OLD, done=False)
    LimitDay.objects.update(done_at=None)
    run()
    # What is closed stays closed, also if more is kept from now on.
    settings.TOGO_KEEP_DAYS = None

    for attempt in (
        lambda: assignments.assign(actor=taskmaster, task_id=tasks[2].pk, user_id=alice.pk, date=OLD),
        lambda: assignments.change(actor=taskmaster, assignment_id=left.pk, date=OLD),
        lambda: limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=OLD, maximum=9),
        lambda: limits.create_days([(alice.pk, OLD)]),
        lambda: limits.set_chunk(OLD, 1, alice.pk),
    ):
        with pytest.raises(DateOutOfRange, match="before 2025-03-01 are in the archive"):
            attempt()
    assert not DailyLimit.objects.filter(date=OLD).exists()
    assert OLD not in limits.due_dates()
    # A task that was left can still be moved to a later date.
    assert assignments.change(actor=taskmaster, assignment_id=left.pk, date=TODAY).date == TODAY


def test_a_task_that_is_opened_again_while_its_day_is_being_archived_stays(
    give: Give, taskmaster: User, alice: User, stranger: User, tasks: list[Task], folder: Path
) -> None:
    reopened, other = give(tasks[0], alice, OLD), give(tasks[0], stranger, OLD)

    def reopen() -> None:
        assignments.change(actor=taskmaster, assignment_id=reopened.pk, status=Status.OPEN)

    # After the days were chosen, and before they are locked.
    with meanwhile("SELECT", reopen, table=" IN ("):
        assert run().days == 1

    assert archives.assignments_in(folder) == [other.pk]
    assert list(Assignment.objects.values_list("pk", "status")) == [(reopened.pk, "open")]


def test_a_day_that_a_late_call_would_make_again_is_refused(
    give: Give, taskmaster: User, alice: User, tasks: list[Task]
) -> None:
    """The call looked at its date before the archive closed it."""
    give(tasks[0], alice, OLD)

    with meanwhile("SELECT", run, table="togo_limitrule"), pytest.raises(DateOutOfRange):
        limits.create_days([(alice.pk, OLD)])

    assert not DailyLimit.objects.filter(date=OLD).exists()


def test_insights_and_limits_have_the_numbers_of_archived_days(
    give: Give, taskmaster: User, alice: User, stranger: User, tasks: list[Task]
) -> None:
    with freeze_time("2025-02-10T00:00:00Z"):
        limit_rules.create_rule(actor=taskmaster, user_id=stranger.pk, maximum=1)
    give(tasks[0], alice, OLD, effort=2)
    give(tasks[1], stranger, OLD)
    give(tasks[1], alice, ALSO_OLD)
    give(tasks[1], alice, KEPT, done=False)
    give(tasks[2], stranger, OLD + datetime.timedelta(days=3), done=False)

    def seen() -> list[Any]:
        return [
            insights.load(actor=taskmaster, weeks=156).rows,
            insights.full(actor=taskmaster, weeks=156).rows,
            [(load.task, load.done, load.open) for load in insights.by_task(actor=taskmaster, weeks=156, most=3)],
            [
                (day.user_id, day.date, day.maximum, day.taken, day.source_kind)
                for day in limits.read_range(
                    actor=taskmaster, user_ids=[alice.pk, stranger.pk], first=OLD, last=ALSO_OLD
                )
            ],
            catalogue.uses_of([task.pk for task in tasks]),
        ]

    before = seen()
    assert sum(taken for _, taken, _ in before[0]) == 6
    assert len(before[0]) == 156

    assert run().days == 3

    assert seen() == before
    assert ArchivedDay.objects.count() == 3
    # What was done can't be deleted.
    with pytest.raises(TaskInUse):
        task_service.delete_task(actor=taskmaster, task_id=tasks[0].pk)


def test_a_run_that_dies_after_its_file_is_written_loses_nothing_and_the_next_one_finds_the_file(
    give: Give, alice: User, tasks: list[Task], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = give(tasks[0], alice, OLD)

    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(archiving, "remove", die)
        with pytest.raises(KeyboardInterrupt):
            run()
    written = {path.name: path.stat().st_ino for path in folder.iterdir()}
    assert len(written) == 2
    assert (Assignment.objects.get(), ArchiveFile.objects.count(), ArchivedDay.objects.count()) == (old, 0, 0)
    assert "is left from an interrupted run" in check_that_fails()

    assert run() == archive.Counts(days=1, assignments=1, events=2, files=2)

    assert {path.name: path.stat().st_ino for path in folder.iterdir()} == written
    assert archives.assignments_in(folder) == [old.pk]


def test_a_file_that_is_gone_or_changed_is_named(give: Give, alice: User, tasks: list[Task], folder: Path) -> None:
    give(tasks[0], alice, OLD)
    run()
    days, events = sorted(folder.iterdir())
    days.unlink()
    events.write_bytes(b"")

    assert check_that_fails().splitlines() == [
        f"{days.name} can't be read: No such file or directory.",
        f"{events.name} was changed: it has another checksum.",
    ]


def test_nothing_is_deleted_if_the_file_cannot_be_written(
    give: Give, alice: User, tasks: list[Task], folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    give(tasks[0], alice, OLD)
    folder.write_text("in the way")

    archive_old_days()

    assert "The archive can't be written to" in caplog.text
    assert Assignment.objects.exists()
    assert not JobRun.objects.filter(pk="archive_old_days").exists()
    with pytest.raises(CommandError, match="can't be written"):
        command()


def test_one_process_at_a_time_archives(give: Give, alice: User, tasks: list[Task]) -> None:
    give(tasks[0], alice, OLD)
    assert leases.hold("archive", holder="another")

    with pytest.raises(ArchiveRefused, match="Another process"):
        run()

    assert Assignment.objects.exists()


def test_the_job_logs_what_it_moved_and_does_nothing_unless_days_are_to_be_kept_for_a_time(
    give: Give, alice: User, tasks: list[Task], settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    give(tasks[0], alice, OLD)
    settings.TOGO_KEEP_DAYS = None
    archive_old_days()
    assert (Assignment.objects.count(), Archive.end(), JobRun.objects.count()) == (1, None, 0)
    with pytest.raises(CommandError, match="TOGO_KEEP_DAYS isn't set"):
        command()

    settings.TOGO_KEEP_DAYS = 400
    with caplog.at_level(logging.INFO, "apps.archive"):
        archive_old_days()
    assert Assignment.objects.exists()  # 400 days ago was in January.
    settings.TOGO_KEEP_DAYS = 366
    with caplog.at_level(logging.INFO, "apps.archive"):
        archive_old_days()

    (line,) = caplog.records
    assert line.getMessage() == "archived what is before 2025-03-01"
    assert (line.__dict__["days"], line.__dict__["assignments"], line.__dict__["events"]) == (1, 1, 2)
    assert JobRun.objects.get(pk="archive_old_days").finished_at


def test_the_command_counts_first_and_moves_many_chunks(
    give: Give, alice: User, stranger: User, tasks: list[Task], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unit_of_work, "share_of", lambda rows: rows // 250)
    for offset in range(3):
        for person in (alice, stranger):
            give(tasks[0], person, OLD + datetime.timedelta(days=offset))
    give(tasks[1], alice, ALSO_OLD, done=False)

    told = command("--dry-run")
    assert told == (
        f"Before 2025-03-01: 6 days with 6 assignments would be moved to {folder}, and at most 13 events.\n"
    )
    assert (DailyLimit.objects.count(), Archive.end(), folder.exists()) == (7, None, False)

    assert command() == (
        f"Before 2025-03-01: 6 days with 6 assignments, and 12 events, are in 6 new files in {folder}.\n"
    )
    assert len(archives.assignments_in(folder)) == len(set(archives.assignments_in(folder))) == 6
    assert DailyLimit.objects.get().date == ALSO_OLD


def check_that_fails() -> str:
    output = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("archive_old_days", "--check", stdout=output)
    return output.getvalue()
