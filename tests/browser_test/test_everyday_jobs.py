"""How many clicks and keys everyday jobs take. `docs/comparison.md` lists these numbers."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from apps.models import DailyLimit, Task
from tests.browser_test.test_board import Team, Visits, assigned, cell, chip, chosen_bar, plus, team

__all__ = ["team"]

PAPER = Path(__file__).resolve().parents[2] / "docs" / "comparison.md"
LARGE = {"width": 1440, "height": 900}


class Hand:
    """Uses a page, and counts what it does. A drag is one click; a key held with another is part of that key."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.clicks = 0
        self.keys = 0

    def click(self, what: Locator) -> None:
        self.clicks += 1
        what.click()

    def drag(self, what: Locator, to: Locator) -> None:
        self.clicks += 1
        what.drag_to(to)

    def press(self, key: str) -> None:
        self.keys += 1
        self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        for letter in text:
            self.press(letter)

    @property
    def count(self) -> str:
        parts = [(self.clicks, "click"), (self.keys, "key")]
        return ", ".join(f"{number} {word}{'' if number == 1 else 's'}" for number, word in parts if number)


def assign(hand: Hand, team: Team) -> None:
    hand.click(plus(hand.page, team.alice, team.day(0)))
    hand.type("co")
    expect(hand.page.locator("#task-options button").first).to_have_text("cooking")
    hand.press("Enter")
    expect(cell(hand.page, team.alice, team.day(0))).to_contain_text("cooking")
    assert assigned() == {("alice", "cooking", team.day(0))}


def assign_from_the_tray(hand: Hand, team: Team) -> None:
    tray = hand.page.get_by_role("complementary", name="Tasks")
    hand.drag(tray.get_by_role("button", name="cooking", exact=True), cell(hand.page, team.alice, team.day(0)))
    expect(cell(hand.page, team.alice, team.day(0))).to_contain_text("cooking")
    assert assigned() == {("alice", "cooking", team.day(0))}


def assign_to_everyone(hand: Hand, team: Team) -> None:
    hand.click(hand.page.get_by_role("button", name="Choose everyone on Wednesday"))
    hand.click(chosen_bar(hand.page).get_by_role("button", name="Assign"))
    hand.type("co")
    expect(hand.page.locator("#task-options button").first).to_have_text("cooking")
    hand.press("Enter")
    expect(hand.page.get_by_role("heading", name="Assigned to 3 of 3 days")).to_be_visible()
    assert len(assigned()) == 3


def move(hand: Hand, team: Team) -> None:
    one = team.give(team.alice, 0)
    hand.page.reload()
    hand.drag(chip(hand.page, one), cell(hand.page, team.bob, team.day(2)))
    expect(cell(hand.page, team.bob, team.day(2))).to_contain_text("cooking")
    expect(hand.page.get_by_role("status")).to_contain_text("cooking is moved")
    assert assigned() == {("bob", "cooking", team.day(2))}


def undo(hand: Hand, team: Team) -> None:
    team.give(team.alice, 0)
    hand.page.reload()
    cell(hand.page, team.alice, team.day(0)).focus()
    hand.press("Delete")
    expect(cell(hand.page, team.alice, team.day(0))).not_to_contain_text("cooking")
    hand.press("Control+z")
    expect(cell(hand.page, team.alice, team.day(0))).to_contain_text("cooking")
    assert assigned() == {("alice", "cooking", team.day(0))}


def find_room(hand: Hand, team: Team) -> None:
    team.limit(team.alice, 0, 1)
    team.give(team.alice, 0, Task.objects.create(name="baking"))
    hand.page.reload()
    tray = hand.page.get_by_role("complementary", name="Tasks")
    hand.drag(tray.get_by_role("button", name="cooking", exact=True), cell(hand.page, team.alice, team.day(0)))
    hand.click(hand.page.get_by_role("button", name=re.compile("Assign it on Tuesday")))
    expect(cell(hand.page, team.alice, team.day(1))).to_contain_text("cooking")
    assert ("alice", "cooking", team.day(1)) in assigned()


def find_somebody(hand: Hand, team: Team) -> None:
    hand.click(hand.page.get_by_role("link", name="Who is free on Thursday?"))
    expect(hand.page.get_by_role("dialog")).to_contain_text("has room for 5")


def lower_a_limit(hand: Hand, team: Team) -> None:
    hand.click(cell(hand.page, team.alice, team.day(0)).locator(".load"))
    expect(hand.page.get_by_label("At most, in tasks")).to_be_visible()
    hand.click(hand.page.get_by_label("At most, in tasks"))
    hand.press("Control+a")
    hand.press("2")
    hand.press("Enter")
    expect(cell(hand.page, team.alice, team.day(0))).to_contain_text("0/2")
    assert DailyLimit.objects.get(user=team.alice, date=team.day(0)).maximum == 2


def take_two_days_off(hand: Hand, team: Team) -> None:
    cell(hand.page, team.alice, team.day(1)).focus()
    hand.press("Shift+ArrowRight")
    hand.click(chosen_bar(hand.page).get_by_role("button", name="Limit or day off"))
    expect(hand.page.get_by_label("At most, in tasks")).to_be_focused()
    hand.press("0")
    hand.press("Enter")
    expect(hand.page.get_by_role("heading", name="2 of 2 days have a limit of 0")).to_be_visible()
    assert DailyLimit.objects.filter(user=team.alice, maximum=0).count() == 2


def copy_a_week(hand: Hand, team: Team) -> None:
    team.give(team.alice, 0)
    team.give(team.bob, 3)
    hand.page.reload()
    hand.click(hand.page.get_by_text("View", exact=True))
    hand.click(hand.page.get_by_role("link", name="Copy days"))
    hand.click(hand.page.get_by_role("button", name="See what fits"))
    hand.click(hand.page.get_by_role("button", name=re.compile("Copy")))
    expect(hand.page.get_by_role("dialog")).to_contain_text("2 of 2 copied")
    assert len(assigned()) == 4


JOBS: dict[str, Callable[[Hand, Team], None]] = {
    "Assign a task on a day": assign,
    "The same, from the tray": assign_from_the_tray,
    "Assign a task to everyone on a day": assign_to_everyone,
    "Move a task to another person and day": move,
    "Take a task away, and undo that": undo,
    "Put a task that doesn’t fit on the next free day": find_room,
    "See who is free on a day": find_somebody,
    "Lower the limit of a day": lower_a_limit,
    "Take two days off": take_two_days_off,
    "Copy a week to the next one": copy_a_week,
}


@pytest.mark.slow  # Each job opens a browser, and none of them is about something that the other tests leave out.
@pytest.mark.parametrize("job", JOBS)
def test_an_everyday_job_takes_as_many_clicks_and_keys_as_the_paper_says(visit: Visits, team: Team, job: str) -> None:
    hand = Hand(visit(team.boss, size=LARGE).open(team.path))
    JOBS[job](hand, team)

    row = next(line for line in PAPER.read_text().splitlines() if line.startswith(f"| {job} |"))
    assert row.split("|")[2].strip() == hand.count
