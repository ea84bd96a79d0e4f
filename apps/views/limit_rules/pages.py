"""The pages of the rules that limits are picked from, for taskmasters."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from apps.exceptions.base import InvalidRequest
from apps.exceptions.users import UserNotFound
from apps.forms.limit_rules import RuleForm, RulesForm
from apps.models import LimitRule
from apps.services import limit_rules, users
from apps.services.limit_rules import RuleFields, listing, preview, words
from apps.services.shared import permissions
from apps.services.shared.permissions import require_person
from apps.views.http.pages import page, valid


@require_safe
@page
def every(request: HttpRequest) -> HttpResponse:
    """`/rules/?q=…&show=past`: the rules as sentences, those for everyone first."""
    asked = valid(RulesForm(request.GET))
    shown = listing.page(
        actor=require_person(request.user),
        text=asked["q"],
        past=asked["show"] == "past",
        after=asked["after"],
        before=asked["before"],
    )
    return render(request, "rules/every.html", {"page": shown, "asked": asked, **_context()})


@require_http_methods(["GET", "HEAD", "POST"])
@page
def new(request: HttpRequest) -> HttpResponse:
    """`/rules/new/`: POST makes a rule, or, with `preview`, shows what it would do."""
    username = request.GET.get("username", "")[:150]
    return _edit(request, None, {"username": username, "who": "person"} if username else {})


@require_http_methods(["GET", "HEAD", "POST"])
@page
def one(request: HttpRequest, id: int) -> HttpResponse:
    """`/rules/{id}/`: a rule and what it does; POST changes it, or, with `preview`, shows what the change would do."""
    rule = limit_rules.get(actor=require_person(request.user), rule_id=id)
    return _edit(request, rule, RuleForm.showing(rule))


@require_http_methods(["GET", "HEAD", "POST"])
@page
def end(request: HttpRequest, id: int) -> HttpResponse:
    """`/rules/{id}/end/`: shows what it would do to end the rule; POST ends it."""
    actor = require_person(request.user)
    rule = limit_rules.get(actor=actor, rule_id=id)
    if request.method == "POST":
        said = words.sentence(rule)
        limit_rules.delete_rule(actor=actor, rule_id=id)
        messages.info(request, gettext("The rule is ended: %(rule)s.") % {"rule": said})
        return redirect("rules")
    context = {"rule": rule, "effect": preview.effect(actor=actor, old=rule, new=None), **_context()}
    return render(request, "rules/end.html", context)


def _edit(request: HttpRequest, rule: LimitRule | None, now: dict[str, Any]) -> HttpResponse:
    actor = require_person(request.user)
    permissions.require_taskmaster(actor)
    form = RuleForm(request.POST or None, initial=now)
    context: dict[str, Any] = {"form": form, "rule": rule, **_context()}
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            fields = _fields(request, form)
            if "preview" not in request.POST:
                return _save(request, rule, fields)
        except (InvalidRequest, UserNotFound) as refusal:
            form.add_error("username" if isinstance(refusal, UserNotFound) else None, refusal.detail)
            status = refusal.status
        else:
            would_be = preview.as_it_would_be(rule, fields)
            context |= {"effect": preview.effect(actor=actor, old=rule, new=would_be), "would_be": would_be}
    elif rule and request.method != "POST":
        context["effect"] = preview.effect(actor=actor, old=rule, new=rule)
    return render(request, "rules/edit.html", context, status=400 if form.errors and status == 200 else status)


def _save(request: HttpRequest, rule: LimitRule | None, fields: RuleFields) -> HttpResponse:
    actor = require_person(request.user)
    if rule:
        saved = limit_rules.update_rule(actor=actor, rule_id=rule.pk, **fields)
    else:
        saved = limit_rules.create_rule(actor=actor, **fields)
    messages.info(request, gettext("The rule is saved: %(rule)s.") % {"rule": words.sentence(saved)})
    return redirect("rules")


def _fields(request: HttpRequest, form: RuleForm) -> RuleFields:
    """The fields of the rule that was sent. Raises `UserNotFound`."""
    if form.cleaned_data["who"] == "everyone":
        return form.fields_to_write(None)
    person = users.get_by_name(actor=require_person(request.user), username=form.cleaned_data["username"])
    return form.fields_to_write(person.pk)


def _context() -> dict[str, Any]:
    """What every page of rules says: today, and whether rules count at all."""
    return {"today": permissions.today(), "at_random": isinstance(settings.TOGO_LIMIT_PICKER, tuple)}
