"""Makes sure that a request's body is read completely or refused, however it is sent.

Django reads as many bytes as `Content-Length` says. A body that is sent in chunks has no such header, so Django would
ignore it; and Django would accept a body whose sender stopped in the middle.
"""

import tempfile
from collections.abc import Callable, Iterable
from typing import IO, Any

from django.conf import settings

from apps.views.http.base import JSON
from apps.views.http.parsers import longest_upload

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

# A body in chunks that is longer than this many bytes is kept on the disk.
_IN_MEMORY = 1_000_000
_BLOCK = 65_536
_FORM = "application/x-www-form-urlencoded"


class ReadWholeBodies:
    """Wraps the WSGI application: each body gets a length, and an incomplete one is an error.

    A body in chunks is read before the application is called, up to one byte more than any call accepts; so a longer
    one is refused with 413 like any other. Reading an incomplete body raises `OSError`, which Django handles. A page's
    form in chunks is refused with 411: nothing in it shows whether it is complete.
    """

    def __init__(self, application: Application) -> None:
        self._application = application

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """The application's answer."""
        if "chunked" not in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
            # A part of a JSON object is not valid JSON, so that needs no check.
            if environ.get("CONTENT_TYPE") != JSON:
                environ["wsgi.input"] = _Whole(environ["wsgi.input"])
            return self._application(environ, start_response)
        is_form = environ.get("CONTENT_TYPE", "").lower().startswith(_FORM)
        if not environ.get("wsgi.input_terminated") or (is_form and not environ["PATH_INFO"].startswith("/api/")):
            start_response("411 Length Required", [("Content-Type", "text/plain; charset=utf-8")])
            return [b"Send this with a Content-Length.\n"]
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as body:
            environ["CONTENT_LENGTH"] = str(_copy(environ["wsgi.input"], body))
            environ["wsgi.input"] = body
            return self._application(environ, start_response)


class _Whole:
    """A stream whose length is known; raises `OSError` if it ends earlier. Django reads no more than this length."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def read(self, size: int) -> bytes:
        """So many bytes."""
        body = bytearray()
        while len(body) < size:
            body += self._required(self._stream.read(size - len(body)))
        return bytes(body)

    def readline(self, size: int) -> bytes:
        """The next line, of at most so many bytes."""
        return self._required(self._stream.readline(size)) if size else b""

    def _required(self, block: bytes) -> bytes:
        if not block:
            raise OSError("The body ended before it was complete.")
        return block


def _copy(source: Any, target: IO[bytes]) -> int:
    """Copy a body, up to one byte more than any call accepts; returns the number of bytes copied."""
    left = max(settings.DATA_UPLOAD_MAX_MEMORY_SIZE, longest_upload()) + 1
    longest = left
    while left and (block := source.read(min(left, _BLOCK))):
        target.write(block)
        left -= len(block)
    target.seek(0)
    return longest - left
