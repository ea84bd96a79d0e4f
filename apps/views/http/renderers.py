"""Responses that are files."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.http import StreamingHttpResponse
from rest_framework.renderers import BaseRenderer, JSONRenderer

from apps.views.http.base import ApiView


class FileRenderer(BaseRenderer):
    """Names a media type for content negotiation."""

    charset = "utf-8"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Never called: the views write the files, and errors are JSON."""
        raise NotImplementedError


class CsvRenderer(FileRenderer):
    """Tables."""

    media_type = "text/csv"
    format = "csv"


class CalendarRenderer(FileRenderer):
    """Calendars, as RFC 5545 has them."""

    media_type = "text/calendar"
    format = "ics"


class FileView(ApiView):
    """A call that answers with a file or an error. `OPTIONS` answers in JSON, as everywhere."""

    def get_renderers(self) -> list[BaseRenderer]:
        """The renderers of this request."""
        return [JSONRenderer()] if self.request.method == "OPTIONS" else super().get_renderers()


class CsvView(FileView):
    """A call that answers with `csv_file`."""

    renderer_classes = [CsvRenderer]


def csv_file(name: str, pieces: Iterator[str]) -> StreamingHttpResponse:
    """A streamed file that the browser saves under this name."""
    return StreamingHttpResponse(
        pieces,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
