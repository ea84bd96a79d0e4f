"""A person's own day, in a browser."""

import re
from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Error, Page, expect

from apps.models import Assignment, Task, User
from apps.services import assignments
from lab.processes import Server, wait_until
from lab.prove.proxy import Mode, Proxy
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


def test_a_task_is_handed_back_in_a_panel(visit: Visits, boss: User, ada: User) -> None:
    give(boss, ada, "cooking")
    give(boss, ada, "baking")
    browser = visit(ada, size=NARROW)
    page = browser.open("/today/")
    page.get_by_role("link", name="I can’t do cooking").click()
    browser.assert_accessible()
    page.get_by_label("Why?").fill("I am ill.")
    page.get_by_role("button", name="Hand back").click()

    expect(page.get_by_text("cooking is handed back.")).to_be_visible()
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("checkbox")).to_have_text(["baking"])
    browser.assert_accessible()
    page.get_by_role("button", name="Take cooking back").click()
    expect(page.get_by_role("checkbox")).to_have_text(["baking", "cooking"])
    assert {one.taskmaster for one in Assignment.objects.all()} == {boss}


def kept(page: Page) -> bool:
    """Whether the browser keeps a copy of somebody's day."""
    return bool(page.evaluate("caches.open('togo-day').then(cache => cache.match('/today/')).then(Boolean)"))


def test_the_day_is_readable_without_a_network_by_the_one_whose_it_is(
    visit: Visits, boss: User, ada: User, web: Server
) -> None:
    give(boss, ada, "cooking")
    browser = visit(ada, offline=True)
    with Proxy(web.port) as network:
        browser.address = f"http://localhost:{network.port}"
        read_with_a_broken_network(browser, network, boss, ada)


def read_with_a_broken_network(browser: Visit, network: Proxy, boss: User, ada: User) -> None:
    page = browser.open("/today/")
    expect(page.get_by_role("checkbox", name="cooking")).to_be_visible()
    wait_until(lambda: kept(page))
    give(boss, ada, "baking")
    expect(page.get_by_role("checkbox", name="baking")).to_be_visible()
    wait_until(lambda: "baking" in page.evaluate("caches.match('/today/').then(kept => kept.text())"))

    break_(network)
    page.reload()

    expect(page.get_by_text(re.compile("As of ..:.., you are offline"))).to_be_visible()
    expect(page.get_by_role("checkbox", name="baking")).to_be_disabled()
    browser.assert_accessible()
    network.mode = Mode.PASS
    expect(page.get_by_text("you are offline")).to_be_hidden()
    expect(page.get_by_role("checkbox", name="baking")).to_be_enabled()

    # Somebody else signs in with the same browser, without opening their day.
    sign_in(browser, make_person("eve"))
    browser.open("/account/")
    wait_until(lambda: not kept(page))
    break_(network)
    with pytest.raises(Error, match="ERR_"):
        browser.open("/today/")
    page.wait_for_url("chrome-error://**")
    network.mode = Mode.PASS

    browser.open("/today/")
    wait_until(lambda: kept(page))
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/sign-in/$"))
    assert not kept(page)
    # What the browser says about the missing network.
    browser.complaints[:] = [one for one in browser.complaints if "net::ERR_" not in one]


def break_(network: Proxy) -> None:
    """From now on nothing gets through."""
    network.mode = Mode.REFUSE
    network.cut()


def sign_in(browser: Visit, person: User) -> None:
    """Let this browser have a session of this person."""
    client = Client()
    client.force_login(person)
    name = settings.SESSION_COOKIE_NAME
    browser.page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": browser.address}])
