"""The pages of series, in a browser."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from apps.models import Assignment, Occurrence, Series, Task
from apps.services import assignments
from tests.browser_test.conftest import NARROW, WIDE, Visit
from tests.conftest import make_person

Visits = Callable[..., Visit]


@pytest.mark.parametrize(
    ("size", "scheme", "scripts"),
    [(NARROW, "dark", True), (WIDE, "light", False)],
    ids=["narrow dark", "without scripts"],
)
def test_a_task_on_the_board_is_repeated_in_turns_changed_and_ended(
    visit: Visits, size: dict[str, int], scheme: str, scripts: bool
) -> None:
    boss, today = make_person("boss", is_taskmaster=True), timezone.localdate()
    ada, _ = make_person("ada", first_name="Ada", last_name="Aal"), make_person("bea", first_name="Bea")
    cooking = Task.objects.create(name="cooking")
    first = assignments.assign(actor=boss, task_id=cooking.pk, user_id=ada.pk, date=today)
    for number in range(5):
        other = Task.objects.create(name=f"other {number}")
        assignments.assign(actor=boss, task_id=other.pk, user_id=ada.pk, date=today + timedelta(days=14))
    browser = visit(boss, size=size, scheme=scheme, scripts=scripts)

    def look() -> None:
        if scripts:
            browser.assert_accessible()
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]

    page = browser.open("/series/")
    expect(page.get_by_text("Nothing repeats yet")).to_be_visible()
    look()
    page = browser.open(f"/board/assignment/{first.pk}/")
    page.get_by_role("link", name="Repeat…").click()
    expect(page.get_by_role("heading", name="New series")).to_be_visible()
    page.get_by_label("People").fill("ada bea")
    page.get_by_text("Months, years, and other rules").click()
    look()
    page.get_by_role("button", name="Make the series").click()

    expect(page.get_by_text(f"Every {today:%A}", exact=False).first).to_be_visible()
    expect(page.get_by_text("Ada Aal, Bea, in turns")).to_be_visible()
    expect(page.get_by_text("5 of 5 tasks are taken")).to_be_visible()
    look()
    assert Occurrence.objects.count() == 9
    assert Assignment.objects.filter(task=cooking).count() == 8
    page = browser.open("/series/")
    expect(page.get_by_text("1 skipped")).to_be_visible()
    look()
    page.get_by_role("link", name="cooking").click()
    page.get_by_label("Every", exact=True).fill("2")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text(f"Every 2 weeks on {today:%A}")).to_be_visible()
    page.get_by_role("button", name="End the series").click()

    expect(page.get_by_text("The series has ended.")).to_be_visible()
    assert not Series.objects.exists()
    assert not Assignment.objects.filter(task=cooking).exists()
