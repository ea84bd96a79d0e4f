"""A real browser, and people who use it."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from apps.models import User
from lab.processes import PATIENCE, Server, start_server
from tests.provider import running_provider

# Playwright runs an event loop in this thread, in which Django refuses to query. Nothing else runs in that loop.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
expect.set_options(timeout=1000 * PATIENCE)

WIDE = {"width": 1280, "height": 800}
NARROW = {"width": 360, "height": 740}
# Chromium doesn't look for updates here, and root in a container has no sandbox.
CHROMIUM_OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
# Chromium logs every refusal. It is no error of the page, which shows the refusal.
EXPECTED = re.compile(
    r"the server responded with a status of (400|401|403|404|409)|Service Worker registration blocked by Playwright"
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of these tests use real processes, and none of them depends on the kind of database."""
    for item in items:
        if "browser_test" in item.path.parts:
            item.add_marker(pytest.mark.real_time)
            item.add_marker(pytest.mark.no_db)
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, without the windows that nobody sees if it is there: it needs two thirds of the time."""
    program = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    assert program, "tests in a browser need Chromium: apt-get install chromium-headless-shell"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def provider() -> Iterator[str]:
    """The OpenID provider of the running ToGo: its issuer."""
    with running_provider() as url:
        yield url


@pytest.fixture(scope="session")
def web(django_db_setup: None, provider: str) -> Iterator[Server]:
    """A running ToGo for all tests, on the tests' database, which is empty when a test begins."""
    oidc = {"ISSUER": provider, "CLIENT_ID": "togo", "CLIENT_SECRET": "a secret", "NAME": "Example ID"}
    with start_server(workers=1, threads=4, **{f"TOGO_OIDC_{name}": value for name, value in oidc.items()}) as server:
        yield server


@dataclass
class Visit:
    """A person with a browser of their own."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        """Open a page of ToGo."""
        self.page.goto(self.address + path)
        return self.page

    def assert_accessible(self) -> None:
        """Assert that axe finds no problem on the open page."""
        before = len(self.complaints)
        results = Axe().run(self.page)
        del self.complaints[before:]  # Axe itself writes styles into the page.
        assert results.violations_count == 0, results.generate_report()

    def listen(self) -> None:
        """Record the browser's errors and warnings."""
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._console)

    def _console(self, message: Any) -> None:
        if message.type in {"error", "warning"} and not EXPECTED.search(message.text):
            self.complaints.append(message.text)


@pytest.fixture
def visit(transactional_db: None, chromium: Browser, web: Server) -> Iterator[Callable[..., Visit]]:
    """Opens a browser for a person who is signed in, or for nobody: `visit(person, width=…, scheme=…)`.

    Fails at the end if a page logged an error, or something that the security policy blocked.
    """
    address = f"http://localhost:{web.port}"
    visits: list[tuple[Visit, BrowserContext]] = []

    def visit(
        person: User | None = None,
        *,
        size: dict[str, int] = WIDE,
        scheme: Any = "light",
        scripts: bool = True,
        locale: str = "en-GB",
        has_touch: bool = False,
        offline: bool = False,
    ) -> Visit:
        context = chromium.new_context(
            viewport=size,
            color_scheme=scheme,
            java_script_enabled=scripts,
            locale=locale,
            reduced_motion="reduce",
            has_touch=has_touch,
            # It asks for pages by itself, also while the tables are emptied for the next test.
            service_workers="allow" if offline else "block",
        )
        context.set_default_timeout(1000 * PATIENCE)
        if person:
            client = Client()
            client.force_login(person)
            key = client.cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": address}])
        one = Visit(context.new_page(), address)
        one.listen()
        visits.append((one, context))
        return one

    yield visit
    complaints = [complaint for one, _ in visits for complaint in one.complaints]
    for _, context in visits:
        context.close()
    assert complaints == []
