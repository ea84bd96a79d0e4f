"""Reads the environment: each function gives a usable value or raises `ImproperlyConfigured` naming the variable."""

import os
import re
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from zoneinfo import ZoneInfo

from django.core.exceptions import ImproperlyConfigured

from togo.env.addresses import broker, database, hosts, public_url
from togo.env.emails import email_sender, email_server, schemas
from togo.env.keys import former_keys, secret_key
from togo.env.sign_ins import issuer, scopes, secret
from togo.env.texts import is_set, text, words

__all__ = [
    "boolean",
    "broker",
    "choice",
    "contact",
    "database",
    "email_sender",
    "email_server",
    "folder",
    "former_keys",
    "hosts",
    "integer",
    "is_set",
    "issuer",
    "keep_days",
    "limit_picker",
    "log_level",
    "networks",
    "no_path",
    "public_url",
    "rate",
    "schemas",
    "scopes",
    "secret",
    "secret_key",
    "text",
    "time_zone",
    "unit",
    "words",
]


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


def keep_days(name: str) -> int | None:
    """For how many days the past is kept, 366 to 36600; None for ever, if the variable isn't set.

    The lowest is `LOWEST_KEEP_DAYS` of `apps/models/archive.py`, which settings can't import.
    """
    return integer(name, 366, low=366, high=36_600) if is_set(name) else None


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
    """An empty text; refuses any path but `/`, because the path belongs in `TOGO_PUBLIC_URL`."""
    if text(name).strip("/"):
        raise ImproperlyConfigured(
            f"{name} must not be set: to serve ToGo below a path, set TOGO_PUBLIC_URL, such as https://example.org/togo/."
        )
    return ""
