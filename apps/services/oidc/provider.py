"""Talks to the OpenID provider. Whatever the provider does, nobody waits longer than 9 seconds, and only its own button
fails: at most two threads of a process talk to it at a time, and one that was too slow is left alone for a while.
"""

import contextvars
import io
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from authlib.integrations.requests_client import OAuth2Session
from django.conf import settings
from django.utils.translation import gettext
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError as TransportError

from apps.exceptions.oidc import ProviderUnavailable

logger = logging.getLogger(__name__)
T = TypeVar("T")

# The longest that a conversation with the provider takes, in seconds.
SECONDS = 9.0
# How long the provider's description and keys are kept, in seconds.
FRESH = 3600.0
# How long a provider that was too slow isn't asked again, in seconds.
PAUSE = 5.0
# The longest answer that is read, in bytes.
LONGEST = 1_000_000

_TALKING_AT_ONCE = 2
_talking = threading.BoundedSemaphore(_TALKING_AT_ONCE)


class _Memory:
    """What this process remembers about the provider."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Forget everything: the next sign-in asks the provider."""
        # URL → when it was fetched, and its JSON.
        self.fetched: dict[str, tuple[float, dict[str, Any]]] = {}
        self.paused_until = 0.0


memory = _Memory()


@dataclass(frozen=True)
class Provider:
    """What the provider says about itself (OpenID Connect Discovery 1.0)."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str
    end_session_endpoint: str
    # Whether each of its answers names it (RFC 9207).
    names_itself: bool
    # How ToGo proves to be itself: client_secret_basic or client_secret_post.
    auth_method: str


class _Unusable(Exception):
    """The provider's answer can't be used; the message says why, for the log."""


class _BoundedAdapter(HTTPAdapter):
    """Sends requests, follows no redirect, and reads no more than `LONGEST` bytes of an answer."""

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        """Send the request and read the answer."""
        response = super().send(request, *args, **{**more, "stream": True, "timeout": SECONDS})
        try:
            if response.is_redirect:
                raise _Unusable(f"{request.url} redirects")
            body = response.raw.read(LONGEST + 1, decode_content=False)
            if len(body) > LONGEST or response.headers.get("Content-Encoding", "identity") != "identity":
                raise _Unusable(f"the answer of {request.url} is too long or compressed")
        except TransportError as error:
            raise _Unusable(f"the answer of {request.url} breaks off: {type(error).__name__}") from None
        finally:
            response.close()
        response.raw = io.BytesIO(body)
        return response


def conversation(talk: Callable[[OAuth2Session], T]) -> T:
    """Return `talk(session)`. Raises `ProviderUnavailable` if that takes longer than 9 seconds in all, if the provider
    can't be reached or understood, or if too many others talk to it.

    `talk` runs in a thread of its own, because looking up a host's name has no time-out; it must not use the database.
    """
    if time.monotonic() < memory.paused_until or not _talking.acquire(timeout=0.5):
        raise unavailable()
    outcome: Future[T] = Future()

    def run() -> None:
        try:
            with _session() as session:
                outcome.set_result(talk(session))
        except BaseException as error:
            outcome.set_exception(error)
        finally:
            _talking.release()

    threading.Thread(target=contextvars.copy_context().run, args=(run,), daemon=True, name="oidc").start()
    try:
        return outcome.result(timeout=SECONDS)
    except (TimeoutError, requests.Timeout):
        memory.paused_until = time.monotonic() + PAUSE
        reason = f"no answer within {SECONDS} s"
    except _Unusable as error:
        reason = str(error)
    except requests.RequestException as error:
        reason = type(error).__name__
    logger.warning("The OpenID provider %s can't be used: %s.", settings.TOGO_OIDC_ISSUER, reason)
    raise unavailable()


def unavailable() -> ProviderUnavailable:
    """The one refusal while the provider can't be used."""
    return ProviderUnavailable(
        gettext("%(provider)s doesn’t answer at the moment, so nobody can sign in with it. Try again later.")
        % {"provider": settings.TOGO_OIDC_NAME},
        retry_after=int(PAUSE),
    )


def describe(session: OAuth2Session) -> Provider:
    """The provider's description of itself, at most an hour old."""
    issuer = settings.TOGO_OIDC_ISSUER
    said = fetch(session, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if said.get("issuer") != issuer:
        raise _Unusable(f"it calls itself {said.get('issuer')!r:.200}; TOGO_OIDC_ISSUER must be exactly that")
    methods = said.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return Provider(
        authorization_endpoint=_endpoint(said, "authorization_endpoint"),
        token_endpoint=_endpoint(said, "token_endpoint"),
        jwks_uri=_endpoint(said, "jwks_uri"),
        userinfo_endpoint=_endpoint(said, "userinfo_endpoint", required=False),
        end_session_endpoint=_endpoint(said, "end_session_endpoint", required=False),
        names_itself=said.get("authorization_response_iss_parameter_supported") is True,
        auth_method="client_secret_basic" if "client_secret_basic" in methods else "client_secret_post",
    )


def fetch(session: OAuth2Session, url: str, *, anew: bool = False, access_token: str = "") -> dict[str, Any]:
    """The JSON object at a URL of the provider; at most an hour old, or fetched now if `anew` is true. With an access
    token it is about a person, and isn't kept."""
    at, kept = memory.fetched.get(url, (0.0, None))
    if kept is not None and not anew and not access_token and time.monotonic() < at + FRESH:
        return kept
    headers = {"Accept": "application/json"}
    if access_token:
        headers["Authorization"] = f"Bearer {access_token}"
    # `withhold_token`: the session would refuse to send a token that is valid for less than a minute.
    response = session.request("GET", url, headers=headers, withhold_token=True)
    said = _json(response) if response.status_code == requests.codes.ok else None
    if not isinstance(said, dict):
        raise _Unusable(f"{url} answers with status {response.status_code} or isn't a JSON object")
    if not access_token:
        memory.fetched[url] = time.monotonic(), said
    return said


def exchange(
    session: OAuth2Session, provider: Provider, *, code: str, verifier: str, redirect_uri: str
) -> dict[str, Any]:
    """The provider's tokens for a code. Raises `OAuthError` if the provider refuses the code."""
    session.token_endpoint_auth_method = provider.auth_method
    try:
        tokens: dict[str, Any] = session.fetch_token(
            provider.token_endpoint,
            grant_type="authorization_code",
            code=code,
            code_verifier=verifier,
            redirect_uri=redirect_uri,
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        raise _Unusable("its token endpoint doesn't answer with a JSON object") from None
    return tokens


def is_secure(url: object) -> bool:
    """Whether this is an `https://` URL, or a plain one on this machine."""
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
        if parts is None or not parts.hostname or parts.username or parts.fragment or parts.port == 0:
            return False
        return parts.scheme == "https" or (parts.scheme == "http" and _is_here(parts.hostname))
    except ValueError:
        return False


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _session() -> OAuth2Session:
    session = OAuth2Session(settings.TOGO_OIDC_CLIENT_ID, settings.TOGO_OIDC_CLIENT_SECRET)
    session.headers["Accept-Encoding"] = "identity"
    adapter = _BoundedAdapter()
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _endpoint(said: dict[str, Any], name: str, *, required: bool = True) -> str:
    url = said.get(name)
    if url is None and not required:
        return ""
    if not is_secure(url):
        raise _Unusable(f"its {name} is missing, or isn't an https:// URL")
    return str(url)


def _json(response: requests.Response) -> Any:
    try:
        return response.json()
    except (ValueError, RecursionError):
        return None
