"""Hands a person's open tasks on to somebody else, above all when the person was deactivated."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods

from apps.exceptions.users import UserNotFound
from apps.forms.board import HandOnForm
from apps.services import board, users
from apps.services.board import many
from apps.services.shared import permissions
from apps.services.shared.formats import Move, Place
from apps.services.shared.permissions import require_person
from apps.views.board.answers import panel, suggested_people, undo_button
from apps.views.http.pages import is_fragment, page, valid


@require_http_methods(["GET", "HEAD", "POST"])
@page
def hand_on(request: HttpRequest, user: int) -> HttpResponse:
    """`/board/hand-on/{user}/`: the person's open tasks from today on; POST moves them to somebody else, each on its
    date, and says what became of each."""
    actor = require_person(request.user)
    permissions.require_taskmaster(actor)
    owner = users.get(actor=actor, user_id=user)
    refusal, status = "", 200
    if request.method == "POST":
        username = valid(HandOnForm(request.POST))["username"]
        try:
            to = users.get_by_name(actor=actor, username=username)
        except UserNotFound as nobody:
            refusal, status = nobody.detail, nobody.status
        else:
            outcomes = many.hand_on(actor=actor, from_user_id=user, to_user_id=to.pk)
            moves = [Move(one.pk, Place(user, one.date)) for one, why in outcomes if not why]
            moved = len(moves)
            places = [Place(who, one.date) for one, _ in outcomes for who in (user, to.pk)]
            context: dict[str, Any] = {
                "title": ngettext(
                    "%(moved)d of %(number)d handed on to %(name)s",
                    "%(moved)d of %(number)d handed on to %(name)s",
                    moved,
                )
                % {"moved": moved, "number": len(outcomes), "name": to.display_name},
                "word": gettext("now with %(name)s") % {"name": to.display_name},
                "results": [{"name": one.task, "date": one.date, "refusal": why} for one, why in outcomes],
                "undo": undo_button("/board/move-back/", move=moves) if moves else None,
                "cells": board.cells_of(places) if is_fragment(request) else [],
            }
            return panel(request, "board/results.html", context)
    left = many.tasks_left(actor=actor, user_id=user)
    context = {"owner": owner, "left": left, "refusal": refusal, **suggested_people("")}
    return panel(request, "board/hand_on.html", context, status=status)
