"""The week itself, and its live updates."""

import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.forms.board import BoardForm, ChangesForm, MonthForm, PersonForm, TrayForm
from apps.models import User
from apps.services import board, returns, tasks, waiting
from apps.services.shared import formats, permissions
from apps.services.shared.permissions import require_person
from apps.views.board.answers import panel, suggested_people
from apps.views.http.pages import page, valid

TRAY_TASKS = 40
TRAY_ENTRIES = 20
# What stays on the board until something else is chosen.
_REMEMBERED = {"q", "size", "weekends"}


@require_safe
@page
def show(request: HttpRequest) -> HttpResponse:
    """`/board/?week=2026-W48&q=…`: people by name, and the seven days of a week.

    The search (`q`), `size` and `weekends` stay until others are chosen. With `choose=on` each day has a box to tick,
    for browsers without scripts.
    """
    asked = valid(BoardForm(request.GET))
    for name in _REMEMBERED & request.GET.keys():
        request.session[f"board_{name}"] = asked[name]
    week = _week(request, asked)
    context = {
        "week": week,
        "columns": _columns(week.dates),
        "today": permissions.today(),
        "first": None if week.has_assignments else board.first_steps(),
        "search": _remembered(request, "q"),
        "size": _remembered(request, "size") or "comfortable",
        "fold": _remembered(request, "weekends") == "folded",
        "choosing": asked["choose"],
    }
    return render(request, "board/week.html", context)


@require_safe
@page
def month(request: HttpRequest) -> HttpResponse:
    """`/board/month/?month=2026-11`: how full everybody's days are in a month. The search stays as on the board."""
    asked = valid(MonthForm(request.GET))
    first = asked["month"] or permissions.today().replace(day=1)
    shown = board.month(
        actor=require_person(request.user),
        first=first,
        search=_remembered(request, "q"),
        after=asked["after"],
        before=asked["before"],
    )
    context = {
        "month": shown,
        "first": first,
        "name": formats.write_month(first),
        "earlier": formats.write_month(first - datetime.timedelta(days=1)),
        "later": formats.write_month(first + datetime.timedelta(days=31)),
        "columns": _columns(shown.dates),
        "today": permissions.today(),
        "search": _remembered(request, "q"),
    }
    return render(request, "board/month.html", context)


@require_safe
@page
def rows(request: HttpRequest) -> HttpResponse:
    """`/board/rows/?week=…&after=…`: the rows of the next people, for a board that is scrolled down."""
    return render(request, "board/_rows.html", {"week": _week(request, valid(BoardForm(request.GET)))})


def _week(request: HttpRequest, asked: dict[str, Any]) -> board.Week:
    return board.week(
        actor=require_person(request.user),
        first=asked["week"] or formats.monday_of(permissions.today()),
        search=_remembered(request, "q"),
        after=asked["after"],
        before=asked["before"],
    )


def _remembered(request: HttpRequest, name: str) -> str:
    return str(request.session.get(f"board_{name}", ""))


def _columns(dates: list[datetime.date]) -> list[tuple[datetime.date, board.Load]]:
    """The heads of the columns: each date, and how full it is for everybody."""
    return list(zip(dates, board.loads_of_everyone(dates), strict=True))


@require_safe
@page
def changes(request: HttpRequest) -> HttpResponse:
    """`/board/changes/?week=…&since=…&person=…`: the rows of these people that look different now, and everybody's
    load; 204 if nothing has changed."""
    permissions.require_taskmaster(require_person(request.user))
    asked = valid(ChangesForm(request.GET))
    version = board.current_version()
    if version == asked["since"]:
        return HttpResponse(status=204)
    shown = list(User.objects.filter(pk__in=asked["person"]))
    dates = board.dates_from(asked["week"])
    rows = board.rows_of(board.changed_since(asked["since"], shown), dates)
    response = render(request, "board/changes.html", {"rows": rows, "columns": _columns(dates)})
    response["X-Board-Version"] = str(version)
    return response


@require_safe
@page
def people(request: HttpRequest) -> HttpResponse:
    """`/board/people/?username=…`: the people that a field suggests while somebody types in it."""
    permissions.require_taskmaster(require_person(request.user))
    return render(request, "board/_people.html", suggested_people(valid(PersonForm(request.GET))["username"]))


@require_safe
@page
def tray(request: HttpRequest) -> HttpResponse:
    """`/board/tray/?q=…`: the tasks beside the board, those that one gave last first, what was handed back, and
    what waits for a full day."""
    actor = require_person(request.user)
    permissions.require_taskmaster(actor)
    text = valid(TrayForm(request.GET))["q"]
    found = tasks.suggest(text=text, most=TRAY_TASKS).tasks if text else tasks.recent(actor=actor, most=TRAY_TASKS)
    entries = waiting.visible_to(actor).select_related("daily_limit__user", "task").order_by("daily_limit__date", "pk")
    context = {
        "tasks": found,
        "search": text,
        "entries": entries[:TRAY_ENTRIES],
        "returned": returns.visible_to(actor).select_related("user", "task").order_by("pk")[:TRAY_ENTRIES],
    }
    return render(request, "board/tray.html", context)


@require_safe
@page
def keys(request: HttpRequest) -> HttpResponse:
    """`/board/keys/`: what the keys of the board do."""
    permissions.require_taskmaster(require_person(request.user))
    return panel(request, "board/keys.html", {})
