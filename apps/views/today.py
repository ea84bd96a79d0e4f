"""One's own day: today's tasks, tomorrow's and the next ones, and handing back what one can't do."""

import datetime
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.exceptions.assignments import AssignmentNotFound
from apps.forms.board import SinceForm
from apps.forms.today import HandBackForm, StatusForm
from apps.models import Assignment
from apps.models.assignments import Status
from apps.services import assignments, board, returns, today, waiting
from apps.services.board import late
from apps.services.shared import dates, permissions
from apps.services.shared.permissions import require_person
from apps.views.http.headers import FOR_WORKERS
from apps.views.http.pages import back, is_fragment, page, say, toast, valid


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
    text = gettext("%(task)s is done.") if status == Status.DONE else gettext("%(task)s is open again.")
    return _done(request, text % {"task": one.task.name}, told=False)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def hand_back(request: HttpRequest, id: int) -> HttpResponse:
    """`/today/{assignment}/return/`: hand it back with a reason."""
    actor = require_person(request.user)
    form = HandBackForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        returned = returns.hand_back(actor=actor, assignment_id=id, reason=form.cleaned_data["reason"])
        return _done(request, gettext("%(task)s is handed back.") % {"task": returned.task.name})
    one = assignments.get(actor=actor, assignment_id=id)
    permissions.require_may_return(actor, one)
    return _ask(request, form, one.date, [one], f"{one.pk}/return/")


@require_http_methods(["GET", "HEAD", "POST"])
@page
def hand_back_rest(request: HttpRequest, date: datetime.date) -> HttpResponse:
    """`/today/return/{date}/`: hand back all that is open on this date, with a reason."""
    actor = require_person(request.user)
    form = HandBackForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = returns.hand_back_rest(actor=actor, date=date, reason=form.cleaned_data["reason"])
        text = ngettext("%(number)s task is handed back.", "%(number)s tasks are handed back.", len(given))
        return _done(request, text % {"number": len(given)})
    given_then = returns.open_on(actor=actor, date=date)
    if not given_then:
        raise AssignmentNotFound(gettext("You have no open task on this date."), date=date)
    return _ask(request, form, date, given_then, f"return/{date}/")


@require_POST
@page
def take_back(request: HttpRequest, id: int) -> HttpResponse:
    """`/today/returned/{id}/`: take back what one has handed back, while nobody has placed it."""
    one = returns.place(actor=require_person(request.user), returned_id=id)
    return _done(request, gettext("%(task)s is yours again.") % {"task": one.task.name})


@require_POST
@page
def cancel(request: HttpRequest, id: int) -> HttpResponse:
    """`/today/waiting/{id}/`: take an entry that one queued oneself out of the queue."""
    actor = require_person(request.user)
    entry = waiting.get(actor=actor, entry_id=id)
    waiting.cancel(actor=actor, entry_id=id)
    text = gettext("%(task)s no longer waits for %(date)s.")
    return _done(request, text % {"task": entry.task.name, "date": dates.written(entry.date, "D j M")}, told=False)


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """`/today/worker.js`: the script that keeps a copy of the page for when there is no network. Browsers let it see
    the pages below its own path only."""
    found = finders.find("js/offline.js")
    assert isinstance(found, str)
    response = HttpResponse(Path(found).read_bytes(), content_type="text/javascript")
    response["Content-Security-Policy"] = FOR_WORKERS
    response["Cache-Control"] = "no-cache"
    return response


def _ask(
    request: HttpRequest, form: HandBackForm, date: datetime.date, given: list[Assignment], path: str
) -> HttpResponse:
    """Asks for the reason, over the page of the day; without scripts on a page of its own."""
    is_panel = is_fragment(request)
    context = {
        "form": form,
        "date": date,
        "given": given,
        "path": path,
        "layout": "panel.html" if is_panel else "base.html",
        "back": back(request),
    }
    response = render(request, "today/hand_back.html", context, status=400 if form.errors else 200)
    if is_panel:
        # The form's answer is the page's days, unless it is refused.
        response["HX-Retarget"], response["HX-Reswap"] = "#panel-body", "innerHTML"
    return response


def _done(request: HttpRequest, text: str, *, told: bool = True) -> HttpResponse:
    """The days as they are now. `told` says that the text is shown over them; without scripts it always is."""
    if not is_fragment(request):
        return say(request, text)
    response = render(request, "today/_days.html", _days(request) | (toast(text) if told else {}))
    response["HX-Trigger"] = "panel-done"
    return response


def _days(request: HttpRequest) -> dict[str, Any]:
    # Read before the days: a change that commits in between is shown twice rather than missed.
    version = board.current_version()
    actor = require_person(request.user)
    now, tomorrow, *later = today.days(actor=actor)
    done = sum(one.status == Status.DONE for one in now.assignments)
    return {
        "version": version,
        "now": now,
        "tomorrow": tomorrow,
        "done": done,
        "left": len(now.assignments) - done,
        "late": late.of_person(actor.pk),
        "later": [cell for cell in later if cell.assignments],
        "entries": today.waiting_entries(actor=actor),
        "returned": today.handed_back(actor=actor),
    }
