"""The insights, in a browser."""

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from apps.models import Task
from apps.services import assignments
from tests.browser_test.conftest import NARROW, WIDE, Visit
from tests.conftest import make_person

Visits = Callable[..., Visit]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_charts_are_drawn_and_their_numbers_can_be_read(visit: Visits, size: dict[str, int], scheme: str) -> None:
    boss = make_person("boss", is_taskmaster=True)
    task = Task.objects.create(name="cooking")
    assignments.assign(actor=boss, task_id=task.pk, user_id=boss.pk, date=timezone.localdate())
    browser = visit(boss, size=size, scheme=scheme)
    page = browser.open("/insights/")

    expect(page.locator("svg.bars")).to_have_count(3)
    for numbers in page.get_by_text("The numbers").all():
        numbers.click()
    expect(page.locator("#load-numbers").get_by_role("row").last).to_contain_text("15")
    browser.assert_accessible()
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    page.locator("#load + * a, section[aria-labelledby=load] svg a").last.click()
    expect(page.get_by_role("grid")).to_be_visible()


def test_without_scripts_the_pictures_and_tables_are_shown(visit: Visits) -> None:
    page = visit(make_person("boss", is_taskmaster=True), scripts=False).open("/insights/")

    expect(page.get_by_role("heading", name="Nothing to show yet")).to_be_visible()
    page.get_by_text("The numbers").first.click()
    expect(page.locator("#room-numbers").get_by_role("row")).to_have_count(15)
    expect(page.locator("svg.bars").first).to_be_visible()
