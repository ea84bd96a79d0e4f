"""Signing in and out, in a browser."""

from collections.abc import Callable

from playwright.sync_api import expect

from apps.services import users
from tests.browser_test.conftest import NARROW, Visit

PASSWORD = "a walk in the woods"


def test_a_taskmaster_signs_in_to_the_board_and_out_again(visit: Callable[..., Visit]) -> None:
    users.create_user(actor=None, username="tara", password=PASSWORD, is_taskmaster=True)
    browser = visit()
    page = browser.open("/")
    browser.assert_accessible()

    page.get_by_label("Username").fill("tara")
    page.get_by_label("Password").fill("a walk in the wood")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("No active person has this username and password.")
    browser.assert_accessible()

    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{browser.address}/board/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Week")

    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{browser.address}/sign-in/")
    browser.open("/board/")
    expect(page).to_have_url(f"{browser.address}/sign-in/?next=/board/")


def test_signing_in_leads_to_the_page_that_was_asked_for_and_needs_no_scripts(visit: Callable[..., Visit]) -> None:
    users.create_user(actor=None, username="tara", password=PASSWORD, is_taskmaster=True)
    browser = visit(size=NARROW, scheme="dark", scripts=False)
    page = browser.open("/board/?week=2026-W48")

    page.get_by_label("Username").fill("tara")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    expect(page).to_have_url(f"{browser.address}/board/?week=2026-W48")


def test_anybody_changes_their_own_password_from_the_menu(visit: Callable[..., Visit]) -> None:
    ada = users.create_user(actor=None, username="ada", password=PASSWORD)
    browser = visit(ada, size=NARROW)
    page = browser.open("/today/")

    page.get_by_role("link", name="Account", exact=True).click()
    page.get_by_role("link", name="Change the password").click()
    browser.assert_accessible()
    page.get_by_label("Your password now").fill("wrong")
    for label in ("New password", "New password again"):
        page.get_by_label(label, exact=True).fill("a swim in the sea")
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_role("alert")).to_have_text("This is not your password.")
    browser.assert_accessible()

    for label, text in (("Your password now", PASSWORD), ("New password", "a swim"), ("New password again", "a swim")):
        page.get_by_label(label, exact=True).fill(text + (" in the sea" if text == "a swim" else ""))
    page.get_by_role("button", name="Change the password").click()
    expect(page).to_have_url(f"{browser.address}/account/")
    expect(page.locator("#messages")).to_contain_text("Your password is changed.")
    ada.refresh_from_db()
    assert ada.check_password("a swim in the sea")
