"""The page of plans, in a browser."""

import datetime
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from apps.models import Assignment, Task
from apps.services import assignments, limit_rules
from tests.browser_test.conftest import NARROW, WIDE, Visit
from tests.conftest import make_person

Visits = Callable[..., Visit]


@pytest.mark.parametrize(
    ("size", "scheme", "scripts"),
    [(WIDE, "light", True), (NARROW, "dark", True), (NARROW, "light", False)],
    ids=["wide light", "narrow dark", "without scripts"],
)
def test_a_pile_is_proposed_looked_at_and_assigned(
    visit: Visits, size: dict[str, int], scheme: str, scripts: bool
) -> None:
    boss, today = make_person("boss", is_taskmaster=True), timezone.localdate()
    ada, bea = make_person("ada"), make_person("bea")
    names = ("cooking", "reading", "watching the harbour")
    cooking, _, _ = (Task.objects.create(name=name, effort=number) for number, name in enumerate(names, 1))
    limit_rules.create_rule(actor=boss, user_id=bea.pk, maximum=2, reason="Part time")
    assignments.assign(actor=boss, task_id=cooking.pk, user_id=ada.pk, date=today)
    browser = visit(boss, size=size, scheme=scheme, scripts=scripts)
    page = browser.open("/plan/")

    page.get_by_label("Task of row 1").fill("cooking")
    page.get_by_label("Count of row 1").fill("12")
    page.get_by_label("Task of row 2").fill("Reading")
    page.get_by_label("Effort of row 2").fill("1")
    page.get_by_label("Task of row 3").fill("watching the harbour")
    page.get_by_label("Effort of row 3").fill("1")
    page.get_by_label("Count of row 3").fill("9")
    page.get_by_label("Who may do row 3").fill("bea")
    page.get_by_label("People").fill("ada bea")
    page.get_by_label("From", exact=True).fill(today.isoformat())
    page.get_by_label("To", exact=True).fill((today + datetime.timedelta(days=6)).isoformat())
    if scripts:
        browser.assert_accessible()
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    page.get_by_role("button", name="Propose a plan").click()

    expect(page.get_by_role("heading", name="The proposed plan")).to_be_visible()
    expect(page.get_by_text("9 tasks find only 7 places, because nobody gets the same")).to_be_visible()
    leave_out = page.get_by_role("checkbox", name="Leave out Reading").or_(
        page.get_by_role("checkbox", name="Leave out reading")
    )
    leave_out.check()
    reason = leave_out.locator("xpath=../span[@class='because']")
    expect(reason).to_be_visible()
    expect(reason).to_contain_text("busy with it")
    assert Assignment.objects.count() == 1
    if scripts:
        browser.assert_accessible()
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    placed = page.locator(".chip.new").count()
    page.get_by_role("button", name="Assign what isn’t ticked").click()

    expect(page.get_by_text(f"{placed - 1} tasks assigned.")).to_be_visible()
    assert Assignment.objects.count() == placed
    assert not Assignment.objects.filter(task__name="reading").exists()
