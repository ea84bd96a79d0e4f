"""One's own account, in a browser."""

import itertools
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from apps.models import User
from apps.models.api_keys import Scope
from apps.services import api_keys, second_factors, users
from tests.browser_test.conftest import NARROW, WIDE, Visit
from tests.second_factors import App, code_of, turn_on

PASSWORD = "a walk in the woods"


@pytest.fixture
def ada(transactional_db: None) -> User:
    return users.create_user(actor=None, username="ada", password=PASSWORD)


def give(page: Page, **fields: str) -> None:
    """Fill the fields with these labels."""
    for label, text in fields.items():
        page.get_by_label(label, exact=True).fill(text)


def test_the_second_factor_is_set_up_and_then_asked_for(visit: Callable[..., Visit], ada: User) -> None:
    browser = visit(ada, size=NARROW, scheme="dark")
    page = browser.open("/account/")
    page.get_by_role("link", name="Turn on the second factor").click()
    expect(page.get_by_role("img", name="QR code for your authenticator app")).to_be_visible()
    browser.assert_accessible()
    secret = page.get_by_label("The key for the app").input_value()

    give(page, Code="000000")
    page.get_by_role("button", name="Turn it on").click()
    expect(page.get_by_role("alert")).to_contain_text("This is not the app's code.")
    give(page, Code=code_of(secret))
    page.get_by_role("button", name="Turn it on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your recovery codes")
    browser.assert_accessible()
    codes = page.get_by_label("Recovery codes").input_value().split()
    assert len(codes) == 10
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("10 recovery codes left.")).to_be_visible()

    without_scripts = visit(scripts=False)
    page = without_scripts.open("/account/second-factor/")
    give(page, Username="ada", Password=PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Enter a code")
    give(page, Code=codes[0])
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{without_scripts.address}/account/second-factor/")

    give(page, Password=PASSWORD)
    page.locator("#off_code").fill(code_of(secret, 1))
    page.get_by_role("button", name="Turn off the second factor").click()
    expect(page.locator("#messages")).to_contain_text("Your second factor is off.")
    assert not second_factors.is_on(ada)


def test_a_wrong_code_is_refused_on_the_page_that_asks(visit: Callable[..., Visit], ada: User) -> None:
    app: App = turn_on(ada)
    browser = visit()
    page = browser.open("/sign-in/?next=/account/")
    give(page, Username="ada", Password=PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Code")).to_be_focused()
    browser.assert_accessible()

    give(page, Code="000000")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("This code is wrong or was used already.")
    give(page, Code=app.code())
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{browser.address}/account/")


def test_a_key_is_made_copied_and_ended(visit: Callable[..., Visit], ada: User) -> None:
    browser = visit(ada)
    page = browser.open("/account/")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_text("Make a key").click()
    give(page, **{"What is it for?": "nightly import"})
    page.get_by_label("It may").select_option("Read, and assign tasks")
    page.get_by_role("button", name="Make the key").click()

    browser.assert_accessible()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    key = page.evaluate("navigator.clipboard.readText()")
    found = api_keys.in_use(key=key)
    assert (found.person, found.scope) == (ada, Scope.ASSIGN)

    expect(page.get_by_role("link", name="I have copied it")).to_have_attribute("href", "/account/#keys")
    page.reload()
    expect(page.locator("#messages")).to_contain_text("The key nightly import was made already")
    page.get_by_role("button", name="End the key nightly import").click()
    expect(page.locator("#messages")).to_contain_text("It has stopped working.")
    assert api_keys.in_use(key=key) is None


def test_the_calendars_link_is_copied_and_renewed(visit: Callable[..., Visit], ada: User) -> None:
    browser = visit(ada)
    page = browser.open("/account/")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    link = page.get_by_label("The link to your calendar")
    old = link.input_value()

    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == old
    assert re.fullmatch(rf"{browser.address}/api/users/calendar/.+\.ics", old)

    page.get_by_text("Renew the link").click()
    page.get_by_role("button", name="Make a new link").click()
    expect(page.locator("#messages")).to_contain_text("The calendar has a new link.")
    assert page.get_by_label("The link to your calendar").input_value() != old


def test_the_account_is_readable_wide_and_narrow_light_and_dark(visit: Callable[..., Visit], ada: User) -> None:
    turn_on(ada)
    for name in ("<b>bold</b>", "W" * 255):
        api_keys.create(actor=ada, name=name, scope=Scope.ALL)
    visit(ada).open("/account/")
    browser = visit(ada)

    for path in ("/account/", "/account/second-factor/"):
        page = browser.open(path)
        for size, scheme in itertools.product((WIDE, NARROW), ("light", "dark")):
            page.set_viewport_size(size)
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            browser.assert_accessible()
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
