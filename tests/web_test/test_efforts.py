"""Efforts on the pages: what is shown, what fits, and what a changed effort does."""

import datetime
import re
from typing import Any

import pytest
from django.test import Client

from apps.models import Assignment, DailyLimit, Import, Task, User
from apps.services import assignments, limits
from tests.api_test.test_problems import nothing_written
from tests.conftest import TODAY, make_person
from tests.web_test.test_board import MONDAY, TUESDAY, cell_of, page, state_of, text_of
from tests.web_test.test_importing import do_imports
from tests.web_test.test_importing import send as send_file

__all__ = ["page"]


@pytest.fixture
def roofing(db: None) -> Task:
    """A task that takes 3 of a day."""
    return Task.objects.create(name="roofing", effort=3)


@pytest.fixture
def given(taskmaster: User, alice: User, roofing: Task) -> Assignment:
    """Roofing, assigned to Alice today."""
    return give(taskmaster, alice, roofing)


@pytest.fixture
def hours(settings: Any) -> None:
    """This installation counts hours."""
    settings.TOGO_EFFORT_UNIT = "h"


def give(taskmaster: User, person: User, task: Task, date: datetime.date = MONDAY, **more: Any) -> Assignment:
    return assignments.assign(actor=taskmaster, task_id=task.pk, user_id=person.pk, date=date, **more)


def limit(taskmaster: User, person: User, maximum: int, date: datetime.date = MONDAY) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=person.pk, date=date, maximum=maximum)


def given_on(person: User, date: datetime.date) -> tuple[list[tuple[str, int]], int]:
    """The tasks of that day with their efforts, and what is taken of it."""
    rows = Assignment.objects.filter(daily_limit__user=person, daily_limit__date=date).order_by("pk")
    return list(rows.values_list("task__name", "effort")), DailyLimit.objects.get(user=person, date=date).taken


def options_of(response: Any) -> list[str]:
    """The texts of the picker's buttons."""
    html = response.content.decode().partition('<form id="task-options"')[2].partition("</form>")[0]
    buttons = re.findall(r"<button.*?</button>", html, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", button).split()) for button in buttons]


def follow(page: Client, response: Any) -> Any:
    """The answer to the button of the message."""
    action = response.context["toast"]["action"]
    return page.post(action["path"], action["fields"], headers={"HX-Request": "true"})


# --- what is shown ----------------------------------------------------------------------------------------------


def test_a_chip_shows_its_effort_unless_it_is_1_and_the_day_shows_their_sum(
    page: Client, taskmaster: User, alice: User, given: Assignment, cooking: Task
) -> None:
    give(taskmaster, alice, cooking)

    cell = cell_of(page.get("/board/"), alice, MONDAY)

    assert "4 of 5 tasks taken" in cell
    assert "alice, Monday 2 March: 4 of 5 tasks taken." in cell
    assert cell.endswith("roofing 3 (takes 3 tasks) cooking")
    panel = text_of(page.get(f"/board/day/{alice.pk}/2026-03-02/"))
    assert "4 of 5 tasks taken." in panel
    assert "roofing 3 (takes 3 tasks) cooking Assign a task At most, in tasks" in panel


@pytest.mark.usefixtures("hours")
def test_every_page_names_the_unit(page: Client, taskmaster: User, alice: User, given: Assignment) -> None:
    limit(taskmaster, alice, 4)

    cell = cell_of(page.get("/board/"), alice, MONDAY)
    assert "3 of 4 h taken" in cell
    assert "3 of 4 h taken. Limit 4 h: set by hand for this day" in cell
    assert cell.endswith("roofing 3 h (takes 3 h)")
    panel = text_of(page.get(f"/board/day/{alice.pk}/2026-03-02/"))
    assert "3 of 4 h taken." in panel
    assert "At most, in h" in panel
    said = page.post(f"/board/day/{alice.pk}/2026-03-02/", {"maximum": 3, "reason": ""}, headers={"HX-Request": "true"})
    assert "alice gets at most 3 h on Mon 2 Mar." in text_of(said)
    assert "This day is full: 3 of 3 h taken." in text_of(page.get(f"/board/assign/?cell={alice.pk}:2026-03-02"))
    insights = text_of(page.get("/insights/"))
    assert "How full everyone’s next two weeks are, in h" in insights
    assert "Load per day, in h" in insights
    assert "Free room in the next two weeks, in h" in insights
    assert "A column for the effort is optional: how much of the day’s limit a row takes, in h." in text_of(
        page.get("/import/")
    )

    page.force_login(alice)
    day = text_of(page.get("/today/"))
    assert "roofing 3 h (takes 3 h)" in day
    assert "3 of at most 3 h today." in day


@pytest.mark.usefixtures("hours")
def test_a_day_off_says_how_much_is_still_there(
    page: Client, taskmaster: User, alice: User, given: Assignment, django_capture_on_commit_callbacks: Any
) -> None:
    dates = {"date_from": "2026-03-02", "date_to": "2026-03-02", "reason": "Holiday"}
    with django_capture_on_commit_callbacks(execute=True):
        page.post("/board/days-off/", {"who": "person", "username": "alice", **dates})

    assert "off, 3 h still there" in cell_of(page.get("/board/"), alice, MONDAY)
    assert "This day is off. 3 h still there." in text_of(page.get(f"/board/assign/?cell={alice.pk}:2026-03-02"))
    assert "The limit should be 0 h, but more is taken already." in text_of(
        page.get(f"/board/day/{alice.pk}/2026-03-02/")
    )
    assert "off, 3 h" in text_of(page.get("/insights/"))


@pytest.mark.parametrize(
    ("maximum", "taken", "state"),
    [
        (5, 3, "free"),
        (5, 4, "nearly"),
        (20, 18, "free"),
        (20, 19, "nearly"),
        (480, 432, "free"),
        (480, 433, "nearly"),
        (480, 480, "full"),
    ],
)
def test_a_day_is_nearly_full_when_less_than_2_or_less_than_a_tenth_is_left(
    page: Client, taskmaster: User, alice: User, cooking: Task, maximum: int, taken: int, state: str
) -> None:
    limit(taskmaster, alice, maximum)
    give(taskmaster, alice, cooking, effort=taken)

    assert state_of(page.get("/board/"), alice, MONDAY) == f"cell {state}"


# --- the picker -------------------------------------------------------------------------------------------------


def test_the_picker_shows_what_each_task_takes_and_whether_it_fits(
    page: Client, taskmaster: User, alice: User, given: Assignment, cooking: Task
) -> None:
    Task.objects.create(name="painting", effort=2)
    Task.objects.create(name="wiring", effort=8)
    path = f"/board/assign/?cell={alice.pk}:2026-03-02"

    assert options_of(page.get(path)) == [
        "cooking",
        "painting 2 (takes 2 tasks)",
        "wiring 8 (takes 8 tasks) doesn’t fit, 2 left",
        "roofing 3 (takes 3 tasks) is there already",
    ]
    assert options_of(page.get(f"{path}&q=wiring&effort=2")) == ["wiring 2 (takes 2 tasks)"]
    assert options_of(page.get(f"{path}&q=cook&effort=3")) == [
        "cooking 3 (takes 3 tasks) doesn’t fit, 2 left",
        "Create “ cook ” and assign it",
    ]
    several = page.get("/board/assign/", {"cell": [f"{alice.pk}:2026-03-02", f"{alice.pk}:2026-03-03"], "q": "wiring"})
    assert options_of(several) == ["wiring 8 (takes 8 tasks)"]


@pytest.mark.usefixtures("hours")
def test_a_task_that_does_not_fit_is_refused_with_the_next_day_for_its_effort(
    page: Client, taskmaster: User, alice: User, given: Assignment
) -> None:
    wiring = Task.objects.create(name="wiring", effort=5)
    give(taskmaster, alice, Task.objects.create(name="baking"), TUESDAY)

    with nothing_written():
        refused = page.post("/board/assign/", {"cell": f"{alice.pk}:2026-03-02", "task": wiring.pk})

    assert refused.status_code == 409
    assert "It doesn’t fit on this day: it takes 5 h, and 3 of 5 h are taken." in text_of(refused)
    # Tuesday has room, but not for 5.
    assert "Assign it on Wednesday 4 March instead" in text_of(refused)
    with nothing_written():
        none = page.post("/board/assign/", {"cell": f"{alice.pk}:2026-03-02", "task": wiring.pk, "effort": 6})
    assert "No later day has room for 6 h." in text_of(none)


def test_a_task_is_assigned_with_another_effort_than_its_own_also_on_the_day_that_is_offered(
    page: Client, alice: User, given: Assignment, roofing: Task, cooking: Task
) -> None:
    page.post("/board/assign/", {"cell": f"{alice.pk}:2026-03-02", "task": cooking.pk, "effort": 2})
    assert given_on(alice, MONDAY) == ([("roofing", 3), ("cooking", 2)], 5)

    refused = page.post("/board/assign/", {"cell": f"{alice.pk}:2026-03-02", "task": cooking.pk, "effort": ""})
    assert refused.status_code == 409
    baking = Task.objects.create(name="baking")
    refused = page.post("/board/assign/", {"cell": f"{alice.pk}:2026-03-02", "task": baking.pk, "effort": 4})
    # The second form waits for the day instead.
    form = dict(re.findall(r'name="(cell|task|effort)" value="([^"]*)"', refused.content.decode())[:3])
    assert form == {"cell": f"{alice.pk}:2026-03-03", "task": str(baking.pk), "effort": "4"}
    page.post("/board/assign/", form)

    assert given_on(alice, TUESDAY) == ([("baking", 4)], 4)
    assert Task.objects.get(pk=baking.pk).effort == 1


@pytest.mark.every_database
def test_a_new_task_gets_the_effort_as_its_own(page: Client, alice: User) -> None:
    page.post("/board/assign/", {"cell": f"{alice.pk}:2026-03-02", "name": "wiring", "effort": 4})
    page.post("/board/assign/", {"cell": f"{alice.pk}:2026-03-02", "name": "baking", "effort": ""})

    assert list(Task.objects.order_by("pk").values_list("name", "effort")) == [("wiring", 4), ("baking", 1)]
    assert given_on(alice, MONDAY) == ([("wiring", 4), ("baking", 1)], 5)


def test_several_days_get_the_tasks_effort_or_the_given_one(
    page: Client, taskmaster: User, alice: User, stranger: User, roofing: Task
) -> None:
    limit(taskmaster, stranger, 3)
    cells = [f"{alice.pk}:2026-03-02", f"{stranger.pk}:2026-03-02"]

    assert "Assigned to 2 of 2 days" in text_of(page.post("/board/assign/", {"cell": cells, "task": roofing.pk}))
    assert given_on(stranger, MONDAY) == ([("roofing", 3)], 3)

    cells = [f"{alice.pk}:2026-03-03", f"{stranger.pk}:2026-03-03"]
    limit(taskmaster, stranger, 3, TUESDAY)
    answer = text_of(page.post("/board/assign/", {"cell": cells, "task": roofing.pk, "effort": 4}))
    assert "Assigned to 1 of 2 days" in answer
    assert "stranger , Tue 3 Mar : 0 of 3 tasks are taken, and this takes 4. The next free day is Wed 4 Mar." in answer
    assert given_on(alice, TUESDAY) == ([("roofing", 4)], 4)


@pytest.mark.parametrize("effort", ["0", "-1", "1001", "1.5", "x"])
def test_an_effort_that_the_page_never_sends_is_refused(
    page: Client, alice: User, given: Assignment, cooking: Task, effort: str
) -> None:
    with nothing_written():
        for path, sent in (
            ("/board/assign/", {"cell": f"{alice.pk}:2026-03-03", "task": cooking.pk}),
            ("/board/assign/", {"cell": f"{alice.pk}:2026-03-03", "name": "new"}),
            (f"/board/assignment/{given.pk}/", {}),
        ):
            response = page.post(path, {**sent, "effort": effort})
            assert (response.status_code, "effort: " in text_of(response)) == (400, True)
        assert page.get(f"/board/assign/?cell={alice.pk}:2026-03-03&effort={effort}").status_code == 400


# --- an assignment's effort -------------------------------------------------------------------------------------


def test_an_effort_is_changed_and_changed_back_by_undo(page: Client, alice: User, given: Assignment) -> None:
    path = f"/board/assignment/{given.pk}/"
    form = page.get(path)
    assert "Effort in tasks" in text_of(form)
    assert 'name="effort" value="3" min="1" max="1000"' in form.content.decode()

    changed = page.post(path, {"effort": 5}, headers={"HX-Request": "true"})

    assert "roofing takes 5 tasks now." in text_of(changed)
    assert "5/5 full" in cell_of(changed, alice, MONDAY)
    assert given_on(alice, MONDAY) == ([("roofing", 5)], 5)
    undone = follow(page, changed)
    assert "roofing takes 3 tasks now." in text_of(undone)
    assert given_on(alice, MONDAY) == ([("roofing", 3)], 3)


@pytest.mark.usefixtures("hours")
def test_a_lowered_effort_frees_room_at_once(
    page: Client, taskmaster: User, alice: User, given: Assignment, cooking: Task
) -> None:
    limit(taskmaster, alice, 3)

    page.post(f"/board/assignment/{given.pk}/", {"effort": 2})

    assert options_of(page.get(f"/board/assign/?cell={alice.pk}:2026-03-02&q=cooking")) == ["cooking"]
    page.post("/board/assign/", {"cell": f"{alice.pk}:2026-03-02", "task": cooking.pk})
    assert given_on(alice, MONDAY) == ([("roofing", 2), ("cooking", 1)], 3)


@pytest.mark.usefixtures("hours")
def test_an_effort_that_does_not_fit_is_refused_with_the_reason_and_the_next_day_as_one_click(
    page: Client, taskmaster: User, alice: User, given: Assignment, cooking: Task
) -> None:
    give(taskmaster, alice, cooking)
    give(taskmaster, alice, cooking, TUESDAY)

    with nothing_written():
        refused = page.post(f"/board/assignment/{given.pk}/", {"effort": 5}, headers={"HX-Request": "true"})

    assert refused.status_code == 409
    assert (
        "4 of 5 h are taken on Mon 2 Mar, 3 h of them by this assignment, and it would take 5 h; "
        "the next day with room for 5 h is Wed 4 Mar."
    ) in text_of(refused)
    assert "4/5" in cell_of(refused, alice, MONDAY)

    moved = follow(page, refused)
    wednesday = datetime.date(2026, 3, 4)
    assert given_on(alice, wednesday) == ([("roofing", 5)], 5)
    assert given_on(alice, MONDAY) == ([("cooking", 1)], 1)
    follow(page, moved)
    assert given_on(alice, wednesday) == ([], 0)
    assert given_on(alice, MONDAY) == ([("roofing", 3), ("cooking", 1)], 4)


def test_a_move_keeps_the_effort_and_its_undo_leaves_it_alone(
    page: Client, alice: User, stranger: User, given: Assignment
) -> None:
    path = f"/board/assignment/{given.pk}/"
    moved = page.post(path, {"cell": f"{stranger.pk}:2026-03-03"}, headers={"HX-Request": "true"})
    assert given_on(stranger, TUESDAY) == ([("roofing", 3)], 3)
    page.post(path, {"effort": 2})

    follow(page, moved)

    assert given_on(stranger, TUESDAY) == ([], 0)
    assert given_on(alice, MONDAY) == ([("roofing", 2)], 2)


def test_undo_of_taking_away_gives_the_same_effort_back(
    page: Client, taskmaster: User, alice: User, given: Assignment, roofing: Task
) -> None:
    page.post(f"/board/assignment/{given.pk}/", {"effort": 4})
    Task.objects.filter(pk=roofing.pk).update(effort=1)

    taken_away = page.post(f"/board/assignment/{given.pk}/remove/", headers={"HX-Request": "true"})
    assert given_on(alice, MONDAY) == ([], 0)
    follow(page, taken_away)

    assert given_on(alice, MONDAY) == ([("roofing", 4)], 4)


def test_tasks_that_are_handed_on_keep_their_efforts(
    page: Client, taskmaster: User, alice: User, stranger: User, given: Assignment
) -> None:
    wiring = Task.objects.create(name="wiring", effort=2)
    give(taskmaster, alice, wiring, effort=1)
    give(taskmaster, stranger, Task.objects.create(name="baking"), effort=2)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    path = f"/board/hand-on/{alice.pk}/"
    assert "roofing 3 (takes 3 tasks) , Mon 2 Mar wiring , Mon 2 Mar" in text_of(page.get(path))

    answer = text_of(page.post(path, {"username": "stranger"}))

    assert "1 of 2 handed on to stranger" in answer
    assert given_on(stranger, MONDAY) == ([("roofing", 3), ("baking", 2)], 5)
    assert given_on(alice, MONDAY) == ([("wiring", 1)], 1)


def test_the_bar_is_as_long_as_the_sum(page: Client, taskmaster: User, given: Assignment) -> None:
    limit(taskmaster, given.daily_limit.user, 4)
    html = page.get("/board/").content.decode()

    assert 'class="load number t7"' in html


# --- the other pages --------------------------------------------------------------------------------------------


def test_my_day_shows_efforts_today_and_later(page: Client, taskmaster: User, alice: User, given: Assignment) -> None:
    give(taskmaster, alice, Task.objects.create(name="wiring"), TUESDAY, effort=2)
    page.force_login(alice)

    text = text_of(page.get("/today/"))

    assert "0 of 1 done roofing 3 (takes 3 tasks)" in text
    assert "3 of at most 5 tasks today." in text
    assert "Tomorrow Tuesday 3 March wiring 2 (takes 2 tasks)" in text


def test_insights_add_up_efforts(page: Client, taskmaster: User, given: Assignment) -> None:
    limit(taskmaster, given.daily_limit.user, 3)

    response = page.get("/insights/")

    assert re.search(r'<td class="full of10"><a [^>]*>3/3', response.content.decode())
    assert "Load per day, in tasks" in text_of(response)
    load = b"".join(page.get("/insights/load.csv").streaming_content).decode()
    assert "2026-03-02,3,3" in load


def test_a_file_may_give_efforts_and_its_report_shows_them(
    page: Client, taskmaster: User, alice: User, given: Assignment, cooking: Task
) -> None:
    rows = [f"{cooking.pk},alice,2026-03-02,3", f"{cooking.pk},alice,2026-03-03,2", "roofing,alice,2026-03-03,"]
    send_file(page, "\n".join(["task,user,date,effort", *rows]))
    do_imports()

    report = text_of(page.get(f"/import/{Import.objects.get().pk}/"))
    refused = "3 of 5 tasks are taken on Mon 2 Mar, and it would take 3; the next day with room for 3 is Tue 3 Mar."
    assert f"2 {cooking.pk} 3 alice 2026-03-02 ✕ {refused}" in report
    assert f"3 {cooking.pk} 2 alice 2026-03-03 ✓ Would be assigned" in report
    assert "4 roofing alice 2026-03-03 ✓ Would be assigned" in report
    page.post(f"/import/{Import.objects.get().pk}/")
    do_imports()
    assert given_on(alice, TUESDAY) == ([("cooking", 2), ("roofing", 3)], 5)
    assert given_on(alice, MONDAY) == ([("roofing", 3)], 3)


def test_admin_forms_say_what_efforts_and_limits_are_counted_in(client: Client, admin: User, hours: None) -> None:
    client.force_login(admin)

    for path in ("task/add/", "limitrule/add/", "dailylimit/add/"):
        for _ in range(2):  # The help is written once, however often the form is shown.
            assert text_of(client.get(f"/admin/togo/{path}")).count("Counted in h.") == 1, path


def test_an_effort_out_of_bounds_is_refused_beside_its_field_in_the_admin(client: Client, admin: User) -> None:
    client.force_login(admin)
    for effort in ("0", "1001", "x", ""):
        with nothing_written():
            response = client.post("/admin/togo/task/add/", {"name": "roofing", "is_active": "on", "effort": effort})
        assert list(response.context["adminform"].form.errors) == ["effort"]


def test_the_picker_takes_the_days_remaining_room_from_the_rules_if_it_is_not_set(page: Client) -> None:
    bob = make_person("bob")
    Task.objects.create(name="wiring", effort=6)

    assert options_of(page.get(f"/board/assign/?cell={bob.pk}:{TODAY}")) == [
        "wiring 6 (takes 6 tasks) doesn’t fit, 5 left"
    ]
    assert not DailyLimit.objects.filter(user=bob).exists()
