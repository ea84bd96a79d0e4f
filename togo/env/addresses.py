"""Addresses: of ToGo itself, of its database and of its broker."""

import os
import re
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from django.core.exceptions import ImproperlyConfigured

from togo.env.texts import text, words


def hosts(name: str, default: Sequence[str]) -> list[str]:
    """Host names separated by commas, without a scheme, a port or a path."""
    found = words(name, default)
    for host in found:
        if not re.fullmatch(r"\*|\.?[\w.-]+|\[[0-9A-Fa-f:.]+\]", host):
            raise ImproperlyConfigured(
                f"{name} must name hosts only, such as togo.example.org, without scheme, port or path: not {host!r}."
            )
    return found


def is_this_machine(host: str) -> bool:
    """Whether the host is `localhost` or a loopback address, so that what is sent to it stays on this machine."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


_DEFAULT_PORTS = {"http": 80, "https": 443}


def public_url(name: str) -> str:
    """An address such as `https://example.org/togo/`, with a slash at its end; empty when it isn't set."""
    value = text(name)
    if not value:
        return ""
    try:
        url = urlsplit(value)
        port = "" if url.port in (None, _DEFAULT_PORTS[url.scheme]) else f":{url.port}"
        host = re.fullmatch(r"(\w(?:[\w.-]*[\w-])?|\[[0-9A-Fa-f:.]+\])(:\d+)?", url.netloc, re.ASCII)
        path = url.path.rstrip("/") + "/"
        below = re.fullmatch(r"/([\w~-][\w.~-]*/)*", path, re.ASCII)
    except (KeyError, ValueError):
        host = None
    # A wrong value may hold a password, so the error doesn't repeat it.
    if not (host and below and url.port != 0) or set("?#") & set(value):
        raise ImproperlyConfigured(
            f"{name} must be an address such as https://togo.example.org/ or https://example.org/togo/: http or https, "
            "a host, and a path of letters, digits and -._~; no username, ? or #."
        )
    return f"{url.scheme}://{host[1].lower()}{port}{path}"


_ENGINES = {
    "sqlite": "django.db.backends.sqlite3",
    "postgres": "django.db.backends.postgresql",
    "postgresql": "django.db.backends.postgresql",
    "mysql": "django.db.backends.mysql",
    "mariadb": "django.db.backends.mysql",
}


def database(name: str, default: str = "") -> dict[str, Any]:
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
