"""A day's limit, and days off."""

import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.exceptions.base import ToGoError
from apps.forms.board import ChooseForm, DayForm, DaysForm, DaysOffForm, FreeForm
from apps.models import DailyLimit, LimitRule, User
from apps.models.effort import DEFAULT_EFFORT
from apps.models.limits import Source
from apps.services import availability, board, limit_rules, limits, tasks, users, waiting
from apps.services.board import history, many
from apps.services.shared import dates, permissions, units
from apps.services.shared.formats import LimitByHand, Place
from apps.services.shared.permissions import require_person
from apps.views.board.answers import done, name_of, panel, suggested_people, undo_button
from apps.views.http.pages import is_fragment, page, valid

RULES_SHOWN = 20
FREE_SHOWN = 50


@require_http_methods(["GET", "HEAD", "POST"])
@page
def day(request: HttpRequest, user: int, date: datetime.date) -> HttpResponse:
    """`/board/day/{user}/{date}/`: a day's limit, and where it comes from; POST sets it by hand, or lets the rules set
    it."""
    actor = require_person(request.user)
    permissions.require_taskmaster(actor)
    owner, place = users.get(actor=actor, user_id=user), Place(user, date)
    cell = board.cell_of(owner, date)
    if request.method == "POST" and "give_back" in request.POST:
        limits.give_back(actor=actor, user_id=user, date=date)
        return done(request, gettext("The rules set this day’s limit again."), [place], action=_as_before(cell))
    form = DayForm(request.POST or None, initial={"maximum": cell.limit.wanted, "reason": cell.limit.source_reason})
    if request.method == "POST" and form.is_valid():
        try:
            limits.set_by_hand(actor=actor, user_id=user, date=date, **form.cleaned_data)
            text = gettext("%(name)s gets at most %(amount)s on %(date)s.") % {
                "name": owner.display_name,
                "amount": units.amount(form.cleaned_data["maximum"]),
                "date": dates.written(date, "D j M"),
            }
            return done(request, text, [place], action=_as_before(cell))
        except ToGoError as refusal:
            form.add_error(None, refusal.detail)
    entries = waiting.of_person(actor=actor, user_id=user, first=date, last=date)
    context = {
        "form": form,
        "person": owner,
        "date": date,
        "cell": cell,
        "entries": entries,
        "history": history.of_day(actor=actor, user_id=user, date=date),
    }
    return panel(request, "board/day.html", context, status=409 if form.errors else 200)


@require_safe
@page
def free(request: HttpRequest, date: datetime.date) -> HttpResponse:
    """`/board/free/{date}/?task=…`: who has room on a date, with the link that assigns them a task, or the button that
    gives them this one."""
    actor = require_person(request.user)
    permissions.require_taskmaster(actor)
    task_id = valid(FreeForm(request.GET))["task"]
    task = tasks.get(task_id=task_id) if task_id else None
    effort = task.effort if task else DEFAULT_EFFORT
    room = availability.room_on(actor=actor, date=date, size=FREE_SHOWN, effort=effort)
    people = [(day.user, Place(day.user_id, date), day.remaining) for day in room.days]
    context = {"date": date, "task": task, "people": people, "are_more": bool(room.following)}
    return panel(request, "board/free.html", context)


def _as_before(cell: board.Cell) -> dict[str, Any]:
    """The button that undoes that a limit was set by hand."""
    path = f"/board/day/{cell.limit.user_id}/{cell.limit.date}/"
    if cell.limit.source_kind == Source.HAND:
        return undo_button(path, maximum=cell.limit.wanted, reason=cell.limit.source_reason)
    return undo_button(path, give_back=1)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def limits_of_chosen(request: HttpRequest) -> HttpResponse:
    """`/board/limits/?cell=2:2026-11-24&cell=…`: one limit for several days; POST sets it by hand for each of them, and
    says what became of each."""
    actor = require_person(request.user)
    permissions.require_taskmaster(actor)
    form = DaysForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _limited(request, actor, **form.cleaned_data)
    places = valid(ChooseForm(request.POST or request.GET))["cell"]
    return panel(request, "board/limits.html", {"form": form, "places": places}, status=409 if form.errors else 200)


def _limited(request: HttpRequest, actor: User, cell: list[Place], maximum: int, reason: str) -> HttpResponse:
    people = User.objects.in_bulk([place.user_id for place in cell])
    before = {one.place: one.limit for _, one in board.cells_of(cell)}
    outcomes = many.set_limits(actor=actor, places=cell, maximum=maximum, reason=reason)
    results = [
        {"name": name_of(people.get(place.user_id)), "date": place.date, "refusal": refusal}
        for place, refusal in outcomes
    ]
    undone = [_by_hand(before[place]) for place, refusal in outcomes if not refusal]
    context = {
        "title": ngettext(
            "%(number)d of %(days)d day has a limit of %(limit)s",
            "%(number)d of %(days)d days have a limit of %(limit)s",
            len(results),
        )
        % {"number": len(undone), "days": len(results), "limit": units.short(maximum)},
        "word": gettext("at most %(amount)s") % {"amount": units.amount(maximum)},
        "results": results,
        "undo": undo_button("/board/limits/back/", limit=undone) if undone else None,
        "cells": board.cells_of(cell) if is_fragment(request) else [],
    }
    response = panel(request, "board/results.html", context)
    response["HX-Trigger"] = "assigned"
    return response


def _by_hand(limit: DailyLimit) -> LimitByHand:
    place = Place(limit.user_id, limit.date)
    is_by_hand = limit.source_kind == Source.HAND
    return LimitByHand(place, limit.wanted, limit.source_reason) if is_by_hand else LimitByHand(place)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def days_off(request: HttpRequest) -> HttpResponse:
    """`/board/days-off/?username=…`: days on which a person, or everyone, gets nothing new. POST makes the rule; for
    everyone it first says what that touches, and makes the rule when it is sent again with `sure`."""
    actor = require_person(request.user)
    permissions.require_taskmaster(actor)
    username = str(request.GET.get("username", ""))
    form = DaysOffForm(request.POST or None, initial={"who": "person", "username": username} if username else {})
    if request.method == "POST" and form.is_valid():
        try:
            return _take_off(request, actor, form)
        except ToGoError as refusal:
            form.add_error(None, refusal.detail)
    context = {
        "form": form,
        "rules": limit_rules.days_off(actor=actor)[:RULES_SHOWN],
        **suggested_people(username),
    }
    return panel(request, "board/days_off.html", context, status=400 if form.errors else 200)


def _take_off(request: HttpRequest, actor: User, form: DaysOffForm) -> HttpResponse:
    fields = form.cleaned_data
    owner = users.get_by_name(actor=actor, username=fields["username"]) if fields["who"] == "person" else None
    user_id, first, last = owner.pk if owner else None, fields["date_from"], fields["date_to"]
    touched = many.touched_by(user_id=user_id, first=first, last=last)
    if not owner and not fields["sure"] and first <= last:
        question = gettext("%(days)s off for %(people)s?") % {
            "days": _days(touched.days),
            "people": _people(touched.people),
        }
        context = {"form": form, "touched": touched, "question": question, **fields}
        return panel(request, "board/days_off_sure.html", context)
    rule = limit_rules.create_rule(
        actor=actor, user_id=user_id, date_from=first, date_to=last, maximum=0, reason=fields["reason"]
    )
    who = {"who": owner.display_name if owner else _people(touched.people), "days": _days(touched.days)}
    text = gettext("%(who)s: %(days)s off.") % who
    if touched.tasks:
        stay = ngettext(
            "%(number)s open task already there stays.", "%(number)s open tasks already there stay.", touched.tasks
        )
        text = f"{text} {stay % {'number': touched.tasks}}"
    # Many days may look different: the board's script asks for all changes.
    undo = undo_button(f"/board/days-off/{rule.pk}/remove/")
    return done(request, text, [], action=undo, refresh=True)


@require_POST
@page
def take_back(request: HttpRequest, id: int) -> HttpResponse:
    """`/board/days-off/{rule}/remove/`: the days are no longer off; the message offers to take them off again."""
    actor = require_person(request.user)
    rule = limit_rules.take_back_days_off(actor=actor, rule_id=id)
    who = {
        "who": rule.user.display_name if rule.user else gettext("Everyone"),
        "reason": rule.reason or gettext("no reason given"),
    }
    text = gettext("%(who)s: no longer off (%(reason)s).") % who
    return done(request, text, [], action=_again(rule), refresh=True)


def _again(rule: LimitRule) -> dict[str, Any]:
    who = {"who": "person", "username": rule.user.username} if rule.user else {"who": "everyone"}
    return undo_button(
        "/board/days-off/",
        sure="on",
        date_from=rule.date_from,
        date_to=rule.date_to,
        reason=rule.reason or gettext("Day off"),
        **who,
    )


def _days(number: int) -> str:
    return ngettext("%(number)d day", "%(number)d days", number) % {"number": number}


def _people(number: int) -> str:
    return ngettext("%(number)d person", "%(number)d people", number) % {"number": number}
