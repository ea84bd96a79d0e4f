"""Pages for readers: the errors explained."""

from functools import cache
from pathlib import Path

import markdown
from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe


@require_safe
def errors(request: HttpRequest) -> HttpResponse:
    """`/errors/`: what each code means and what to do; every problem's `type` leads here."""
    # Our own file, not anyone's input.
    return render(request, "docs/errors.html", {"content": mark_safe(_errors_html())})  # noqa: S308


@require_safe
@cache_control(max_age=86400)
def redoc_script(request: HttpRequest) -> HttpResponse:
    """`/api/redocs/redoc.js`: ReDoc, without the picture that it would fetch from its makers' host."""
    return HttpResponse(_redoc(), content_type="text/javascript; charset=utf-8")


@cache
def _redoc() -> str:
    path = finders.find("drf_spectacular_sidecar/redoc/bundles/redoc.standalone.js")
    return Path(str(path)).read_text().replace("https://cdn.redoc.ly/redoc/logo-mini.svg", "data:,")


@cache
def _errors_html() -> str:
    text = (settings.BASE_DIR / "docs" / "errors.md").read_text()
    return markdown.markdown(text, extensions=["toc", "tables", "fenced_code"])
