"""Pages for readers: the errors explained."""

from functools import cache

import markdown
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe


@require_safe
def errors(request: HttpRequest) -> HttpResponse:
    """`/errors/`: what each code means and what to do; every problem's `type` leads here."""
    # Our own file, not anyone's input.
    return render(request, "docs/errors.html", {"content": mark_safe(_errors_html())})  # noqa: S308


@cache
def _errors_html() -> str:
    text = (settings.BASE_DIR / "docs" / "errors.md").read_text()
    return markdown.markdown(text, extensions=["toc", "tables", "fenced_code"])
