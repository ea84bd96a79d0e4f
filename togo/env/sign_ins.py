"""The OpenID provider with which people sign in."""

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from togo.env.addresses import is_this_machine
from togo.env.texts import text


def secret(name: str) -> str:
    """The variable, or the content of the file that the variable with `_FILE` names; an error never repeats it."""
    path = text(f"{name}_FILE")
    if not path:
        return text(name)
    try:
        content = Path(path).read_text().strip()
    except (OSError, ValueError):
        raise ImproperlyConfigured(f"{name}_FILE must name a file that can be read, not {path!r}.") from None
    # entrypoint.sh reads the file, too, and sets both.
    if not content or text(name, content) != content:
        raise ImproperlyConfigured(f"{name}_FILE must name a file with the secret, and {name} must not be set as well.")
    return content


def issuer(name: str) -> str:
    """The URL of a provider, exactly as the provider writes it; empty when it isn't set. It must be an `https://` URL,
    or a plain one on this machine."""
    value = text(name)
    if value and not (_is_issuer(value) and len(value) <= 255):
        raise ImproperlyConfigured(
            f"{name} must be an https:// URL such as https://id.example.org/realms/office, without ? and #, "
            f"not {value!r}."
        )
    return value


def _is_issuer(value: str) -> bool:
    try:
        url = urlsplit(value)
        host, port = url.hostname or "", url.port
    except ValueError:
        return False
    if not host or port == 0 or not re.fullmatch(r"[!-~]+", value, re.ASCII) or re.search(r"[?#@\\]", value):
        return False
    return url.scheme == "https" or (url.scheme == "http" and is_this_machine(host))


def scopes(name: str, default: str) -> str:
    """Scopes separated by blanks; `openid` is one of them."""
    value = " ".join(text(name, default).split())
    if "openid" not in value.split():
        raise ImproperlyConfigured(f"{name} must be scopes separated by blanks, openid among them, not {value!r}.")
    return value


def require_whole_provider(settings: Mapping[str, object]) -> None:
    """Refuse a provider that is half set, and passwords that are off while there is none."""
    needed = ["TOGO_OIDC_ISSUER", "TOGO_OIDC_CLIENT_ID", "TOGO_OIDC_CLIENT_SECRET"]
    present = [name for name in (*needed, "TOGO_OIDC_ADMIN_GROUPS", "TOGO_OIDC_TASKMASTER_GROUPS") if settings[name]]
    missing = [name for name in needed if not settings[name]]
    if present and missing:
        raise ImproperlyConfigured(f"{present[0]} must be set together with {' and '.join(missing)}.")
    if settings["TOGO_PASSWORDS"] == "off" and missing:
        raise ImproperlyConfigured("TOGO_PASSWORDS must not be off without TOGO_OIDC_ISSUER: nobody could sign in.")
