"""The board: a week of people's days, and everything that is done on it.

Every address is a page of its own, so that all works without scripts; where the board's script asks, the answer is the
part that changes. What may be done is decided by the services.
"""

import datetime
from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.exceptions.assignments import DailyLimitReached
from apps.exceptions.base import ToGoError
from apps.forms.board import AssignForm, BoardForm, CellsForm, ChangeForm, ChooseForm, DayForm, DaysOffForm, PersonForm
from apps.models import Task, User
from apps.models.assignments import Status
from apps.services import assignments, availability, board, bulk, limit_rules, limits, tasks, users
from apps.services.shared import permissions
from apps.services.shared.permissions import person
from apps.views.http.pages import back, is_fragment, page, say, toast, valid

TASKS_SHOWN = 12
PEOPLE_OFFERED = 20


# --- what is shown ----------------------------------------------------------------------------------------------


@require_safe
@page
def week(request: HttpRequest) -> HttpResponse:
    """`/board/?week=2026-W48&q=…`: people by name, and the seven days of a week."""
    asked = valid(BoardForm(request.GET))
    # What was searched for stays until something else is.
    if "q" in request.GET:
        request.session["board_search"] = asked["q"]
    search = request.session.get("board_search", "")
    first = asked["week"] or board.monday_of(permissions.today())
    shown = board.week(
        actor=person(request.user), first=first, search=search, after=asked["after"], before=asked["before"]
    )
    weeks = {"previous": first - datetime.timedelta(days=7), "next": first + datetime.timedelta(days=7)}
    context = {
        "week": shown,
        "weeks": weeks,
        "search": search,
        "today": permissions.today(),
        "has_tasks": shown.has_assignments or Task.objects.filter(is_active=True).exists(),
    }
    return render(request, "board/week.html", context)


@require_safe
@page
def changes(request: HttpRequest) -> HttpResponse:
    """`/board/changes/?week=…&since=…&person=…`: the rows of these people that look different now; 204 if none does."""
    permissions.require_taskmaster(person(request.user))
    asked = valid(CellsForm(request.GET))
    version = board.current_version()
    if version == asked["since"]:
        return HttpResponse(status=204)
    people = list(User.objects.filter(pk__in=asked["person"]))
    dates = [asked["week"] + datetime.timedelta(days=offset) for offset in range(board.DAYS)]
    rows = board.rows_of(board.changed_since(asked["since"], people), dates)
    context = {"rows": rows, "today": permissions.today()}
    response = render(request, "board/changes.html", context)
    response["X-Board-Version"] = version
    return response


# --- what is done -----------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@page
def assign(request: HttpRequest) -> HttpResponse:
    """`/board/assign/?cell=2:2026-11-24&q=…`: choose a task for one or several days; POST assigns it."""
    actor = person(request.user)
    permissions.require_taskmaster(actor)
    if request.method == "POST":
        asked = valid(AssignForm(request.POST))
        task_id = asked["task"] or tasks.create_task(actor=actor, name=asked["name"]).pk
        if len(asked["cell"]) == 1:
            return _assign_one(request, actor, task_id, *asked["cell"][0])
        return _assign_many(request, actor, task_id, asked["cell"])
    asked = valid(ChooseForm(request.GET))
    return _panel(request, "board/assign.html", _choice(actor, asked["cell"], asked["q"]))


def _assign_one(request: HttpRequest, actor: User, task_id: int, user_id: int, date: datetime.date) -> HttpResponse:
    try:
        made = assignments.assign(actor=actor, task_id=task_id, user_id=user_id, date=date)
    except DailyLimitReached as full:
        context = {**_choice(actor, [(user_id, date)], ""), "refusal": full, "task_id": task_id}
        return _panel(request, "board/assign.html", context, status=full.status)
    return _done(request, f"{made.task.name} is assigned.", [(user_id, date)])


def _assign_many(
    request: HttpRequest, actor: User, task_id: int, cells: list[tuple[int, datetime.date]]
) -> HttpResponse:
    outcomes = bulk.assign_each(actor=actor, asked=[bulk.Item(task_id, user_id, date) for user_id, date in cells])
    people = User.objects.in_bulk([user_id for user_id, _ in cells])
    results = [
        {"person": people.get(user_id), "date": date, "refusal": outcome if isinstance(outcome, ToGoError) else None}
        for (user_id, date), outcome in zip(cells, outcomes, strict=True)
    ]
    context = {
        "results": results,
        "given": sum(not result["refusal"] for result in results),
        "cells": _cells(cells) if is_fragment(request) else [],
    }
    response = _panel(request, "board/results.html", context)
    response["HX-Trigger"] = "assigned-many"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@page
def assignment(request: HttpRequest, id: int) -> HttpResponse:
    """`/board/assignment/{id}/`: what can be done with an assignment; POST moves or marks it."""
    actor = person(request.user)
    permissions.require_taskmaster(actor)
    one = assignments.get(actor=actor, assignment_id=id)
    was = (one.user_id, one.date)
    if request.method != "POST":
        return _panel(request, "board/assignment.html", {"assignment": one, **_people(one.daily_limit.user.username)})
    asked = valid(ChangeForm(request.POST))
    user_id = asked["user"] or one.user_id
    if asked["username"]:
        user_id = users.get_by_name(actor=actor, username=asked["username"]).pk
    place = (user_id, asked["date"] or one.date)
    try:
        now = assignments.change(
            actor=actor, assignment_id=id, user_id=place[0], date=place[1], status=asked["status"] or None
        )
    except ToGoError as refusal:
        # Both days as they are: a chip that was dragged goes back.
        return _refused(request, refusal, [was, place], assignment_id=id)
    if asked["status"]:
        return _done(request, f"{now.task.name} is {'done' if now.status == Status.DONE else 'open again'}.", [was])
    undo = _action(f"/board/assignment/{id}/", "Undo", user=was[0], date=was[1])
    return _done(request, f"{now.task.name} is moved.", [was, place], action=undo)


@require_POST
@page
def remove(request: HttpRequest, id: int) -> HttpResponse:
    """`/board/assignment/{id}/remove/`: take it away; the message offers to give it back."""
    actor = person(request.user)
    one = assignments.get(actor=actor, assignment_id=id)
    assignments.unassign(actor=actor, assignment_id=id)
    undo = _action("/board/assign/", "Undo", cell=f"{one.user_id}:{one.date}", task=one.task_id)
    return _done(request, f"{one.task.name} is taken away.", [(one.user_id, one.date)], action=undo)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def day(request: HttpRequest, user: int, date: datetime.date) -> HttpResponse:
    """`/board/day/{user}/{date}/`: a day's limit, and why it is so; POST sets it by hand or gives it back."""
    actor = person(request.user)
    permissions.require_taskmaster(actor)
    of = users.get(actor=actor, user_id=user)
    if request.method == "POST" and "give_back" in request.POST:
        limits.give_back(actor=actor, user_id=user, date=date)
        return _done(request, "The rules set this day again.", [(user, date)])
    cell = board.cell_of(user_id=user, date=date)
    start = {"maximum": cell.limit.wanted, "reason": cell.limit.source_reason}
    form = DayForm(request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid():
        try:
            limits.set_by_hand(actor=actor, user_id=user, date=date, **form.cleaned_data)
            return _done(request, f"{of} takes {form.cleaned_data['maximum']} on this day.", [(user, date)])
        except ToGoError as refusal:
            form.add_error(None, refusal.detail)
    context = {"form": form, "person": of, "date": date, "cell": cell}
    return _panel(request, "board/day.html", context, status=409 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def days_off(request: HttpRequest) -> HttpResponse:
    """`/board/days-off/?user=…`: days on which somebody, or without `user` everybody, gets nothing new."""
    actor = person(request.user)
    permissions.require_taskmaster(actor)
    username = str(request.GET.get("username", ""))
    form = DaysOffForm(
        request.POST or None, initial={"who": "person" if username else "everyone", "username": username}
    )
    if request.method == "POST" and form.is_valid():
        fields = form.cleaned_data
        try:
            person_off = (
                users.get_by_name(actor=actor, username=fields["username"]) if fields["who"] == "person" else None
            )
            limit_rules.create_rule(
                actor=actor,
                user_id=person_off.pk if person_off else None,
                date_from=fields["date_from"],
                date_to=fields["date_to"],
                maximum=0,
                reason=fields["reason"],
            )
            # Many days may look different: the board asks for all that changed.
            return _done(request, f"Nothing new for {person_off or 'anybody'} on these days.", [], refresh=True)
        except ToGoError as refusal:
            form.add_error(None, refusal.detail)
    context = {"form": form, **_people(username)}
    return _panel(request, "board/days_off.html", context, status=400 if form.errors else 200)


@require_safe
@page
def people(request: HttpRequest) -> HttpResponse:
    """`/board/people/?username=…`: those that a field for a person offers while one types."""
    permissions.require_taskmaster(person(request.user))
    return render(request, "board/_people.html", _people(valid(PersonForm(request.GET))["username"]))


# --- answers ----------------------------------------------------------------------------------------------------


def _panel(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """What opens over the board; without scripts a page."""
    layout = "panel.html" if is_fragment(request) else "base.html"
    return render(request, template, {**context, "layout": layout, "back": back(request)}, status=status)


def _done(
    request: HttpRequest,
    text: str,
    places: Iterable[tuple[int, datetime.date]],
    *,
    action: dict[str, Any] | None = None,
    refresh: bool = False,
) -> HttpResponse:
    """The days that changed, and what was done; without scripts the board."""
    if not is_fragment(request):
        return say(request, text)
    response = render(request, "board/cells.html", {"cells": _cells(places), **toast(text, action=action)})
    response["HX-Reswap"] = "none"
    response["HX-Trigger"] = "board-changed, panel-done" if refresh else "panel-done"
    return response


def _refused(
    request: HttpRequest, refusal: ToGoError, places: Iterable[tuple[int, datetime.date]], *, assignment_id: int
) -> HttpResponse:
    if not is_fragment(request):
        return say(request, refusal.detail, refused=True)
    action = None
    if free := refusal.data.get("next_free_date"):
        action = _action(
            f"/board/assignment/{assignment_id}/", f"Move to {free:%a %-d %b}", user=refusal.data["user"], date=free
        )
    context = {"cells": _cells(places), **toast(refusal.detail, action=action, refused=True)}
    response = render(request, "board/cells.html", context, status=refusal.status)
    response["HX-Reswap"] = "none"
    response["HX-Trigger"] = "panel-done"
    return response


def _cells(places: Iterable[tuple[int, datetime.date]]) -> list[dict[str, Any]]:
    people = User.objects.in_bulk({user_id for user_id, _ in places})
    return [
        {"person": people[user_id], "cell": board.cell_of(user_id=user_id, date=date)}
        for user_id, date in dict.fromkeys(places)
        if user_id in people
    ]


def _choice(actor: User, cells: list[tuple[int, datetime.date]], search: str) -> dict[str, Any]:
    """What the picker of tasks shows: for a single day also whether it is full, why, and which one is free."""
    found = Task.objects.filter(is_active=True).search(search).order_by("name", "pk")[:TASKS_SHOWN]
    context: dict[str, Any] = {"tasks": found, "search": search, "places": [f"{user}:{date}" for user, date in cells]}
    if len(cells) == 1:
        [(user_id, date)] = cells
        context |= {"person": users.get(actor=actor, user_id=user_id), "date": date}
        context["cell"] = cell = board.cell_of(user_id=user_id, date=date)
        if cell.limit.remaining <= 0:
            context["next_free_date"] = availability.next_free_date(user_id=user_id, after=date)
    return context


def _people(search: str) -> dict[str, Any]:
    found = User.objects.active().search(search).order_by("username")[:PEOPLE_OFFERED]
    return {"people": found, "username": search}


def _action(path: str, label: str, **fields: Any) -> dict[str, Any]:
    """A button of a message: what it posts where."""
    return {"path": path, "label": label, "fields": fields}
