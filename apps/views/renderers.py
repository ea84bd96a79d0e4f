"""Answers that are files."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.http import StreamingHttpResponse
from rest_framework.renderers import BaseRenderer


class CsvRenderer(BaseRenderer):
    """For calls that answer with `csv_file`; says what `Accept` may ask for."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Not needed: files are streamed, and refusals are JSON."""
        raise NotImplementedError


def csv_file(name: str, pieces: Iterator[str]) -> StreamingHttpResponse:
    """A file to be saved under this name, sent as it is made."""
    return StreamingHttpResponse(
        pieces,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
