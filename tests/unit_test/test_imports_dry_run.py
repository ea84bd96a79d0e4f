"""A dry run tells of each row what would become of it after all rows before it, and writes nothing."""

from typing import Any

import pytest

from apps.models import Assignment, DailyLimit, Event, ImportClaim, LimitDay, Task, User
from apps.services import assignments, importing, imports, limits
from tests.conftest import TODAY
from tests.unit_test.test_imports import counted, finish, outcomes, report, start


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "ROWS_PER_BLOCK", 2)


def everything_but_imports() -> list[Any]:
    kept = (Assignment, DailyLimit, LimitDay, Event, Task, User)
    return [list(model.objects.order_by("pk").values_list()) for model in kept]


FILE = (
    "task 1,alice,2026-03-02\n"
    "task 2,alice,2026-03-02\n"
    "task 2,alice,2026-03-02\n"
    "task 3,alice,2026-03-02\n"
    "task 4,alice,2026-03-02\n"
    "task 8,alice,2026-03-04\n"
    "task 8,stranger,2026-03-02\n"
    "task 8,nobody,2026-03-02\n"
    "task 5,alice,2026-03-02\n"
    "task 8,alice,2026-03-04\n"
    "task 1,alice,2026-03-02\n"
)


@pytest.mark.parametrize("rows_per_block", [1, 2, 3, 500])
def test_a_dry_run_tells_what_an_import_then_does_and_writes_nothing(
    taskmaster: User,
    alice: User,
    stranger: User,
    tasks: list[Task],
    rows_per_block: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(imports, "ROWS_PER_BLOCK", rows_per_block)
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TODAY, maximum=4)
    assignments.assign(actor=taskmaster, task_id=tasks[6].pk, user_id=alice.pk, date=TODAY)
    before = everything_but_imports()

    told = finish(start(taskmaster, FILE, dry_run=True))

    assert everything_but_imports() == before
    assert ImportClaim.objects.count() == 0
    assert outcomes(told) == [
        ("would_be_accepted", ""),
        ("would_be_accepted", ""),
        ("refused", "already_assigned"),
        ("would_be_accepted", ""),
        ("refused", "daily_limit_reached"),
        ("would_be_accepted", ""),
        ("would_be_accepted", ""),
        ("refused", "user_not_found"),
        ("refused", "daily_limit_reached"),
        ("refused", "already_assigned"),
        ("refused", "already_assigned"),
    ]
    done = finish(start(taskmaster, FILE))
    assert counted(told) == counted(done) == ("done", 11, 11, 5, 6)
    assert [code for _, code in outcomes(told)] == [code for _, code in outcomes(done)]
    assert {row["assignment"] for row in report(told)} == {""}


def test_a_dry_run_counts_what_others_take_meanwhile(
    taskmaster: User, alice: User, tasks: list[Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "ROWS_PER_BLOCK", 1)
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TODAY, maximum=2)
    told = start(taskmaster, "task 1,alice,2026-03-02\ntask 2,alice,2026-03-02\n", dry_run=True)
    importing.do_next_block(told.pk)
    for task in tasks[4:6]:
        assignments.assign(actor=taskmaster, task_id=task.pk, user_id=alice.pk, date=TODAY)

    assert outcomes(finish(told)) == [("would_be_accepted", ""), ("refused", "daily_limit_reached")]
    assert report(told)[1]["detail"].startswith("2 of 2 tasks are taken")


def test_two_dry_runs_do_not_see_each_other(
    taskmaster: User, alice: User, tasks: list[Task], small_blocks: None
) -> None:
    text = "".join(f"task {number},alice,2026-03-02\n" for number in range(1, 6))
    first, second = start(taskmaster, text, dry_run=True), start(taskmaster, text, dry_run=True)
    while importing.do_next_block(first.pk) | importing.do_next_block(second.pk):
        pass

    assert outcomes(first) == outcomes(second) == [("would_be_accepted", "")] * 5
