"""Two people plan the same week at once, with all that the board offers."""

import random
import time

import pytest
from django.core.management import call_command
from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as TooLate

from apps.models import Assignment, DailyLimit, Event, Task
from tests.browser_test.test_board import ASK_FOR_UPDATES, Team, Visits, team
from tests.conftest import make_person

__all__ = ["team"]

SECONDS = 120
LARGE = {"width": 1440, "height": 900}
SHOWN = """[...document.querySelectorAll('#board [data-cell]')].flatMap((cell) =>
    [...cell.querySelectorAll('[data-assignment]')].map((chip) => `${chip.dataset.assignment} ${cell.dataset.cell}`))"""


class Planner:
    """Somebody who drags, takes away, undoes and assigns at random."""

    def __init__(self, page: Page, seed: int) -> None:
        self.page, self.chance = page, random.Random(seed)
        self.done = {"drag": 0, "tray": 0, "delete": 0, "undo": 0, "copy": 0}

    def step(self) -> None:
        """Do one thing. What is refused is refused by the server."""
        what = self.chance.choice(["drag", "drag", "drag", "tray", "tray", "delete", "undo", "copy"])
        chips, cells = self.page.locator("#board .chip"), self.page.locator("#board [data-cell]")
        cell = cells.nth(self.chance.randrange(cells.count()))
        # Somebody else may take the chip away, or replace the cell, at the same moment: then the hand grasps nothing.
        if what in {"drag", "delete"} and not chips.count():
            return
        chip = chips.nth(self.chance.randrange(max(1, chips.count())))
        try:
            if what == "drag":
                chip.drag_to(cell, timeout=1000, target_position={"x": 20, "y": 10})
            elif what == "tray":
                tasks = self.page.locator("#tray [data-task]")
                tasks.nth(self.chance.randrange(tasks.count())).drag_to(cell, timeout=1000)
            elif what == "delete":
                chip.press("Delete", timeout=1000)
            elif what == "undo":
                self.page.keyboard.press("Control+z")
            else:
                self._copy(cell.get_attribute("data-cell", timeout=1000) or "")
        except TooLate:
            return
        finally:
            self.close()
        self.done[what] += 1

    def _copy(self, place: str) -> None:
        """Copy a day to the next one, for everyone."""
        date = place.partition(":")[2]
        self.page.evaluate(
            f"openPanel(`/board/copy/`).then(() => document.querySelector('[name=date_from]').value = '{date}')"
        )
        self.page.wait_for_selector("#panel [name=date_from]", timeout=3000)
        day = time.strftime("%Y-%m-%d", time.gmtime(time.mktime(time.strptime(date, "%Y-%m-%d")) + 36 * 3600))
        for name, value in (("date_from", date), ("date_to", date), ("to", day)):
            self.page.locator(f"#panel [name={name}]").fill(value, timeout=1000)
        self.page.get_by_role("button", name="See what fits").click(timeout=1000)
        self.page.locator("#panel button.primary").last.click(timeout=1000)

    def close(self) -> None:
        """Close the sheet of a refusal or a result, if one is open."""
        if self.page.evaluate("panel.open"):
            self.page.keyboard.press("Escape")

    def sees(self, there: set[str]) -> bool:
        """Whether the board shows this, once all that was sent is answered and what others did has come."""
        self.close()
        self.page.mouse.move(5, 5)
        end = time.monotonic() + 20
        while set(self.page.evaluate(SHOWN)) != there and time.monotonic() < end:
            self.page.evaluate(ASK_FOR_UPDATES)
            self.page.wait_for_timeout(300)
        return set(self.page.evaluate(SHOWN)) == there


@pytest.mark.slow
def test_two_planners_at_once_lose_no_drop_and_see_no_ghost(visit: Visits, team: Team) -> None:
    for number in range(3):
        make_person(f"person{number}")
    for number in range(6):
        Task.objects.create(name=f"task {number}")
    for person in (team.alice, team.bob):
        for number in range(0, 7, 2):
            team.limit(person, number, 2)
    people = [team.boss, make_person("other", is_taskmaster=True)]
    planners = [Planner(visit(one, size=LARGE).open(team.path), seed) for seed, one in enumerate(people)]
    for planner in planners:
        planner.page.locator("#tray [data-task]").first.wait_for()

    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        for planner in planners:
            planner.step()
    for planner in planners:
        planner.page.wait_for_function("moving.size === 0")
        planner.page.wait_for_load_state("networkidle")

    there = {f"{one.pk} {one.user_id}:{one.date}" for one in Assignment.objects.with_day()}
    there = {one for one in there if one.partition(":")[2] <= str(team.day(6))}
    assert all(min(planner.done.values()) > 2 for planner in planners), [planner.done for planner in planners]
    assert there
    assert Event.objects.count() > 100
    assert [planner.sees(there) for planner in planners] == [True, True]
    assert not [day for day in DailyLimit.objects.all() if day.taken > day.maximum]
    call_command("check_limits")
