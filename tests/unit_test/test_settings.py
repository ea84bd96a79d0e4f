"""A variable of the environment has its effect, or the start is refused with the variable's name."""

import os
import re
import runpy
import stat
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from apps.models.archive import LOWEST_KEEP_DAYS
from lab.processes import ROOT

pytestmark = pytest.mark.no_db

KEY = "a key of at least fifty characters, made for this test"
OLDER = "an older key that has at least fifty characters as well"
OLDEST = f"{OLDER} and is the oldest"
# How long the client of PostgreSQL waits for a connection, and for a server that has vanished.
LIVE = {"connect_timeout": 5, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
LIVE |= {"tcp_user_timeout": 15000}
POSTGRES = "postgres://togo:s3cret@db.example.org:5433/tasks"
INSTALLED = {"DATABASE_URL": POSTGRES, "TOGO_SECRET_KEY": KEY, "TOGO_ALLOWED_HOSTS": "togo.example.org"}
# For each variable, the setting, a good value and the result; below, bad values.
GOOD: dict[str, list[tuple[str, str, Any]]] = {
    "TOGO_DEBUG": [("DEBUG", "on", True), ("DEBUG", "No", False), ("DEBUG", "", False)],
    "TOGO_HTTPS": [("SESSION_COOKIE_SECURE", "yes", True), ("SECURE_SSL_REDIRECT", "0", False)],
    "TOGO_TIME_ZONE": [("TIME_ZONE", "Europe/Berlin", "Europe/Berlin"), ("TIME_ZONE", " ", "UTC")],
    "TOGO_DEFAULT_DAILY_LIMIT": [
        ("TOGO_DEFAULT_DAILY_LIMIT", "0", 0),
        ("TOGO_DEFAULT_DAILY_LIMIT", " 10000 ", 10_000),
        ("TOGO_DEFAULT_DAILY_LIMIT", "", 5),
    ],
    "TOGO_EFFORT_UNIT": [
        ("TOGO_EFFORT_UNIT", "", ""),
        ("TOGO_EFFORT_UNIT", " h ", "h"),
        ("TOGO_EFFORT_UNIT", "Stunden", "Stunden"),
    ],
    "TOGO_LIMIT_PICKER": [
        ("TOGO_LIMIT_PICKER", "rules", "rules"),
        ("TOGO_LIMIT_PICKER", "random:0-10000", (0, 10_000)),
        ("TOGO_LIMIT_PICKER", "random:3-3", (3, 3)),
        ("TOGO_LIMIT_PICKER", "", "rules"),
    ],
    "TOGO_ASSIGN_DAYS_AHEAD": [("TOGO_ASSIGN_DAYS_AHEAD", "3660", 3660), ("TOGO_ASSIGN_DAYS_AHEAD", "", 366)],
    "TOGO_KEEP_DAYS": [("TOGO_KEEP_DAYS", str(LOWEST_KEEP_DAYS), LOWEST_KEEP_DAYS), ("TOGO_KEEP_DAYS", "", None)],
    "TOGO_SERIES_DAYS": [("TOGO_SERIES_DAYS", "1", 1), ("TOGO_SERIES_DAYS", "", 60)],
    "TOGO_IMPORT_MAX_BYTES": [("TOGO_IMPORT_MAX_BYTES", "1000", 1000), ("TOGO_IMPORT_MAX_BYTES", "", 20_000_000)],
    "TOGO_IMPORT_MAX_ROWS": [("TOGO_IMPORT_MAX_ROWS", "1", 1), ("TOGO_IMPORT_MAX_ROWS", "", 200_000)],
    "TOGO_METRICS_TOKEN": [("TOGO_METRICS_TOKEN", "for Prometheus", "for Prometheus"), ("TOGO_METRICS_TOKEN", "", "")],
    "TOGO_RATE_LIMIT": [
        ("TOGO_RATE_LIMIT", "", (200, 1)),
        ("TOGO_RATE_LIMIT", "1000/m", (1000, 60)),
        ("TOGO_RATE_LIMIT", " 999999/h ", (999_999, 3600)),
        ("TOGO_RATE_LIMIT", "off", None),
    ],
    "TOGO_APPRISE_SCHEMAS": [("TOGO_APPRISE_SCHEMAS", "", [])],
    "TOGO_DATABASE_TIMEOUT": [("TOGO_DATABASE_TIMEOUT", "", 15), ("TOGO_DATABASE_TIMEOUT", "3600", 3600)],
    "TOGO_EMAIL_FROM": [
        ("DEFAULT_FROM_EMAIL", "", "ToGo <togo@localhost>"),
        ("DEFAULT_FROM_EMAIL", "togo@example.org", "togo@example.org"),
        ("DEFAULT_FROM_EMAIL", "Tö Gö <togo@example.org>", "Tö Gö <togo@example.org>"),
    ],
    "TOGO_EMAIL_URL": [("TOGO_EMAIL_SERVER", "", {})],
    "TOGO_PREPARE_STATEMENTS": [("TOGO_PREPARE_STATEMENTS", "", "auto"), ("TOGO_PREPARE_STATEMENTS", "OFF", "off")],
    "TOGO_PUBLIC_URL": [
        ("TOGO_PUBLIC_URL", "", ""),
        ("TOGO_PUBLIC_URL", "https://togo.example.org", "https://togo.example.org/"),
        ("TOGO_PUBLIC_URL", "https://Example.org:443/a/to-go", "https://example.org/a/to-go/"),
        ("TOGO_PUBLIC_URL", "http://[2001:DB8::1]:8080/", "http://[2001:db8::1]:8080/"),
    ],
    "TOGO_SECRET_KEY": [("SECRET_KEY", KEY, KEY)],
    "TOGO_SECRET_KEY_FALLBACKS": [
        ("SECRET_KEY_FALLBACKS", "", []),
        ("SECRET_KEY_FALLBACKS", f"{OLDER} ,{OLDEST},", [OLDER, OLDEST]),
        ("SECRET_KEY_FALLBACKS", f"{OLDER}\n{OLDEST}\n", [OLDER, OLDEST]),
    ],
    "TOGO_PASSWORDS": [("TOGO_PASSWORDS", "", "on"), ("TOGO_PASSWORDS", "Admins", "admins")],
    "TOGO_OIDC_ISSUER": [("TOGO_OIDC_ISSUER", "", "")],
    "TOGO_OIDC_SCOPES": [("TOGO_OIDC_SCOPES", "openid  groups", "openid groups")],
    "TOGO_OIDC_SIGNUP": [("TOGO_OIDC_SIGNUP", "off", False), ("TOGO_OIDC_SIGNUP", "", True)],
    "TOGO_OIDC_NAME": [("TOGO_OIDC_NAME", "Example ID", "Example ID"), ("TOGO_OIDC_NAME", "", "single sign-on")],
    "TOGO_OIDC_GROUPS_CLAIM": [("TOGO_OIDC_GROUPS_CLAIM", "roles", "roles")],
    "TOGO_SECURITY_CONTACT": [
        ("TOGO_SECURITY_CONTACT", "", ""),
        ("TOGO_SECURITY_CONTACT", "mailto:security@example.org", "mailto:security@example.org"),
        ("TOGO_SECURITY_CONTACT", "https://example.org/security", "https://example.org/security"),
    ],
    "TOGO_WEBHOOK_ALLOW": [
        ("TOGO_WEBHOOK_ALLOW", "", []),
        ("TOGO_WEBHOOK_ALLOW", "10.1.0.0/16, fd00::/8", [ip_network("10.1.0.0/16"), ip_network("fd00::/8")]),
    ],
    "TOGO_TRUSTED_PROXIES": [
        ("TOGO_TRUSTED_PROXIES", "", []),
        (
            "TOGO_TRUSTED_PROXIES",
            "10.0.0.7, 192.168.0.0/16, ::1",
            [ip_network("10.0.0.7"), ip_network("192.168.0.0/16"), ip_network("::1")],
        ),
    ],
    "TOGO_ALLOWED_HOSTS": [
        ("ALLOWED_HOSTS", "togo.example.org, .example.net,", ["togo.example.org", ".example.net"]),
        ("ALLOWED_HOSTS", "", ["localhost", "127.0.0.1", "[::1]"]),
    ],
    "CELERY_BROKER_URL": [
        ("CELERY_BROKER_URL", "redis://redis.example.org:6380/1", "redis://redis.example.org:6380/1"),
        ("CELERY_BROKER_URL", "", "redis://localhost:6379/0"),
        ("CELERY_BROKER_URL", "redis+socket:///run/b/socket", "redis+socket:///run/b/socket"),
        (
            "CELERY_BROKER_URL",
            "rediss://:s3cret@redis.example.org/1",
            "rediss://:s3cret@redis.example.org/1?ssl_cert_reqs=required&ssl_check_hostname=true",
        ),
        (
            "CELERY_BROKER_URL",
            "rediss://redis.example.org?ssl_cert_reqs=CERT_NONE",
            "rediss://redis.example.org?ssl_cert_reqs=none&ssl_check_hostname=false",
        ),
    ],
}
BAD: dict[str, list[str]] = {
    "TOGO_DEBUG": ["maybe", "2", "on"],
    "TOGO_HTTPS": ["https"],
    "TOGO_TIME_ZONE": ["Mars/Olympus", "../../etc/passwd", "/etc/localtime", "x" * 5000],
    "TOGO_DEFAULT_DAILY_LIMIT": ["-1", "10001", "5.0", "five", "1" * 5000],
    "TOGO_IMPORT_MAX_BYTES": ["999", "20 MB", "1000000001"],
    "TOGO_IMPORT_MAX_ROWS": ["0", "1.5", "10000001"],
    "TOGO_EFFORT_UNIT": ["3 h", "h\nx", "x" * 21],
    "TOGO_LIMIT_PICKER": [
        "Rules",
        "random",
        "random:",
        "random:5",
        "random:5-3",
        "random:0-10001",
        "random:-1-3",
        "random:1-2-3",
        "random:a-b",
        "random:\u0661-\u0662",
        f"random:0-{'1' * 5000}",
    ],
    "TOGO_ASSIGN_DAYS_AHEAD": ["-1", "3661", "year"],
    "TOGO_KEEP_DAYS": ["0", str(LOWEST_KEEP_DAYS - 1), "36601", "for ever"],
    "TOGO_SERIES_DAYS": ["0", "367", "month"],
    "TOGO_SECURITY_CONTACT": ["security@example.org", "http://example.org", "mailto:nobody", "https://a b"],
    "TOGO_RATE_LIMIT": ["0/s", "200", "200/d", "1.5/s", "-1/s", "1000000/s", "on", "/s", "\u0661/s"],
    # The last is good, but messages need TOGO_PUBLIC_URL.
    "TOGO_APPRISE_SCHEMAS": ["ntfys://", "ntfys tgram", "Ntfys", "a" * 33, "ntfys"],
    "TOGO_EMAIL_FROM": ["togo", "a@example.org, b@example.org", "ToGo <togo@example.org> x", "a@b.org\nBcc: c@d.org"],
    "TOGO_EMAIL_URL": [
        "mail.example.org",
        "http://mail.example.org",
        "smtp://",
        "smtp://mail.example.org:99999",
        "smtp://mail.example.org/inbox",
        "smtp://togo@mail.example.org",
        "smtp://togo:s3cret@mail.example.org?tls=off",
        "smtp://togo:s3@cret/@mail.example.org",
        "smtps://togo:s3cret@mail.example.org?starttls=off",
        # Good, but messages need TOGO_PUBLIC_URL.
        "smtp://togo:s3cret@mail.example.org",
    ],
    "TOGO_DATABASE_TIMEOUT": ["0", "3601", "15 s", "off"],
    "TOGO_PREPARE_STATEMENTS": ["on", "always"],
    "TOGO_PUBLIC_URL": [
        "togo.example.org",
        "//togo.example.org/",
        "ftp://togo.example.org/",
        "https://",
        "https:///togo/",
        "https://togo:s3cret@example.org/",
        "https://example.org:port/",
        "https://example.org:99999/",
        "https://example.org:0/",
        "https://[::1/",
        "https://a b/",
        "https://.example.org/",
        "https://example.org./",
        "https://example.org\\togo/",
        "https://example.org/togo/?page=1",
        "https://example.org/togo/#top",
        "https://example.org/to//go/",
        "https://example.org/../togo/",
        "https://example.org/./",
        "https://example.org/t%C3%B6go/",
        "https://example.org/\u00f6/",
    ],
    "TOGO_SECRET_KEY_FALLBACKS": ["s3cret", f"{OLDER},s3cret", "x" * 60, f"django-insecure-{OLDER}"],
    "TOGO_PASSWORDS": ["no", "admin", "off"],
    "TOGO_OIDC_ISSUER": [
        "id.example.org",
        "http://id.example.org",
        "http://127.example.org",
        "https://",
        "https://id.example.org/?realm=office",
        "https://id.example.org/#office",
        "https://somebody@id.example.org",
        "https://id.example.org:0",
        "https://id.example.org:port",
        "https://id example.org",
        f"https://id.example.org/{'x' * 255}",
        "https://id.example.org",
    ],
    "TOGO_OIDC_CLIENT_ID": ["togo"],
    "TOGO_OIDC_CLIENT_SECRET": ["s3cret"],
    "TOGO_OIDC_SCOPES": ["profile email", "openid,profile"],
    "TOGO_OIDC_SIGNUP": ["maybe"],
    "TOGO_OIDC_ADMIN_GROUPS": ["admins"],
    "TOGO_OIDC_TASKMASTER_GROUPS": ["planners"],
    "TOGO_SECRET_KEY": ["short", "x" * 49, "abcd" * 20, f"django-insecure-{KEY}"],
    "TOGO_ALLOWED_HOSTS": [
        "*",
        "togo.example.org, *",
        "togo.example.org/togo",
        "https://togo.example.org",
        "togo.example.org:8000",
        "[::1]:8000",
    ],
    "SCRIPT_NAME": ["/togo", "togo/"],
    "GRANIAN_URL_PATH_PREFIX": ["/togo"],
    "TOGO_LOG_LEVEL": ["loud", "30"],
    "CELERY_BROKER_URL": [
        "localhost:6379",
        "amqp://togo:s3cret@mq.example.org",
        "memory://",
        "unix:///run/redis.sock",
        "sentinel://:s3cret@redis.example.org:26379",
        "redis://",
        "redis://:s3cret@redis.example.org:port/0",
        "redis://:s3cret@redis.example.org:99999/0",
        "redis://:s3cret@redis.example.org:0/0",
        "redis://:s3cret@[redis/0",
        "redis://:s3cret#@redis.example.org/0",
        "redis://redis.example.org/jobs",
        "redis://redis.example.org/0?ssl_cert_reqs=required",
        "rediss://redis.example.org/0?ssl_cert_reqs=maybe",
        "rediss://redis.example.org/0?ssl_cert_reqs",
        "rediss://redis.example.org/0?ssl_check_hostname=perhaps",
        "rediss://redis.example.org/0?ssl_ca_certs=/nowhere.pem",
        "rediss://redis.example.org/0?ssl_ca_certs=/",
        "rediss://redis.example.org/0?verify=no",
        "redis+socket://",
        "redis+socket://run/socket",
        "redis+socket:///run/socket?db=1",
        "redis+socket:///run/socket?virtual_host=jobs",
    ],
    "TOGO_WEBHOOK_ALLOW": ["private", "10.0.0.0/33", "10.0.0.7/8", "*"],
    "TOGO_TRUSTED_PROXIES": ["proxy.example.org", "10.0.0.0/33", "10.0.0.7/8", "*"],
    "DATABASE_URL": [
        "togo",
        "oracle://togo:s3cret@db.example.org/togo",
        "postgres://togo:s3cret@db.example.org",
        "postgres://togo:s3cret@db.example.org/",
        "postgres://togo:s3cret@db.example.org:port/togo",
        "postgres://togo:s3cret@db.example.org:99999/togo",
        "postgres://togo:s3cret@[db/togo",
        "sqlite://togo.sqlite3",
        "sqlite:///",
        f"{POSTGRES}?prepare_statements=sometimes",
    ],
    "DATABASE_REPLICA_URL": [
        "db2.example.org",
        "mysql://togo:s3cret@db2.example.org/tasks",
        "sqlite:////var/lib/togo.sqlite3",
        POSTGRES,
        f"{POSTGRES}?application_name=reads",
    ],
}


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.startswith("TOGO_") or name in ("DATABASE_URL", "DATABASE_REPLICA_URL", "CELERY_BROKER_URL"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("TOGO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOGO_LOG_DIR", str(tmp_path / "logs"))


def read(monkeypatch: pytest.MonkeyPatch, **environment: str) -> dict[str, Any]:
    """The settings as a process with that environment has them."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(str(ROOT / "togo" / "settings.py"))


def test_there_is_a_test_for_every_variable() -> None:
    source = (ROOT / "togo" / "settings.py").read_text()
    names = set(re.findall(r'env\.\w+\(\s*"(\w+)"', source))

    assert names - {"TOGO_HOME", "TOGO_LOG_DIR"} == {*GOOD, *BAD}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_value_is_accepted(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for setting, value, expected in GOOD[name]:
        assert read(monkeypatch, **{name: value})[setting] == expected


@pytest.mark.parametrize("name", BAD)
def test_a_bad_value_is_refused_with_the_variables_name(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for value in BAD[name]:
        with pytest.raises(ImproperlyConfigured, match=f"^{name} must ") as refused:
            read(monkeypatch, **{**INSTALLED, name: value})
        assert "s3cret" not in str(refused.value)
        assert refused.value.__suppress_context__ or refused.value.__context__ is None, "its cause would be printed too"


# --- folders ----------------------------------------------------------------------------------------------------


def test_missing_folders_are_created(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home, logs = tmp_path / "a" / "home", tmp_path / "b" / "logs"

    settings = read(monkeypatch, TOGO_HOME=str(home), TOGO_LOG_DIR=str(logs))

    assert home.is_dir()
    assert logs.is_dir()
    assert settings["DATABASES"]["default"]["NAME"] == str(home / "togo.sqlite3")
    assert settings["LOGGING"]["handlers"]["errors"]["filename"] == str(logs / "debug.log")
    assert settings["LOGGING"]["handlers"]["limits"]["filename"] == str(logs / "togo_task_pick_limit_debug.log")


@pytest.mark.parametrize("name", ["TOGO_HOME", "TOGO_LOG_DIR"])
def test_a_folder_that_can_not_be_used_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("not a folder")

    for path in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/togo")):
        with pytest.raises(ImproperlyConfigured, match=f"^{name} must be a folder that can be written to; {path}: "):
            read(monkeypatch, **{name: str(path)})


def test_a_folder_that_may_not_be_written_to_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # Root may write everywhere, so the test fakes the refusal.
    monkeypatch.setattr(os, "access", lambda *_: False)

    with pytest.raises(ImproperlyConfigured, match=r"^TOGO_HOME must be .*: Permission denied\.$"):
        read(monkeypatch)


@pytest.mark.parametrize("folder", ["a b", "50%", "a%41b", "a#b", "a?b=c", "[a]", "\u00fc"])
def test_a_home_with_any_name_holds_the_database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: str) -> None:
    settings = read(monkeypatch, TOGO_HOME=str(tmp_path / folder))

    assert settings["DATABASES"]["default"]["NAME"] == str(tmp_path / folder / "togo.sqlite3")


# --- the secret key ---------------------------------------------------------------------------------------------


def test_a_key_is_made_once_and_only_its_owner_reads_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first = read(monkeypatch)["SECRET_KEY"]
    path = tmp_path / "home" / "secret_key"

    assert len(first) >= 50
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read(monkeypatch)["SECRET_KEY"] == first
    assert [file.name for file in path.parent.iterdir()] == ["secret_key"]


def test_two_first_starts_at_once_get_the_same_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    link = os.link

    def let_another_process_be_first(source: Path, target: Path) -> None:
        Path(target).write_text(KEY)
        link(source, target)

    monkeypatch.setattr(os, "link", let_another_process_be_first)

    assert read(monkeypatch)["SECRET_KEY"] == KEY
    assert [file.name for file in (tmp_path / "home").iterdir()] == ["secret_key"]


def test_the_public_url_alone_sets_up_an_installation_behind_https(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(
        monkeypatch, **{**INSTALLED, "TOGO_ALLOWED_HOSTS": ""}, TOGO_PUBLIC_URL="https://example.org:8443/togo"
    )

    assert settings["ALLOWED_HOSTS"] == ["example.org"]
    assert settings["CSRF_TRUSTED_ORIGINS"] == ["https://example.org:8443"]
    assert settings["SPECTACULAR_SETTINGS"]["SERVERS"] == [{"url": "https://example.org:8443/togo"}]
    assert settings["SECURE_SSL_REDIRECT"] is True
    assert settings["SECURE_HSTS_SECONDS"] > 0
    assert settings["SECURE_HSTS_INCLUDE_SUBDOMAINS"] is False, "the host belongs to others, too"
    # A cookie whose name begins with __Host- is for the whole host.
    assert settings["SESSION_COOKIE_NAME"] == "__Secure-sessionid"
    assert settings["SESSION_COOKIE_PATH"] == settings["CSRF_COOKIE_PATH"] == "/togo/"


def test_explicit_settings_win_over_the_public_url(monkeypatch: pytest.MonkeyPatch) -> None:
    own = {"TOGO_HTTPS": "off", "TOGO_ALLOWED_HOSTS": "togo.internal"}
    settings = read(monkeypatch, **{**INSTALLED, **own}, TOGO_PUBLIC_URL="https://togo.example.org/")

    assert settings["SECURE_SSL_REDIRECT"] is False
    assert settings["ALLOWED_HOSTS"] == ["togo.internal", "togo.example.org"]


def test_a_plain_public_url_contradicts_https(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, TOGO_PUBLIC_URL="http://togo.example.org/")["SECURE_SSL_REDIRECT"] is False
    with pytest.raises(ImproperlyConfigured, match="TOGO_PUBLIC_URL must begin with https://"):
        read(monkeypatch, TOGO_HTTPS="on", TOGO_PUBLIC_URL="http://togo.example.org/")


def test_an_installation_needs_its_key_and_its_hosts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = read(monkeypatch, **INSTALLED)
    assert (settings["TOGO_EMBEDDED"], settings["SECRET_KEY"]) == (False, KEY)

    for name in ("TOGO_SECRET_KEY", "TOGO_ALLOWED_HOSTS"):
        with pytest.raises(ImproperlyConfigured, match=f"^{name} must "):
            read(monkeypatch, **{**INSTALLED, name: ""})
    assert not (tmp_path / "home" / "secret_key").exists()


# --- signing in -------------------------------------------------------------------------------------------------

OIDC = {
    "TOGO_OIDC_ISSUER": "https://id.example.org/realms/office/",
    "TOGO_OIDC_CLIENT_ID": "togo",
    "TOGO_OIDC_CLIENT_SECRET": "s3cret",
}


@pytest.mark.parametrize(
    "issuer", [OIDC["TOGO_OIDC_ISSUER"], "http://127.0.0.1:8080", "http://localhost/x", "http://[::1]:9"]
)
def test_a_provider_has_an_issuer_and_knows_togo(monkeypatch: pytest.MonkeyPatch, issuer: str) -> None:
    groups = {"TOGO_OIDC_ADMIN_GROUPS": "bosses, togo admins"}
    settings = read(monkeypatch, **OIDC | {"TOGO_OIDC_ISSUER": issuer, "TOGO_PASSWORDS": "off"} | groups)

    assert settings["TOGO_OIDC_ISSUER"] == issuer
    assert settings["TOGO_OIDC_ADMIN_GROUPS"] == ["bosses", "togo admins"]


@pytest.mark.parametrize("missing", OIDC)
def test_a_provider_that_is_half_set_is_refused(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"must be set together with {missing}[.]"):
        read(monkeypatch, **{**OIDC, missing: ""})


def test_the_clients_secret_may_be_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("s3cret\n")
    in_a_file = {"TOGO_OIDC_CLIENT_SECRET": "", "TOGO_OIDC_CLIENT_SECRET_FILE": str(file)}
    assert read(monkeypatch, **OIDC | in_a_file)["TOGO_OIDC_CLIENT_SECRET"] == "s3cret"
    # entrypoint.sh sets both.
    assert read(monkeypatch, TOGO_OIDC_CLIENT_SECRET="s3cret")["TOGO_OIDC_CLIENT_SECRET"] == "s3cret"

    for wrong in (
        {"TOGO_OIDC_CLIENT_SECRET": "another"},
        {"TOGO_OIDC_CLIENT_SECRET_FILE": str(tmp_path)},
        {"TOGO_OIDC_CLIENT_SECRET_FILE": "/dev/null"},
    ):
        with pytest.raises(ImproperlyConfigured, match=r"^TOGO_OIDC_CLIENT_SECRET_FILE must ") as refusal:
            read(monkeypatch, **wrong)
        assert "s3cret" not in str(refusal.value)


# --- the database -----------------------------------------------------------------------------------------------


def test_sqlite_is_durable_and_takes_its_lock_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    database = read(monkeypatch, DATABASE_URL=f"sqlite:///{tmp_path}/other", **_key())["DATABASES"]["default"]

    assert (database["ENGINE"], database["NAME"]) == ("django.db.backends.sqlite3", f"{tmp_path}/other")
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in database["OPTIONS"]["init_command"]
    assert "synchronous=FULL" in database["OPTIONS"]["init_command"]
    assert database["OPTIONS"]["timeout"] == 5


def test_postgresql_waits_5_seconds_for_a_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql://to%40go:s%2F3%3Acret@[::1]:5433/ta%20sks?sslmode=require&options=-c%20work_mem=8MB"
    database = read(monkeypatch, DATABASE_URL=url, **_key())["DATABASES"]["default"]

    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert {name: database[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")} == {
        "NAME": "ta sks",
        "USER": "to@go",
        "PASSWORD": "s/3:cret",
        "HOST": "::1",
        "PORT": "5433",
    }
    assert database["OPTIONS"] == {
        "sslmode": "require",
        **LIVE,
        "options": "-c work_mem=8MB -c lock_timeout=5000 -c togo.session=own",
    }


def test_what_the_address_says_about_a_vanished_server_takes_precedence(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, DATABASE_URL=f"{POSTGRES}?connect_timeout=2&keepalives_idle=60", **_key())
    options = settings["DATABASES"]["default"]["OPTIONS"]
    assert (options["connect_timeout"], options["keepalives_idle"], options["keepalives_count"]) == ("2", "60", 3)


def test_settings_of_a_session_can_be_turned_off_for_a_pooler(monkeypatch: pytest.MonkeyPatch) -> None:
    for url, prepare in ((POSTGRES, "off"), (f"{POSTGRES}?prepare_statements=off", "auto")):
        settings = read(monkeypatch, DATABASE_URL=url, TOGO_PREPARE_STATEMENTS=prepare, **_key())
        assert settings["DATABASES"]["default"]["OPTIONS"] == LIVE


def test_a_replica_is_connected_to_in_two_seconds_and_is_no_second_database_for_tests(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = "postgres://reader:s3cret@db2.example.org/tasks"
    settings = read(monkeypatch, DATABASE_URL=POSTGRES, DATABASE_REPLICA_URL=url, **_key())
    replica = settings["DATABASES"]["replica"]

    assert (replica["HOST"], replica["USER"], replica["TEST"]) == ("db2.example.org", "reader", {"MIRROR": "default"})
    assert replica["OPTIONS"]["connect_timeout"] == 2
    assert settings["DATABASE_ROUTERS"] == ["apps.models.replica.Router"]
    assert "DATABASE_ROUTERS" not in read(monkeypatch, DATABASE_REPLICA_URL="")


# --- messages ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "port", "encrypted"),
    [
        ("smtp://togo:s3%40cret@mail.example.org", 587, "starttls"),
        ("smtp://togo:s3%40cret@mail.example.org:25?starttls=off", 25, ""),
        ("smtps://togo:s3%40cret@mail.example.org/", 465, "from the beginning"),
        ("smtp://togo:s3%40cret@localhost:2525", 2525, ""),
        ("smtp://togo:s3%40cret@[::1]:2525", 2525, ""),
    ],
)
def test_the_mail_server_is_reached_encrypted(
    monkeypatch: pytest.MonkeyPatch, url: str, port: int, encrypted: str
) -> None:
    settings = read(monkeypatch, TOGO_EMAIL_URL=url, TOGO_PUBLIC_URL="https://togo.example.org/")

    server = settings["TOGO_EMAIL_SERVER"]
    assert (server["port"], server["username"], server["password"]) == (port, "togo", "s3@cret")
    assert (server["use_tls"], server["use_ssl"]) == (encrypted == "starttls", encrypted == "from the beginning")
    assert settings["DEFAULT_FROM_EMAIL"] == "ToGo <togo@togo.example.org>"


@pytest.mark.parametrize("scheme", ["mysql", "mariadb"])
def test_mysql_reads_committed_rows_and_waits_5_seconds_for_a_lock(
    monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    database = read(monkeypatch, DATABASE_URL=f"{scheme}://togo@/togo?unix_socket=/run/my.sock", **_key())["DATABASES"][
        "default"
    ]

    assert (database["ENGINE"], database["HOST"], database["PORT"]) == ("django.db.backends.mysql", "", "")
    assert database["OPTIONS"]["unix_socket"] == "/run/my.sock"
    assert database["OPTIONS"]["isolation_level"] == "read committed"
    assert "innodb_lock_wait_timeout = 5" in database["OPTIONS"]["init_command"]


def _key() -> dict[str, str]:
    return {name: INSTALLED[name] for name in ("TOGO_SECRET_KEY", "TOGO_ALLOWED_HOSTS")}


# --- security ---------------------------------------------------------------------------------------------------


def test_passwords_are_hashed_with_argon2(monkeypatch: pytest.MonkeyPatch) -> None:
    assert issubclass(import_string(read(monkeypatch)["PASSWORD_HASHERS"][0]), Argon2PasswordHasher)


def test_https_protects_the_cookies_and_leaves_health_checks_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, TOGO_HTTPS="on", **INSTALLED)

    assert settings["SECURE_SSL_REDIRECT"]
    assert settings["CSRF_COOKIE_SECURE"]
    assert settings["SECURE_HSTS_SECONDS"] == 31_536_000
    assert re.match(settings["SECURE_REDIRECT_EXEMPT"][0], "health/live/")


@pytest.mark.parametrize("level", ["debug", "INFO", "WARNING", "error", "CRITICAL"])
def test_the_level_of_the_console_can_be_set(monkeypatch: pytest.MonkeyPatch, level: str) -> None:
    handlers = read(monkeypatch, TOGO_LOG_LEVEL=level)["LOGGING"]["handlers"]

    assert handlers["console"]["level"] == level.upper()
    assert (handlers["errors"]["level"], handlers["limits"]["level"]) == ("WARNING", "INFO")
