"""Django's middleware for pages. Calls of the API go past it: they have no session, nothing to tell or to load.

What costs little, and is asked for by name by Django's own checks, stays Django's.
"""

from typing import Any

from csp.middleware import CSPMiddleware
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.deprecation import MiddlewareMixin

from apps.views.http import problems

# The documentation of the API is pages, too.
_PAGES_BELOW_API = ("/api/docs/", "/api/redocs/")


def is_call(request: HttpRequest) -> bool:
    """Whether a request is a call of the API."""
    return request.path_info.startswith("/api/") and not request.path_info.startswith(_PAGES_BELOW_API)


class _ForPages(MiddlewareMixin):
    def __call__(self, request: HttpRequest) -> Any:
        return self.get_response(request) if is_call(request) else super().__call__(request)


class TryAgainForPages(MiddlewareMixin):
    """Answers 503 and a page that says so where a page needs the database while it can't be reached."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        """That page, or None for another error."""
        return problems.try_again_page(exception)


class GZipForPages(_ForPages, GZipMiddleware):
    """Compresses pages and static files. Each time the length differs at random, and the secret of forms is masked
    anew, so that nobody can guess what is in them by how well they compress (BREACH). Calls go past it: their callers
    are programs, and some of their answers hold tokens."""


class CSPForPages(_ForPages, CSPMiddleware):
    """What a page may load."""


class AuthenticationForPages(_ForPages, AuthenticationMiddleware):
    """Who is signed in."""


class MessageForPages(_ForPages, MessageMiddleware):
    """What the next page tells."""


class SessionForPages(_ForPages, SessionMiddleware):
    """What is remembered of a browser."""
