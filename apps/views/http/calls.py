"""The one middleware of API calls: they have no session, messages, languages or scripts, and are never static files."""

from collections.abc import Callable
from typing import Any

from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware
from django.urls import ResolverMatch, resolve

from apps.views.http.headers import HeadersMiddleware, put, read_scheme

# These two are pages, although their path begins with /api/.
_PAGES = ("/api/docs/", "/api/redocs/")
# The views of the paths that hold no id.
_found: dict[str, ResolverMatch] = {}


class CallMiddleware:
    """Answers API calls, and lets the middleware after it answer everything else.

    An answer gets the headers that middleware adds to it. They are the same for all answers of a content type, so that
    middleware is asked once for each, and not at every call.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._others = get_response
        # Nothing here is asynchronous.
        self._answer: Any = convert_exception_to_response(self._call)
        self._security = SecurityMiddleware(get_response)
        # From the view outwards.
        self._adding: list[Any] = [
            XFrameOptionsMiddleware(get_response),
            self._security,
            HeadersMiddleware(get_response),
        ]
        self._added: dict[tuple[bool, str], dict[str, tuple[str, str]]] = {}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The response."""
        path = request.path_info
        if not path.startswith("/api/") or path.startswith(_PAGES):
            return self._others(request)
        read_scheme(request)
        response: HttpResponseBase = self._answer(request)
        key = request.is_secure(), response.get("Content-Type", "")
        added = self._added.get(key) or self._added.setdefault(key, self._headers(request, key[1]))
        response.headers._store = added | response.headers._store  # noqa: SLF001 - ten times as fast as one by one
        return response

    def _call(self, request: HttpRequest) -> HttpResponseBase:
        if self._security.redirect and (to_https := self._security.process_request(request)):
            return to_https
        request.get_host()  # Raises `DisallowedHost`.
        match = request.resolver_match = _match(request.path_info)
        response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
        if isinstance(response, HttpResponse) and "Content-Length" not in response.headers:
            put(response, "Content-Length", str(len(response.content)))
        return response

    def _headers(self, request: HttpRequest, content_type: str) -> dict[str, tuple[str, str]]:
        response = HttpResponse(content_type=content_type)
        if not content_type:
            del response["Content-Type"]
        for middleware in self._adding:
            middleware.process_response(request, response)
        return response.headers._store  # noqa: SLF001


def _match(path: str) -> ResolverMatch:
    """The view of a path. Raises `Resolver404`."""
    match = _found.get(path)
    if match is None:
        match = resolve(path)
        if not match.kwargs:
            _found[path] = match
    return match
