"""The picker: assigns a task, an existing or a new one, for one or several days."""

from collections.abc import Iterable
from operator import itemgetter
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods

from apps.exceptions.assignments import DailyLimitReached
from apps.exceptions.base import ToGoError
from apps.forms.board import AssignForm, ChooseForm
from apps.models import User, WaitingEntry
from apps.models.effort import DEFAULT_EFFORT
from apps.services import assignments, availability, board, bulk, tasks, users
from apps.services.limit_rules import words
from apps.services.shared import dates, permissions
from apps.services.shared.formats import Place
from apps.services.shared.permissions import require_person
from apps.views.board.answers import done, name_of, panel, undo_button
from apps.views.http.pages import is_fragment, page, valid

TASKS_SUGGESTED = 12
OTHERS_OFFERED = 4


@require_http_methods(["GET", "HEAD", "POST"])
@page
def assign(request: HttpRequest) -> HttpResponse:
    """`/board/assign/?cell=2:2026-11-24&q=…&effort=3`: choose a task for one or several days; POST assigns it.

    It takes `effort` of each day, or, where that isn't given, the task's own. A new task gets it as its own.
    """
    actor = require_person(request.user)
    permissions.require_taskmaster(actor)
    if request.method != "POST":
        asked = valid(ChooseForm(request.GET))
        return panel(request, "board/assign.html", _choice(actor, **_chosen(asked, asked["q"])))
    asked = valid(AssignForm(request.POST))
    task_id, effort, created = asked["task"], asked["effort"], None
    if not task_id:
        choice = _choice(actor, **_chosen(asked, asked["name"]))
        if not choice["is_new"]:
            return panel(request, "board/assign.html", {**choice, "exists": True}, status=409)
        new = tasks.create_task(actor=actor, name=asked["name"], effort=effort or DEFAULT_EFFORT)
        task_id = created = new.pk
    if len(asked["cell"]) == 1:
        place = asked["cell"][0]
        if asked["later"]:
            return _assign_later(request, actor, task_id, effort, place)
        return _assign_one(request, actor, task_id, effort, place, created, wait=asked["wait"])
    return _assign_many(request, actor, task_id, effort, asked["cell"])


def _assign_one(
    request: HttpRequest,
    actor: User,
    task_id: int,
    effort: int | None,
    place: Place,
    created: int | None,
    *,
    wait: bool,
) -> HttpResponse:
    assign = assignments.assign_or_wait if wait else assignments.assign
    try:
        one = assign(actor=actor, task_id=task_id, user_id=place.user_id, date=place.date, effort=effort)
    except DailyLimitReached as full:
        context = {
            "places": [place],
            "person": users.get(actor=actor, user_id=place.user_id),
            "date": place.date,
            "task_id": task_id,
            "effort": effort,
            **_full(actor, full),
        }
        return panel(request, "board/assign.html", context, status=full.status)
    if isinstance(one, WaitingEntry):
        undo = undo_button(f"/board/waiting/{one.pk}/remove/")
        text = gettext("%(task)s waits for %(date)s, at position %(position)d.") % {
            "task": one.task.name,
            "date": dates.written(place.date, "D j M"),
            "position": one.position,
        }
        response = done(request, text, [place], action=undo)
        response["HX-Trigger"] = "assigned, panel-done"
        return response
    # A task that was made by mistake goes away together with its assignment.
    fields = {"created_task": created} if created else {}
    undo = undo_button(f"/board/assignment/{one.pk}/remove/", **fields)
    response = done(request, gettext("%(task)s is assigned.") % {"task": one.task.name}, [place], action=undo)
    response["HX-Trigger"] = "assigned, panel-done"
    return response


def _assign_later(request: HttpRequest, actor: User, task_id: int, effort: int | None, place: Place) -> HttpResponse:
    """Assign it on the person's first day with room, from that day or from today on."""
    first = max(place.date, permissions.today())
    one = assignments.assign_earliest(actor=actor, task_id=task_id, user_id=place.user_id, first=first, effort=effort)
    date = dates.written(one.date, "D j M")
    text = gettext("%(task)s is assigned on %(date)s.") % {"task": one.task.name, "date": date}
    undo = undo_button(f"/board/assignment/{one.pk}/remove/")
    response = done(request, text, [Place(one.user_id, one.date)], action=undo)
    response["HX-Trigger"] = "assigned, panel-done"
    return response


def _assign_many(
    request: HttpRequest, actor: User, task_id: int, effort: int | None, places: list[Place]
) -> HttpResponse:
    outcomes = bulk.assign_each(actor=actor, asked=[bulk.Item(task_id, *place, effort) for place in places])
    people = User.objects.in_bulk([place.user_id for place in places])
    results = [
        {
            "name": name_of(people.get(place.user_id)),
            "date": place.date,
            "refusal": outcome if isinstance(outcome, ToGoError) else None,
        }
        for place, outcome in zip(places, outcomes, strict=True)
    ]
    assigned = [outcome.id for outcome in outcomes if not isinstance(outcome, ToGoError)]
    context = {
        "title": _title(len(assigned), len(results)),
        "word": gettext("assigned"),
        "results": results,
        "undo": undo_button("/board/remove/", assignment=assigned) if assigned else None,
        "cells": board.cells_of(places) if is_fragment(request) else [],
        "later": _later(outcomes),
        "task_id": task_id,
        "effort": effort,
    }
    response = panel(request, "board/results.html", context)
    response["HX-Trigger"] = "assigned"
    return response


def _title(assigned: int, days: int) -> str:
    words = ngettext("Assigned to %(assigned)d of %(days)d day", "Assigned to %(assigned)d of %(days)d days", days)
    return words % {"assigned": assigned, "days": days}


def _later(outcomes: Iterable[object]) -> list[Place]:
    """The next free days of those whose day is full, each once: to give them the task then."""
    full = [outcome.data for outcome in outcomes if isinstance(outcome, DailyLimitReached)]
    return sorted({Place(one["user"], one["next_free_date"]) for one in full if one["next_free_date"]})


def _chosen(asked: dict[str, Any], text: str) -> dict[str, Any]:
    return {"places": asked["cell"], "text": text, "effort": asked["effort"], "wait": asked["wait"]}


def _choice(actor: User, places: list[Place], text: str, effort: int | None, wait: bool) -> dict[str, Any]:
    """The picker's context for these days: tasks, each with what it would take. For a single day also what is left of
    it, or, if it is full and the task is not to wait for it, why, and which day is free instead."""
    found, is_new = tasks.suggest(text=text, most=TASKS_SUGGESTED)
    if not text:
        found = tasks.recent(actor=actor, most=TASKS_SUGGESTED)
    options: list[dict[str, Any]] = [{"task": task, "effort": effort or task.effort} for task in found]
    context: dict[str, Any] = {
        "places": places,
        "search": text,
        "effort": effort,
        "options": options,
        "is_new": is_new,
        "wait": wait,
    }
    if len(places) == 1:
        [(user_id, date)] = places
        owner = users.get(actor=actor, user_id=user_id)
        cell = board.cell_of(owner, date)
        has = {one.task_id for one in cell.assignments}
        for option in options:
            option["has_it"] = option["task"].pk in has
        if not text:
            # The first one is what Enter chooses.
            options.sort(key=itemgetter("has_it"))
        context |= {"person": owner, "date": date, "cell": cell}
        if not wait and (full := board.refusal_of(cell)):
            context |= _full(actor, full)
    return context


def _full(actor: User, refusal: DailyLimitReached) -> dict[str, Any]:
    """What can be done about a full day: the person's next free day, somebody else who is free on it, or to wait."""
    date, free = refusal.data["date"], board.next_free_date(refusal)
    others = availability.room_on(actor=actor, date=date, size=OTHERS_OFFERED, effort=refusal.data["effort"]).days
    return {
        "refusal": refusal,
        "why": words.why(refusal.data["source"]),
        "free": Place(refusal.data["user"], free) if free else None,
        "others": [(day.user, Place(day.user_id, date), day.remaining) for day in others],
        "can_wait": date >= permissions.today(),
    }
