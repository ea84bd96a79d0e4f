"""The board's views, filters and saved views, and the second targets of a full day."""

from playwright.sync_api import Page, expect

from apps.models import FavouriteTask, SavedView, Task, WaitingEntry
from tests.browser_test.test_board import NARROW, Team, Visits, assigned, cell, chip, chosen_bar, pick, team

__all__ = ["team"]

LARGE = {"width": 1440, "height": 900}


def test_each_view_is_a_link_that_comes_back_with_back_and_is_saved_under_a_name(visit: Visits, team: Team) -> None:
    team.give(team.alice, 0)
    browser = visit(team.boss)
    page = browser.open(f"{team.path}&q=ali")
    spans = page.get_by_role("navigation", name="Days shown")

    spans.get_by_role("link", name="2 weeks").click()
    expect(page.locator("thead button")).to_have_count(14)
    browser.assert_accessible()
    spans.get_by_role("link", name="Day").click()
    expect(page.locator("thead button")).to_have_count(1)
    browser.assert_accessible()
    page.go_back()
    expect(page.locator("thead button")).to_have_count(14)
    expect(page.locator("tr[data-person]")).to_have_count(1)

    page.get_by_text("View", exact=True).click()
    page.get_by_role("link", name="By task").click()
    expect(page.locator("#by-task tbody tr")).to_have_count(1)
    page.get_by_text("Filter", exact=True).click()
    browser.assert_accessible()
    page.get_by_role("link", name="Open tasks").click()
    page.get_by_role("link", name="Saved views").click()
    page.get_by_label("Save what the board shows as").fill("What is open")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("link", name="What is open")).to_be_visible()
    browser.assert_accessible()
    assert SavedView.objects.get().query == "span=two-weeks&by=tasks&show=open"

    page.keyboard.press("Escape")
    page.get_by_role("link", name="No longer filter by Open tasks").click()
    expect(page.get_by_role("link", name="No longer filter by")).to_have_count(0)
    page.keyboard.press("Control+k")
    page.keyboard.type("what is")
    page.keyboard.press("ArrowDown")
    page.get_by_role("link", name="What is open").click()
    expect(page.get_by_role("link", name="No longer filter by Open tasks")).to_be_visible()


def test_by_task_a_day_is_given_to_somebody_free_and_the_table_shows_it(visit: Visits, team: Team) -> None:
    team.give(team.alice, 0)
    browser = visit(team.boss)
    page = browser.open(f"{team.path}&by=tasks")

    page.locator("#by-task td").nth(1).hover()
    page.get_by_role("link", name="Give cooking to somebody on Tuesday").click()
    page.get_by_role("button", name="Assign it to bob").click()

    expect(page.locator("#by-task td").nth(1)).to_contain_text("bob")
    assert ("bob", "cooking", team.day(1)) in assigned()
    phone = visit(team.boss, size=NARROW)
    phone.open(f"{team.path}&by=tasks")
    phone.assert_accessible()


def hover_while_dragging(page: Page, over: object, *, end: bool = False) -> None:
    """Move the mouse, which holds a task, to the middle of an element; with `end` drop it there."""
    box = over.bounding_box()  # type: ignore[attr-defined]
    for below in (0, 2):
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2 + below, steps=6)
    if end:
        page.mouse.up()


def test_over_a_full_day_a_dragged_task_goes_to_the_next_free_day_or_waits(visit: Visits, team: Team) -> None:
    for number in (0, 1):
        team.limit(team.alice, number, 1)
        team.give(team.alice, number, Task.objects.create(name=f"task {number}"))
    one = team.give(team.bob, 0)
    page = visit(team.boss, size=LARGE).open(team.path)
    second = page.locator("#second-targets")
    tray = page.get_by_role("complementary", name="Tasks")
    cooking = tray.get_by_role("button", name="cooking", exact=True)

    cooking.hover()
    page.mouse.down()
    hover_while_dragging(page, cell(page, team.alice, team.day(0)))
    expect(second).to_contain_text(f"Next free day: {team.day(2):%a %-d %b}")
    hover_while_dragging(page, second.get_by_text("Wait for this day"), end=True)
    expect(page.get_by_role("status").first).to_contain_text("cooking waits for")
    expect(second).to_be_hidden()
    assert WaitingEntry.objects.get().date == team.day(0)

    chip(page, one).hover()
    page.mouse.down()
    hover_while_dragging(page, cell(page, team.alice, team.day(1)))
    expect(second.get_by_text("Wait for this day")).to_be_hidden()
    hover_while_dragging(page, second.get_by_text("Next free day"), end=True)
    expect(page.get_by_role("status").first).to_contain_text("cooking is moved to")
    expect(cell(page, team.alice, team.day(2))).to_contain_text("cooking")
    assert ("alice", "cooking", team.day(2)) in assigned()
    assert not any(name == "bob" for name, _, _ in assigned())


def test_the_next_free_day_may_be_out_of_sight(visit: Visits, team: Team) -> None:
    for number in range(7):
        team.limit(team.alice, number, 0 if number else 1)
    team.give(team.alice, 0, Task.objects.create(name="baking"))
    page = visit(team.boss, size=LARGE).open(team.path)

    page.get_by_role("complementary", name="Tasks").get_by_role("button", name="cooking", exact=True).hover()
    page.mouse.down()
    hover_while_dragging(page, cell(page, team.alice, team.day(0)))
    hover_while_dragging(page, page.locator("#second-targets").get_by_text("Next free day"), end=True)

    expect(page.get_by_role("status").first).to_contain_text("cooking is assigned on")
    assert ("alice", "cooking", team.day(7)) in assigned()


def test_a_star_makes_a_task_a_favourite(visit: Visits, team: Team) -> None:
    browser = visit(team.boss, size=LARGE)
    page = browser.open(team.path)

    page.get_by_role("button", name="Favourite: cooking").click()
    expect(page.get_by_role("button", name="Favourite: cooking")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("heading", name="Favourites")).to_be_visible()
    browser.assert_accessible()
    assert FavouriteTask.objects.get().task == team.cooking


def test_the_days_of_a_month_are_one_stop_of_the_tab_key(visit: Visits, team: Team) -> None:
    browser = visit(team.boss)
    page = browser.open("/board/month/?month=2027-03")
    expect(page.locator("tbody a[tabindex='0']")).to_have_count(1)

    page.locator("tbody a").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="bob on")).to_be_visible()
    browser.assert_accessible()


def test_the_holidays_of_a_country_come_as_it_is_chosen(visit: Visits, team: Team) -> None:
    browser = visit(team.boss)
    page = browser.open("/rules/holidays/")

    page.get_by_label("Country").select_option("DE")
    expect(page.get_by_label("Region")).to_be_visible()
    page.get_by_label("Year", exact=True).select_option(str(team.monday.year + 1))
    expect(page.get_by_role("checkbox", name="Good Friday")).to_be_checked()
    page.get_by_label("Region").select_option("BY")
    expect(page.get_by_role("checkbox", name="Epiphany")).to_be_checked()
    browser.assert_accessible()
    page.get_by_role("checkbox", name="Epiphany").uncheck()
    page.get_by_role("button", name="Make rules of the ticked days").click()

    expect(page.get_by_role("status")).to_contain_text("rules are made.")
    expect(page.get_by_text("Good Friday")).to_be_visible()
    expect(page.get_by_text("Epiphany")).to_have_count(0)


def test_countries_have_names_in_the_readers_language_and_the_chosen_one_stays(visit: Visits, team: Team) -> None:
    page = visit(team.boss, locale="de-DE").open("/rules/holidays/?country=AT")

    country = page.get_by_label("Land", exact=True)
    expect(country).to_have_value("AT")
    expect(country.locator("option:checked")).to_have_text("Österreich")
    names = country.locator("option").all_inner_texts()
    # As German dictionaries sort it: not after Z.
    assert names.index("Norwegen") < names.index("Österreich") < names.index("Polen")


def test_on_a_phone_a_tap_chooses_a_day_and_the_bar_offers_what_can_be_done(visit: Visits, team: Team) -> None:
    browser = visit(team.boss, size=NARROW, has_touch=True)
    page = browser.open(team.path)

    cell(page, team.alice, team.day(0)).locator(".load").tap()
    expect(chosen_bar(page)).to_contain_text("Days chosen: 1")
    browser.assert_accessible()
    chosen_bar(page).get_by_role("button", name="See the day").tap()
    expect(page.get_by_role("heading", name="Alice Liddell on")).to_be_visible()
    page.keyboard.press("Escape")
    cell(page, team.alice, team.day(1)).locator(".load").tap()
    expect(chosen_bar(page).get_by_role("button", name="See the day")).to_be_hidden()
    chosen_bar(page).get_by_role("button", name="Assign").tap()
    pick(page, "cooking")
    expect(page.get_by_role("heading", name="Assigned to 2 of 2 days")).to_be_visible()
    assert assigned() == {("alice", "cooking", team.day(0)), ("alice", "cooking", team.day(1))}
