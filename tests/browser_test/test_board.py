"""The board, as taskmasters use it."""

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, Route, expect

from apps.models import Assignment, DailyLimit, Event, LimitRule, Task, User
from apps.models.events import Kind
from apps.services import assignments, limits
from tests.browser_test.conftest import NARROW, Visit
from tests.conftest import make_person

Visits = Callable[..., Visit]
# A page that is shown again requests live updates at once, and not only every few seconds.
ASK_FOR_UPDATES = "document.dispatchEvent(new Event('visibilitychange'))"


@dataclass
class Team:
    """The people of these tests, and the Monday of next week, so that all days are in the future."""

    boss: User
    alice: User
    bob: User
    cooking: Task
    monday: datetime.date

    @property
    def path(self) -> str:
        return f"/board/?week={self.monday:%G-W%V}"

    def day(self, number: int) -> datetime.date:
        return self.monday + datetime.timedelta(days=number)

    def give(self, person: User, number: int, task: Task | None = None) -> Assignment:
        task = task or self.cooking
        return assignments.assign(actor=self.boss, task_id=task.pk, user_id=person.pk, date=self.day(number))

    def limit(self, person: User, number: int, maximum: int, reason: str = "") -> None:
        limits.set_by_hand(actor=self.boss, user_id=person.pk, date=self.day(number), maximum=maximum, reason=reason)


@pytest.fixture
def team(transactional_db: None) -> Team:
    today = timezone.localdate()
    return Team(
        boss=make_person("boss", is_taskmaster=True),
        alice=make_person("alice", first_name="Alice", last_name="Liddell"),
        bob=make_person("bob"),
        cooking=Task.objects.create(name="cooking"),
        monday=today + datetime.timedelta(days=7 - today.weekday()),
    )


def cell(page: Page, person: User, date: datetime.date) -> Locator:
    return page.locator(f"#cell-{person.pk}-{date}")


def plus(page: Page, person: User, date: datetime.date) -> Locator:
    return cell(page, person, date).get_by_role("link", name="Assign a task")


def chip(page: Page, one: Assignment) -> Locator:
    return page.locator(f"#chip-{one.pk}")


def choose(page: Page, person: User, date: datetime.date) -> None:
    """Add a day to those that are chosen, with Ctrl and a click beside its tasks."""
    cell(page, person, date).click(modifiers=["ControlOrMeta"], position={"x": 4, "y": 4})


def chosen_bar(page: Page) -> Locator:
    return page.get_by_role("region", name="Chosen days")


def drag(page: Page, one: Assignment, to: Locator, *, at: float = 0.5) -> None:
    """Press the mouse, move it in steps, and release it at that part of the cell's height."""
    chip(page, one).hover()
    page.mouse.down()
    box = to.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] * at, steps=8)
    page.mouse.up()


def pick(page: Page, text: str) -> None:
    """Type into the picker as fast as can be, and press Enter at once."""
    page.get_by_label("Search tasks, or name a new one").fill(text)
    page.keyboard.press("Enter")


def assigned() -> set[tuple[str, str, datetime.date]]:
    """The username, task and date of each assignment in the database."""
    return set(Assignment.objects.values_list("daily_limit__user__username", "task__name", "daily_limit__date"))


# --- assigning --------------------------------------------------------------------------------------------------


def test_a_week_is_planned_from_nothing(visit: Visits, team: Team) -> None:
    browser = visit(team.boss)
    page = browser.open(team.path)
    browser.assert_accessible()

    plus(page, team.alice, team.day(0)).click()
    page.get_by_label("Search tasks, or name a new one").fill("bak")
    page.get_by_role("button", name="Create “bak” and assign it").wait_for()
    browser.assert_accessible()
    page.get_by_label("Search tasks, or name a new one").fill("baking")
    page.get_by_role("button", name="Create “baking” and assign it").click()
    expect(cell(page, team.alice, team.day(0))).to_contain_text("baking")
    expect(page.get_by_role("status")).to_contain_text("baking is assigned.")

    plus(page, team.bob, team.day(1)).click()
    page.get_by_label("Search tasks, or name a new one").fill("coo")
    expect(page.locator("#task-options button")).to_have_text(["cooking", "Create “coo” and assign it"])
    page.keyboard.press("Enter")
    expect(cell(page, team.bob, team.day(1))).to_contain_text("cooking")

    assert assigned() == {("alice", "baking", team.day(0)), ("bob", "cooking", team.day(1))}
    browser.assert_accessible()


def test_enter_chooses_a_task_of_the_typed_text_and_never_of_an_older_one(visit: Visits, team: Team) -> None:
    for name in ("Bank reconciliation", "wine", "red wine", "Wine tasting"):
        Task.objects.create(name=name)
    page = visit(team.boss).open(team.path)
    page.route("**/board/assign/?*q=*", lambda route: (page.wait_for_timeout(300), route.continue_())[1])

    plus(page, team.alice, team.day(0)).click()
    expect(page.locator("#task-options button").first).to_have_text("Bank reconciliation")
    pick(page, " WINE")

    expect(page.get_by_role("status")).to_contain_text("wine is assigned.")
    assert assigned() == {("alice", "wine", team.day(0))}


def test_enter_after_a_typo_creates_no_task_and_a_task_created_by_mistake_is_undone(visit: Visits, team: Team) -> None:
    page = visit(team.boss).open(team.path)

    plus(page, team.alice, team.day(0)).click()
    pick(page, "cookign")
    create = page.get_by_role("button", name="Create “cookign” and assign it")
    expect(create).to_be_focused()
    assert not Task.objects.filter(name="cookign").exists()

    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("cookign is assigned.")
    assert assigned() == {("alice", "cookign", team.day(0))}
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("cookign is taken away and no longer a task.")
    assert not Task.objects.filter(name="cookign").exists()
    assert assigned() == set()


def test_assigning_is_undone_for_one_day_and_for_many(visit: Visits, team: Team) -> None:
    page = visit(team.boss).open(team.path)

    plus(page, team.alice, team.day(0)).click()
    pick(page, "cooking")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("cooking is taken away.")
    expect(cell(page, team.alice, team.day(0))).not_to_contain_text("cooking")
    assert assigned() == set()

    page.get_by_role("button", name="Choose everyone on Wednesday").click()
    expect(chosen_bar(page)).to_contain_text("Days chosen: 3")
    chosen_bar(page).get_by_role("button", name="Assign").click()
    pick(page, "cooking")
    expect(page.get_by_role("heading", name="Assigned to 3 of 3 days")).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("Taken away from 3 days.")
    expect(cell(page, team.bob, team.day(2))).not_to_contain_text("cooking")
    assert assigned() == set()


def test_a_full_day_says_why_and_the_next_free_one_is_one_click_away(visit: Visits, team: Team) -> None:
    team.limit(team.alice, 0, 1, "Half a day")
    team.give(team.alice, 0)
    Task.objects.create(name="baking")
    browser = visit(team.boss)
    page = browser.open(team.path)

    plus(page, team.alice, team.day(0)).click()
    expect(page.get_by_role("alert")).to_contain_text("This day is full")
    expect(page.get_by_role("alert")).to_contain_text("Half a day")
    browser.assert_accessible()
    page.get_by_role("link", name=re.compile("Choose a task for Tuesday")).click()
    page.get_by_label("Search tasks, or name a new one").fill("baking")
    expect(page.locator("#task-options button").first).to_have_text("baking")
    page.keyboard.press("Enter")

    expect(cell(page, team.alice, team.day(1))).to_contain_text("baking")
    assert ("alice", "baking", team.day(1)) in assigned()


def test_one_of_two_gets_the_last_slot_and_the_other_a_friendly_refusal(visit: Visits, team: Team) -> None:
    team.limit(team.alice, 0, 1)
    Task.objects.create(name="baking")
    browsers = {"cooking": visit(team.boss), "baking": visit(make_person("other", is_taskmaster=True))}
    for name, browser in browsers.items():
        page = browser.open(team.path)
        plus(page, team.alice, team.day(0)).click()
        page.get_by_label("Search tasks, or name a new one").fill(name)
        expect(page.locator("#task-options")).to_have_attribute("data-for", name)
    for browser in browsers.values():
        browser.page.keyboard.press("Enter")
    for name, browser in browsers.items():
        given = cell(browser.page, team.alice, team.day(0)).get_by_text(name)
        expect(given.or_(browser.page.get_by_role("alert"))).to_be_visible()

    [(_, won, day)] = assigned()
    assert day == team.day(0)
    expect(cell(browsers.pop(won).page, team.alice, day)).to_contain_text(won)
    [(lost, loser)] = browsers.items()
    expect(loser.page.get_by_role("alert")).to_contain_text("This day is full")
    loser.page.get_by_role("button", name=re.compile("Assign it on Tuesday")).click()
    expect(cell(loser.page, team.alice, team.day(1))).to_contain_text(lost)
    assert assigned() == {("alice", won, team.day(0)), ("alice", lost, team.day(1))}


def test_a_day_that_becomes_full_while_somebody_chooses_says_so(visit: Visits, team: Team) -> None:
    team.limit(team.alice, 0, 1)
    page = visit(team.boss).open(team.path)
    plus(page, team.alice, team.day(0)).click()
    page.locator("#task-options").get_by_role("button", name="cooking").wait_for()
    team.give(team.alice, 0)

    pick(page, "cook")

    expect(page.get_by_role("alert")).to_contain_text("This day is full")
    expect(page.get_by_role("link", name=re.compile("Choose a task for Tuesday"))).to_be_visible()


def test_a_task_is_assigned_to_many_at_once_with_a_result_for_each(visit: Visits, team: Team) -> None:
    team.limit(team.bob, 2, 0, "Dentist")
    browser = visit(team.boss)
    page = browser.open(team.path)

    page.get_by_role("button", name="Choose everyone on Wednesday").click()
    choose(page, team.alice, team.day(3))
    expect(chosen_bar(page)).to_contain_text("Days chosen: 4")
    browser.assert_accessible()
    chosen_bar(page).get_by_role("button", name="Assign").click()
    page.get_by_label("Search tasks, or name a new one").fill("cooking")
    expect(page.locator("#task-options button").first).to_have_text("cooking")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Assigned to 3 of 4 days")).to_be_visible()
    expect(page.get_by_text("is off (Dentist)")).to_be_visible()
    browser.assert_accessible()
    page.get_by_role("link", name="Back to the board").click()
    expect(cell(page, team.alice, team.day(3))).to_contain_text("cooking")
    expect(chosen_bar(page)).to_be_hidden()
    assert assigned() == {
        ("alice", "cooking", team.day(2)),
        ("boss", "cooking", team.day(2)),
        ("alice", "cooking", team.day(3)),
    }


# --- nothing twice ----------------------------------------------------------------------------------------------


def test_a_double_click_does_a_thing_once_and_shows_no_error(visit: Visits, team: Team) -> None:
    page = visit(team.boss).open(team.path)
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)

    plus(page, team.alice, team.day(0)).click()
    page.locator("#task-options").get_by_role("button", name="cooking").dblclick()

    expect(page.get_by_role("status")).to_contain_text("cooking is assigned.")
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert len(posts) == 1
    assert assigned() == {("alice", "cooking", team.day(0))}


def test_a_button_shows_that_it_waits_and_sends_nothing_more(visit: Visits, team: Team) -> None:
    page = visit(team.boss).open(team.path)
    posts: list[Route] = []
    page.route("**/board/assign/", lambda route: posts.append(route))

    plus(page, team.alice, team.day(0)).click()
    button = page.locator("#task-options").get_by_role("button", name="cooking")
    button.click()
    expect(button).to_have_css("cursor", "progress")
    button.click()
    button.focus()
    page.keyboard.press("Enter")
    assert len(posts) == 1
    posts[0].continue_()

    expect(page.get_by_role("status")).to_contain_text("cooking is assigned.")
    assert len(posts) == 1


def test_a_message_goes_away_by_itself_but_not_under_the_mouse(visit: Visits, team: Team) -> None:
    page = visit(team.boss).open(team.path)
    page.clock.install()
    plus(page, team.alice, team.day(0)).click()
    page.locator("#task-options").get_by_role("button", name="cooking").click()
    message = page.get_by_text("cooking is assigned.")
    expect(message).to_be_visible()

    message.hover()
    page.clock.run_for(60_000)
    expect(message).to_be_visible()
    page.mouse.move(5, 5)
    page.clock.run_for(13_000)
    expect(message).to_have_count(0)


# --- moving -----------------------------------------------------------------------------------------------------


def test_a_task_is_dragged_to_another_person_and_undo_brings_it_back(visit: Visits, team: Team) -> None:
    one = team.give(team.alice, 0)
    browser = visit(team.boss)
    page = browser.open(team.path)

    drag(page, one, cell(page, team.bob, team.day(2)))
    expect(page.get_by_role("status")).to_contain_text(f"cooking is moved to bob, {team.day(2):%a %-d %b}.")
    expect(cell(page, team.bob, team.day(2))).to_contain_text("1/5")
    expect(cell(page, team.alice, team.day(0))).to_contain_text("0/5")
    assert assigned() == {("bob", "cooking", team.day(2))}

    page.get_by_role("button", name="Undo").click()
    expect(cell(page, team.alice, team.day(0))).to_contain_text("cooking")
    assert assigned() == {("alice", "cooking", team.day(0))}


@pytest.mark.parametrize("at", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("height", ["tall", "short"])
def test_a_task_lands_on_the_day_under_the_hand_wherever_in_the_cell_it_is_dropped(
    visit: Visits, team: Team, height: str, at: float
) -> None:
    one = team.give(team.alice, 0)
    for number in range(5 if height == "tall" else 0):
        team.give(team.bob, 2, Task.objects.create(name=f"task {number}"))
    page = visit(team.boss).open(team.path)

    # Friday's cell is empty, and as tall as Wednesday's in the same row.
    drag(page, one, cell(page, team.bob, team.day(4)), at=at)

    expect(cell(page, team.bob, team.day(4))).to_contain_text("cooking")
    expect(page.get_by_role("status")).to_contain_text(f"cooking is moved to bob, {team.day(4):%a %-d %b}.")
    assert ("bob", "cooking", team.day(4)) in assigned()
    assert len([row for row in assigned() if row[1] == "cooking"]) == 1


def test_a_refused_drop_goes_back_with_the_reason_and_the_next_day_as_one_click(visit: Visits, team: Team) -> None:
    one = team.give(team.alice, 0)
    team.limit(team.bob, 1, 0, "Dentist")
    browser = visit(team.boss)
    page = browser.open(team.path)

    drag(page, one, cell(page, team.bob, team.day(1)))
    expect(page.get_by_role("status")).to_contain_text("is off (Dentist)")
    expect(cell(page, team.alice, team.day(0))).to_contain_text("cooking")
    expect(cell(page, team.bob, team.day(1))).not_to_contain_text("cooking")
    assert assigned() == {("alice", "cooking", team.day(0))}

    page.get_by_role("button", name="Move to Wed").click()
    expect(cell(page, team.bob, team.day(2))).to_contain_text("cooking")
    assert assigned() == {("bob", "cooking", team.day(2))}


def test_a_drop_while_togo_is_away_is_undone(visit: Visits, team: Team) -> None:
    one = team.give(team.alice, 0)
    browser = visit(team.boss)
    page = browser.open(team.path)
    page.route("**/board/assignment/**", lambda route: route.abort())

    drag(page, one, cell(page, team.bob, team.day(1)))

    expect(page.get_by_role("status")).to_contain_text("your change may be lost")
    expect(cell(page, team.alice, team.day(0))).to_contain_text("cooking")
    assert "Failed to load resource: net::ERR_FAILED" in browser.complaints
    browser.complaints.clear()
    assert assigned() == {("alice", "cooking", team.day(0))}


def test_a_task_is_moved_with_the_keyboard_alone(visit: Visits, team: Team) -> None:
    one = team.give(team.alice, 1)
    browser = visit(team.boss)
    page = browser.open(team.path)

    chip(page, one).focus()
    page.keyboard.press("Alt+ArrowLeft")
    expect(cell(page, team.alice, team.day(0))).to_contain_text("cooking")
    expect(chip(page, one)).to_be_focused()
    page.keyboard.press("Alt+ArrowDown")
    expect(cell(page, team.bob, team.day(0))).to_contain_text("cooking")
    expect(chip(page, one)).to_be_focused()

    page.keyboard.press("Enter")
    page.get_by_label("On", exact=True).fill(team.day(4).isoformat())
    page.get_by_role("button", name="Move", exact=True).click()
    expect(cell(page, team.bob, team.day(4))).to_contain_text("cooking")
    assert assigned() == {("bob", "cooking", team.day(4))}


def test_three_quick_arrow_keys_move_a_task_three_times_in_order(visit: Visits, team: Team) -> None:
    one = team.give(team.alice, 0)
    page = visit(team.boss).open(team.path)

    chip(page, one).focus()
    for _ in range(3):
        page.keyboard.press("Alt+ArrowRight")

    expect(cell(page, team.alice, team.day(3))).to_contain_text("cooking")
    expect(chip(page, one)).to_be_focused()
    assert assigned() == {("alice", "cooking", team.day(3))}
    moves = Event.objects.filter(assignment=one.pk, kind=Kind.MOVED).order_by("pk")
    assert [event.date for event in moves] == [team.day(1), team.day(2), team.day(3)]


def test_arrow_keys_after_a_refused_one_do_nothing(visit: Visits, team: Team) -> None:
    one = team.give(team.alice, 0)
    team.limit(team.alice, 2, 0, "Dentist")
    page = visit(team.boss).open(team.path)
    # The answer to the first key waits until all keys are pressed.
    sent: list[Route] = []

    def hold_the_first(route: Route) -> None:
        sent.append(route)
        if len(sent) > 1:
            route.continue_()

    page.route(f"**/board/assignment/{one.pk}/", hold_the_first)

    chip(page, one).focus()
    with page.expect_request(f"**/board/assignment/{one.pk}/"):
        page.keyboard.press("Alt+ArrowRight")
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        page.keyboard.press(f"Alt+{key}")
    sent[0].continue_()

    expect(page.get_by_role("status")).to_contain_text("is off (Dentist)")
    expect(chip(page, one)).not_to_have_class(re.compile("moving"))
    expect(cell(page, team.alice, team.day(1))).to_contain_text("cooking")
    page.wait_for_load_state("networkidle")
    assert len(sent) == 2
    assert assigned() == {("alice", "cooking", team.day(1))}


def test_a_task_is_done_opened_again_taken_away_and_given_back(visit: Visits, team: Team) -> None:
    one = team.give(team.alice, 0)
    browser = visit(team.boss)
    page = browser.open(team.path)

    chip(page, one).click()
    page.get_by_role("button", name="Mark as done").wait_for()
    browser.assert_accessible()
    page.get_by_role("button", name="Mark as done").click()
    expect(chip(page, one)).to_contain_text("(done)")
    assert Assignment.objects.get().status == "done"

    chip(page, one).click()
    page.get_by_role("button", name="Open again").click()
    expect(chip(page, one)).not_to_contain_text("(done)")

    chip(page, one).click()
    page.get_by_role("button", name="Take away").click()
    expect(chip(page, one)).to_have_count(0)
    assert assigned() == set()
    page.get_by_role("button", name="Undo").click()
    expect(cell(page, team.alice, team.day(0))).to_contain_text("cooking")
    assert assigned() == {("alice", "cooking", team.day(0))}


def test_undo_says_so_when_the_slot_is_gone(visit: Visits, team: Team) -> None:
    team.limit(team.alice, 0, 1)
    one = team.give(team.alice, 0)
    browser = visit(team.boss)
    page = browser.open(team.path)
    chip(page, one).click()
    page.get_by_role("button", name="Take away").click()
    page.get_by_role("button", name="Undo").wait_for()
    team.give(team.alice, 0, Task.objects.create(name="baking"))

    page.get_by_role("button", name="Undo").click()

    expect(page.get_by_role("alert")).to_contain_text("This day is full")
    assert assigned() == {("alice", "baking", team.day(0))}


# --- limits -----------------------------------------------------------------------------------------------------


def test_a_limit_is_changed_in_its_cell_with_a_reason(visit: Visits, team: Team) -> None:
    browser = visit(team.boss)
    page = browser.open(team.path)
    load = cell(page, team.alice, team.day(0)).locator(".load")
    load.focus()
    reason = "Not set yet. Limit 5: the default of this installation."
    expect(load).to_have_accessible_name(re.compile(re.escape(reason)))
    assert reason in load.evaluate("link => getComputedStyle(link, '::after').content")

    page.keyboard.press("Enter")
    page.get_by_label("At most, in tasks").fill("1")
    page.get_by_label("Reason").fill("Training")
    browser.assert_accessible()
    page.get_by_role("button", name="Set by hand").click()

    expect(cell(page, team.alice, team.day(0))).to_contain_text("0/1")
    expect(load).to_have_accessible_name(re.compile("Training"))
    day = DailyLimit.objects.get(user=team.alice, date=team.day(0))
    assert (day.maximum, day.source_kind, day.source_reason) == (1, "hand", "Training")


def test_days_off_are_taken_for_a_person_and_holidays_for_everyone(visit: Visits, team: Team) -> None:
    browser = visit(team.boss)
    page = browser.open(team.path)

    def take(first: int, last: int, reason: str) -> None:
        page.get_by_label("First day").fill(team.day(first).isoformat())
        page.get_by_label("Last day").fill(team.day(last).isoformat())
        page.get_by_label("Reason").fill(reason)
        page.get_by_role("button", name="Take these days off").click()

    page.get_by_role("link", name="Days off of alice").click()
    expect(page.get_by_role("radio", name="One person")).to_be_checked()
    browser.assert_accessible()
    take(1, 2, "Holiday")
    expect(cell(page, team.alice, team.day(2))).to_contain_text("off")
    expect(cell(page, team.bob, team.day(2))).not_to_contain_text("off")

    page.get_by_role("link", name="Days off", exact=True).first.click()
    page.get_by_role("radio", name="Everyone").check()
    take(4, 4, "Easter")
    expect(page.get_by_role("heading", name="1 day off for 3 people?")).to_be_visible()
    browser.assert_accessible()
    assert LimitRule.objects.count() == 1
    page.get_by_role("button", name="Yes, everyone is off").click()
    expect(cell(page, team.bob, team.day(4))).to_contain_text("off")
    assert set(LimitRule.objects.values_list("user", "reason")) == {(team.alice.pk, "Holiday"), (None, "Easter")}


def test_days_off_by_mistake_are_taken_back(visit: Visits, team: Team) -> None:
    team.give(team.alice, 1)
    browser = visit(team.boss)
    page = browser.open(team.path)

    page.get_by_role("link", name="Days off of alice").click()
    page.get_by_label("First day").fill(team.day(1).isoformat())
    page.get_by_label("Last day").fill(team.day(1).isoformat())
    page.get_by_label("Reason").fill("Holiday")
    page.get_by_role("button", name="Take these days off").click()
    expect(page.get_by_role("status")).to_contain_text("Alice Liddell: 1 day off. 1 open task already there stays.")
    expect(cell(page, team.alice, team.day(1))).to_contain_text("off, 1 task still there")
    browser.assert_accessible()
    page.get_by_role("button", name="Undo").click()
    expect(cell(page, team.alice, team.day(1))).to_contain_text("1/5")

    page.get_by_role("button", name="Undo").click()
    expect(cell(page, team.alice, team.day(1))).to_contain_text("off, 1 task still there")
    page.get_by_role("link", name="Days off", exact=True).first.click()
    expect(page.get_by_role("radio", name="One person")).not_to_be_checked()
    expect(page.get_by_role("radio", name="Everyone")).not_to_be_checked()
    page.get_by_role("button", name="Take back the days off of alice").click()
    expect(cell(page, team.alice, team.day(1))).to_contain_text("1/5")
    assert not LimitRule.objects.exists()


def test_the_open_tasks_of_a_deactivated_person_are_handed_on(visit: Visits, team: Team) -> None:
    team.give(team.alice, 1)
    admin = make_person("root", is_admin=True)
    browser = visit(admin)
    page = browser.open(f"/admin/togo/user/{team.alice.pk}/change/")
    page.get_by_label("Active").uncheck()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("alice still has 1 open task from today on.")).to_be_visible()
    page.get_by_role("link", name="Hand them on").click()
    browser.assert_accessible()

    page = browser.open(team.path)
    expect(page.get_by_text("Deactivated, 1 open task left")).to_be_visible()
    browser.assert_accessible()
    page.get_by_role("link", name="Hand on the open tasks of alice").click()
    page.get_by_role("textbox", name="Hand on to").or_(page.get_by_role("combobox", name="Hand on to")).fill("bob")
    page.get_by_role("button", name="Hand on").click()
    expect(page.get_by_role("heading", name="1 of 1 handed on to bob")).to_be_visible()
    expect(cell(page, team.bob, team.day(1))).to_contain_text("cooking")
    assert assigned() == {("bob", "cooking", team.day(1))}

    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("1 task is back on its day.")
    expect(cell(page, team.alice, team.day(1))).to_contain_text("cooking")
    assert assigned() == {("alice", "cooking", team.day(1))}


# --- live updates -----------------------------------------------------------------------------------------------


def test_two_browsers_see_each_others_changes_but_not_while_someone_types(visit: Visits, team: Team) -> None:
    first, second = visit(team.boss), visit(make_person("other", is_taskmaster=True))
    for browser in (first, second):
        browser.open(team.path)
    choose(second.page, team.bob, team.day(4))

    plus(first.page, team.alice, team.day(0)).click()
    first.page.get_by_label("Search tasks, or name a new one").fill("cooking")
    expect(first.page.locator("#task-options button").first).to_have_text("cooking")
    first.page.keyboard.press("Enter")
    expect(cell(second.page, team.alice, team.day(0))).to_contain_text("cooking")
    expect(cell(second.page, team.bob, team.day(4))).to_have_attribute("aria-selected", "true")
    expect(chosen_bar(second.page)).to_contain_text("Days chosen: 1")
    # The head says how full the date is now, and is no stop of the Tab key of its own.
    load = second.page.get_by_role("link", name="1 of 5 tasks taken by everyone.")
    expect(load).to_have_text("1/5")
    expect(load).to_have_attribute("tabindex", "-1")

    second.page.get_by_label("Search people").fill("somebody")
    team.give(team.bob, 1)
    for browser in (first, second):
        browser.page.evaluate(ASK_FOR_UPDATES)
    expect(cell(first.page, team.bob, team.day(1))).to_contain_text("cooking")
    second.page.wait_for_load_state("networkidle")
    expect(cell(second.page, team.bob, team.day(1))).not_to_contain_text("cooking")
    second.page.get_by_label("Search people").blur()
    expect(cell(second.page, team.bob, team.day(1))).to_contain_text("cooking")


def test_live_updates_work_in_the_weeks_around_new_year(visit: Visits, team: Team) -> None:
    turn = datetime.date(team.monday.year + 1, 1, 4)  # ISO week 1 of every year holds 4 January.
    monday = turn - datetime.timedelta(days=turn.weekday())
    page = visit(team.boss).open(f"/board/?week={monday - datetime.timedelta(days=7):%G-W%V}")
    for number in range(3):
        date = monday + datetime.timedelta(days=7 * (number - 1))
        expect(page.locator(f"#cell-{team.alice.pk}-{date}")).to_contain_text("0/5")
        assignments.assign(actor=team.boss, task_id=team.cooking.pk, user_id=team.alice.pk, date=date)
        page.evaluate(ASK_FOR_UPDATES)
        expect(page.locator(f"#cell-{team.alice.pk}-{date}")).to_contain_text("cooking")
        page.get_by_role("link", name="Next week").click()
    expect(page.locator("#stale")).to_be_hidden()


@pytest.mark.parametrize("answer", ["400", "nothing"])
def test_a_page_whose_live_updates_fail_says_so_until_they_work_again(visit: Visits, team: Team, answer: str) -> None:
    browser = visit(team.boss)
    page = browser.open(team.path)
    if answer == "400":
        page.evaluate("right = board.dataset.since; board.dataset.since = 'x'")
    else:
        page.route("**/board/changes/*", lambda route: route.abort())
        for _ in range(2):
            page.evaluate(ASK_FOR_UPDATES)
    page.evaluate(ASK_FOR_UPDATES)
    expect(page.get_by_text("Live updates of this page have stopped")).to_be_visible()
    browser.complaints.clear()

    page.unroute_all()
    page.evaluate(f"if (window.right) board.dataset.since = right; {ASK_FOR_UPDATES}")
    expect(page.locator("#stale")).to_be_hidden()


def test_a_person_whose_session_is_over_is_asked_to_sign_in(visit: Visits, team: Team) -> None:
    browser = visit(team.boss)
    page = browser.open(team.path)
    page.wait_for_load_state("networkidle")
    page.context.clear_cookies()

    plus(page, team.alice, team.day(0)).click()

    expect(page).to_have_url(re.compile(r"/sign-in/\?next=/board/"))


# --- screens and locales ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [{"width": 1280, "height": 800}, NARROW], ids=["wide", "narrow"])
def test_the_board_is_readable_wide_and_narrow_light_and_dark(
    visit: Visits, team: Team, size: dict[str, int], scheme: str
) -> None:
    names = ["<b>bold</b>", "🌿 גינה", "ا" * 255, "W" * 255]
    for number, name in enumerate(names):
        team.give(team.alice, number, Task.objects.create(name=name))
    team.limit(team.alice, 0, 2)
    team.limit(team.alice, 1, 1)
    team.limit(team.bob, 1, 0)
    browser = visit(team.boss, size=size, scheme=scheme)
    page = browser.open(team.path)

    browser.assert_accessible()
    for number, name in enumerate(names):
        expect(cell(page, team.alice, team.day(number)).locator(".chip")).to_have_text(name)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    plus(page, team.alice, team.day(1)).click()
    expect(page.get_by_role("alert")).to_contain_text("This day is full")
    browser.assert_accessible()


def test_assigning_and_taking_away_work_without_scripts(visit: Visits, team: Team) -> None:
    browser = visit(team.boss, scripts=False)
    page = browser.open(team.path)

    plus(page, team.alice, team.day(0)).click()
    page.locator("#task-options").get_by_role("button", name="cooking").click()
    expect(page.get_by_role("status")).to_contain_text("cooking is assigned.")
    expect(page).to_have_url(re.compile(re.escape(team.path)))
    assert assigned() == {("alice", "cooking", team.day(0))}

    chip(page, Assignment.objects.get()).click()
    page.get_by_role("button", name="Take away").click()
    expect(page.get_by_role("status")).to_contain_text("cooking is taken away.")
    assert assigned() == set()


def test_dates_are_shown_in_the_readers_locale(visit: Visits, team: Team) -> None:
    for locale, shape in (("de-DE", r"Mo\.?, \d+\. \w+"), ("en-US", r"Mon, \w+ \d+")):
        page = visit(team.boss, locale=locale).open(team.path)
        expect(page.locator("thead th:nth-child(2) time")).to_have_text(re.compile(shape))


def test_an_arabic_board_runs_from_right_to_left_and_its_week_begins_on_saturday(visit: Visits, team: Team) -> None:
    one = visit(team.boss, locale="ar")
    page = one.open(team.path)
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    names, first = page.locator("thead th:nth-child(1)"), page.locator("thead th:nth-child(2)")
    right, left = names.bounding_box(), first.bounding_box()
    assert right
    assert left
    assert right["x"] > left["x"]
    expect(first.locator("time")).to_contain_text("سبت")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    one.assert_accessible()


def test_a_week_of_twelve_people_is_printed_on_one_page_and_shows_all_tasks(visit: Visits, team: Team) -> None:
    people = [make_person(f"person{number:02}") for number in range(9)]
    for number in range(4):
        team.give(team.alice, 0, Task.objects.create(name=f"task {number}"))
        team.give(people[number], number)
    page = visit(team.boss).open(f"{team.path}&size=compact")

    pdf = page.pdf(prefer_css_page_size=True)
    assert re.findall(rb"/Type /Pages\s+/Count (\d+)", pdf) == [b"1"]
    page.emulate_media(media="print")
    expect(cell(page, team.alice, team.day(0)).locator(".chip:visible")).to_have_count(4)
    expect(page.get_by_role("navigation", name="Pages")).to_be_hidden()
