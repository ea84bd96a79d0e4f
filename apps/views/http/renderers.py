"""Answers that are files."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.http import StreamingHttpResponse
from rest_framework.renderers import BaseRenderer, JSONRenderer

from apps.views.http.base import ApiView


class FileRenderer(BaseRenderer):
    """Says what `Accept` may ask for."""

    charset = "utf-8"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Not needed: files are made by the calls themselves, and refusals are JSON."""
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
    """A call that answers with a file, or with a refusal; what it can do is told in JSON as everywhere."""

    def get_renderers(self) -> list[BaseRenderer]:
        """What this request can be answered with."""
        return [JSONRenderer()] if self.request.method == "OPTIONS" else super().get_renderers()


class CsvView(FileView):
    """A call that answers with `csv_file`."""

    renderer_classes = [CsvRenderer]


def csv_file(name: str, pieces: Iterator[str]) -> StreamingHttpResponse:
    """A file to be saved under this name, sent as it is made."""
    return StreamingHttpResponse(
        pieces,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
