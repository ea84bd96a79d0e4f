"""Response headers for browsers, beside those that Django and django-csp set for pages."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

# A response that is no page may load, run and embed nothing, in case a browser renders it as a page.
_NOTHING = "default-src 'none'; frame-ancestors 'none'"
# The policy of a worker of the browser, which may only ask ToGo.
FOR_WORKERS = "default-src 'none'; connect-src 'self'"
# Browser features that no page of ToGo uses.
_PERMISSIONS = ", ".join(
    f"{name}=()"
    for name in (
        *("accelerometer", "browsing-topics", "camera", "display-capture", "geolocation", "gyroscope", "hid"),
        *("magnetometer", "microphone", "midi", "payment", "publickey-credentials-get", "serial", "usb"),
    )
)


# Programs call these; their answers name the version of ToGo.
_FOR_PROGRAMS = ("/api/", "/health/")
VERSION_HEADER = "ToGo-Version"


class HeadersMiddleware:
    """Forbids caches to store a response, unless it says otherwise, and other sites to load it; tells programs the
    version of ToGo."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The response, with these headers."""
        read_scheme(request)
        return self.process_response(request, self.get_response(request))

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Add the headers."""
        headers = response.headers
        headers.setdefault("Cache-Control", "no-store")
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        if request.path_info.startswith(_FOR_PROGRAMS):
            headers[VERSION_HEADER] = settings.TOGO_VERSION
        kind = headers.get("Content-Type", "")
        if kind.startswith("text/html"):
            headers["Permissions-Policy"] = _PERMISSIONS
        elif kind and headers.get("Content-Security-Policy") != FOR_WORKERS:
            headers["Content-Security-Policy"] = _NOTHING
        return response


def put(response: HttpResponseBase, name: str, value: str) -> None:
    """Set a header to a value of our own, which is visible ASCII. `response[name]` checks that, and takes ten times as
    long."""
    response.headers._store[name.lower()] = (name, value)  # noqa: SLF001


def read_scheme(request: HttpRequest) -> None:
    """Write the scheme that a proxy names in lower case. It has no case, but Django compares it exactly: `HTTPS` would
    be redirected to itself for ever."""
    if scheme := request.META.get("HTTP_X_FORWARDED_PROTO"):
        request.META["HTTP_X_FORWARDED_PROTO"] = scheme.lower()
