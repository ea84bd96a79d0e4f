"""Serves ToGo below the path of `TOGO_PUBLIC_URL`."""

from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class ServedBelowRoot:
    """Wraps the WSGI application: takes the path below which ToGo is served off the path of a request.

    A request without it is answered alike: a proxy may have taken it off, and probes don't know it. Django's ASGI
    application does this by itself.
    """

    def __init__(self, application: Application) -> None:
        self._application = application

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """The application's answer; for the path without its last slash, a redirect."""
        root, path = settings.TOGO_ROOT, environ["PATH_INFO"]
        if path == root:
            # The browser sends no cookies there: theirs is the path with the slash.
            start_response("308 Permanent Redirect", [("Location", f"{root}/"), ("Content-Length", "0")])
            return []
        if path.startswith(f"{root}/"):
            environ["PATH_INFO"] = path.removeprefix(root)
        return self._application(environ, start_response)
