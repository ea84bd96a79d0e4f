"""A dry run reports for each row what an import would do after all rows before it, and writes nothing."""

import io
from typing import Any

import pytest

from apps.exceptions.base import InvalidRequest, NotAllowed, NotFound
from apps.models import Assignment, DailyLimit, Event, Import, ImportBlock, ImportClaim, LimitDay, Task, User
from apps.services import assignments, imports, limits
from apps.services.imports import blocks
from tests.conftest import TODAY, make_person
from tests.unit_test.test_imports import counted, finish, outcomes, report, start


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "ROWS_PER_BLOCK", 2)


def everything_but_imports() -> list[Any]:
    columns = (Assignment, DailyLimit, LimitDay, Event, Task, User)
    return [list(model.objects.order_by("pk").values_list()) for model in columns]


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
def test_a_dry_run_predicts_an_import_and_writes_nothing(
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

    dry = finish(start(taskmaster, FILE, dry_run=True))

    assert everything_but_imports() == before
    assert ImportClaim.objects.count() == 0
    assert outcomes(dry) == [
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
    assert counted(dry) == counted(done) == ("done", 11, 11, 5, 6)
    assert [code for _, code in outcomes(dry)] == [code for _, code in outcomes(done)]
    assert {row["assignment"] for row in report(dry)} == {""}


def test_a_dry_run_counts_slots_that_others_take_meanwhile(
    taskmaster: User, alice: User, tasks: list[Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "ROWS_PER_BLOCK", 1)
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TODAY, maximum=2)
    dry = start(taskmaster, "task 1,alice,2026-03-02\ntask 2,alice,2026-03-02\n", dry_run=True)
    blocks.do_next_block(dry.pk)
    for task in tasks[4:6]:
        assignments.assign(actor=taskmaster, task_id=task.pk, user_id=alice.pk, date=TODAY)

    assert outcomes(finish(dry)) == [("would_be_accepted", ""), ("refused", "daily_limit_reached")]
    assert report(dry)[1]["detail"].startswith("2 of 2 tasks are taken")


def test_two_dry_runs_do_not_see_each_other(
    taskmaster: User, alice: User, tasks: list[Task], small_blocks: None
) -> None:
    text = "".join(f"task {number},alice,2026-03-02\n" for number in range(1, 6))
    first, second = start(taskmaster, text, dry_run=True), start(taskmaster, text, dry_run=True)
    while blocks.do_next_block(first.pk) | blocks.do_next_block(second.pk):
        pass

    assert outcomes(first) == outcomes(second) == [("would_be_accepted", "")] * 5


def test_a_dry_run_is_imported_without_sending_the_file_again(
    taskmaster: User, alice: User, stranger: User, tasks: list[Task], small_blocks: None
) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TODAY, maximum=4)
    finish(start(taskmaster, "task 7,alice,2026-03-05\n", dry_run=True))
    tried = finish(start(taskmaster, FILE, dry_run=True))
    before = report(tried)

    whole = imports.start_for_real(actor=taskmaster, import_id=tried.pk)

    assert (counted(whole), whole.dry_run, whole.uploader) == (("waiting", 11, 0, 0, 0), False, taskmaster)
    columns = ("number", "rows")
    copied = ImportBlock.objects.filter(parent=whole).order_by("number")
    assert list(copied.values_list(*columns)) == list(tried.blocks.order_by("number").values_list(*columns))
    assert [block.outcomes for block in copied] == [None] * 6
    assert Assignment.objects.count() == 0
    assert [row["detail"] for row in report(finish(whole))] == [row["detail"] for row in before]
    assert Assignment.objects.count() == whole.accepted == tried.accepted
    assert report(tried) == before


def test_only_a_finished_dry_run_is_imported_by_its_uploader_or_an_admin(
    taskmaster: User, admin: User, alice: User, cooking: Task
) -> None:
    other = make_person("other", is_taskmaster=True)
    tried = start(taskmaster, "cooking,alice,2026-03-02\n", dry_run=True)
    with pytest.raises(InvalidRequest):
        imports.start_for_real(actor=taskmaster, import_id=tried.pk)
    finish(tried)
    for actor, refusal in ((other, NotFound), (alice, NotAllowed)):
        with pytest.raises(refusal):
            imports.start_for_real(actor=actor, import_id=tried.pk)
    assert Import.objects.count() == 1

    whole = finish(imports.start_for_real(actor=admin, import_id=tried.pk))

    assert [one.taskmaster for one in Assignment.objects.all()] == [admin]
    with pytest.raises(InvalidRequest):
        imports.start_for_real(actor=admin, import_id=whole.pk)


@pytest.mark.parametrize("rows_per_block", [1, 2, 500])
def test_a_dry_run_adds_up_the_efforts_of_earlier_rows(
    taskmaster: User, alice: User, tasks: list[Task], rows_per_block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "ROWS_PER_BLOCK", rows_per_block)
    rows = [(1, 3), (2, 2), (3, 1)]  # Five fit on a day.
    text = "task,user,date,effort\n" + "".join(f"task {task},alice,2026-03-02,{effort}\n" for task, effort in rows)

    dry = imports.start(actor=taskmaster, file=io.BytesIO(text.encode()), dry_run=True)

    assert [row for row, _ in outcomes(finish(dry))] == ["would_be_accepted", "would_be_accepted", "refused"]
