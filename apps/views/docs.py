"""Documents for readers and programs: the errors explained, and the OpenAPI document."""

import datetime
import re
import threading
from functools import cache, partial
from pathlib import Path
from typing import Any

import markdown
from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request

from apps.exceptions.base import title_of
from apps.forms.board import DayForm
from apps.models.tasks import Color
from apps.views.http.conditional import conditional


@require_safe
def errors(request: HttpRequest) -> HttpResponse:
    """`/errors/`: the meaning of each error code, and what to do. The `type` of every problem leads here."""
    language = get_language() or settings.LANGUAGE_CODE
    # A file of ToGo itself, not user input.
    content = mark_safe(_errors_html(language))  # noqa: S308
    context = {"content": content, "is_english": language == settings.LANGUAGE_CODE}
    return render(request, "docs/errors.html", context)


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """`/styleguide/`: every component of the pages, for those who build them. 404 unless `TOGO_DEBUG` is on."""
    if not settings.DEBUG:
        raise Http404
    context = {
        "colours": Color.values,
        "tokens": [
            "ground",
            "surface",
            "surface-2",
            "line",
            "line-strong",
            "accent",
            "accent-soft",
            "warn-soft",
            "stop-soft",
        ],
        "faces": range(6),
        "tenths": range(11),
        "form": DayForm(data={"maximum": "x"}),
    }
    return render(request, "docs/styleguide.html", context)


@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """`/.well-known/security.txt` (RFC 9116): how to report a weakness to the people who run this ToGo.

    404 without `TOGO_SECURITY_CONTACT`.
    """
    if not settings.TOGO_SECURITY_CONTACT:
        raise Http404
    expires = (timezone.now() + _SECURITY_TXT_HOLDS).replace(microsecond=0)
    lines = [f"Contact: {settings.TOGO_SECURITY_CONTACT}", f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}"]
    return HttpResponse("\n".join([*lines, "Preferred-Languages: en", ""]), content_type="text/plain; charset=utf-8")


# RFC 9116 recommends less than a year.
_SECURITY_TXT_HOLDS = datetime.timedelta(days=180)


class SchemaView(SpectacularAPIView):
    """`/api/schema/`: the OpenAPI document. It is the same for everyone, so each process generates it once."""

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """The document in YAML or JSON, or 304 if the caller has it already."""
        renderer: Any = request.accepted_renderer
        with _making_documents:
            document: bytes = _openapi(renderer.__class__)
        content_type = f"{renderer.media_type}; charset=utf-8"
        return conditional(request, document, content_type=content_type, cache_control="no-cache")


# The generator loads modules at its first use, which is not safe in several threads at once.
_making_documents = threading.Lock()


@cache
def _openapi(renderer: Any) -> bytes:
    document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]  # theirs
    written: str | bytes = renderer().render(document, renderer.media_type, {})
    return written if isinstance(written, bytes) else written.encode()


@require_safe
@cache_control(max_age=86400)
def redoc_script(request: HttpRequest) -> HttpResponse:
    """`/api/redocs/redoc.js`: ReDoc, without the logo that it would load from another host."""
    return HttpResponse(_redoc(), content_type="text/javascript; charset=utf-8")


@cache
def _redoc() -> str:
    path = finders.find("drf_spectacular_sidecar/redoc/bundles/redoc.standalone.js")
    return Path(str(path)).read_text().replace("https://cdn.redoc.ly/redoc/logo-mini.svg", "data:,")


@cache
def _errors_html(language: str) -> str:
    """The explanations, with the title of each error in this language, which is the active one."""
    _, _, text = (settings.BASE_DIR / "docs" / "errors.md").read_text().partition("\n")
    page = markdown.markdown(text, extensions=["toc", "tables", "fenced_code"])
    return re.sub(r'<h2 id="(\w+)">\1</h2>', partial(_with_title, language), page)


def _with_title(language: str, heading: re.Match[str]) -> str:
    return format_html('{}<p lang="{}" dir="auto"><b>{}</b></p>', mark_safe(heading[0]), language, title_of(heading[1]))  # noqa: S308
