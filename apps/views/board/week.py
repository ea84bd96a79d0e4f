"""The board itself, and its live updates."""

import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from django_stubs_ext import StrOrPromise

from apps.exceptions.base import InvalidRequest
from apps.forms.base import IdField
from apps.forms.board import BoardForm, ChangesForm, FilterForm, MonthForm, PersonForm, SinceForm, TrayForm
from apps.models import Task, User
from apps.services import board, returns, tasks, waiting
from apps.services.board import by_task, example, pages, saved
from apps.services.board.looks import OF_TASKS, By, Look, Show, Span
from apps.services.distributions import left
from apps.services.shared import formats, permissions
from apps.services.shared.permissions import require_person
from apps.views.board.answers import panel, suggested_people
from apps.views.http.pages import is_fragment, page, valid

TRAY_TASKS = 40
TRAY_ENTRIES = 20
# How the board looks to a person stays until something else is chosen. What it shows is in the address alone.
_REMEMBERED = {"size", "weekends"}
# What filters ask for, in words.
_SHOWS: dict[Show, StrOrPromise] = {
    Show.OPEN: _("Open tasks"),
    Show.DONE: _("Done tasks"),
    Show.FREE: _("Room left"),
    Show.FULL: _("Full days"),
    Show.OFF: _("Days off"),
}


@require_safe
@page
def show(request: HttpRequest) -> HttpResponse:
    """`/board/?week=2026-W48&q=…`: people by name and their days, or tasks and who has them.

    The address says which days, `span` how many of them, `by` what a row is; `q`, `task` and `show` filter the rows.
    `size` and `weekends` stay until others are chosen. With `choose=on` each day has a box to tick, for browsers
    without scripts.
    """
    form = BoardForm(request.GET)
    asked = valid(form)
    for name in _REMEMBERED & request.GET.keys():
        request.session[f"board_{name}"] = asked[name]
    look = form.look(permissions.today())
    if look.by == By.TASKS:
        return _by_task(request, look, asked)
    shown = pages.page(actor=require_person(request.user), look=look, after=asked["after"], before=asked["before"])
    context = {
        **_head(request, look),
        "page": shown,
        "columns": shown.columns,
        "first": None if shown.has_assignments or look.is_filtered else pages.first_steps(),
        "may_load_example": not shown.has_assignments and example.may_load(actor=require_person(request.user)),
        "choosing": asked["choose"],
    }
    return render(request, "board/week.html", context)


def _by_task(request: HttpRequest, look: Look, asked: dict[str, Any]) -> HttpResponse:
    """Tasks and who has them. For a script that names the version that it shows, only the table, or 204 if nothing has
    changed."""
    actor = require_person(request.user)
    permissions.require_taskmaster(actor)
    if is_fragment(request) and asked["since"] == board.current_version():
        return HttpResponse(status=204)
    try:
        after, before = (formats.parse_id(asked[edge]) if asked[edge] else None for edge in ("after", "before"))
    except ValueError:
        raise InvalidRequest(f"after: {IdField.message}") from None
    context = {
        **_head(request, look),
        "page": by_task.page(actor=actor, look=look, after=after, before=before),
        "columns": board.columns_of(look.dates),
        "after": asked["after"],
    }
    return render(request, "board/_tasks.html" if is_fragment(request) else "board/tasks.html", context)


def _head(request: HttpRequest, look: Look) -> dict[str, Any]:
    """What the head of the board shows."""
    return {
        "look": look,
        # Two weeks leave no room for months.
        "dates_as": "tight" if look.span == Span.TWO_WEEKS else "day",
        "shows": [(show, _SHOWS[show]) for show in (OF_TASKS if look.by == By.TASKS else Show)],
        "show_name": _SHOWS[look.show] if look.show else "",
        "begins": "saturdays" if formats.weekday_of_weeks() == formats.SATURDAY else "",
        "today": permissions.today(),
        "task": Task.objects.filter(pk=look.task_id).first() if look.task_id else None,
        "size": _remembered(request, "size") or "comfortable",
        "fold": _remembered(request, "weekends") == "folded" and look.span != Span.DAY,
    }


@require_safe
@page
def month(request: HttpRequest) -> HttpResponse:
    """`/board/month/?month=2026-11&q=…`: how full everybody's days are in a month."""
    asked = valid(MonthForm(request.GET))
    first = asked["month"] or permissions.today().replace(day=1)
    shown = pages.month(
        actor=require_person(request.user),
        first=first,
        search=asked["q"],
        after=asked["after"],
        before=asked["before"],
    )
    today = permissions.today()
    is_now = (today.year, today.month) == (first.year, first.month)
    context = {
        "month": shown,
        "look": Look(first, search=asked["q"]).at(today if is_now else first),
        "first": first,
        "name": formats.write_month(first),
        "earlier": formats.write_month(first - datetime.timedelta(days=1)),
        "later": formats.write_month(first + datetime.timedelta(days=31)),
        "columns": board.columns_of(shown.dates),
        "today": today,
    }
    return render(request, "board/month.html", context)


@require_safe
@page
def rows(request: HttpRequest) -> HttpResponse:
    """`/board/rows/?week=…&after=…`: the rows of the next people, for a board that is scrolled down."""
    form = BoardForm(request.GET)
    asked = valid(form)
    look = form.look(permissions.today())
    shown = pages.page(actor=require_person(request.user), look=look, after=asked["after"])
    return render(request, "board/_rows.html", {"look": look, "page": shown})


def _remembered(request: HttpRequest, name: str) -> str:
    return str(request.session.get(f"board_{name}", ""))


@require_safe
@page
def changes(request: HttpRequest) -> HttpResponse:
    """`/board/changes/?week=…&since=…&person=…`: the rows of these people that look different now, and everybody's
    load; 204 if nothing has changed. The people come last."""
    permissions.require_taskmaster(require_person(request.user))
    version = board.current_version()
    # Nearly all boards that ask get this answer, so that the many people are read only after it.
    if version == valid(SinceForm(QueryDict(request.META["QUERY_STRING"].partition("&person=")[0])))["since"]:
        return HttpResponse(status=204)
    form = ChangesForm(request.GET)
    asked = valid(form)
    shown = list(User.objects.filter(pk__in=asked["person"]))
    dates = form.look(permissions.today()).dates
    changed = board.changed_since(asked["since"], shown)
    context = {
        "rows": board.rows_of(changed.people, dates),
        "actors": changed.actors,
        "columns": board.columns_of(dates),
    }
    response = render(request, "board/changes.html", context)
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
    favourites = saved.favourites_of(actor)
    entries = waiting.visible_to(actor).select_related("daily_limit__user", "task").order_by("daily_limit__date", "pk")
    context = {
        "tasks": [task for task in found if text or task not in favourites],
        "favourites": favourites,
        "left": left.of_last_plan(actor),
        "search": text,
        "entries": entries[:TRAY_ENTRIES],
        "returned": returns.visible_to(actor).select_related("user", "task").order_by("pk")[:TRAY_ENTRIES],
    }
    return render(request, "board/tray.html", context)


@require_safe
@page
def task_to_show(request: HttpRequest) -> HttpResponse:
    """`/board/filter/?week=…&text=…`: choose a task, to see only who has it."""
    permissions.require_taskmaster(require_person(request.user))
    form = FilterForm(request.GET)
    text = valid(form)["text"]
    found = tasks.suggest(text=text, most=TRAY_TASKS).tasks
    context = {"look": form.look(permissions.today()), "text": text, "tasks": found}
    return panel(request, "board/filter.html", context)


@require_safe
@page
def keys(request: HttpRequest) -> HttpResponse:
    """`/board/keys/`: what the keys of the board do."""
    permissions.require_taskmaster(require_person(request.user))
    return panel(request, "board/keys.html", {})
