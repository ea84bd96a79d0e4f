"""The pages of series, for taskmasters: all of them, and each with its dates."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.exceptions.base import InvalidRequest, ToGoError
from apps.forms.base import PageForm
from apps.forms.series import (
    EndForm,
    NewSeriesForm,
    RepeatForm,
    SeriesChangeForm,
    SeriesForm,
    fields_of,
)
from apps.models import User
from apps.services import assignments, series
from apps.services.series import overview
from apps.services.series.rules import WEEKDAYS, WEEKLY
from apps.services.series.words import in_words
from apps.services.shared import dates, naming, permissions
from apps.services.shared.permissions import require_person
from apps.views.http.pages import page, valid


@require_safe
@page
def every(request: HttpRequest) -> HttpResponse:
    """`/series/?after=7`: the series by task, with their next dates and how many of these are not as planned."""
    actor = _taskmaster(request)
    shown = overview.page(actor=actor, **valid(PageForm(request.GET)))
    return render(request, "series/every.html", {"page": shown})


@require_http_methods(["GET", "HEAD", "POST"])
@page
def new(request: HttpRequest) -> HttpResponse:
    """`/series/new/?assignment=7`: POST makes a series. With an assignment, that one comes again; if it is one of a
    series already, this leads there."""
    actor = _taskmaster(request)
    if request.method != "POST":
        asked = valid(RepeatForm(request.GET))["assignment"]
        if asked and (found := series.of_assignment(asked)):
            return redirect("series", found.pk)
        first = _as_first(actor, asked) if asked else {"date_from": permissions.today()}
        return render(request, "series/new.html", {"form": NewSeriesForm(initial=first)})
    form = NewSeriesForm(request.POST)
    if form.is_valid():
        fields = form.cleaned_data
        try:
            made = series.create_series(
                actor=actor, date_from=fields["date_from"], assignment_id=fields["assignment"], **_fields(form)
            )
        except ToGoError as refusal:
            form.add_refusal(refusal)
        else:
            messages.info(
                request,
                gettext("%(task)s comes again: %(rule)s.") % {"task": made.task.name, "rule": _lower(in_words(made))},
            )
            return redirect("series", made.pk)
    return render(request, "series/new.html", {"form": form}, status=400)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def one(request: HttpRequest, id: int) -> HttpResponse:
    """`/series/{id}/`: a series and its dates; POST changes it."""
    actor = _taskmaster(request)
    found = series.get(actor=actor, series_id=id)
    since = max(permissions.today(), found.anchor)
    form = SeriesChangeForm(request.POST or None, initial={**fields_of(found), "since": since})
    if request.method == "POST" and form.is_valid():
        try:
            series.update_series(actor=actor, series_id=id, first=form.cleaned_data["since"], **_fields(form))
        except ToGoError as refusal:
            form.add_refusal(refusal)
        else:
            messages.info(request, gettext("The series is changed."))
            return redirect("series", id)
    context = {
        "series": found,
        "text": in_words(found),
        "paused": permissions.why_paused(found),
        "next": series.next_date(found),
        "dates": overview.dates_of(found),
        "form": form,
        "end": EndForm(initial={"since": permissions.today()}),
    }
    return render(request, "series/one.html", context, status=400 if form.errors else 200)


@require_POST
@page
def end(request: HttpRequest, id: int) -> HttpResponse:
    """`/series/{id}/end/`: ends a series from the date `since` on."""
    first = valid(EndForm(request.POST))["since"]
    series.end_series(actor=_taskmaster(request), series_id=id, first=first)
    is_over = first <= permissions.today()
    text = (
        gettext("The series has ended.")
        if is_over
        else gettext("The series ends before %(date)s.") % {"date": dates.in_text(first)}
    )
    messages.info(request, text)
    return redirect("every-series")


def _taskmaster(request: HttpRequest) -> User:
    actor = require_person(request.user)
    permissions.require_taskmaster(actor)
    return actor


def _as_first(actor: User, assignment_id: int) -> dict[str, Any]:
    """The fields of a series that repeats an assignment every week."""
    first = assignments.get(actor=actor, assignment_id=assignment_id)
    return {
        "assignment": first.pk,
        "task": first.task.name,
        "who": first.daily_limit.user.username,
        "frequency": WEEKLY,
        "weekdays": [WEEKDAYS[first.date.weekday()]],
        "date_from": first.date,
        "effort": first.effort if first.effort != first.task.effort else None,
    }


def _fields(form: SeriesForm) -> Any:
    """The fields of a valid form, as the service names them. Raises the refusal of a task or person that nobody
    knows."""
    fields = form.cleaned_data
    return {
        "task_id": _known(naming.tasks({fields["task"]})[fields["task"]]),
        "user_ids": _people(fields["who"]),
        **{name: fields[name] for name in ("rrule", "date_to", "effort", "on_full")},
    }


def _people(text: str) -> list[int]:
    names = text.replace(",", " ").replace(";", " ").split()
    if not 1 <= len(names) <= series.MOST_TURNS:
        raise InvalidRequest(
            gettext("Name one person, or up to %(most_turns)s who take turns.") % {"most_turns": series.MOST_TURNS}
        )
    found = naming.people(set(names))
    return [_known(found[name]) for name in names]


def _known(found: naming.Named) -> int:
    if isinstance(found, ToGoError):
        raise found
    return found


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
