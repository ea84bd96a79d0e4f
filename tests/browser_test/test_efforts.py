"""Efforts, as taskmasters see and change them."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from apps.models import Assignment, DailyLimit, Task
from lab.processes import Server, start_server
from tests.browser_test.conftest import NARROW, WIDE
from tests.browser_test.test_board import Team, Visits, cell, chip, drag, pick, plus, team

__all__ = ["team"]


@pytest.fixture(scope="session")
def server_of_hours(django_db_setup: None) -> Iterator[Server]:
    """A ToGo that counts hours."""
    with start_server(workers=1, threads=4, TOGO_EFFORT_UNIT="h") as server:
        yield server


@pytest.fixture
def roofing(team: Team) -> Task:
    """A task that takes 3 of a day; everybody can take 5."""
    return Task.objects.create(name="roofing", effort=3)


def state_of(one: Assignment) -> tuple[int, int]:
    """The assignment's effort, and what is taken of its day."""
    now = Assignment.objects.select_related("daily_limit").get(pk=one.pk)
    return now.effort, now.daily_limit.taken


def test_the_picker_shows_what_fits_also_with_another_effort(visit: Visits, team: Team, roofing: Task) -> None:
    team.give(team.alice, 0, Task.objects.create(name="wiring", effort=3))
    browser = visit(team.boss)
    page = browser.open(team.path)

    plus(page, team.alice, team.day(0)).click()
    option = page.locator("#task-options").get_by_role("button", name="roofing")
    expect(option).to_have_text("roofing 3 (takes 3 tasks) doesn’t fit, 2 left")
    expect(page.locator("#task-options").get_by_role("button", name="cooking")).to_have_text("cooking")
    browser.assert_accessible()
    page.get_by_label("Effort in tasks").fill("2")
    expect(option).to_have_text("roofing 2 (takes 2 tasks)")
    # The number stays when the options are searched again.
    pick(page, "roof")

    expect(cell(page, team.alice, team.day(0))).to_contain_text("5/5")
    one = Assignment.objects.get(task=roofing)
    expect(chip(page, one)).to_have_text(re.compile(r"roofing 2 \(takes 2 tasks\)"))
    assert state_of(one) == (2, 5)
    assert Task.objects.get(pk=roofing.pk).effort == 3


def test_a_task_that_does_not_fit_goes_to_the_next_day_for_its_effort(visit: Visits, team: Team, roofing: Task) -> None:
    team.give(team.alice, 0, Task.objects.create(name="wiring", effort=3))
    team.limit(team.alice, 1, 3)
    page = visit(team.boss).open(team.path)

    plus(page, team.alice, team.day(0)).click()
    page.get_by_label("Effort in tasks").fill("4")
    page.locator("#task-options").get_by_role("button", name="roofing").click()
    expect(page.get_by_role("alert")).to_contain_text(
        "It doesn’t fit on this day: it takes 4 tasks, and 3 of 5 tasks are taken."
    )
    assert not Assignment.objects.filter(task=roofing).exists()
    page.get_by_role("button", name=re.compile("Assign it on Wednesday")).click()

    expect(cell(page, team.alice, team.day(2))).to_contain_text("4/5")
    one = Assignment.objects.get(task=roofing)
    assert (one.date, *state_of(one)) == (team.day(2), 4, 4)


def test_an_effort_that_does_not_fit_is_refused_and_a_lower_one_frees_room_at_once(
    visit: Visits, team: Team, roofing: Task
) -> None:
    one = team.give(team.alice, 0, roofing)
    team.give(team.alice, 0)
    browser = visit(team.boss)
    page = browser.open(team.path)

    def change(effort: int) -> None:
        chip(page, one).click()
        page.get_by_label("Effort in tasks").fill(str(effort))
        browser.assert_accessible()
        page.get_by_role("button", name="Change").click()

    change(5)
    expect(page.get_by_role("status")).to_contain_text("4 of 5 tasks are taken")
    expect(page.get_by_role("button", name="Move to Tue")).to_be_visible()
    expect(cell(page, team.alice, team.day(0))).to_contain_text("4/5")
    assert state_of(one) == (3, 4)

    change(1)
    expect(page.get_by_role("status")).to_contain_text("roofing takes 1 task now.")
    expect(cell(page, team.alice, team.day(0))).to_contain_text("2/5")
    expect(chip(page, one)).to_have_text(re.compile(r"^\s*roofing\s*$"))
    assert state_of(one) == (1, 2)
    page.get_by_role("button", name="Undo").click()
    expect(chip(page, one)).to_contain_text("takes 3 tasks")
    assert state_of(one) == (3, 4)


def test_a_task_that_is_dragged_takes_its_effort_along(visit: Visits, team: Team, roofing: Task) -> None:
    one = team.give(team.alice, 0, roofing)
    page = visit(team.boss).open(team.path)

    drag(page, one, cell(page, team.bob, team.day(2)))

    expect(cell(page, team.bob, team.day(2))).to_contain_text("3/5")
    expect(cell(page, team.alice, team.day(0))).to_contain_text("0/5")
    assert state_of(one) == (3, 3)
    assert DailyLimit.objects.get(user=team.alice, date=team.day(0)).taken == 0


@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "light"), (NARROW, "dark")], ids=["wide", "narrow"])
def test_the_unit_of_this_installation_is_on_the_board_and_on_my_day(
    visit: Visits, team: Team, roofing: Task, server_of_hours: Server, size: dict[str, int], scheme: str
) -> None:
    one = team.give(team.alice, 0, roofing)
    team.give(team.alice, 0, Task.objects.create(name="W" * 255, effort=2))
    browser = visit(team.boss, size=size, scheme=scheme)
    browser.address = f"http://localhost:{server_of_hours.port}"
    page = browser.open(team.path)

    expect(chip(page, one).get_by_text("3 h", exact=True)).to_be_visible()
    expect(chip(page, one)).to_have_accessible_name("roofing (takes 3 h)")
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    browser.assert_accessible()
    plus(page, team.alice, team.day(0)).click()
    expect(page.get_by_role("alert")).to_contain_text("This day is full: 5 of 5 h taken.")
    page.keyboard.press("Escape")
    plus(page, team.bob, team.day(0)).click()
    expect(page.get_by_label("Effort in h")).to_be_visible()
    expect(page.locator("#task-options").get_by_role("button", name="W" * 255)).to_contain_text("2 h")
    browser.assert_accessible()

    day = visit(team.alice, size=size, scheme=scheme)
    day.address = browser.address
    expect(day.open("/today/").get_by_text("of at most 5 h today")).to_be_visible()
    expect(day.page.get_by_text("3 h", exact=True)).to_be_visible()
    day.assert_accessible()


def test_a_task_is_assigned_with_another_effort_without_scripts(visit: Visits, team: Team) -> None:
    page = visit(team.boss, scripts=False).open(team.path)

    plus(page, team.alice, team.day(0)).click()
    page.get_by_label("Effort in tasks").fill("4")
    page.locator("#task-options").get_by_role("button", name="cooking").click()

    expect(cell(page, team.alice, team.day(0))).to_contain_text("4/5")
    one = Assignment.objects.get()
    assert state_of(one) == (4, 4)
    chip(page, one).click()
    page.get_by_label("Effort in tasks").fill("6")
    page.get_by_role("button", name="Change").click()
    expect(page.get_by_role("status")).to_contain_text("and it would take 6; no later day with room for 6 was found.")
    assert state_of(one) == (4, 4)
