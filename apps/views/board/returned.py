"""Tasks that were handed back, and placing them again."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from apps.exceptions.assignments import DailyLimitReached
from apps.forms.board import PlaceForm
from apps.models import User
from apps.services import board, returns, users
from apps.services.shared import dates, permissions
from apps.services.shared.formats import Place
from apps.services.shared.permissions import require_person
from apps.views.board.answers import button, done, panel, refused, suggested_people
from apps.views.http.pages import is_fragment, page, say, toast, valid

MOST = 50


@require_safe
@page
def show(request: HttpRequest) -> HttpResponse:
    """`/board/returned/`: what was handed back, each with who could do it instead."""
    return panel(request, "board/returned.html", _offers(require_person(request.user)))


@require_POST
@page
def place(request: HttpRequest, id: int) -> HttpResponse:
    """`/board/returned/{id}/`: assign it on the cell where it was dropped, or to a person on a date."""
    actor = require_person(request.user)
    permissions.require_taskmaster(actor)
    asked = valid(PlaceForm(request.POST))
    to = asked["cell"] or Place(users.get_by_name(actor=actor, username=asked["username"]).pk, asked["date"])
    try:
        one = returns.place(actor=actor, returned_id=id, user_id=to.user_id, date=to.date)
    except DailyLimitReached as full:
        free = full.data["next_free_date"]
        action = None
        if free:
            later = Place(to.user_id, free)
            action = button(
                f"/board/returned/{id}/",
                gettext("Assign it on %(date)s") % {"date": dates.written(free, "D j M")},
                cell=later,
            )
        return refused(request, full.detail, [to], status=full.status, action=action)
    return _answer(request, gettext("%(task)s is assigned.") % {"task": one.task.name}, [to], in_list=asked["listed"])


@require_POST
@page
def close(request: HttpRequest, id: int) -> HttpResponse:
    """`/board/returned/{id}/close/`: nobody needs to do it."""
    actor = require_person(request.user)
    returned = returns.get(actor=actor, returned_id=id)
    returns.close(actor=actor, returned_id=id)
    return _answer(request, gettext("%(task)s is off the list.") % {"task": returned.task.name}, [], in_list=True)


def _answer(request: HttpRequest, text: str, places: list[Place], *, in_list: bool) -> HttpResponse:
    """Says what was done, and shows the rest of the list if it was open."""
    if not in_list:
        response = done(request, text, places)
        response["HX-Trigger"] = "assigned, panel-done"
        return response
    if not is_fragment(request):
        return say(request, text)
    context = {**_offers(require_person(request.user)), **toast(text), "layout": "panel.html"}
    response = render(request, "board/returned.html", {**context, "cells": board.cells_of(places)})
    response["HX-Trigger"] = "assigned"
    return response


def _offers(actor: User) -> dict[str, Any]:
    return {"offers": returns.offers(actor=actor, most=MOST), "today": permissions.today(), **suggested_people("")}
