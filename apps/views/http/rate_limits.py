"""Rate limits: all calls and pages of a person count together; without a sign-in, all of an address."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponseBase
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from apps.exceptions.base import TooManyRequests
from apps.services.shared import rate_limits
from apps.views.http import pages
from apps.views.http.addresses import address_of

# The API counts its own calls. Static files, health checks and metrics are not counted.
_NOT_PAGES = ("/api/", "/static/", "/health/", "/metrics")


class CallThrottle(BaseThrottle):
    """Counts API calls, after authentication."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count the call; always True. Raises `TooManyRequests`."""
        rate_limits.require_room(_person(request.user) or _address(request))
        return True


def too_many_from(request: HttpRequest | Request) -> TooManyRequests | None:
    """Count a call that failed authentication; returns `TooManyRequests` if its address makes too many, else None."""
    if settings.TOGO_RATE_LIMIT is None:
        return None
    try:
        rate_limits.require_room(_address(request))
    except TooManyRequests as refusal:
        return refusal
    return None


class PageRateLimitMiddleware:
    """Counts the requests for pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if settings.TOGO_RATE_LIMIT is None:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The page, or a 429 page that says how long to wait."""
        if not request.path_info.startswith(_NOT_PAGES):
            # Without a session cookie nobody is signed in: spare the query.
            person = _person(request.user) if settings.SESSION_COOKIE_NAME in request.COOKIES else None
            try:
                rate_limits.require_room(person or _address(request))
            except TooManyRequests as refusal:
                return pages.refused(request, refusal)
        return self.get_response(request)


def _person(user: Any) -> str | None:
    return f"person {user.pk}" if user is not None and user.is_authenticated else None


def _address(request: HttpRequest | Request) -> str:
    return f"address {address_of(request)}"
