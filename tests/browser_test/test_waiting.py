"""Waiting for a full day, as taskmasters and people see it."""

import re

import pytest
from playwright.sync_api import expect

from apps.models import Assignment, DailyLimit, Task, User, WaitingEntry
from apps.services import assignments, limits
from tests.browser_test.conftest import NARROW
from tests.browser_test.test_board import Team, Visits, cell, pick, plus, team

__all__ = ["team"]


@pytest.fixture
def full(team: Team) -> Assignment:
    """Alice's first day has room for one task, and has it."""
    one = team.give(team.alice, 0, Task.objects.create(name="wiring"))
    limits.set_by_hand(actor=team.boss, user_id=team.alice.pk, date=team.day(0), maximum=1, reason="trade fair")
    return one


def queue(team: Team, name: str, by: User | None = None) -> None:
    """A task waits for alice's first day."""
    task = Task.objects.get_or_create(name=name)[0]
    made = assignments.assign_or_wait(actor=by or team.boss, task_id=task.pk, user_id=team.alice.pk, date=team.day(0))
    assert isinstance(made, WaitingEntry)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_task_waits_for_a_full_day_and_is_assigned_when_there_is_room(
    visit: Visits, team: Team, full: Assignment, scheme: str
) -> None:
    browser = visit(team.boss, scheme=scheme)
    page = browser.open(team.path)
    shown = cell(page, team.alice, team.day(0))

    plus(page, team.alice, team.day(0)).click()
    expect(page.get_by_role("alert")).to_contain_text("This day is full")
    browser.assert_accessible()
    page.get_by_role("link", name="Wait for this day").click()
    expect(page.locator("#panel-title")).to_contain_text("A task that waits for Alice Liddell")
    pick(page, "cook")
    expect(page.get_by_role("status").filter(has_text="cooking waits for")).to_contain_text("at position 1")
    expect(shown).to_contain_text("1 waiting")

    shown.get_by_role("link", name=re.compile("taken")).click()
    expect(page.get_by_role("dialog").get_by_role("heading", name="Waiting for room")).to_be_visible()
    browser.assert_accessible()
    page.keyboard.press("Escape")
    assignments.unassign(actor=team.boss, assignment_id=full.pk)

    expect(shown).to_contain_text("cooking")
    expect(shown).not_to_contain_text("waiting")
    assert DailyLimit.objects.get(user=team.alice, date=team.day(0)).taken == 1


def test_an_entry_is_cancelled_on_its_day_and_queued_again(visit: Visits, team: Team, full: Assignment) -> None:
    queue(team, "cooking")
    browser = visit(team.boss, size=NARROW)
    page = browser.open(team.path)
    shown = cell(page, team.alice, team.day(0))

    shown.get_by_role("link", name=re.compile("taken")).click()
    expect(page.get_by_role("dialog").get_by_role("heading", name="Waiting for room")).to_be_visible()
    browser.assert_accessible()
    page.get_by_role("button", name="Cancel: cooking no longer waits").click()
    expect(page.get_by_role("status")).to_contain_text("cooking no longer waits for")
    expect(shown).not_to_contain_text("waiting")
    assert not WaitingEntry.objects.exists()
    page.get_by_role("button", name="Undo").click()

    expect(shown).to_contain_text("1 waiting")
    assert WaitingEntry.objects.count() == 1


def test_my_day_shows_what_waits_and_cancels_what_one_queued_oneself(
    visit: Visits, team: Team, full: Assignment
) -> None:
    queue(team, "cooking")
    queue(team, "reading", by=team.alice)
    browser = visit(team.alice, size=NARROW)
    page = browser.open("/today/")

    waiting = page.get_by_role("region", name="Waiting for room")
    expect(waiting).to_contain_text("cooking")
    expect(waiting).to_contain_text("position 2")
    browser.assert_accessible()
    expect(waiting.get_by_role("button")).to_have_count(1)
    waiting.get_by_role("button", name="Cancel: reading").click()
    expect(waiting).not_to_contain_text("reading")

    assert [entry.task.name for entry in WaitingEntry.objects.select_related("task")] == ["cooking"]


def test_a_task_waits_without_scripts(visit: Visits, team: Team, full: Assignment) -> None:
    page = visit(team.boss, scripts=False).open(f"/board/assign/?cell={team.alice.pk}:{team.day(0)}")

    page.get_by_role("link", name="Wait for this day").click()
    page.locator("#task-options").get_by_role("button", name="cooking").click()

    expect(page.get_by_text("cooking waits for")).to_be_visible()
    assert WaitingEntry.objects.exists()
