"""A person's own day, in a browser."""

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from apps.models import Assignment, Task, User
from apps.services import assignments
from tests.browser_test.conftest import NARROW, WIDE, Visit
from tests.conftest import make_person

Visits = Callable[..., Visit]


@pytest.fixture
def boss(transactional_db: None) -> User:
    return make_person("boss", is_taskmaster=True)


@pytest.fixture
def ada(transactional_db: None) -> User:
    return make_person("ada")


def give(boss: User, ada: User, name: str) -> Assignment:
    task = Task.objects.create(name=name)
    return assignments.assign(actor=boss, task_id=task.pk, user_id=ada.pk, date=timezone.localdate())


def test_tasks_are_checked_off_and_new_ones_appear_by_themselves(visit: Visits, boss: User, ada: User) -> None:
    give(boss, ada, "cooking")
    browser = visit(ada)
    page = browser.open("/")
    expect(page).to_have_url(f"{browser.address}/today/")

    page.get_by_role("checkbox", name="cooking").click()
    expect(page.get_by_role("checkbox", name="cooking")).to_be_checked()
    expect(page.get_by_role("checkbox", name="cooking")).to_be_focused()
    expect(page.get_by_text("1 of 1 done")).to_be_visible()
    assert Assignment.objects.get().status == "done"

    give(boss, ada, "baking")
    expect(page.get_by_role("checkbox", name="baking")).not_to_be_checked()
    expect(page.get_by_text("1 of 2 done")).to_be_visible()
    page.keyboard.press("Space")
    expect(page.get_by_role("checkbox", name="cooking")).not_to_be_checked()
    assert {one.status for one in Assignment.objects.all()} == {"open"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_the_persons_day_is_readable_wide_and_narrow_light_and_dark(
    visit: Visits, boss: User, ada: User, size: dict[str, int], scheme: str
) -> None:
    browser = visit(ada, size=size, scheme=scheme)
    page = browser.open("/today/")
    browser.assert_accessible()
    names = ["<b>bold</b>", "🌿 גינה", "W" * 255]
    for name in names:
        give(boss, ada, name)

    expect(page.get_by_role("checkbox")).to_have_text(names)
    browser.assert_accessible()
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_without_scripts_tasks_are_checked_off_too(visit: Visits, boss: User, ada: User) -> None:
    give(boss, ada, "cooking")
    page = visit(ada, scripts=False).open("/today/")

    page.get_by_role("checkbox", name="cooking").click()

    expect(page.get_by_role("checkbox", name="cooking")).to_be_checked()
    assert Assignment.objects.get().status == "done"
