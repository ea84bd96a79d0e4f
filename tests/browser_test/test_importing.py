"""Importing, in a browser with a worker behind it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from apps.models import Assignment, Task
from lab.processes import start_server, start_worker
from tests.browser_test.conftest import NARROW, WIDE, Visit
from tests.conftest import make_person
from togo.embedded.broker import Broker

Visits = Callable[..., Visit]


def file_of(rows: int) -> dict[str, object]:
    """A file of `rows` rows, each with another task for a person today; few of them fit."""
    lines = [f"task {number},ada,{timezone.localdate()}" for number in range(rows)]
    return {"name": "week.csv", "mimeType": "text/csv", "buffer": "\n".join(["task,user,date", *lines]).encode()}


def test_a_file_is_tried_imported_and_its_report_kept(visit: Visits, tmp_path: Path) -> None:
    boss = make_person("boss", is_taskmaster=True)
    make_person("ada")
    Task.objects.bulk_create([Task(name=f"task {number}") for number in range(3000)])
    with (
        Broker(tmp_path / "broker") as broker,
        start_worker(broker.url, tmp_path),
        start_server(workers=1, threads=4, CELERY_BROKER_URL=broker.url) as server,
    ):
        browser = visit(boss)
        browser.address = f"http://localhost:{server.port}"
        page = browser.open("/import/")
        browser.assert_accessible()

        page.get_by_label("CSV file").set_input_files(files=[file_of(3000)])  # type: ignore[list-item]
        expect(page.get_by_role("row", name="✓ task 0 ada")).to_be_visible()
        browser.assert_accessible()
        page.get_by_role("button", name="Try it").click()
        expect(page.get_by_role("progressbar")).to_be_visible()
        expect(page.get_by_text("5 would be assigned")).to_be_visible()
        expect(page.get_by_text("2,995 refused")).to_be_visible()
        browser.assert_accessible()
        page.get_by_role("link", name="Only refused").click()
        expect(page.locator("tbody tr").first).to_contain_text("this request asks for 5 more before this one")
        page.get_by_role("link", name="More rows").click()
        expect(page.locator("tbody tr").first).to_contain_text("task 105")
        assert not Assignment.objects.exists()

        page.get_by_role("button", name="Import 5 rows").click()
        expect(page.get_by_text("5 assigned")).to_be_visible()
        assert Assignment.objects.count() == 5
        with page.expect_download() as download:
            page.get_by_role("link", name="Download the report").click()
        assert len(Path(download.value.path()).read_text().splitlines()) == 3001


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_the_page_of_imports_is_readable_wide_and_narrow_light_and_dark(
    visit: Visits, size: dict[str, int], scheme: str
) -> None:
    browser = visit(make_person("boss", is_taskmaster=True), size=size, scheme=scheme)
    page = browser.open("/import/")
    browser.assert_accessible()
    page.get_by_label("CSV file").set_input_files(files=[{"name": "x", "mimeType": "", "buffer": b"a,b\n1,2\n"}])
    # The browser doesn't send it before the columns are chosen.
    expect(page.get_by_text("Choose the columns of the task, the person and the date.")).to_be_visible()
    browser.assert_accessible()

    page.get_by_label("CSV file").set_input_files(files=[file_of(2)])  # type: ignore[list-item]
    expect(page.get_by_text("The first rows, as they are understood")).to_be_visible()
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    browser.assert_accessible()
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
