"""The pages of the documentation and of the admin obey the security policy and are accessible."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser_test.conftest import NARROW, Visit
from tests.conftest import make_person

Visits = Callable[..., Visit]


@pytest.mark.parametrize(("path", "place"), [("/api/docs/", ".opblock"), ("/api/redocs/", "h2")])
def test_the_documentation_of_the_api_opens_with_nothing_blocked(visit: Visits, path: str, place: str) -> None:
    page = visit().open(path)

    # Their scripts build the page of a long document, which takes seconds on an idle machine.
    expect(page.locator(place).get_by_text("List assignments")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_errors_are_explained(visit: Visits, scheme: str) -> None:
    browser = visit(size=NARROW, scheme=scheme)
    page = browser.open("/errors/#daily_limit_reached")

    expect(page.get_by_role("heading", name="daily_limit_reached")).to_be_in_viewport()
    browser.assert_accessible()
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_admin_pages_look_like_the_others(visit: Visits, scheme: str) -> None:
    browser = visit(make_person("boss", is_admin=True), scheme=scheme)
    for path in ("/admin/", "/admin/togo/user/", "/admin/togo/user/add/", "/admin/togo/limitrule/add/"):
        page = browser.open(path)
        expect(page.get_by_role("navigation", name="Pages").get_by_role("link", name="Board")).to_be_visible()
        browser.assert_accessible()


def test_a_page_that_may_not_be_opened_says_so(visit: Visits) -> None:
    browser = visit(make_person("ada"))
    page = browser.open("/board/")

    expect(page.get_by_role("heading", level=1)).to_have_text("You may not do this")
    browser.assert_accessible()
