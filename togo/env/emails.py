"""The mail server, the sender of messages, and the channels beside e-mail."""

import re
from email.utils import parseaddr
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

from togo.env.addresses import is_this_machine
from togo.env.texts import text, words

_PORTS = {"smtp": 587, "smtps": 465}


def email_server(name: str, *, links_to: str = "") -> dict[str, Any]:
    """The arguments of Django's SMTP backend for `smtp://USER:PASSWORD@HOST:PORT` or `smtps://…`; empty when it isn't
    set.

    `smtp` means that the connection is encrypted with STARTTLS, or fails; `?starttls=off` leaves it in the clear, and
    so does a server on this machine. `smtps` is encrypted from its beginning. Certificates are verified. `links_to` is
    `TOGO_PUBLIC_URL`, which messages need.
    """
    value = text(name)
    if not value:
        return {}
    try:
        url = urlsplit(value)
        port = url.port or _PORTS[url.scheme]
        options = dict(parse_qsl(url.query, keep_blank_values=True, strict_parsing=bool(url.query)))
        is_usable = bool(url.hostname) and not url.path.strip("/") and not url.fragment
        is_usable = is_usable and options in ({}, {"starttls": "off"}) and (url.scheme == "smtp" or not options)
        is_usable = is_usable and bool(url.username) == bool(url.password)
    except (KeyError, ValueError):
        is_usable = False
    # A wrong value may hold a password, so the error doesn't repeat it.
    if not is_usable:
        raise ImproperlyConfigured(
            f"{name} must be smtp://HOST:PORT, smtp://USER:PASSWORD@HOST:PORT or smtps://…, with %40 for an @ in the "
            "username or password; smtp may end with ?starttls=off."
        )
    if not links_to:
        raise ImproperlyConfigured(f"{name} must be set together with TOGO_PUBLIC_URL: messages link to ToGo.")
    host = url.hostname or ""
    return {
        "host": host,
        "port": port,
        "username": unquote(url.username or ""),
        "password": unquote(url.password or ""),
        "use_ssl": url.scheme == "smtps",
        "use_tls": url.scheme == "smtp" and not options and not is_this_machine(host),
    }


def schemas(name: str, *, links_to: str = "") -> list[str]:
    """The names of Apprise's services, such as `ntfys, tgram`. `links_to` is `TOGO_PUBLIC_URL`, which messages need."""
    found = words(name)
    if not all(re.fullmatch("[a-z0-9]{1,32}", word) for word in found):
        raise ImproperlyConfigured(f"{name} must be schemas of Apprise such as ntfys, tgram, without ://.")
    if found and not links_to:
        raise ImproperlyConfigured(f"{name} must be set together with TOGO_PUBLIC_URL: messages link to ToGo.")
    return found


def email_sender(name: str, default: str) -> str:
    """An address such as `togo@example.org` or `ToGo <togo@example.org>`."""
    value = text(name, default)
    try:
        # The default may name a host of the own network.
        if value != default:
            validate_email(parseaddr(value)[1])
        is_usable = value.isprintable() and re.fullmatch(r"[^<>,]*<[^<>,]+>|[^<>,]*", value)
    except ValidationError:
        is_usable = None
    if not is_usable:
        raise ImproperlyConfigured(
            f"{name} must be an address such as togo@example.org or ToGo <togo@example.org>, not {value!r}."
        )
    return value
