"""Counts requests, and exports the metrics for Prometheus."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from apps.services import metrics
from apps.services.shared import permissions
from apps.views.http import problems


class MetricsMiddleware:
    """Counts responses and measures their time; for a streamed response, the time until it begins."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The response, unchanged."""
        watch = metrics.Stopwatch()
        response = self.get_response(request)
        found = request.resolver_match
        metrics.count_request(
            method=request.method or "",
            route=f"/{found.route}" if found else "none",
            status=response.status_code,
            seconds=watch.seconds(),
        )
        return response


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """`/metrics`; 404 for callers who may not read it."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    allowed = permissions.may_read_metrics(
        token=token if scheme.lower() == "bearer" else "",
        address=request.META.get("REMOTE_ADDR", ""),
        forwarded=any(name in request.headers for name in ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")),
    )
    if not allowed:
        return problems.not_found(request)
    return HttpResponse(metrics.text(), content_type=CONTENT_TYPE_PLAIN_0_0_4, headers={"Cache-Control": "no-store"})
