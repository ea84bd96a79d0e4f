"""Answers that are files."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.http import StreamingHttpResponse
from rest_framework.renderers import BaseRenderer


class FileRenderer(BaseRenderer):
    """For calls that answer with a file of their own; says what `Accept` may ask for."""

    charset = "utf-8"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Not needed: files are made by the calls themselves, and refusals are JSON."""
        raise NotImplementedError


class CsvRenderer(FileRenderer):
    """For calls that answer with `csv_file`."""

    media_type = "text/csv"
    format = "csv"


class CalendarRenderer(FileRenderer):
    """For calendars, as RFC 5545 has them."""

    media_type = "text/calendar"
    format = "ics"


def csv_file(name: str, pieces: Iterator[str]) -> StreamingHttpResponse:
    """A file to be saved under this name, sent as it is made."""
    return StreamingHttpResponse(
        pieces,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
