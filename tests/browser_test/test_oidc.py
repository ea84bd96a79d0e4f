"""Signing in with an OpenID provider, in a browser."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from apps.models import Identity, User
from apps.services import users
from tests.browser_test.conftest import NARROW, Visit
from tests.provider import Provider

# The provider uses older parts of its libraries.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def without_styles_from_elsewhere(page: Page) -> None:
    """The pages of the provider would load them from another host."""

    def answer(route: Any) -> None:
        is_here = any(host in route.request.url for host in ("//localhost:", "//127.0.0.1:"))
        route.continue_() if is_here else route.fulfill(body="", content_type="text/css")

    page.route("**/*", answer)


def sign_in_at_the_provider(page: Page, sub: str) -> None:
    page.get_by_placeholder("sub").fill(sub)
    page.get_by_role("button", name="Authorize").click()


def test_a_person_signs_in_with_the_provider_and_out_there_too(visit: Callable[..., Visit], provider: str) -> None:
    """No policy of ours blocks the way to the provider or back, and no script is needed."""
    Provider(provider).knows("ada", preferred_username="ada")
    browser = visit(size=NARROW, scheme="dark", scripts=False)
    without_styles_from_elsewhere(browser.page)
    page = browser.open("/today/")

    page.get_by_role("link", name="Sign in with Example ID").click()
    sign_in_at_the_provider(page, "ada")
    expect(page).to_have_url(f"{browser.address}/today/")
    assert User.objects.get().username == "ada"

    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are signed out of ToGo")
    page.get_by_role("link", name="Sign out of Example ID, too").click()
    page.get_by_role("button").first.click()
    expect(page).to_have_url(f"{browser.address}/sign-in/")


def test_a_person_links_an_account_to_themselves(visit: Callable[..., Visit]) -> None:
    """The form leads to the provider, although our policy forbids forms to lead to other sites."""
    ada = users.create_user(actor=None, username="ada", password="a walk in the woods")
    browser = visit(ada)
    without_styles_from_elsewhere(browser.page)
    page = browser.open("/account/")

    page.get_by_role("button", name="Link an account at Example ID").click()
    sign_in_at_the_provider(page, "countess")

    expect(page.get_by_text("You can sign in with Example ID now.")).to_be_visible()
    expect(page).to_have_url(f"{browser.address}/account/#sign-ins")
    assert Identity.objects.get().user == ada
    page.get_by_role("button", name="Unlink").click()
    expect(page.get_by_text("The sign-in is unlinked.")).to_be_visible()


def test_whoever_ends_the_sign_in_is_told_so(visit: Callable[..., Visit]) -> None:
    browser = visit()
    without_styles_from_elsewhere(browser.page)
    page = browser.open("/sign-in/")
    browser.assert_accessible()

    page.get_by_role("link", name="Sign in with Example ID").click()
    page.get_by_role("button", name="Deny").click()

    expect(page.get_by_text("refused the sign-in, or you ended it")).to_be_visible()
    browser.assert_accessible()
    assert not User.objects.exists()
