"""Decides which addresses ToGo calls: public ones, and those in the networks of `TOGO_WEBHOOK_ALLOW`.

A host is resolved once for each try, and ToGo connects to the very address that was checked: so a name can't lead
elsewhere after the check. Every spelling of an address (`2130706433`, `0x7f.1`, `localhost.`) is resolved first.
"""

import ipaddress
import socket
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext

from apps.exceptions.base import InvalidRequest
from apps.exceptions.webhooks import WebhookUrlRefused
from apps.models.webhooks import LONGEST_URL
from apps.services.shared import networks, stored
from apps.services.shared.networks import SETTING, Address

# How long a person who enters a URL waits for its name to be resolved, in seconds.
_LONGEST_LOOKUP = 5
# Names are resolved in threads, which wait for slow name servers. One that is mute holds up nobody else's name.
_MOST_LOOKUPS = 100


@dataclass(frozen=True)
class Target:
    """A URL, taken apart."""

    host: str
    port: int
    # What is sent as `Host`, and what the request asks for.
    netloc: str
    path: str
    tls: bool


class Unreachable(Exception):
    """The host has no address; the message says why."""


def parse(url: str) -> Target:
    """The parts of a URL. Raises `InvalidRequest` naming `url` for one that ToGo doesn't send to."""
    try:
        if len(url) > LONGEST_URL or not all("!" <= character <= "~" for character in url) or "\\" in url:
            raise ValueError
        parts = urlsplit(url)
        host, port = (parts.hostname or "").removesuffix("."), parts.port
        if parts.scheme not in ("http", "https") or not host or port == 0 or "%" in host or len(host) > 253:
            raise ValueError
        if "@" in parts.netloc or "#" in url:
            raise _bad(
                gettext("This must have no username, password or fragment."),
                "must have no username, password or fragment",
            )
    except ValueError:
        text = gettext(
            "This must be an address such as https://example.org/togo, with at most %(most)d visible ASCII characters."
        )
        raise _bad(
            text % {"most": LONGEST_URL},
            f"must be an address such as https://example.org/togo, with at most {LONGEST_URL} visible ASCII characters",
        ) from None
    tls = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(host, port or (443 if tls else 80), parts.netloc, path, tls)


def require_allowed(url: str) -> None:
    """Raise `InvalidRequest` for a URL that can't be used, and `WebhookUrlRefused` for one that ToGo doesn't call."""
    target = parse(url)
    try:
        checked(look_up(target).result(timeout=_LONGEST_LOOKUP))
    except (Unreachable, TimeoutError) as error:
        why = str(error) or gettext("its name was not found within %(number)s seconds") % {"number": _LONGEST_LOOKUP}
        raise _bad(
            gettext("This has a host without an address: %(why)s.") % {"why": why},
            f"has a host without an address: {why}",
        ) from None


def look_up(target: Target) -> "Future[list[str]]":
    """The addresses of the host, in the order in which to try them; the future raises `Unreachable`."""
    return _threads().submit(_resolve, target.host, target.port)


def checked(addresses: list[str]) -> list[str]:
    """These addresses. Raises `WebhookUrlRefused` if ToGo doesn't call one of them."""
    for text in addresses:
        address = ipaddress.ip_address(text)
        if not is_allowed(address):
            raise WebhookUrlRefused(
                gettext(stored.URL_LEADS_TO) % {"address": address, "setting": SETTING},
                address=str(address),
                setting=SETTING,
            )
    return addresses


def is_allowed(address: Address) -> bool:
    """Whether ToGo calls this address."""
    return networks.is_allowed(address, settings.TOGO_WEBHOOK_ALLOW)


def _resolve(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(getattr(error, "strerror", None) or gettext(stored.INVALID_NAME)) from None
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_MOST_LOOKUPS, thread_name_prefix="webhook-names")


def _bad(message: str, what: str) -> InvalidRequest:
    """The refusal of a URL: the message for people, and for programs what the field `url` must be."""
    return InvalidRequest(f"url {what}.", errors=[{"field": "url", "code": "invalid", "message": message}])
