"""One's own day: today's tasks, and the next ones."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from apps.forms.today import SinceForm, StatusForm
from apps.models.assignments import Status
from apps.services import assignments, board, today, waiting
from apps.services.board import late
from apps.services.shared.permissions import require_person
from apps.views.http.pages import is_fragment, page, say, valid


@require_safe
@page
def day(request: HttpRequest) -> HttpResponse:
    """`/today/`"""
    return render(request, "today/day.html", _days(request))


@require_safe
@page
def changes(request: HttpRequest) -> HttpResponse:
    """`/today/changes/?since=…`: the days, if they may look different now; else 204."""
    since = valid(SinceForm(request.GET))["since"]
    version = board.current_version()
    if version == since or not today.has_changed(actor=require_person(request.user), since=since):
        return HttpResponse(status=204)
    return render(request, "today/_days.html", _days(request))


@require_POST
@page
def mark(request: HttpRequest, id: int) -> HttpResponse:
    """`/today/{assignment}/`: mark it as done, or open again."""
    status = valid(StatusForm(request.POST))["status"]
    one = assignments.change(actor=require_person(request.user), assignment_id=id, status=status)
    if is_fragment(request):
        return render(request, "today/_days.html", _days(request))
    return say(request, f"{one.task.name} is {'done' if status == Status.DONE else 'open again'}.")


@require_POST
@page
def cancel(request: HttpRequest, id: int) -> HttpResponse:
    """`/today/waiting/{id}/`: take an entry that one queued oneself out of the queue."""
    actor = require_person(request.user)
    entry = waiting.get(actor=actor, entry_id=id)
    waiting.cancel(actor=actor, entry_id=id)
    if is_fragment(request):
        return render(request, "today/_days.html", _days(request))
    return say(request, f"{entry.task.name} no longer waits for {entry.date:%a %-d %b}.")


def _days(request: HttpRequest) -> dict[str, Any]:
    # Read before the days: a change that commits in between is shown twice rather than missed.
    version = board.current_version()
    actor = require_person(request.user)
    now, *later = today.days(actor=actor)
    done = sum(one.status == Status.DONE for one in now.assignments)
    return {
        "version": version,
        "now": now,
        "done": done,
        "late": late.of_person(actor.pk),
        "later": [cell for cell in later if cell.assignments],
        "entries": today.waiting_entries(actor=actor),
    }
