"""The board by keyboard and by choosing days, as in a spreadsheet."""

import datetime
import time

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from apps.models import DailyLimit, Task, User
from apps.services import assignments
from apps.templatetags.board import face_colour
from tests.browser_test.test_board import Team, Visits, assigned, cell, chip, choose, chosen_bar, pick, plus, team
from tests.conftest import make_person

__all__ = ["team"]


def focused(page: Page) -> str:
    """The id of the element that has the focus."""
    return str(page.evaluate("document.activeElement.id"))


def id_of(person: User, date: object) -> str:
    return f"cell-{person.pk}-{date}"


def test_the_board_is_one_stop_of_the_tab_key_and_arrows_walk_it(visit: Visits, team: Team) -> None:
    one = team.give(team.alice, 0)
    browser = visit(team.boss)
    page = browser.open(team.path)
    stops = "[...document.querySelectorAll('#board [tabindex=\"0\"]')].map((one) => one.closest('th, td').id)"
    assert set(page.evaluate(stops)) == {id_of(team.alice, team.day(0))}

    cell(page, team.alice, team.day(0)).focus()
    for key, place in [
        ("ArrowRight", id_of(team.alice, team.day(1))),
        ("ArrowDown", id_of(team.bob, team.day(1))),
        ("End", id_of(team.bob, team.day(6))),
        ("Home", id_of(team.bob, team.day(0))),
        ("ArrowUp", id_of(team.alice, team.day(0))),
    ]:
        page.keyboard.press(key)
        assert focused(page) == place, key
    # Tab goes on to what is in the cell, and the other cells are left out.
    for _ in range(3):
        page.keyboard.press("Tab")
    assert focused(page) == f"chip-{one.pk}"
    browser.assert_accessible()


def test_a_task_is_assigned_taken_away_and_brought_back_with_keys_alone(visit: Visits, team: Team) -> None:
    page = visit(team.boss).open(team.path)
    cell(page, team.alice, team.day(0)).focus()

    page.keyboard.press("c")
    expect(page.get_by_label("Search tasks, or name a new one")).to_have_value("c")
    page.keyboard.type("ook")
    page.keyboard.press("Enter")
    expect(cell(page, team.alice, team.day(0))).to_contain_text("cooking")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert focused(page) == id_of(team.alice, team.day(0))
    assert assigned() == {("alice", "cooking", team.day(0))}

    page.keyboard.press("Delete")
    expect(cell(page, team.alice, team.day(0))).not_to_contain_text("cooking")
    assert assigned() == set()
    page.keyboard.press("Control+z")
    expect(cell(page, team.alice, team.day(0))).to_contain_text("cooking")
    assert assigned() == {("alice", "cooking", team.day(0))}


def test_days_chosen_with_shift_and_arrows_get_a_task_and_one_key_undoes_all(visit: Visits, team: Team) -> None:
    page = visit(team.boss).open(team.path)
    cell(page, team.alice, team.day(0)).focus()

    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    expect(chosen_bar(page)).to_contain_text("Days chosen: 4")
    page.keyboard.press("Enter")
    pick(page, "cooking")
    expect(page.get_by_role("heading", name="Assigned to 4 of 4 days")).to_be_visible()
    page.keyboard.press("Escape")
    assert len(assigned()) == 4
    expect(chosen_bar(page)).to_be_hidden()

    page.keyboard.press("Control+z")
    expect(page.get_by_role("status")).to_contain_text("Taken away from 4 days.")
    assert assigned() == set()


def test_days_are_chosen_by_dragging_over_them_and_get_a_limit_together(visit: Visits, team: Team) -> None:
    browser = visit(team.boss)
    page = browser.open(team.path)

    for place, press in [((team.alice, 1), page.mouse.down), ((team.bob, 2), page.mouse.up)]:
        box = cell(page, place[0], team.day(place[1])).bounding_box()
        assert box
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] - 6, steps=5)
        press()
    expect(chosen_bar(page)).to_contain_text("Days chosen: 4")
    choose(page, team.bob, team.day(2))
    expect(chosen_bar(page)).to_contain_text("Days chosen: 3")

    chosen_bar(page).get_by_role("button", name="Limit or day off").click()
    page.get_by_label("At most, in tasks").fill("0")
    page.get_by_label("Reason").fill("Moving house")
    browser.assert_accessible()
    page.get_by_role("button", name="Set by hand").click()
    expect(page.get_by_role("heading", name="3 of 3 days have a limit of 0")).to_be_visible()
    page.get_by_role("link", name="Back to the board").click()

    expect(cell(page, team.alice, team.day(1))).to_contain_text("off")
    expect(cell(page, team.bob, team.day(2))).to_contain_text("0/5")
    assert DailyLimit.objects.filter(source_kind="hand", maximum=0, source_reason="Moving house").count() == 3

    page.keyboard.press("Control+z")
    expect(page.get_by_role("status")).to_contain_text("3 days have their former limits again.")
    expect(cell(page, team.alice, team.day(1))).to_contain_text("0/5")
    assert not DailyLimit.objects.filter(source_kind="hand").exists()
    # The sheet still has the button of what was undone just now: it is not the last thing.
    page.keyboard.press("Control+z")
    page.wait_for_timeout(300)
    expect(page.get_by_role("status")).to_contain_text("3 days have their former limits again.")


def test_late_tasks_that_were_moved_go_back_with_one_key_while_the_sheet_is_open(visit: Visits, team: Team) -> None:
    today = timezone.localdate()
    yesterday = today - datetime.timedelta(days=1)
    assignments.assign(actor=team.boss, task_id=team.cooking.pk, user_id=team.alice.pk, date=yesterday)
    page = visit(team.boss).open("/board/")
    page.get_by_role("link", name="Late", exact=True).click()
    page.get_by_role("button", name="Move it").click()
    expect(page.get_by_role("heading", name="1 of 1 moved")).to_be_visible()
    expect(cell(page, team.alice, today)).to_contain_text("cooking")
    assert assigned() == {("alice", "cooking", today)}

    page.keyboard.press("Control+z")

    expect(page.get_by_role("status")).to_contain_text("1 task is back on its day.")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(cell(page, team.alice, today)).not_to_contain_text("cooking")
    assert assigned() == {("alice", "cooking", yesterday)}


def test_a_dragged_task_shows_where_it_would_not_go_and_stays_where_it_was_dropped_until_the_answer(
    visit: Visits, team: Team
) -> None:
    one = team.give(team.alice, 0)
    team.give(team.bob, 1)
    team.limit(team.bob, 2, 0, "Dentist")
    team.limit(team.bob, 3, 1)
    team.give(team.bob, 3, Task.objects.create(name="baking"))
    page = visit(team.boss).open(team.path)
    held = []
    page.route("**/board/assignment/**", lambda route: held.append(route))

    chip(page, one).hover()
    page.mouse.down()
    box = cell(page, team.bob, team.day(4)).bounding_box()
    assert box
    page.mouse.move(box["x"] + 20, box["y"] + 20, steps=5)
    for number, answer in [(1, "has it"), (2, "off"), (3, "full")]:
        expect(cell(page, team.bob, team.day(number))).to_have_attribute("data-answer", answer)
    expect(cell(page, team.bob, team.day(4))).not_to_have_attribute("data-answer", "full")
    page.mouse.up()

    expect(cell(page, team.bob, team.day(4))).to_contain_text("cooking")
    expect(page.locator("[data-answer]")).to_have_count(0)
    assert assigned() >= {("alice", "cooking", team.day(0))}
    held[0].continue_()
    expect(page.get_by_role("status")).to_contain_text("cooking is moved to bob")
    expect(cell(page, team.alice, team.day(0))).not_to_contain_text("cooking")
    assert ("bob", "cooking", team.day(4)) in assigned()


def test_more_people_come_as_the_board_is_scrolled_and_their_days_work(visit: Visits, team: Team) -> None:
    people = [make_person(f"person{number:02}") for number in range(40)]
    page = visit(team.boss).open(team.path)
    expect(page.locator("tr[data-person]")).to_have_count(25)

    page.locator("#more").scroll_into_view_if_needed()
    expect(page.locator("tr[data-person]")).to_have_count(43)
    plus(page, people[-1], team.day(0)).click()
    pick(page, "cooking")
    expect(cell(page, people[-1], team.day(0))).to_contain_text("cooking")
    page.locator("thead button").first.scroll_into_view_if_needed()
    page.get_by_role("button", name="Choose everyone on Monday").click()
    expect(chosen_bar(page)).to_contain_text("Days chosen: 43")
    assert assigned() == {("person39", "cooking", team.day(0))}


@pytest.mark.parametrize("size", ["compact", "comfortable"])
def test_the_rows_have_two_sizes(visit: Visits, team: Team, size: str) -> None:
    for number in range(4):
        team.give(team.alice, 0, Task.objects.create(name=f"task {number}"))
    browser = visit(team.boss)
    page = browser.open(f"{team.path}&size={size}")

    expect(cell(page, team.alice, team.day(0)).locator(".chip:visible")).to_have_count(2 if size == "compact" else 4)
    browser.assert_accessible()


def test_a_person_is_found_from_any_page_and_the_keys_are_explained(visit: Visits, team: Team) -> None:
    browser = visit(team.boss)
    page = browser.open("/today/")

    page.keyboard.press("Control+k")
    expect(page.get_by_label("A person, a task, a week or a page")).to_be_focused()
    page.keyboard.type("lidd")
    expect(page.get_by_role("dialog").get_by_role("link")).to_have_text(["Alice Liddell person"])
    browser.assert_accessible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Choose all days of")).to_have_count(1)
    expect(page.get_by_role("link", name="Show everyone again, not only “alice”")).to_be_visible()
    page.get_by_role("link", name="Show everyone again").click()
    expect(page.get_by_role("button", name="Choose all days of")).to_have_count(3)

    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keys")).to_be_visible()
    browser.assert_accessible()


def test_what_somebody_else_has_just_given_glows_in_the_colour_of_their_circle(visit: Visits, team: Team) -> None:
    before = team.give(team.bob, 1)
    page = visit(team.boss).open(team.path)
    one = team.give(team.alice, 0)

    expect(chip(page, one)).to_have_class(f"chip fresh f{face_colour(team.boss)}")
    expect(chip(page, before)).to_have_class("chip")


def test_letters_typed_while_the_picker_opens_are_searched_for(visit: Visits, team: Team) -> None:
    page = visit(team.boss).open(team.path)

    def later(route: Route) -> None:
        time.sleep(0.3)
        route.continue_()

    page.route("**/board/assign/**", later)
    cell(page, team.alice, team.day(0)).focus()

    page.keyboard.type("cook")

    field = page.get_by_label("Search tasks, or name a new one")
    expect(field).to_have_value("cook")
    expect(field).to_be_focused()
    expect(page.locator("#task-options")).to_have_attribute("data-for", "cook")


def test_quick_keys_take_all_tasks_away_and_undo_means_the_last_of_them(visit: Visits, team: Team) -> None:
    for number in range(4):
        team.give(team.alice, number)
    page = visit(team.boss).open(team.path)
    cell(page, team.alice, team.day(0)).focus()

    for _ in range(4):
        page.keyboard.press("Delete")
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Control+z")

    expect(page.get_by_role("status")).to_contain_text("cooking is assigned.")
    expect(cell(page, team.alice, team.day(3))).to_contain_text("cooking")
    expect(page.locator("[data-assignment]")).to_have_count(1)
    assert assigned() == {("alice", "cooking", team.day(3))}


def test_undo_opens_a_done_task_again_and_leaves_what_was_done_before_it(visit: Visits, team: Team) -> None:
    one = team.give(team.alice, 0)
    page = visit(team.boss).open(team.path)
    cell(page, team.bob, team.day(1)).focus()
    page.keyboard.press("Enter")
    pick(page, "cooking")
    chip(page, one).click()
    page.get_by_role("button", name="Mark as done").click()
    expect(chip(page, one)).to_contain_text("(done)")

    page.keyboard.press("Control+z")

    expect(chip(page, one)).not_to_contain_text("(done)")
    assert assigned() == {("alice", "cooking", team.day(0)), ("bob", "cooking", team.day(1))}


def test_days_that_change_together_are_looked_through_once_and_stay_one_stop_of_the_tab_key(
    visit: Visits, team: Team
) -> None:
    page = visit(team.boss).open(team.path)
    cell(page, team.alice, team.day(0)).focus()
    page.keyboard.press("Control+Shift+End")
    expect(chosen_bar(page)).to_contain_text("Days chosen: 21")
    page.evaluate("""() => {
        window.looks = 0;
        const look = board.querySelectorAll.bind(board);
        board.querySelectorAll = (what) => { window.looks += what.includes("tabindex"); return look(what); };
    }""")
    page.keyboard.press("Enter")
    pick(page, "cooking")
    expect(page.get_by_role("heading", name="Assigned to 21 of 21 days")).to_be_visible()

    assert page.evaluate("window.looks") < 10
    page.keyboard.press("Escape")
    expect(cell(page, team.boss, team.day(6))).to_be_focused()
    expect(page.locator("#board :is(th, td, a, button):not([tabindex])")).to_have_count(0)
