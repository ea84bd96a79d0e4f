"""Reads the environment: each function gives a usable value or raises `ImproperlyConfigured` naming the variable."""

import os
import re
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from django.core.exceptions import ImproperlyConfigured


def is_set(name: str) -> bool:
    """Whether the variable holds anything; an empty one counts as not set."""
    return bool(os.environ.get(name, "").strip())


def text(name: str, default: str = "") -> str:
    """The variable without surrounding blanks."""
    return os.environ.get(name, "").strip() or default


def integer(name: str, default: int, *, low: int, high: int) -> int:
    """A whole number from `low` to `high`, both included."""
    value = text(name, str(default))
    try:
        number = int(value)
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise ImproperlyConfigured(f"{name} must be a whole number from {low} to {high}, not {value!r}.")
    return number


def boolean(name: str, default: bool) -> bool:
    """`on`, `true`, `yes` or `1`; `off`, `false`, `no` or `0`."""
    value = text(name, "on" if default else "off").lower()
    if value in {"on", "true", "yes", "1"}:
        return True
    if value in {"off", "false", "no", "0"}:
        return False
    raise ImproperlyConfigured(f"{name} must be on or off, not {value!r}.")


def choice(name: str, default: str, choices: Sequence[str]) -> str:
    """One of these words."""
    value = text(name, default).lower()
    if value not in choices:
        raise ImproperlyConfigured(f"{name} must be {' or '.join(choices)}, not {value!r}.")
    return value


def words(name: str, default: Sequence[str] = ()) -> list[str]:
    """Words separated by commas."""
    return [word.strip() for word in text(name).split(",") if word.strip()] or list(default)


def contact(name: str) -> str:
    """An address that people can report to, `mailto:…` or `https://…`; empty when it isn't set."""
    value = text(name)
    if value and not re.fullmatch(r"(mailto:[^\s@]+@|https://)[^\s]+", value):
        raise ImproperlyConfigured(f"{name} must be a mailto: or https: address, not {value!r}.")
    return value


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    """Addresses and networks separated by commas, such as `10.0.0.7, 192.168.0.0/16`."""
    try:
        return [ip_network(word) for word in words(name)]
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{name} must be addresses or networks such as 10.0.0.7, 192.168.0.0/16: {error}."
        ) from None


def log_level(name: str, default: str) -> str:
    """DEBUG, INFO, WARNING, ERROR or CRITICAL."""
    value = text(name, default).upper()
    if value not in {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}:
        raise ImproperlyConfigured(f"{name} must be DEBUG, INFO, WARNING, ERROR or CRITICAL, not {value!r}.")
    return value


def folder(name: str, default: Path) -> Path:
    """A folder that can be written to; made when it is missing."""
    path = Path(text(name, str(default))).expanduser().resolve()
    try:
        path.mkdir(parents=True, exist_ok=True)
        if not os.access(path, os.W_OK | os.X_OK):
            raise PermissionError(13, "Permission denied")
    except OSError as error:
        raise ImproperlyConfigured(
            f"{name} must be a folder that can be written to; {path}: {error.strerror}."
        ) from None
    return path


def time_zone(name: str, default: str) -> str:
    """The name of a zone in the IANA time zone database, such as `Europe/Berlin`."""
    value = text(name, default)
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ImproperlyConfigured(
            f"{name} must be the name of a time zone such as Europe/Berlin, not {value!r}."
        ) from None
    return value


def unit(name: str) -> str:
    """The short name of a unit, such as `h` or `points`; empty when it isn't set."""
    value = text(name, "").strip()
    if len(value) > 20 or not (value.isprintable() and not any(character.isdigit() for character in value)):
        raise ImproperlyConfigured(f"{name} must be a unit of at most 20 characters, such as h, not {value!r}.")
    return value


def limit_picker(name: str) -> str | tuple[int, int]:
    """`"rules"`, or the lowest and highest maximum of `random:LOW-HIGH`."""
    value = text(name, "rules")
    if value == "rules":
        return value
    if span := re.fullmatch(r"random:(\d{1,5})-(\d{1,5})", value, re.ASCII):
        low, high = int(span[1]), int(span[2])
        if low <= high <= 10_000:
            return low, high
    raise ImproperlyConfigured(
        f"{name} must be rules or random:LOW-HIGH with 0 <= LOW <= HIGH <= 10000, not {value!r}."
    )


_SECONDS = {"s": 1, "m": 60, "h": 3600}


def rate(name: str, default: str) -> tuple[int, int] | None:
    """A rate such as `200/s`, `1000/m` or `5000/h`, as a number of calls and of seconds; None for `off`."""
    value = text(name, default)
    if value == "off":
        return None
    if (parts := re.fullmatch(r"(\d{1,6})/([smh])", value, re.ASCII)) and int(parts[1]):
        return int(parts[1]), _SECONDS[parts[2]]
    raise ImproperlyConfigured(
        f"{name} must be off, or calls per second, minute or hour such as 200/s, 1000/m or 5000/h, not {value!r}."
    )


def no_path(name: str) -> str:
    """An empty text; refuses any path but `/`, because ToGo's links and styles don't work below a path."""
    if text(name).strip("/"):
        raise ImproperlyConfigured(
            f"{name} must not be set: ToGo can't be served below a path yet; give it a host name."
        )
    return ""


def hosts(name: str, default: Sequence[str]) -> list[str]:
    """Host names separated by commas, without a scheme, a port or a path."""
    found = words(name, default)
    for host in found:
        if not re.fullmatch(r"\*|\.?[\w.-]+|\[[0-9A-Fa-f:.]+\]", host):
            raise ImproperlyConfigured(
                f"{name} must name hosts only, such as togo.example.org, without scheme, port or path: not {host!r}."
            )
    return found


_ENGINES = {
    "sqlite": "django.db.backends.sqlite3",
    "postgres": "django.db.backends.postgresql",
    "postgresql": "django.db.backends.postgresql",
    "mysql": "django.db.backends.mysql",
    "mariadb": "django.db.backends.mysql",
}


def database(name: str, default: str) -> dict[str, Any]:
    """Django's settings for `sqlite:///FILE`, `postgres://USER:PASSWORD@HOST:PORT/NAME` or `mysql://…`.

    A FILE is used as it is, with any characters. In the other URLs the options after `?` are passed to the database's
    client, such as `?host=/folder/of/the/socket`.
    The value may hold a password, so an error never repeats it.
    """
    value = text(name, default)
    try:
        url = urlsplit(value)
        engine = _ENGINES[url.scheme]
        database_name = unquote(url.path.removeprefix("/"))
        port = url.port
        if url.scheme == "sqlite":
            url, database_name = urlsplit("sqlite:"), value.partition(":///")[2]
    except (KeyError, ValueError):
        database_name = ""
    if not database_name:
        raise ImproperlyConfigured(
            f"{name} must be sqlite:///FILE, postgres://USER:PASSWORD@HOST:PORT/NAME or mysql://USER:PASSWORD@HOST:PORT/NAME."
        )
    options = dict(parse_qsl(url.query))
    if engine == _ENGINES["postgres"] and options.get("prepare_statements", "off") not in ("auto", "off"):
        raise ImproperlyConfigured(f"{name} must have prepare_statements=auto or prepare_statements=off.")
    return {
        "ENGINE": engine,
        "NAME": database_name,
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": unquote(url.hostname or ""),
        "PORT": str(port or ""),
        "OPTIONS": options,
    }


_TLS_OPTIONS = {"ssl_cert_reqs", "ssl_check_hostname", "ssl_ca_certs", "ssl_certfile", "ssl_keyfile"}


def broker(name: str, default: str) -> str:
    """A URL that Celery and redis-py understand alike: `redis://`, `rediss://` (TLS) or `redis+socket:///PATH`.

    The certificate of a `rediss://` broker and its host name are verified unless `ssl_cert_reqs=none` or
    `ssl_check_hostname=false` says otherwise. `ssl_ca_certs`, `ssl_certfile` and `ssl_keyfile` name files.
    The value may hold a password, so an error never repeats it.
    """
    value = text(name, default)
    try:
        url = urlsplit(value)
        options = dict(parse_qsl(url.query, keep_blank_values=True, strict_parsing=bool(url.query)))
        _require(not url.fragment, "it has a #, which must be written as %23")
        if url.scheme == "redis+socket":
            _require(url.path not in ("", "/") and not url.hostname, "write a socket as redis+socket:///PATH")
            _require(set(options) <= {"virtual_host"}, "a socket has one option, virtual_host, the database's number")
            _require(options.get("virtual_host", "0").isdecimal(), "virtual_host must be a number")
            return value
        _require(
            url.scheme in ("redis", "rediss"),
            "ToGo uses one Redis or Valkey, by redis://, rediss:// or redis+socket://; "
            "sentinel:// and other brokers are not supported",
        )
        _require(bool(url.hostname) and url.port != 0, "it must have a host, and a port from 1 to 65535")
        _require(re.fullmatch(r"/?|/\d+", url.path, re.ASCII) is not None, "its path must be the database's number")
        _require(not options or url.scheme == "rediss", "only rediss:// may have options, for TLS")
        return urlunsplit(url._replace(query=urlencode(_tls(options)))) if url.scheme == "rediss" else value
    except ValueError as error:
        # The message of urllib's error may hold the password.
        why = error.args[0] if isinstance(error, _Unusable) else "it isn't a URL, or its port isn't a number"
    raise ImproperlyConfigured(f"{name} must be a URL such as redis://HOST:PORT/NUMBER: {why}.")


class _Unusable(ValueError):
    """The message says why a URL can't be used, without the URL."""


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise _Unusable(otherwise)


def _tls(options: dict[str, str]) -> dict[str, str]:
    """The options of a `rediss://` URL in the spelling that Celery and redis-py share, verifying by default."""
    _require(set(options) <= _TLS_OPTIONS, f"its options may only be {', '.join(sorted(_TLS_OPTIONS))}")
    verify = options.get("ssl_cert_reqs", "required").lower().removeprefix("cert_")
    _require(verify in ("required", "optional", "none"), "ssl_cert_reqs must be required, optional or none")
    names = options.get("ssl_check_hostname", "true").lower()
    _require(names in ("true", "false"), "ssl_check_hostname must be true or false")
    for option in sorted(set(options) - {"ssl_cert_reqs", "ssl_check_hostname"}):
        _require(
            os.access(options[option], os.R_OK) and Path(options[option]).is_file(),
            f"{option} must name a file that ToGo can read",
        )
    # Without verification the certificate's host name can't be checked.
    return {**options, "ssl_cert_reqs": verify, "ssl_check_hostname": "false" if verify == "none" else names}
