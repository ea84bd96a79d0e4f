"""docs/accessibility.md says what a screen reader gets while a task is assigned, moved and refused. This test walks the
same way and compares; with TOGO_WRITE_DOCUMENTS=on it writes the page."""

import datetime
import os
import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from apps.models import Assignment, Task
from tests.browser_test.test_board import Team, Visits, assigned, cell, chip, team
from tests.browser_test.test_board_keys import focused, id_of

__all__ = ["team"]

PAPER = Path(__file__).resolve().parents[2] / "docs" / "accessibility.md"
# The Monday of the week on paper.
ON_PAPER = datetime.date(2026, 3, 2)
HEAD = """# With a screen reader

This page walks through the board with the keyboard, and shows what a screen reader gets at each step: the parts of
Chromium's accessibility tree that the step is about. `pytest tests/browser_test/test_accessibility.py` walks the same
way and compares; with `TOGO_WRITE_DOCUMENTS=on` it writes this page. Other tests look for faults of the pages with axe.

The board is a grid and one stop of the Tab key; arrow keys walk through its cells, and `?` lists all keys. An `alert`
or a `status` is read out as soon as it appears, wherever the focus is.
"""


class Walk:
    """Writes down what a screen reader gets at each step."""

    def __init__(self, page: Page, monday: datetime.date) -> None:
        self.page, self.lines = page, [HEAD]
        days = [(monday + datetime.timedelta(days=one), ON_PAPER + datetime.timedelta(days=one)) for one in range(14)]
        self.dates = {
            f"{real:{day}} {real.day} {real:{month}}": f"{paper:{day}} {paper.day} {paper:{month}}"
            for real, paper in days
            for day, month in (("%A", "%B"), ("%a", "%b"))
        }
        self.pattern = re.compile(rf"\b({'|'.join(self.dates)})\b")

    def say(self, text: str) -> None:
        """Write a heading or a sentence."""
        self.lines.append(f"{text}\n")

    def hear(self, *parts: Locator) -> None:
        """Write what these parts of the page are to a screen reader, on the paper's dates and without addresses."""
        heard = "\n".join(part.aria_snapshot() for part in parts)
        heard = re.sub(r":\n( *)- /url: .*(?!\n\1- )$|\n *- /url: .*", "", heard, flags=re.MULTILINE)
        heard = self.pattern.sub(lambda found: self.dates[found[0]], heard)
        self.lines.append(f"```yaml\n{heard}\n```\n")

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def test_a_screen_reader_gets_what_the_paper_says(visit: Visits, team: Team) -> None:
    Task.objects.create(name="cleaning")
    team.limit(team.bob, 0, 1, "Training")
    team.give(team.bob, 0, Task.objects.create(name="baking"))
    page = visit(team.boss).open(team.path)
    walk = Walk(page, team.monday)
    dialog, status = page.get_by_role("dialog"), page.get_by_role("status").first

    walk.say("## Assign a task")
    cell(page, team.alice, team.day(0)).focus()
    walk.say("The focus is on a day of Alice. Its cell says whose day it is, how full, and where the limit comes from.")
    walk.hear(cell(page, team.alice, team.day(0)))
    page.keyboard.press("Enter")
    search = dialog.get_by_role("searchbox")
    expect(search).to_be_focused()
    page.keyboard.type("cook")
    expect(dialog.get_by_role("button", name="cleaning")).to_have_count(0)
    walk.say("Enter opens a dialog. The focus is in its search field; after “cook” the dialog is:")
    walk.hear(dialog)
    page.keyboard.press("Enter")
    expect(status).to_contain_text("cooking is assigned")
    assert focused(page) == id_of(team.alice, team.day(0))
    walk.say("Enter takes the first task. The dialog closes, the focus is on the same day again, and a message says:")
    walk.hear(status, cell(page, team.alice, team.day(0)))
    one = Assignment.objects.get(task=team.cooking)

    walk.say("## Move it")
    chip(page, one).focus()
    page.keyboard.press("Alt+ArrowRight")
    expect(status).to_contain_text("cooking is moved")
    expect(chip(page, one)).to_be_focused()
    walk.say(
        "Tab leads from the day to its task. Alt and an arrow key move it; the focus goes with it, and a message says:"
    )
    walk.hear(status, cell(page, team.alice, team.day(1)))

    walk.say("## A day that is full")
    cell(page, team.bob, team.day(0)).focus()
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_be_visible()
    walk.say(
        "Enter on a full day of Bob opens the same dialog. In place of the tasks it says why, and what to do instead:"
    )
    walk.hear(dialog)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert focused(page) == id_of(team.bob, team.day(0))
    walk.say("Escape closes it, and the focus is on the same day again. Nothing has changed.")
    assert assigned() == {("alice", "cooking", team.day(1)), ("bob", "baking", team.day(0))}

    if os.environ.get("TOGO_WRITE_DOCUMENTS") == "on":
        PAPER.write_text(walk.text)
    assert PAPER.read_text() == walk.text
