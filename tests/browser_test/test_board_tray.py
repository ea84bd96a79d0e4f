"""The tray of tasks beside the board, and the sheet of a day."""

import pytest
from playwright.sync_api import expect

from apps.models import Assignment, ReturnedTask, Task
from apps.services import returns
from tests.browser_test.test_board import NARROW, Team, Visits, assigned, cell, choose, chosen_bar, plus, team

__all__ = ["team"]

LARGE = {"width": 1440, "height": 900}


def test_a_task_is_dragged_from_the_tray_onto_a_day_and_pressed_for_many(visit: Visits, team: Team) -> None:
    Task.objects.create(name="baking")
    browser = visit(team.boss, size=LARGE)
    page = browser.open(team.path)
    tray = page.get_by_role("complementary", name="Tasks")
    expect(tray.locator("[data-task]")).to_have_text(["baking", "cooking"])
    browser.assert_accessible()

    tray.get_by_role("button", name="cooking", exact=True).drag_to(cell(page, team.alice, team.day(0)))
    expect(cell(page, team.alice, team.day(0))).to_contain_text("cooking")
    expect(tray.locator("[data-task]").first).to_have_text("cooking")

    tray.get_by_role("button", name="baking", exact=True).click()
    expect(tray.get_by_role("status")).to_contain_text("Choose days first, or drag the task onto a day.")
    choose(page, team.alice, team.day(1))
    choose(page, team.bob, team.day(1))
    tray.get_by_role("button", name="baking", exact=True).press("Enter")
    expect(page.get_by_role("heading", name="Assigned to 2 of 2 days")).to_be_visible()
    page.keyboard.press("Escape")
    expect(chosen_bar(page)).to_be_hidden()
    expect(tray.get_by_role("status")).to_be_hidden()
    assert assigned() == {
        ("alice", "cooking", team.day(0)),
        ("alice", "baking", team.day(1)),
        ("bob", "baking", team.day(1)),
    }


def test_a_task_dropped_on_a_full_day_opens_what_can_be_done_and_somebody_else_gets_it(
    visit: Visits, team: Team
) -> None:
    team.limit(team.alice, 0, 1)
    team.give(team.alice, 0, Task.objects.create(name="baking"))
    browser = visit(team.boss, size=LARGE)
    page = browser.open(team.path)
    tray = page.get_by_role("complementary", name="Tasks")

    tray.get_by_label("Search tasks").fill("cook")
    expect(tray.locator("[data-task]")).to_have_text(["cooking"])
    tray.get_by_role("button", name="cooking", exact=True).drag_to(cell(page, team.alice, team.day(0)))
    expect(page.get_by_role("alert")).to_contain_text("This day is full")
    browser.assert_accessible()
    page.get_by_role("button", name="Assign it to bob").click()

    expect(cell(page, team.bob, team.day(0))).to_contain_text("cooking")
    assert assigned() == {("alice", "baking", team.day(0)), ("bob", "cooking", team.day(0))}


def test_the_tray_is_closed_and_stays_so_and_phones_have_none(visit: Visits, team: Team) -> None:
    page = visit(team.boss, size=LARGE).open(team.path)
    expect(page.get_by_role("complementary", name="Tasks")).to_be_visible()
    page.get_by_role("button", name="Tasks", exact=True).click()
    expect(page.get_by_role("complementary", name="Tasks")).to_be_hidden()
    page.reload()
    expect(page.get_by_role("button", name="Tasks", exact=True)).to_have_attribute("aria-expanded", "false")
    expect(page.get_by_role("complementary", name="Tasks")).to_be_hidden()

    phone = visit(team.boss, size=NARROW).open(team.path)
    expect(phone.get_by_role("button", name="Tasks", exact=True)).to_be_hidden()


def test_a_day_is_a_sheet_with_its_tasks_and_what_happened_and_its_limit_is_undone(visit: Visits, team: Team) -> None:
    team.give(team.alice, 0)
    browser = visit(team.boss)
    page = browser.open(team.path)

    cell(page, team.alice, team.day(0)).locator(".load").click()
    page.get_by_text("What happened to this day").click()
    expect(page.get_by_role("dialog")).to_contain_text("boss assigned “cooking”")
    browser.assert_accessible()
    page.get_by_label("At most, in tasks").fill("2")
    page.get_by_role("button", name="Set by hand").click()
    expect(cell(page, team.alice, team.day(0))).to_contain_text("1/2")
    page.get_by_role("button", name="Undo").click()
    expect(cell(page, team.alice, team.day(0))).to_contain_text("1/5")

    plus(page, team.alice, team.day(0)).click()
    expect(page.get_by_role("heading", name="A task for alice")).to_be_visible()


def test_a_task_is_moved_to_another_week_and_a_day_is_changed_over_another_page(visit: Visits, team: Team) -> None:
    """The cells of the answer are not on these pages, and no error is logged about that."""
    one = team.give(team.alice, 0)
    page = visit(team.boss).open(team.path)

    page.locator(f"#chip-{one.pk}").click()
    page.get_by_label("On", exact=True).fill(team.day(8).isoformat())
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="cooking is moved")).to_be_visible()
    expect(cell(page, team.alice, team.day(0))).not_to_contain_text("cooking")

    page.goto(f"{page.url.partition('/board/')[0]}/board/month/?month={team.day(8):%Y-%m}")
    page.locator(f"a[href*='/{team.alice.pk}/{team.day(8)}/']").click()
    page.get_by_label("At most").fill("2")
    page.get_by_role("button", name="Set by hand").click()
    expect(page.get_by_role("status").filter(has_text="Alice Liddell gets at most 2")).to_be_visible()
    assert assigned() == {("alice", "cooking", team.day(8))}


def test_a_task_that_was_handed_back_is_dragged_to_somebody_elses_day(visit: Visits, team: Team) -> None:
    one = team.give(team.alice, 0)
    returns.hand_back(actor=team.alice, assignment_id=one.pk, reason="I am ill.")
    team.give(team.bob, 1)
    browser = visit(team.boss, size=LARGE)
    page = browser.open(team.path)
    back = page.get_by_role("complementary", name="Tasks").locator("[data-returned]")
    expect(back).to_have_attribute("title", "Alice Liddell: I am ill.")
    browser.assert_accessible()

    back.drag_to(cell(page, team.bob, team.day(1)))
    expect(page.get_by_role("status").filter(has_text="already")).to_be_visible()
    expect(back).to_have_count(1)
    assert ReturnedTask.objects.exists()

    back.drag_to(cell(page, team.bob, team.day(0)))
    expect(cell(page, team.bob, team.day(0))).to_contain_text("cooking")
    expect(back).to_have_count(0)
    assert assigned() == {("bob", "cooking", team.day(0)), ("bob", "cooking", team.day(1))}
    assert Assignment.objects.get(user=team.bob.pk, daily_limit__date=team.day(0)).taskmaster == team.boss
    assert not ReturnedTask.objects.exists()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_list_of_what_was_handed_back_is_readable_and_gives_it_to_somebody_free(
    visit: Visits, team: Team, scheme: str
) -> None:
    one = team.give(team.alice, 0)
    returns.hand_back(actor=team.alice, assignment_id=one.pk, reason="I am ill.")
    browser = visit(team.boss, size=NARROW, scheme=scheme)
    page = browser.open("/board/returned/")
    expect(page.get_by_role("heading", name="cooking")).to_be_visible()
    page.get_by_text("Somebody else, or another day").click()
    browser.assert_accessible()
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]

    page.get_by_role("button", name="Give to bob").click()
    expect(page.get_by_text("Nothing waits to be placed again.")).to_be_visible()
    browser.assert_accessible()
    assert assigned() == {("bob", "cooking", team.day(0))}
