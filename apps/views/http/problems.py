"""Turns every error into `application/problem+json` (RFC 9457), in this one place."""

import logging
import sys
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import DisallowedHost, PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template import loader
from django.utils.translation import gettext
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions as drf
from rest_framework_simplejwt.exceptions import InvalidToken

from apps.exceptions import base, tokens
from apps.services import metrics
from apps.services.shared import storage
from apps.views.http import rate_limits
from apps.views.http.base import JsonResponse

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"

# ToGo's error for each exception of Django REST framework; the first match counts.
_TRANSLATIONS: list[tuple[type[Exception], type[base.ToGoError]]] = [
    (InvalidToken, tokens.TokenNotValid),
    (drf.AuthenticationFailed, tokens.TokenNotValid),
    (drf.NotAuthenticated, base.NotAuthenticated),
    (drf.PermissionDenied, base.NotAllowed),
    (PermissionDenied, base.NotAllowed),
    (drf.NotFound, base.NotFound),
    (Http404, base.NotFound),
    (drf.MethodNotAllowed, base.MethodNotAllowed),
    (drf.NotAcceptable, base.NotAcceptable),
    (drf.UnsupportedMediaType, base.UnsupportedMediaType),
    (drf.ParseError, base.InvalidRequest),
]


def answer_problem(exception: Exception, context: dict[str, Any]) -> JsonResponse | None:
    """The response to an error in an API view; None for an unexpected error."""
    error = translate(exception)
    if error is None:
        return None
    if isinstance(exception, drf.NotAuthenticated | drf.AuthenticationFailed):
        # Authentication failed before the rate limit was checked.
        error = rate_limits.too_many_from(context["request"]) or error
    headers = {}
    if error.status == 401:
        headers["WWW-Authenticate"] = getattr(exception, "auth_header", None) or "Bearer"
    return _problem(error, headers)


@csrf_exempt
def not_found(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """The response to an unknown path below `/api/`."""
    if request.path_info.startswith("/api/") and (too_many := rate_limits.too_many_from(request)):
        return _problem(too_many)
    hint = "" if request.path.endswith("/") else " Paths end with a slash."
    return _problem(base.NotFound(f"There is nothing at {request.path}.{hint}"))


# Django's handlers for requests that reach no API view: below /api/ they answer with a problem, never with a page.


def answer_400(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """The response to a request that Django refuses, such as one for another host."""
    detail = "The request can't be read."
    if isinstance(exception, DisallowedHost):
        detail = "ToGo doesn't answer to this host name; the operator lists its names in TOGO_ALLOWED_HOSTS."
    return _page_or_problem(request, base.InvalidRequest(detail), defaults.bad_request(request, exception))


def answer_403(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """The response to a request that the person may not make."""
    return _page_or_problem(
        request, base.NotAllowed("You may not do this."), defaults.permission_denied(request, exception)
    )


def answer_404(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """The response to an unknown path."""
    if request.path_info.startswith("/api/"):
        return not_found(request)
    return defaults.page_not_found(request, exception)


def answer_500(request: HttpRequest) -> HttpResponseBase:
    """The response to an unexpected error, which Django has logged."""
    if page := try_again_page(sys.exc_info()[1]):
        return page
    return _page_or_problem(
        request,
        base.InternalError("Something is broken here; the operator finds it in the log by X-Request-ID."),
        defaults.server_error(request),
    )


def try_again_page(exception: BaseException | None) -> HttpResponseBase | None:
    """The 503 page for a database that can't be reached; None for any other error."""
    if not isinstance(exception, OperationalError | InterfaceError):
        return None
    refusal = translate(exception)
    assert refusal
    page = HttpResponse(loader.render_to_string("503.html", {"detail": refusal.detail}), status=refusal.status)
    page["Retry-After"] = str(refusal.data["retry_after"])
    return page


def _page_or_problem(request: HttpRequest, error: base.ToGoError, page: HttpResponseBase) -> HttpResponseBase:
    return _problem(error) if request.path_info.startswith("/api/") else page


def _problem(error: base.ToGoError, headers: dict[str, str] | None = None) -> JsonResponse:
    metrics.count_refusal(error.code)
    headers = dict(headers or {})
    if "retry_after" in error.data:
        headers["Retry-After"] = str(error.data["retry_after"])
    return JsonResponse(error.as_problem(), status=error.status, headers=headers, content_type=CONTENT_TYPE)


def translate(exception: Exception) -> base.ToGoError | None:
    """ToGo's error for an exception; None for an unexpected one."""
    if isinstance(exception, base.ToGoError):
        return exception
    if isinstance(exception, drf.ValidationError):
        return base.InvalidRequest.of(list(_field_errors(exception.detail)))
    if isinstance(exception, OperationalError | InterfaceError):
        logger.error("The database failed.", exc_info=exception)
        if storage.is_full(exception):
            return base.TryAgain(str(storage.FULL), retry_after=60)
        return base.TryAgain(gettext("The database can't be reached at the moment."), retry_after=5)
    for theirs, ours in _TRANSLATIONS:
        if isinstance(exception, theirs):
            return ours(_SENTENCES.get(ours) or _sentence(exception))
    return None


# Replaces sentences of the libraries that don't say what to do.
_SENTENCES = {
    tokens.TokenNotValid: "The access token or API key is forged, expired, or no longer good.",
    base.NotAuthenticated: "Send an access token or an API key: Authorization: Bearer <token or key>.",
}


def _sentence(exception: Exception) -> str:
    detail = getattr(exception, "detail", None)
    if isinstance(detail, dict):
        detail = detail.get("detail")
    return str(detail or exception or "Nothing is found here.")


def _field_errors(detail: Any, field: str = "") -> Iterator[dict[str, str]]:
    if isinstance(detail, dict):
        for name, inner in detail.items():
            # JSON allows half a surrogate pair in a name and UTF-8 doesn't: show it escaped.
            name = "" if name == "non_field_errors" else str(name).encode(errors="backslashreplace").decode()
            yield from _field_errors(inner, f"{field}.{name}".strip("."))
    elif isinstance(detail, list):
        for inner in detail:
            yield from _field_errors(inner, field)
    else:
        yield {"field": field, "code": getattr(detail, "code", "invalid"), "message": str(detail)}
