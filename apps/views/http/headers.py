"""What browsers are told of every answer, beside what Django and django-csp tell them of pages."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

# Whatever is no page may load nothing, run nothing and be shown in nothing, should a browser take it for a page.
_NOTHING = "default-src 'none'; frame-ancestors 'none'"
# What a page of ours never needs of the machine that it is shown on.
_PERMISSIONS = ", ".join(
    f"{name}=()"
    for name in (
        *("accelerometer", "browsing-topics", "camera", "display-capture", "geolocation", "gyroscope", "hid"),
        *("magnetometer", "microphone", "midi", "payment", "publickey-credentials-get", "serial", "usb"),
    )
)


class HeadersMiddleware:
    """Lets nobody keep what isn't said to be for keeping, and no other site have anything."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer, with its headers."""
        # Its value has no case, and Django compares it as it is: with HTTPS it would redirect to itself for ever.
        if scheme := request.META.get("HTTP_X_FORWARDED_PROTO"):
            request.META["HTTP_X_FORWARDED_PROTO"] = scheme.lower()
        response = self.get_response(request)
        headers = response.headers
        headers.setdefault("Cache-Control", "no-store")
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        kind = headers.get("Content-Type", "")
        if kind.startswith("text/html"):
            headers["Permissions-Policy"] = _PERMISSIONS
        elif kind:
            headers["Content-Security-Policy"] = _NOTHING
        return response
