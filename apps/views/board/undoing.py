"""Undoes what was done with several assignments or days at once."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from apps.forms.board import LimitsBackForm, MoveBackForm, UndoForm
from apps.models import User
from apps.services import board
from apps.services.board import many
from apps.services.shared.formats import Place
from apps.services.shared.permissions import require_person
from apps.views.board.answers import done, name_of, named, panel
from apps.views.http.pages import is_fragment, page, valid


@require_POST
@page
def remove(request: HttpRequest) -> HttpResponse:
    """`/board/remove/`: take several assignments away, to undo that a task was assigned for several days."""
    ids = valid(UndoForm(request.POST))["assignment"]
    freed = many.unassign_many(actor=require_person(request.user), assignment_ids=ids)
    text = ngettext("Taken away from %(number)d day.", "Taken away from %(number)d days.", len(freed))
    return done(request, text % {"number": len(freed)}, freed)


@require_POST
@page
def move_back(request: HttpRequest) -> HttpResponse:
    """`/board/move-back/`: move several assignments back to the days that they were moved away from."""
    moves = valid(MoveBackForm(request.POST))["move"]
    outcomes = many.move_back(actor=require_person(request.user), moves=moves)
    back = sum(not refusal for _, refusal in outcomes)
    text = ngettext("%(number)d task is back on its day.", "%(number)d tasks are back on their days.", back)
    places = [*(move.place for move in moves), *(Place(one.user_id, one.date) for one, _ in outcomes)]
    results = [{**named(one), "date": one.date, "refusal": refusal} for one, refusal in outcomes if refusal]
    return _answer(request, text % {"number": back}, places, results)


@require_POST
@page
def limits_back(request: HttpRequest) -> HttpResponse:
    """`/board/limits/back/`: let the limits of several days be what they were."""
    before = valid(LimitsBackForm(request.POST))["limit"]
    outcomes = many.set_limits_back(actor=require_person(request.user), limits_before=before)
    back = sum(not refusal for _, refusal in outcomes)
    text = ngettext(
        "%(number)d day has its former limit again.", "%(number)d days have their former limits again.", back
    )
    people = User.objects.in_bulk([place.user_id for place, _ in outcomes])
    results = [
        {"name": name_of(people.get(place.user_id)), "date": place.date, "refusal": refusal}
        for place, refusal in outcomes
        if refusal
    ]
    return _answer(request, text % {"number": back}, [place for place, _ in outcomes], results)


def _answer(request: HttpRequest, text: str, places: list[Place], refused: list[dict[str, Any]]) -> HttpResponse:
    """Says what is as before, and lists what isn't, if anything."""
    if not refused:
        return done(request, text, places)
    cells = board.cells_of(places) if is_fragment(request) else []
    return panel(request, "board/results.html", {"title": text, "results": refused, "cells": cells})
