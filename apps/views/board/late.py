"""Late tasks of the team."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods

from apps.exceptions.base import ToGoError
from apps.forms.board import UndoForm
from apps.services import board, returns
from apps.services.board import late
from apps.services.shared import permissions
from apps.services.shared.formats import Move, Place
from apps.services.shared.permissions import require_person
from apps.views.board.answers import named, panel, undo_button
from apps.views.http.pages import is_fragment, page, valid

MOST = 100


@require_http_methods(["GET", "HEAD", "POST"])
@page
def show(request: HttpRequest) -> HttpResponse:
    """`/board/late/`: open tasks of past days; POST moves some to their people's next free days, and says what became
    of each."""
    actor = require_person(request.user)
    permissions.require_taskmaster(actor)
    if request.method != "POST":
        context = {
            "late": late.of_team(actor=actor, most=MOST),
            "number": late.number(actor=actor),
            "returned": returns.visible_to(actor).count(),
        }
        return panel(request, "board/late.html", context)
    outcomes = late.move_on(actor=actor, assignment_ids=valid(UndoForm(request.POST))["assignment"])
    results: list[dict[str, Any]] = []
    moves, places = [], []
    for was, now in outcomes:
        if isinstance(now, ToGoError):
            results.append({**named(was), "date": was.date, "refusal": now})
        else:
            results.append({**named(was), "date": now.date, "refusal": None})
            place = Place(was.user_id, was.date)
            moves.append(Move(was.pk, place))
            places += [place, Place(now.user_id, now.date)]
    context = {
        "title": ngettext("%(moved)d of %(number)d moved", "%(moved)d of %(number)d moved", len(moves))
        % {"moved": len(moves), "number": len(results)},
        "word": gettext("moved here"),
        "results": results,
        "undo": undo_button("/board/move-back/", move=moves) if moves else None,
        "cells": board.cells_of(places) if is_fragment(request) else [],
    }
    return panel(request, "board/results.html", context)
