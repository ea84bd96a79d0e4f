"""The scripts of the pages below a path; tests/run_test/test_below_a_path.py follows the links."""

import datetime
from collections.abc import Callable, Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from apps.models import Assignment, Task
from apps.models.assignments import Status
from apps.services import assignments
from lab.processes import Server, start_server
from tests.browser_test.conftest import Visit
from tests.conftest import make_person


@pytest.fixture(scope="module")
def web(django_db_setup: None) -> Iterator[Server]:
    """A ToGo below `/togo/`."""
    with start_server(workers=1, threads=4, TOGO_PUBLIC_URL="http://localhost/togo/") as server:
        yield server


def test_tasks_are_chosen_moved_shown_and_done_below_a_path(visit: Callable[..., Visit]) -> None:
    boss = make_person("boss", is_taskmaster=True)
    baking = Task.objects.create(name="baking")
    Task.objects.create(name="cooking")
    today = timezone.localdate()
    monday = today - datetime.timedelta(days=today.weekday())
    page = visit(boss).open("/togo/board/")
    cells = [page.locator(f"#cell-{boss.pk}-{monday + datetime.timedelta(days=day)}") for day in range(2)]

    cells[0].click(position={"x": 4, "y": 4})
    page.get_by_role("region", name="Chosen days").get_by_role("button", name="Assign").click()
    page.get_by_label("Search tasks, or name a new one").fill("cooking")
    expect(page.locator("#task-options button").first).to_have_text("cooking")
    page.keyboard.press("Enter")
    expect(cells[0]).to_contain_text("cooking")

    cells[0].get_by_role("link", name="cooking").focus()
    page.keyboard.press("Alt+ArrowRight")
    expect(cells[1]).to_contain_text("cooking")
    page.keyboard.press("Alt+ArrowLeft")
    expect(cells[0]).to_contain_text("cooking")

    assignments.assign(actor=boss, task_id=baking.pk, user_id=boss.pk, date=today)
    expect(page.locator(f"#cell-{boss.pk}-{today}")).to_contain_text("baking")

    page.get_by_role("link", name="My day").click()
    page.get_by_role("checkbox", name="baking").click()
    expect(page.get_by_role("checkbox", name="baking")).to_be_checked()
    one = Assignment.objects.get(task=baking, daily_limit__date=today)
    assignments.change(actor=boss, assignment_id=one.pk, status=Status.OPEN)
    expect(page.get_by_role("checkbox", name="baking")).not_to_be_checked()
