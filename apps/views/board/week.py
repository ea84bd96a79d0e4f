"""The week itself, and its live updates."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.forms.board import BoardForm, ChangesForm, PersonForm
from apps.models import Task, User
from apps.services import board
from apps.services.shared import formats, permissions
from apps.services.shared.permissions import require_person
from apps.views.board.answers import suggested_people
from apps.views.http.pages import page, valid


@require_safe
@page
def show(request: HttpRequest) -> HttpResponse:
    """`/board/?week=2026-W48&q=…`: people by name, and the seven days of a week."""
    asked = valid(BoardForm(request.GET))
    # The search stays until another one is made.
    if "q" in request.GET:
        request.session["board_search"] = asked["q"]
    search = request.session.get("board_search", "")
    week = board.week(
        actor=require_person(request.user),
        first=asked["week"] or formats.monday_of(permissions.today()),
        search=search,
        after=asked["after"],
        before=asked["before"],
    )
    has_tasks = week.has_assignments or Task.objects.filter(is_active=True).exists()
    context = {"week": week, "search": search, "today": permissions.today(), "has_tasks": has_tasks}
    return render(request, "board/week.html", context)


@require_safe
@page
def changes(request: HttpRequest) -> HttpResponse:
    """`/board/changes/?week=…&since=…&person=…`: the rows of these people that look different now; 204 if none does."""
    permissions.require_taskmaster(require_person(request.user))
    asked = valid(ChangesForm(request.GET))
    version = board.current_version()
    if version == asked["since"]:
        return HttpResponse(status=204)
    shown = list(User.objects.filter(pk__in=asked["person"]))
    rows = board.rows_of(board.changed_since(asked["since"], shown), board.dates_from(asked["week"]))
    response = render(request, "board/changes.html", {"rows": rows, "today": permissions.today()})
    response["X-Board-Version"] = str(version)
    return response


@require_safe
@page
def people(request: HttpRequest) -> HttpResponse:
    """`/board/people/?username=…`: the people that a field suggests while somebody types in it."""
    permissions.require_taskmaster(require_person(request.user))
    return render(request, "board/_people.html", suggested_people(valid(PersonForm(request.GET))["username"]))
