"""Answers that are files."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.http import StreamingHttpResponse
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.views import APIView


class CsvRenderer(BaseRenderer):
    """Says what `Accept` may ask for."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Not needed: files are streamed, and refusals are JSON."""
        raise NotImplementedError


class CsvView(APIView):
    """A call that answers with `csv_file`, or with a refusal; what it can do is told in JSON as everywhere."""

    def get_renderers(self) -> list[BaseRenderer]:
        """What this request can be answered with."""
        return [JSONRenderer() if self.request.method == "OPTIONS" else CsvRenderer()]


def csv_file(name: str, pieces: Iterator[str]) -> StreamingHttpResponse:
    """A file to be saved under this name, sent as it is made."""
    return StreamingHttpResponse(
        pieces,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
