"""Insights: charts and tables of how full people's days were, are and will be."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.forms.insights import WEEKS, InsightsForm
from apps.models import DailyLimit
from apps.services import insights, returns
from apps.services.shared import past, replica
from apps.services.shared.permissions import require_person
from apps.views.http.pages import page, valid
from apps.views.http.renderers import csv_file

RANKED = 6


@require_safe
@page
@replica.may_answer
def overview(request: HttpRequest) -> HttpResponse:
    """`/insights/?weeks=4&after=…`"""
    asked = _asked(request)
    actor = require_person(request.user)
    room = insights.room(actor=actor)
    busy, idle = insights.people(actor=actor, most=RANKED)
    tasks = insights.by_task(actor=actor, weeks=asked["weeks"], most=RANKED)
    charts = [
        room,
        insights.load(actor=actor, weeks=asked["weeks"]),
        insights.full(actor=actor, weeks=asked["weeks"]),
    ]
    context = {
        "busy": busy,
        "idle": idle,
        "tasks": tasks,
        "most": max((one.done + one.late + one.open for one in tasks), default=0),
        "returned": returns.visible_to(actor).count(),
        "summary": insights.summary(actor=actor, free=room),
        "heat": insights.heat_map(actor=actor, after=asked["after"], before=asked["before"]),
        "charts": charts,
        "since": insights.first_date(asked["weeks"]),
        "has_days": DailyLimit.objects.exists() or past.end() is not None,
        "asked": asked,
        "weeks": WEEKS,
    }
    return render(request, "insights/overview.html", context)


@require_safe
@page
@replica.may_answer
def load(request: HttpRequest) -> HttpResponseBase:
    """`/insights/load.csv?weeks=4`"""
    return csv_file(
        "load.csv", insights.load(actor=require_person(request.user), weeks=_asked(request)["weeks"]).as_csv()
    )


@require_safe
@page
@replica.may_answer
def full(request: HttpRequest) -> HttpResponseBase:
    """`/insights/full.csv?weeks=4`"""
    return csv_file(
        "full.csv", insights.full(actor=require_person(request.user), weeks=_asked(request)["weeks"]).as_csv()
    )


@require_safe
@page
@replica.may_answer
def room(request: HttpRequest) -> HttpResponseBase:
    """`/insights/room.csv`"""
    return csv_file("room.csv", insights.room(actor=require_person(request.user)).as_csv())


@require_safe
@page
@replica.may_answer
def people(request: HttpRequest) -> HttpResponseBase:
    """`/insights/people.csv?after=…`: the heat map's page."""
    asked = _asked(request)
    heat = insights.heat_map(actor=require_person(request.user), after=asked["after"], before=asked["before"])
    return csv_file("people.csv", insights.heat_map_as_csv(heat))


def _asked(request: HttpRequest) -> dict[str, Any]:
    asked = valid(InsightsForm(request.GET))
    return {**asked, "weeks": int(asked["weeks"] or WEEKS[0][0])}
