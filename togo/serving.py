"""The WSGI application: Django's, with a short path for API calls."""

import time
from collections.abc import Callable
from typing import Any

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.db import DEFAULT_DB_ALIAS, connections
from django.http import HttpResponse, HttpResponseBase
from django.urls import get_script_prefix, set_script_prefix

# A database connection that was used less than so many seconds ago is assumed to work.
_TRUSTED_SECONDS = 1.0
# What callers named as the host, and the host that it is. It holds names that were found to be allowed only.
_hosts: dict[str, str] = {}
_MOST_HOSTS = 1000

Environ = dict[str, Any]


class Request(WSGIRequest):
    """A request that checks each host once for all requests."""

    def get_host(self) -> str:
        """The host that the caller named, and its port. Raises `DisallowedHost`."""
        named = self.META.get("HTTP_HOST", "")
        host = _hosts.get(named)
        if host is None:
            host = super().get_host()
            if named and len(_hosts) < _MOST_HOSTS:
                _hosts[named] = host
        return host


class Handler(WSGIHandler):
    """Django's handler. For an API call it sends no signals, whose receivers would look for the same connection five
    times, and it hands the body over whole, not as an iterator."""

    request_class = Request

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Any:
        """The body of the answer."""
        # Pages may set cookies, which this path leaves out.
        if not environ["PATH_INFO"].startswith("/api/"):
            return super().__call__(environ, start_response)
        connections[DEFAULT_DB_ALIAS].close_if_unusable_or_obsolete()
        trust_connection_in_use()
        request = self.request_class(environ)
        # Nearly always it is set already, and to set it takes longer than to look.
        if get_script_prefix() != f"{request.META['SCRIPT_NAME']}/":
            set_script_prefix(request.META["SCRIPT_NAME"])
        response = self.get_response(request)
        if not isinstance(response, HttpResponse):
            response._handler_class = self.__class__  # type: ignore[attr-defined]  # noqa: SLF001 - the end sends a signal
            start_response(_status(response), [*response.items()])
            return response
        start_response(_status(response), list(response.headers._store.values()))  # noqa: SLF001 - `items` is slow
        request.close()
        return [response.content]


def trust_connection_in_use(**_: object) -> None:
    """Skip Django's check whether this thread's connection still works, a round trip per request, if it was just used.
    A receiver of `request_started`."""
    now = time.monotonic()
    connection: Any = connections[DEFAULT_DB_ALIAS]
    if now - getattr(connection, "last_used", 0.0) < _TRUSTED_SECONDS:
        connection.health_check_done = True
    connection.last_used = now


def _status(response: HttpResponseBase) -> str:
    return f"{response.status_code} {response.reason_phrase}"
