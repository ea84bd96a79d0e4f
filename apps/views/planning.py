"""The page of plans: a pile of tasks, a proposal, and the decision."""

import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.exceptions.base import ToGoError
from apps.exceptions.distributions import PlanOutdated
from apps.forms.planning import ApplyForm, PlanForm, ProposalForm, rows_in, shown
from apps.models import Distribution, User
from apps.services import distributions
from apps.services.distributions.pile import PileRow, request_of, rows_of, who_of
from apps.services.distributions.proposal import proposal_of
from apps.services.shared import formats, permissions
from apps.services.shared.formats import parse_date
from apps.services.shared.permissions import require_person
from apps.views.http.pages import page, say, valid

_DAYS = 7


@require_http_methods(["GET", "HEAD", "POST"])
@page
def pile(request: HttpRequest) -> HttpResponse:
    """`/plan/`: the pile; POST makes a proposal, or with `more` only shows more rows. `?from={id}` shows the pile of an
    earlier proposal."""
    actor = require_person(request.user)
    permissions.require_taskmaster(actor)
    if request.method != "POST":
        rows, form = _first_form(request, actor)
        return _pile(request, form, rows)
    form, rows = PlanForm(request.POST), rows_in(request.POST)
    if "more" in request.POST:
        return _pile(request, PlanForm(initial=request.POST.dict()), rows)
    if form.is_valid():
        fields = form.cleaned_data
        try:
            asked = request_of(
                rows=rows,
                who=fields["who"],
                first=fields["date_from"],
                last=fields["date_to"],
                objective=fields["objective"],
            )
            return redirect("plan", distributions.propose(actor=actor, request=asked).pk)
        except ToGoError as refusal:
            form.add_error(None, _in_words(refusal))
    return _pile(request, form, rows, status=400)


@require_safe
@page
def proposal(request: HttpRequest, id: int) -> HttpResponse:
    """`/plan/{id}/?page=2`: the proposal as the board would look. Nothing of it is assigned yet."""
    plan = distributions.get(actor=require_person(request.user), distribution_id=id)
    return _proposal(request, plan)


@require_POST
@page
def apply(request: HttpRequest, id: int) -> HttpResponse:
    """`/plan/{id}/apply/`: assigns the proposal, without the assignments whose positions `without` names."""
    actor = require_person(request.user)
    mode = valid(ApplyForm(request.POST))["mode"]
    without = {int(text) for text in request.POST.getlist("without") if text.isascii() and text.isdecimal()}
    try:
        applied = distributions.apply(actor=actor, distribution_id=id, mode=mode, without=without)
    except PlanOutdated as outdated:
        plan = distributions.get(actor=actor, distribution_id=id)
        return _proposal(request, plan, without=without, outdated=outdated)
    if applied.job:
        return redirect("importing", applied.job.pk)
    refused = sum(isinstance(outcome, ToGoError) for outcome in applied.outcomes)
    assigned = len(applied.outcomes) - refused
    if refused:
        text = ngettext(
            "%(number)d task assigned; %(refused)d no longer fit.",
            "%(number)d tasks assigned; %(refused)d no longer fit.",
            assigned,
        )
    else:
        text = ngettext("%(number)d task assigned.", "%(number)d tasks assigned.", assigned)
    say(request, text % {"number": assigned, "refused": refused}, refused=bool(refused))
    plan = distributions.get(actor=actor, distribution_id=id)
    first = min((one["date"] for one in plan.plan["assignments"]), default=plan.asked["date_from"])
    return redirect(f"{reverse('board')}?week={formats.write_week(parse_date(first))}")


def _first_form(request: HttpRequest, actor: User) -> tuple[list[PileRow], PlanForm]:
    again = request.GET.get("from", "")
    if again.isascii() and again.isdecimal() and len(again) < 19:
        plan = distributions.get(actor=actor, distribution_id=int(again))
        asked = {name: plan.asked[name] for name in ("date_from", "date_to", "objective")}
        return rows_of(plan), PlanForm(initial={**asked, "who": who_of(plan)})
    today = permissions.today()
    return [], PlanForm(initial={"date_from": today, "date_to": today + datetime.timedelta(days=_DAYS - 1)})


def _pile(request: HttpRequest, form: PlanForm, rows: list[PileRow], status: int = 200) -> HttpResponse:
    return render(request, "planning/pile.html", {"form": form, **shown(rows)}, status=status)


def _in_words(refusal: ToGoError) -> str:
    """A refusal of a service, with the row or the field that it is about."""
    if "item" in refusal.data:
        return gettext("Row %(number)s: %(detail)s") % {"number": refusal.data["item"] + 1, "detail": refusal.detail}
    errors = refusal.data.get("errors") or []
    return " ".join(f"{one['field']}: {one['message']}" for one in errors) or refusal.detail


def _proposal(
    request: HttpRequest,
    plan: Distribution,
    *,
    without: set[int] | None = None,
    outdated: PlanOutdated | None = None,
) -> HttpResponse:
    wanted = valid(ProposalForm(request.GET))["page"] or 1
    context: dict[str, Any] = {
        "plan": plan,
        "number": len(plan.plan["assignments"]),
        "proposal": proposal_of(plan, page=wanted),
        "without": without or set(),
        "failures": outdated.data["failures"] if outdated else [],
        "first": parse_date(plan.asked["date_from"]),
        "last": parse_date(plan.asked["date_to"]),
        "today": permissions.today(),
    }
    return render(request, "planning/proposal.html", context, status=outdated.status if outdated else 200)
