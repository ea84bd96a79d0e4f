"""A file's rows are stored, and imported in order, one block per transaction: each row once, whatever happens."""

import csv
import io
from typing import Any

import pytest

from apps.exceptions.base import InvalidRequest, NotAllowed, NotFound, PayloadTooLarge
from apps.models import Assignment, DailyLimit, Event, Import, ImportBlock, LimitDay, Task, User
from apps.services import imports, limits, users
from apps.services.imports import blocks
from apps.services.shared import formats, naming
from tests.conftest import TODAY, make_person

HEADER = "task,user,date\n"


def start(actor: User, text: str, *, dry_run: bool = False) -> Import:
    return imports.start(actor=actor, file=io.BytesIO((HEADER + text).encode()), dry_run=dry_run)


def finish(whole: Import) -> Import:
    while blocks.do_next_block(whole.pk):
        pass
    whole.refresh_from_db()
    return whole


def report(whole: Import) -> list[dict[str, str]]:
    text = "".join(imports.report(whole)).removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def outcomes(whole: Import) -> list[tuple[str, str]]:
    return [(row["status"], row["code"]) for row in report(whole)]


def counted(whole: Import) -> tuple[str, int, int, int, int]:
    return whole.status, whole.rows, whole.done, whole.accepted, whole.refused


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "ROWS_PER_BLOCK", 2)


# --- accepted files ---------------------------------------------------------------------------------------------


def test_19_megabytes_of_blank_lines_are_refused_before_they_are_read(taskmaster: User, settings: Any) -> None:
    settings.TOGO_IMPORT_MAX_ROWS = 100
    file = io.BytesIO(f"{HEADER}1,alice,2026-03-02\n".encode() + b"\n" * 19_000_000)

    with pytest.raises(InvalidRequest, match="The file has more than 1,200 lines; remove the empty ones"):
        imports.start(actor=taskmaster, file=file, dry_run=False)

    assert file.tell() < 2000
    assert not Import.objects.exists()


def test_stores_the_rows_in_blocks_and_waits(taskmaster: User, small_blocks: None) -> None:
    whole = start(taskmaster, "1,alice,2026-03-02\n\n2,bob,2026-03-03\n3,'tis,soon\n")

    assert counted(whole) == ("waiting", 3, 0, 0, 0)
    assert list(ImportBlock.objects.order_by("number").values_list("parent", "number", "rows", "outcomes")) == [
        (whole.pk, 0, [[2, "1", "alice", "2026-03-02"], [4, "2", "bob", "2026-03-03"]], None),
        (whole.pk, 1, [[5, "3", "'tis", "soon"]], None),
    ]
    assert outcomes(whole) == [("not_done", "")] * 3
    assert Assignment.objects.count() == DailyLimit.objects.count() == 0


def test_a_page_of_a_report_is_found_after_the_length_of_blocks_has_changed(
    taskmaster: User, small_blocks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = start(taskmaster, "".join(f"{number},alice,2026-03-02\n" for number in range(5)))
    monkeypatch.setattr(imports, "ROWS_PER_BLOCK", 3)

    rows, following = imports.report_page(whole, first=3, most=1, only_refused=False)

    assert [row["task"] for row in rows] == ["3"]
    assert following == 4
    assert imports.report_page(whole, first=5, most=1, only_refused=False) == ([], None)


def test_only_a_taskmaster_may_import(alice: User) -> None:
    with pytest.raises(NotAllowed):
        start(alice, "1,alice,2026-03-02\n")

    assert Import.objects.count() == 0


@pytest.mark.parametrize("text", ["", "\n\n", 'a,b,c\n"d,e,f\n', "a,b,c\nd,e,f,g\n"])
def test_nothing_of_a_refused_file_is_stored(taskmaster: User, text: str, small_blocks: None) -> None:
    with pytest.raises(InvalidRequest):
        start(taskmaster, text)

    assert Import.objects.count() == ImportBlock.objects.count() == 0


def test_refuses_too_many_rows(taskmaster: User, settings: Any) -> None:
    settings.TOGO_IMPORT_MAX_ROWS = 3
    with pytest.raises(PayloadTooLarge) as refused:
        start(taskmaster, "a,b,c\n" * 4)

    assert refused.value.detail == "At most 3 rows can be imported at once; line 5 is past that."
    assert refused.value.data == {"limit": 3}
    assert Import.objects.count() == 0
    assert start(taskmaster, "a,b,c\n" * 3).rows == 3


def test_an_import_is_visible_to_its_uploader_and_to_admins(taskmaster: User, admin: User, alice: User) -> None:
    other = make_person("other", is_taskmaster=True)
    whole = start(taskmaster, "1,alice,2026-03-02\n")

    assert imports.get(actor=taskmaster, import_id=whole.pk) == whole
    assert imports.get(actor=admin, import_id=whole.pk) == whole
    for actor, refusal in ((other, NotFound), (alice, NotAllowed)):
        with pytest.raises(refusal):
            imports.get(actor=actor, import_id=whole.pk)
    with pytest.raises(NotFound):
        imports.get(actor=admin, import_id=whole.pk + 1)


# --- outcomes of rows -------------------------------------------------------------------------------------------


def test_assigns_rows_that_fit_and_says_why_the_others_do_not(taskmaster: User, alice: User, tasks: list[Task]) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TODAY, maximum=2)
    gone = make_person("gone", is_active=False)
    Task.objects.create(name="retired", is_active=False)
    whole = start(
        taskmaster,
        f"{tasks[0].pk},{alice.pk},2026-03-02\n"
        "task 2,alice,2026-03-02\n"
        "task 3,alice,2026-03-02\n"
        "task 1,alice,2026-03-02\n"
        "task 3,alice,2026-03-03\n"
        "task 3,alice,2026-03-03\n"
        "9999,alice,2026-03-02\n"
        "nothing,alice,2026-03-02\n"
        "task 1,nobody,2026-03-02\n"
        "task 1,9999,2026-03-02\n"
        f"task 1,{gone.pk},2026-03-02\n"
        "retired,alice,2026-03-02\n"
        "task 1,alice,2030-01-01\n"
        "task 1,alice,2020-01-01\n",
    )
    finish(whole)

    assert outcomes(whole) == [
        ("accepted", ""),
        ("accepted", ""),
        ("refused", "daily_limit_reached"),
        ("refused", "already_assigned"),
        ("accepted", ""),
        ("refused", "already_assigned"),
        ("refused", "task_not_found"),
        ("refused", "task_not_found"),
        ("refused", "user_not_found"),
        ("refused", "user_not_found"),
        ("refused", "user_inactive"),
        ("refused", "task_inactive"),
        ("refused", "date_out_of_range"),
        ("accepted", ""),
    ]
    assert counted(whole) == ("done", 14, 14, 4, 10)
    assert whole.finished_at
    first, second, third, fourth, *_ = report(whole)
    made = list(Assignment.objects.order_by("pk"))
    assert first == {
        "line": "2",
        "task": str(tasks[0].pk),
        "user": str(alice.pk),
        "date": "2026-03-02",
        "effort": "",
        "status": "accepted",
        "code": "",
        "detail": "",
        "assignment": str(made[0].pk),
        "next_free_date": "",
    }
    assert second["assignment"] == str(made[1].pk)
    assert (third["line"], third["next_free_date"]) == ("4", "2026-03-03")
    assert third["detail"].startswith("2 of 2 tasks are taken on 2026-03-02")
    assert fourth["assignment"] in {str(made[0].pk), ""}
    assert [(one.task, one.daily_limit.user, str(one.date), one.taskmaster) for one in made] == [
        (tasks[0], alice, "2026-03-02", taskmaster),
        (tasks[1], alice, "2026-03-02", taskmaster),
        (tasks[2], alice, "2026-03-03", taskmaster),
        (tasks[0], alice, "2020-01-01", taskmaster),
    ]
    told = Event.objects.filter(kind="assigned").order_by("pk").values_list("assignment", "actor", "task_name")
    assert list(told) == [(one.pk, taskmaster.pk, one.task.name) for one in made]
    assert list(limits.drifted()) == []


@pytest.mark.parametrize(
    ("row", "detail"),
    [
        ("task 1,alice,", "The row has no date."),
        (",,2026-03-02", "The row lacks task, user."),
        ("task 1,alice,2.3.2026", "'2.3.2026' is not a date that exists, as YYYY-MM-DD."),
        ("task 1,alice,2026-02-30", "'2026-02-30' is not a date that exists, as YYYY-MM-DD."),
        ("task 1,alice,20260302", "'20260302' is not a date that exists, as YYYY-MM-DD."),
        ("task 1,alice,2026-W10-1", "'2026-W10-1' is not a date that exists, as YYYY-MM-DD."),
        ("task 1,alice,٢٠٢٦-٠٣-٠٢", "'٢٠٢٦-٠٣-٠٢' is not a date that exists, as YYYY-MM-DD."),
        ("twice,alice,2026-03-02", "2 tasks are called 'twice'; write the id of the one that you mean."),
        ("TWICE,alice,2026-03-02", "2 tasks are called 'TWICE'; write the id of the one that you mean."),
        ("Task one,alice,2026-03-02", "There is no task called 'Task one'."),
        ("task 1,Alicia,2026-03-02", "There is nobody called 'Alicia'."),
        ("0,alice,2026-03-02", "There is no task called '0'."),
        ("task 1,999999999999999999,2026-03-02", "There is no person with the id 999999999999999999."),
        (f"task 1,{'9' * 200},2026-03-02", f"There is nobody called '{'9' * 200}'."),
        ("12345678901,alice,2026-03-02", "There is no task with the id 12345678901."),
        ("-1,alice,2026-03-02", "There is no task called '-1'."),
        ('"task\x071",alice,2026-03-02', "There is no task called 'task\\x071'."),
    ],
)
def test_only_the_bad_row_is_refused(taskmaster: User, alice: User, tasks: list[Task], row: str, detail: str) -> None:
    Task.objects.bulk_create([Task(name="twice"), Task(name="twice")])
    whole = finish(start(taskmaster, f"{row}\ntask 1,alice,2026-03-02\n"))

    refused, accepted = report(whole)
    assert (refused["status"], refused["detail"]) == ("refused", detail)
    assert refused["code"] in {"invalid_request", "task_not_found", "user_not_found"}
    assert accepted["status"] == "accepted"


def test_digits_are_an_id_first_and_otherwise_a_name(taskmaster: User, alice: User, cooking: Task) -> None:
    named_like_cooking = Task.objects.create(name=str(cooking.pk))
    other_digits = Task.objects.create(name="2026")
    digits = make_person("4711")
    whole = finish(start(taskmaster, f"{cooking.pk},4711,2026-03-02\n2026,alice,2026-03-02\n"))

    assert counted(whole) == ("done", 2, 2, 2, 0)
    assert Assignment.objects.filter(task=cooking, daily_limit__user=digits).exists()
    assert Assignment.objects.filter(task=other_digits, daily_limit__user=alice).exists()
    assert not Assignment.objects.filter(task=named_like_cooking).exists()


def test_an_inactive_task_does_not_hide_an_active_one_with_its_name(taskmaster: User, alice: User) -> None:
    Task.objects.create(name="cooking", is_active=False)
    new = Task.objects.create(name="cooking")
    Task.objects.create(name="cooking", is_active=False)

    assert outcomes(finish(start(taskmaster, "cooking,alice,2026-03-02\n"))) == [("accepted", "")]
    assert Assignment.objects.get().task == new


@pytest.mark.parametrize(
    "row",
    [
        "BANK  Reconciliation,Jörg",
        "bank reconciliation,JO\u0308RG",
        " Bank Reconciliation ,jörg",
        "bank reconciliation,jörg",
    ],
)
def test_finds_a_name_that_differs_only_in_form_capitals_and_blanks(
    taskmaster: User, alice: User, cooking: Task, row: str
) -> None:
    task = Task.objects.create(name="bank reconciliation")
    Task.objects.create(name="Bank reconciliation", is_active=False)
    jorg = make_person("jörg")
    make_person("jorg")

    assert outcomes(finish(start(taskmaster, f"{row},2026-03-02\n"))) == [("accepted", "")]

    made = Assignment.objects.get()
    assert (made.task, made.daily_limit.user) == (task, jorg)


def test_an_exact_name_wins_and_an_ambiguous_name_is_refused(taskmaster: User, cooking: Task) -> None:
    small, capital = make_person("bob"), make_person("Bob")
    whole = finish(start(taskmaster, "cooking,bob,2026-03-02\ncooking,Bob,2026-03-02\ncooking,BOB,2026-03-02\n"))

    assert outcomes(whole) == [("accepted", ""), ("accepted", ""), ("refused", "invalid_request")]
    assert report(whole)[2]["detail"] == "'BOB' may be one of 2 people: Bob, bob. Write the username or the id."
    assert [made.daily_limit.user for made in Assignment.objects.order_by("pk")] == [small, capital]


def test_a_name_is_found_however_its_letters_are_composed(taskmaster: User, cooking: Task) -> None:
    users.create_user(actor=None, username="Jörg", password="!")

    assert outcomes(finish(start(taskmaster, "cooking,Jo\u0308rg,2026-03-02\n"))) == [("accepted", "")]


def test_an_exact_name_wins_over_a_similar_one_however_its_letters_are_composed(taskmaster: User) -> None:
    task, person = Task.objects.create(name="bücher"), make_person("jörg")
    Task.objects.create(name="Bücher")
    make_person("Jörg")

    assert outcomes(finish(start(taskmaster, "bu\u0308cher,jo\u0308rg,2026-03-02\n"))) == [("accepted", "")]

    created = Assignment.objects.get()
    assert (created.task, created.daily_limit.user) == (task, person)


def test_days_that_are_not_set_yet_are_set_and_requested_for_everybody(
    taskmaster: User, alice: User, cooking: Task
) -> None:
    finish(start(taskmaster, "cooking,alice,2026-05-01\ncooking,alice,2026-05-02\n"))

    assert DailyLimit.objects.filter(user=alice, taken=1).count() == 2
    assert sorted(str(day.pk) for day in LimitDay.objects.all()) == ["2026-05-01", "2026-05-02"]


def test_the_limit_holds_across_blocks(taskmaster: User, alice: User, tasks: list[Task], small_blocks: None) -> None:
    whole = finish(start(taskmaster, "".join(f"task {number},alice,2026-03-02\n" for number in range(1, 9))))

    assert counted(whole) == ("done", 8, 8, 5, 3)
    assert outcomes(whole) == [("accepted", "")] * 5 + [("refused", "daily_limit_reached")] * 3


def test_a_block_costs_about_the_same_however_many_rows_it_has(
    taskmaster: User, tasks: list[Task], django_assert_max_num_queries: Any
) -> None:
    User.objects.bulk_create([User(username=f"person {number}", password="!") for number in range(100)])
    limits.create_days((person.pk, TODAY) for person in User.objects.all())
    small = start(taskmaster, "task 1,person 0,2026-03-02\n")
    big = start(taskmaster, "".join(f"task {n % 8 + 1},person {n % 100},2026-03-02\n" for n in range(450)))
    with django_assert_max_num_queries(30) as few:
        blocks.do_next_block(small.pk)
    with django_assert_max_num_queries(len(few.captured_queries) + 10):
        blocks.do_next_block(big.pk)


def test_a_first_and_a_last_name_are_understood_where_one_active_person_has_them(db: None) -> None:
    ada = make_person("ada", first_name="Ada", last_name="Lovelace")
    make_person("gone", first_name="ADA", last_name="Lovelace", is_active=False)
    for username in ("max", "m2"):
        make_person(username, first_name="Max", last_name="Müller")

    found = naming.people({"ada  lovelace", "Lovelace, Ada", "Max Müller", "Ada"})

    assert found["ada  lovelace"] == found["Lovelace, Ada"] == found["Ada"] == ada.pk
    assert str(found["Max Müller"]) == ("'Max Müller' may be one of 2 people: m2, max. Write the username or the id.")


@pytest.mark.parametrize(
    ("text", "order", "date"),
    [
        ("3.11.2026", "day_first", "2026-11-03"),
        ("3. 11. 26", "day_first", "2026-11-03"),
        ("03/11/2026", "month_first", "2026-03-11"),
        ("2026-11-03", "month_first", "2026-11-03"),
        ("13/11/2026", "month_first", None),
        ("3.11/2026", "day_first", None),
        ("3.11.2026", "iso", None),
    ],
)
def test_dates_are_read_in_the_order_that_was_told(text: str, order: str, date: str | None) -> None:
    try:
        found = formats.parse_date_in(text, formats.DateOrder(order)).isoformat()
    except ValueError:
        assert date is None
    else:
        assert found == date
