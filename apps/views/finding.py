"""Finds people, tasks, weeks and pages by a few letters, from every page: Ctrl and K."""

import datetime
from typing import NamedTuple
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from apps.forms.finding import FindForm
from apps.models import User
from apps.services import tasks, users
from apps.services.board import saved
from apps.services.shared import dates, formats, permissions
from apps.services.shared.permissions import require_person
from apps.views.http.pages import is_fragment, navigation, page, valid

PER_KIND = 5
WEEKS_SHOWN = 2


class Found(NamedTuple):
    """A place to go to."""

    kind: str
    name: str
    address: str


@require_safe
@page
def find(request: HttpRequest) -> HttpResponse:
    """`/find/?q=…`: what is called so, each with a link."""
    actor = require_person(request.user)
    text = valid(FindForm(request.GET))["q"]
    found = [
        Found(gettext("page"), str(one["name"]), settings.TOGO_ROOT + one["path"])
        for one in navigation(request)["pages"]
        if text.casefold() in str(one["name"]).casefold()
    ]
    if actor.may_assign_to_all and text:
        found = [*_people(text), *_tasks(text), *_weeks(text), *found]
    if actor.may_assign_to_all:
        found = [*_views(actor, text), *found]
    layout = "panel.html" if is_fragment(request) else "base.html"
    return render(request, "finding/find.html", {"found": found, "search": text, "layout": layout})


def _views(actor: User, text: str) -> list[Found]:
    """Saved views of the board, even before anything is typed."""
    named = [view for view in saved.views_of(actor) if text.casefold() in view.name.casefold()]
    return [
        Found(gettext("saved view"), view.name, f"{settings.TOGO_ROOT}/board/?{view.query}")
        for view in named[:PER_KIND]
    ]


def _people(text: str) -> list[Found]:
    return [
        Found(gettext("person"), person.display_name, _address("/board/", q=person.username))
        for person in users.suggest(text=text, most=PER_KIND)
    ]


def _tasks(text: str) -> list[Found]:
    return [
        Found(gettext("task"), task.name, _address(f"/tasks/{task.pk}/"))
        for task in tasks.suggest(text=text, most=PER_KIND).tasks
    ]


def _weeks(text: str) -> list[Found]:
    """The weeks whose number or name the text begins with: `49`, `week 49`, `2026-W49`; those to come first."""
    now = formats.week_of(permissions.today())
    wanted = text.casefold().removeprefix(gettext("week").casefold()).strip()
    weeks = [now + datetime.timedelta(weeks=offset) for offset in (*range(53), *range(-1, -27, -1))]
    fitting = [
        week for week in weeks if wanted in (str(formats.week_number(week)), formats.write_week(week).casefold())
    ]
    return [
        Found(gettext("week"), _name(week), _address("/board/", week=formats.write_week(week)))
        for week in fitting[:WEEKS_SHOWN]
    ]


def _name(week: datetime.date) -> str:
    text = gettext("Week %(number)s, from %(date)s")
    return text % {"number": formats.week_number(week), "date": dates.written(week, "j F Y")}


def _address(path: str, **query: str) -> str:
    return f"{settings.TOGO_ROOT}{path}{'?' if query else ''}{urlencode(query)}"
