"""Copies days of the board to others."""

import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from apps.exceptions.base import ToGoError
from apps.forms.board import CopyForm
from apps.models import Task, User
from apps.services import users
from apps.services.board import copying, pages
from apps.services.bulk import Item
from apps.services.shared import formats, permissions
from apps.services.shared.permissions import require_person
from apps.views.board.answers import panel, suggested_people, undo_button
from apps.views.http.pages import page

REFUSALS_SHOWN = 50
_UNDONE = pages.PEOPLE_PER_PAGE * formats.WEEK_DAYS


@require_http_methods(["GET", "HEAD", "POST"])
@page
def copy(request: HttpRequest) -> HttpResponse:
    """`/board/copy/?week=2026-W48`: copies some days to others. POST first shows what fits; sent again with `sure`, it
    assigns that, and says what became of the others."""
    actor = require_person(request.user)
    permissions.require_taskmaster(actor)
    form = CopyForm(request.POST or None, initial=_a_week(str(request.GET.get("week", ""))))
    if request.method == "POST" and form.is_valid():
        try:
            return _copy(request, actor, form)
        except ToGoError as refusal:
            form.add_error(None, refusal.detail)
    context = {"form": form, **suggested_people(str(request.POST.get("username", "")))}
    return panel(request, "board/copy.html", context, status=400 if form.errors else 200)


def _a_week(text: str) -> dict[str, datetime.date]:
    """The days of this week, to be copied to the next one."""
    try:
        first = formats.parse_week(text)
    except ValueError:
        first = formats.week_of(permissions.today())
    week = datetime.timedelta(days=7)
    return {"date_from": first, "date_to": first + week - datetime.timedelta(days=1), "to": first + week}


def _copy(request: HttpRequest, actor: User, form: CopyForm) -> HttpResponse:
    fields = form.cleaned_data
    whose = users.get_by_name(actor=actor, username=fields["username"]).pk if fields["username"] else None
    asked = copying.items(
        actor=actor, first=fields["date_from"], last=fields["date_to"], to=fields["to"], user_id=whose
    )
    if not fields["sure"]:
        refusals = [(item, why) for item, why in zip(asked, copying.predict(asked), strict=True) if why]
        context = {"form": form, "number": len(asked), "fit": len(asked) - len(refusals), "refused": _named(refusals)}
        return panel(request, "board/copy_sure.html", context)
    outcomes = list(copying.assign(actor=actor, asked=asked))
    refusals = [(item, outcome) for item, outcome in outcomes if isinstance(outcome, ToGoError)]
    made = [outcome.id for _, outcome in outcomes if not isinstance(outcome, ToGoError)]
    context = {
        "title": ngettext("%(made)d of %(asked)d copied", "%(made)d of %(asked)d copied", len(made))
        % {"made": len(made), "asked": len(asked)},
        "results": _named(refusals),
        "undo": undo_button("/board/remove/", assignment=made) if 0 < len(made) <= _UNDONE else None,
    }
    return panel(request, "board/results.html", context)


def _named(refusals: list[tuple[Item, ToGoError]]) -> list[dict[str, Any]]:
    """The first refusals, with the names of the people and tasks."""
    shown = refusals[:REFUSALS_SHOWN]
    people = User.objects.in_bulk({item.user_id for item, _ in shown})
    tasks = Task.objects.brief().in_bulk({item.task_id for item, _ in shown})
    return [
        {
            "task": tasks[item.task_id].name,
            "name": people[item.user_id].display_name,
            "date": item.date,
            "refusal": why,
        }
        for item, why in shown
        # A task that is missing was deleted just now.
        if item.task_id in tasks and item.user_id in people
    ]
