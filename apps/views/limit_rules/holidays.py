"""The page that proposes public holidays as rules."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods

from apps.exceptions.base import InvalidRequest
from apps.forms.limit_rules import AgreeForm, HolidaysForm
from apps.services.limit_rules import holidays
from apps.services.shared import permissions
from apps.services.shared.permissions import require_person
from apps.views.http.pages import page, valid

# The country and the region that somebody chose last.
_REMEMBERED = "holidays_of"


@require_http_methods(["GET", "HEAD", "POST"])
@page
def propose(request: HttpRequest) -> HttpResponse:
    """`/rules/holidays/?country=DE&region=BY&year=2027`: the holidays of a year; POST makes rules of those that are
    ticked."""
    actor = require_person(request.user)
    permissions.require_taskmaster(actor)
    asked = valid(HolidaysForm(request.POST or request.GET))
    today = permissions.today()
    country, region = asked["country"], asked["region"]
    if not country and "country" not in request.GET:
        country, region = request.session.get(_REMEMBERED, ("", ""))
    year = asked["year"] or (today.year if today.month < 11 else today.year + 1)
    regions = holidays.regions(country) if country else []
    # The region of the country that was chosen before.
    region = region if region in [place.code for place in regions] else ""
    languages = holidays.languages(country) if country else []
    language = asked["language"] if asked["language"] in [place.code for place in languages] else ""
    choice = {"country": country, "region": region, "year": year, "language": language}
    form = AgreeForm(request.POST or None, initial={"maximum": 0})
    if request.method == "POST" and form.is_valid():
        try:
            made = holidays.make(
                actor=actor, **choice, dates=form.cleaned_data["date"], maximum=form.cleaned_data["maximum"]
            )
        except InvalidRequest as refusal:
            form.add_error(None, refusal.detail)
        else:
            number = len(made)
            text = ngettext("%(number)s rule is made.", "%(number)s rules are made.", number) % {"number": number}
            messages.info(request, text if made else gettext("These rules are there already."))
            return redirect("rules")
    if country and request.method == "GET":
        request.session[_REMEMBERED] = [country, region]
    context: dict[str, Any] = {
        "form": form,
        **choice,
        "countries": holidays.countries(),
        "regions": regions,
        "languages": languages,
        "years": range(today.year, today.year + holidays.YEARS_AHEAD + 1),
        "found": holidays.proposals(actor=actor, **choice) if country else [],
    }
    return render(request, "rules/holidays.html", context, status=400 if form.errors else 200)
