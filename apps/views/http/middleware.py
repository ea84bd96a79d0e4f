"""Middleware for pages, beside Django's. API calls never reach it: see `calls.py`."""

from collections.abc import Callable
from typing import Any, cast

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import get_language_from_request

from apps.models import User
from apps.services.shared import languages
from apps.views.http import problems, sessions

# Programs read these.
_NO_PAGES = ("/health/", "/metrics", "/.well-known/")


class TryAgainForPages(MiddlewareMixin):
    """Answers a page request with 503 and a page that says so while the database can't be reached."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        """The 503 page, or None for any other error."""
        return problems.try_again_page(exception)


class GZipForPages(GZipMiddleware):
    """Compresses pages and static files. An attacker can't guess their content from the compressed length (BREACH):
    Django adds a random number of bytes, and masks the CSRF token anew each time. API responses are not compressed:
    their callers are programs, and some of them hold tokens. Nor are health checks, which are short."""

    def __call__(self, request: HttpRequest) -> Any:
        is_probe = request.path_info.startswith("/health/")
        return self.get_response(request) if is_probe else super().__call__(request)


class LanguageForPages(MiddlewareMixin):
    """Writes pages in the language that the person chose, or else in the one that their browser asks for."""

    def __call__(self, request: HttpRequest) -> Any:
        if request.path_info.startswith(_NO_PAGES):
            return self.get_response(request)
        try:
            language = chosen_language(request)
        except (OperationalError, InterfaceError) as failure:
            with languages.speaking(get_language_from_request(request)):
                return problems.try_again_page(failure)
        with languages.speaking(language or get_language_from_request(request)):
            response = cast(HttpResponseBase, self.get_response(request))
        if not language:
            patch_vary_headers(response, ["Accept-Language"])
        return response


def chosen_language(request: HttpRequest) -> str:
    """The language that the signed-in person chose; empty if they chose none, or nobody is signed in."""
    # Without this cookie nobody is signed in, and the page may not need the session at all.
    person = request.user if settings.SESSION_COOKIE_NAME in request.COOKIES else None
    return person.language if isinstance(person, User) and person.language in languages.NAMES else ""


class SessionUseForPages(MiddlewareMixin):
    """Notes when the session of a person was used."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """The response as it is. Only pages that looked at the session count: others need not know whose it is."""
        if request.session.accessed and response.status_code < 500:
            sessions.note_use(request)
        return response


class PolicyForPages(CSPMiddleware):
    """Sets the Content-Security-Policy. It is the same for all responses but those of a view that has one of its own,
    so that it is written once, and not for each."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        super().__init__(get_response)
        self._usual = super().process_response(HttpRequest(), HttpResponse())[HEADER]

    def process_request(self, request: HttpRequest) -> None:
        """Nothing: no page has a nonce."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """The response, with the policy."""
        # Django's own pages for developers have inline styles, and django-csp gives them no policy.
        if settings.DEBUG or any(name.startswith("_csp") for name in vars(response)):
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, self._usual)
        return response
