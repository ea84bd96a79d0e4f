"""The answers of the board's pages and panels."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from apps.models import Assignment, User
from apps.services import board, users
from apps.services.shared.formats import Place
from apps.views.http.pages import back, is_fragment, say, toast

PEOPLE_SUGGESTED = 20


def panel(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """A panel over the board; without scripts a separate page."""
    layout = "panel.html" if is_fragment(request) else "base.html"
    return render(request, template, {**context, "layout": layout, "back": back(request)}, status=status)


def done(
    request: HttpRequest,
    text: str,
    places: Iterable[Place],
    *,
    action: dict[str, Any] | None = None,
    refresh: bool = False,
) -> HttpResponse:
    """The cells that changed, and a message that says `text` and offers `action`; without scripts the board. With
    `refresh` the board's script asks for all changes at once."""
    if not is_fragment(request):
        return say(request, text)
    response = render(request, "board/cells.html", {"cells": board.cells_of(places), **toast(text, action=action)})
    response["HX-Reswap"] = "none"
    response["HX-Trigger"] = "board-changed, panel-done" if refresh else "panel-done"
    return response


def refused(
    request: HttpRequest, text: str, places: Iterable[Place], *, status: int, action: dict[str, Any] | None = None
) -> HttpResponse:
    """The same for a refusal. It sends the cells, too, because they may have changed meanwhile."""
    if not is_fragment(request):
        return say(request, text, refused=True)
    context = {"cells": board.cells_of(places), **toast(text, action=action, refused=True)}
    response = render(request, "board/cells.html", context, status=status)
    response["HX-Reswap"] = "none"
    response["HX-Trigger"] = "panel-done"
    return response


def button(path: str, label: str, **fields: object) -> dict[str, Any]:
    """A button of a message: a form that sends `fields` to `path`, such as `/board/assign/`. A list is sent as a field
    for each of its items."""
    return {
        "path": f"{settings.TOGO_ROOT}{path}",
        "label": label,
        "fields": {name: _texts(value) for name, value in fields.items()},
    }


def _texts(value: object) -> list[str]:
    return [str(one) for one in (value if isinstance(value, list) else [value])]


def undo_button(path: str, **fields: object) -> dict[str, Any]:
    """The button that undoes what a message or a list of results tells. Ctrl+Z presses it, too."""
    return {**button(path, gettext("Undo"), **fields), "undoes": True}


def name_of(person: User | None) -> str:
    """What a list calls this person; nothing for one that doesn't exist."""
    return person.display_name if person else ""


def named(one: Assignment) -> dict[str, Any]:
    """What a list calls an assignment of one of several people."""
    return {"task": one.task.name, "name": one.daily_limit.user.display_name}


def suggested_people(text: str) -> dict[str, Any]:
    """The context of a field for a person: the text in it, and active people whose names contain it."""
    return {"username": text, "people": users.suggest(text=text, most=PEOPLE_SUGGESTED)}
