"""How often one may call: all calls and pages of a person count together, and those of an address without a sign-in."""

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

# The API counts its own calls; files, and what operators ask, aren't counted.
_NOT_PAGES = ("/api/", "/static/", "/health/", "/metrics")


class CallThrottle(BaseThrottle):
    """Counts the calls of the API, once it is known who calls."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """True. Raises `TooManyRequests`."""
        rate_limits.require_room(_person(request.user) or _address(request))
        return True


def too_many_from(request: HttpRequest | Request) -> TooManyRequests | None:
    """Count a call that is refused before it is known who calls; the refusal where its address makes too many."""
    if settings.TOGO_RATE_LIMIT is None:
        return None
    try:
        rate_limits.require_room(_address(request))
    except TooManyRequests as refusal:
        return refusal
    return None


class PageRateLimitMiddleware:
    """Counts what is asked of the pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if settings.TOGO_RATE_LIMIT is None:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The page, or a page that says to wait."""
        if not request.path_info.startswith(_NOT_PAGES):
            # Who has no session isn't looked for.
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
