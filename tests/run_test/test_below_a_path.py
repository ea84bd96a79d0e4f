"""ToGo below a path of a host, behind a real nginx with docs/operations/nginx.conf, for people and for programs."""

import contextlib
import datetime
import json
import re
import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPConnection, HTTPResponse
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, HTTPSHandler, OpenerDirector, Request, build_opener

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.models import Assignment, User
from apps.services import imports, limit_rules, users
from apps.services.shared.permissions import today
from lab.processes import PATIENCE, ROOT, Server, free_port, process, start_server, wait_until
from tests.conftest import make_person
from tests.issuer import CLIENT_ID, CLIENT_SECRET, Issuer

pytestmark = [pytest.mark.no_db, pytest.mark.real_time, pytest.mark.django_db(transaction=True)]

CONFIGURATION = ROOT / "docs" / "operations" / "nginx.conf"
PASSWORD = "a walk in the woods"
# A configuration of nginx has these around the one of a site.
AROUND = """daemon off; master_process off; pid {folder}/pid; error_log stderr; events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  include {folder}/togo.conf;
}}"""


@dataclass
class Site:
    """An nginx, ToGo behind it, and a provider with which people can sign in."""

    port: int
    plain_port: int
    certificate: Path
    togo: Server
    issuer: Issuer

    @property
    def root(self) -> str:
        return f"https://localhost:{self.port}/togo/"


@pytest.fixture(scope="module")
def site(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if not program:
        pytest.skip("there is no nginx: apt-get install nginx-light")
    folder, port, plain_port = tmp_path_factory.mktemp("nginx"), free_port(), free_port()
    _make_certificate(folder)
    issuer = Issuer()
    own = {
        "TOGO_PUBLIC_URL": f"https://localhost:{port}/togo/",
        "TOGO_TRUSTED_PROXIES": "127.0.0.1",
        # The tests' own names don't count: the public URL must be enough.
        "TOGO_ALLOWED_HOSTS": "",
        "TOGO_SECURITY_CONTACT": "mailto:security@example.org",
        "TOGO_OIDC_ISSUER": issuer.url,
        "TOGO_OIDC_CLIENT_ID": CLIENT_ID,
        "TOGO_OIDC_CLIENT_SECRET": CLIENT_SECRET,
    }
    with contextlib.closing(issuer), start_server(workers=1, threads=2, **own) as togo:
        text = (
            CONFIGURATION.read_text().replace("/etc/ssl/example.org/", f"{folder}/").replace("example.org", "localhost")
        )
        text = text.replace("listen 443", f"listen 127.0.0.1:{port}").replace(
            "listen 80", f"listen 127.0.0.1:{plain_port}"
        )
        (folder / "togo.conf").write_text(text.replace("127.0.0.1:8000", f"127.0.0.1:{togo.port}"))
        (folder / "nginx.conf").write_text(AROUND.format(folder=folder))
        log = folder / "log.txt"
        with process(program, "-p", str(folder), "-c", f"{folder}/nginx.conf", log=log) as nginx:
            site = Site(port, plain_port, folder / "certificate.pem", togo, issuer)

            def answers() -> bool:
                assert nginx.poll() is None, log.read_text()
                return Browser(site).get("api/version/").status == 200

            wait_until(_without_refusals(answers), what="nginx")
            yield site


def _make_certificate(folder: Path) -> None:
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")]
    kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    subprocess.run(["openssl", "req", *kind, *subject, *files], check=True, capture_output=True)


def _without_refusals(answers: Callable[[], bool]) -> Callable[[], bool]:
    def check() -> bool:
        try:
            return answers()
        except OSError:
            return False

    return check


@dataclass
class Answer:
    """What came back, after all redirects."""

    status: int
    url: str
    headers: Any
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


@dataclass
class Browser:
    """Keeps cookies as their paths and flags say, follows redirects, and trusts the site's certificate alone."""

    site: Site
    jar: CookieJar = field(default_factory=CookieJar)
    here: str = ""

    def open(self, url: str, body: bytes | None = None, *, follow: bool = True, **headers: str) -> Answer:
        request = Request(urljoin(self.site.root, url), body, headers)  # noqa: S310
        try:
            return self._answer(self._opener(follow).open(request, timeout=PATIENCE))
        except HTTPError as refusal:
            return self._answer(refusal)

    def get(self, url: str, **headers: str) -> Answer:
        answer = self.open(url, **headers)
        self.here = answer.url
        return answer

    def submit(self, url: str, *, follow: bool = True, **fields: str) -> Answer:
        """Send a form of the open page, as a browser does."""
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.open(self.here).text)
        sent = urlencode({**fields, "csrfmiddlewaretoken": token[1]}).encode()
        origin = self.site.root.removesuffix("/togo/")
        return self.open(url, sent, follow=follow, Origin=origin, Referer=self.here)

    def call(self, token: str, url: str, body: Any = None) -> Answer:
        """Call the API."""
        sent = json.dumps(body).encode() if body else None
        return self.open(url, sent, Authorization=f"Bearer {token}", **{"Content-Type": "application/json"})

    def _opener(self, follow: bool) -> OpenerDirector:
        trusted = HTTPSHandler(context=ssl.create_default_context(cafile=str(self.site.certificate)))
        return build_opener(trusted, HTTPCookieProcessor(self.jar), *([] if follow else [_Stay()]))

    @staticmethod
    def _answer(response: HTTPResponse | HTTPError) -> Answer:
        with response:
            return Answer(response.status, response.url, response.headers, response.read())


class Links(HTMLParser):
    """The addresses in a page, each with whether a browser reads (GET) or sends (POST) there."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[tuple[str, str]] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        known = dict(attributes)
        method = known.get("method", "get").upper() if tag == "form" else "GET"
        kinds = {"href": "GET", "src": "GET", "spec-url": "GET", "hx-get": "GET", "hx-post": "POST", "action": method}
        kinds |= {"formaction": known.get("formmethod", "get").upper()}
        self.found |= {(kinds[name], value) for name, value in attributes if name in kinds and value}


@pytest.fixture
def tara(transactional_db: None) -> User:
    """An admin. The board shows an assignment and a holiday."""
    return users.create_user(actor=None, username="tara", password=PASSWORD, is_admin=True)


@pytest.fixture
def browser(site: Site, tara: User) -> Browser:
    """A browser in which Tara has signed in, on the way to the page that she wanted."""
    browser = Browser(site)
    asked = browser.get("insights/?weeks=4")
    assert urlsplit(asked.url).path == "/togo/sign-in/"
    signed_in = browser.submit("sign-in/", username="tara", password=PASSWORD, next="/togo/insights/?weeks=4")
    assert (signed_in.status, signed_in.url) == (200, f"{site.root}insights/?weeks=4")
    return browser


@pytest.fixture
def token(site: Site, tara: User) -> str:
    """Tara's access token."""
    credentials = {"username": "tara", "password": PASSWORD}
    return Browser(site).call("", "api/users/token/", credentials).json["access"]


@pytest.fixture
def assigned(site: Site, token: str, tara: User) -> Answer:
    """Tara has the task "cooking" today."""
    task = Browser(site).call(token, "api/tasks/", {"name": "cooking"}).json["id"]
    body = {"task": task, "user": tara.pk, "date": str(today())}
    return Browser(site).call(token, "api/users/assignment/", body)


def test_every_link_form_and_file_of_every_page_is_below_the_path(
    site: Site, browser: Browser, assigned: Answer, tara: User
) -> None:
    days_off = today() + datetime.timedelta(days=10)
    limit_rules.create_rule(actor=tara, user_id=None, date_from=days_off, date_to=days_off, maximum=0)
    imports.start(actor=tara, file=SimpleUploadedFile("a.csv", b"task,user,date\r\n1,1,2026-03-02\r\n"), dry_run=True)
    followed: set[str] = set()
    left = [("GET", site.root, "nothing"), ("GET", f"{site.root}api/redocs/", "nothing")]

    while left:
        method, url, page = left.pop()
        # One page of each kind is enough.
        kind = re.sub(r"\d[\d-]*", "N", f"{method} {urlsplit(url).path}")
        if kind in followed or urlsplit(url).hostname != "localhost":
            continue
        followed.add(kind)
        assert url.startswith(site.root), f"{page} links to {url}"
        # A form without its token is refused with 403, but only if its address exists.
        answer = browser.open(url, b"" if method == "POST" else None)
        assert answer.status == (403 if method == "POST" else 200), f"{page} links to {url}"
        assert answer.url.startswith(site.root)
        if method == "GET" and answer.headers.get_content_type() == "text/html":
            left += [(method, urljoin(answer.url, link), answer.url) for method, link in Links(answer.text).found]

    for path in ("board/day/N/N/", "admin/togo/user/N/change/", "import/N/", "errors/", "static/js/togo.js"):
        assert f"GET /togo/{path}" in followed
    assert {"POST /togo/board/days-off/", "POST /togo/sign-out/", "POST /togo/account/calendar/"} <= followed
    assert "/togo/api/schema/" in browser.get("api/docs/?script=").text


def test_a_form_changes_something_and_leads_back_to_its_page(
    site: Site, browser: Browser, assigned: Answer, tara: User
) -> None:
    browser.get("board/?week=2030-W10")

    done = browser.submit(f"board/assignment/{assigned.json['id']}/", status="done")

    assert (done.status, done.url) == (200, f"{site.root}board/?week=2030-W10")
    assert "cooking is done." in done.text
    assert Assignment.objects.get().status == "done"

    person = f"{site.root}admin/togo/user/{make_person('leaver').pk}"
    browser.get(f"{person}/change/")
    ended = browser.submit(f"{person}/access/", end_sessions="1")
    assert (ended.status, ended.url) == (200, f"{person}/change/")
    assert "The person is signed out everywhere." in ended.text


def test_a_form_that_another_site_sends_is_refused(site: Site, browser: Browser, assigned: Answer) -> None:
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', browser.get("board/").text)
    form = urlencode({"csrfmiddlewaretoken": token[1]}).encode()

    refused = browser.open(f"board/assignment/{assigned.json['id']}/remove/", form, Origin="https://evil.example.org")

    assert refused.status == 403
    assert Assignment.objects.exists()


def test_cookies_are_for_the_path_and_for_https_alone(browser: Browser, assigned: Answer) -> None:
    browser.submit(f"board/assignment/{assigned.json['id']}/", follow=False, status="done")

    assert {(cookie.name, cookie.path, cookie.secure) for cookie in browser.jar} == {
        ("__Secure-sessionid", "/togo/", True),
        ("__Secure-csrftoken", "/togo/", True),
        ("messages", "/togo/", True),
    }


def test_sign_in_leads_to_no_other_site(site: Site, tara: User) -> None:
    browser = Browser(site)
    browser.get("sign-in/")
    signed_in = browser.submit("sign-in/", username="tara", password=PASSWORD, next="https://evil.example.org/")
    assert signed_in.url == f"{site.root}board/"


def test_a_provider_leads_people_back_to_the_path(site: Site, transactional_db: None) -> None:
    browser = Browser(site)
    button = re.search(r'href="(/togo/sign-in/oidc/[^"]*)"', browser.get("today/").text)[1]
    leaving = browser.open(button, follow=False).headers["Location"]
    assert parse_qs(urlsplit(leaving).query)["redirect_uri"] == [f"{site.root}sign-in/oidc/callback/"]

    signed_in = browser.get(f"sign-in/oidc/callback/?{urlencode(site.issuer.code_for(leaving))}")

    assert (signed_in.status, signed_in.url) == (200, f"{site.root}today/")
    assert User.objects.get().username == "ada"


def test_the_links_in_answers_lead_back(site: Site, token: str, tara: User, assigned: Answer) -> None:
    program = Browser(site)
    assert (assigned.status, program.call(token, assigned.headers["Location"]).json["id"]) == (201, assigned.json["id"])
    assert assigned.headers["Location"].startswith(f"{site.root}api/users/assignment/")

    program.call(token, "api/tasks/", {"name": "booking"})
    first = program.call(token, "api/tasks/?page_size=1").json
    second = program.call(token, first["next"]).json
    assert first["next"].startswith(f"{site.root}api/tasks/?")
    assert program.call(token, second["previous"]).json["results"] == first["results"]

    link = program.call(token, "api/users/calendar/token/").json["url"]
    assert link.startswith(f"{site.root}api/users/calendar/")
    assert "SUMMARY:cooking" in program.get(link).text

    problem = program.get("api/users/me/")
    assert (problem.status, problem.json["type"]) == (401, "/togo/errors/#not_authenticated")
    assert 'id="not_authenticated"' in program.get(problem.json["type"]).text

    [server] = program.get("api/schema/", Accept="application/json").json["servers"]
    assert server["url"] == site.root.rstrip("/")


@pytest.mark.parametrize(
    ("path", "status", "location"),
    [
        ("/togo", 301, "/togo/"),
        ("/togo/board", 301, "/togo/board/"),
        ("/togo/admin/", 302, "/togo/admin/login/?next=/togo/admin/"),
        ("/togo/board/", 302, "/togo/sign-in/?next=/togo/board/"),
        ("/togo/api/nothing/", 404, None),
        ("/togo/nothing/", 404, None),
        ("/togother/", 404, None),
        ("/board/", 404, None),
        ("/.well-known/security.txt", 200, None),
    ],
)
def test_paths_lead_where_they_should(site: Site, tara: User, path: str, status: int, location: str | None) -> None:
    answer = Browser(site).open(path, follow=False)
    sent = answer.headers["Location"]
    # nginx adds its host itself.
    assert (answer.status, sent and sent.removeprefix(site.root.removesuffix("/togo/"))) == (status, location)


def test_plain_http_is_redirected_and_a_probe_is_answered(site: Site) -> None:
    assert _plain(site.plain_port, "/togo/board/") == (308, "https://localhost/togo/board/")
    assert _plain(site.togo.port, "/togo/board/") == (301, f"https://localhost:{site.togo.port}/togo/board/")
    # A probe knows neither the path nor HTTPS.
    assert _plain(site.togo.port, "/health/live/") == (200, None)
    assert _plain(site.togo.port, "/togo") == (308, "/togo/")


def _plain(port: int, path: str) -> tuple[int, str | None]:
    with contextlib.closing(HTTPConnection("localhost", port, timeout=PATIENCE)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Location")
