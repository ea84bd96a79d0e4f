"""One's own second factor: turned on with the first code of an app, and off with a code and the password."""

import segno
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from apps.exceptions.base import InvalidRequest, ToGoError, TooManyRequests, TryAgain
from apps.exceptions.tokens import TooManyAttempts
from apps.forms.account import CodeForm, OfferForm, TurnOffForm
from apps.models import User
from apps.services import second_factors
from apps.services.shared.permissions import require_person
from apps.views.http.addresses import address_of
from apps.views.http.pages import page, say, with_retry_after
from apps.views.http.sessions import stay_signed_in

_PAGE = "account/second_factor.html"


@sensitive_post_parameters("offer", "code")
@require_http_methods(["GET", "HEAD", "POST"])
@page
def second_factor(request: HttpRequest) -> HttpResponse:
    """`/account/second-factor/`: turn it on; if it is on, the forms to change that."""
    actor = require_person(request.user)
    if second_factors.is_on(actor):
        return _manage(request, actor) if request.method != "POST" else redirect("second-factor")
    form = OfferForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            person, codes = second_factors.turn_on(
                actor=actor,
                signed=form.cleaned_data["offer"],
                code=form.cleaned_data["code"],
                session_key=request.session.session_key,
            )
        except InvalidRequest as refusal:
            form.add_refusal(refusal)
        else:
            stay_signed_in(request, person)
            return _show_codes(request, codes, turned_on=True)
    return _offer(request, actor, form)


@sensitive_post_parameters("password", "code")
@require_POST
@page
def end(request: HttpRequest) -> HttpResponse:
    """`/account/second-factor/end/`: turn it off."""
    actor = require_person(request.user)
    if not second_factors.is_on(actor):
        return redirect("second-factor")
    form = TurnOffForm(request.POST)
    if form.is_valid():
        try:
            second_factors.turn_off(actor=actor, **form.cleaned_data, address=address_of(request))
        except (InvalidRequest, TooManyAttempts, TooManyRequests, TryAgain) as refusal:
            return _manage(request, actor, turn_off=form, refusal=refusal)
        return say(request, gettext("Your second factor is off."))
    return _manage(request, actor, turn_off=form)


@sensitive_post_parameters("code")
@require_POST
@page
def codes(request: HttpRequest) -> HttpResponse:
    """`/account/second-factor/codes/`: make new recovery codes. The answer shows them; no other page ever does."""
    actor = require_person(request.user)
    if not second_factors.is_on(actor):
        return redirect("second-factor")
    form = CodeForm(request.POST)
    if form.is_valid():
        try:
            made = second_factors.make_codes(actor=actor, code=form.cleaned_data["code"], address=address_of(request))
        except (InvalidRequest, TooManyAttempts, TooManyRequests, TryAgain) as refusal:
            return _manage(request, actor, new_codes=form, refusal=refusal)
        return _show_codes(request, made)
    return _manage(request, actor, new_codes=form)


@sensitive_variables("shown", "picture")
def _offer(request: HttpRequest, actor: User, form: OfferForm) -> HttpResponse:
    # After a wrong code the same secret again: the app knows it by now.
    shown = second_factors.offer(actor=actor, signed=request.POST.get("offer", ""))
    # In black on white in the dark, too: not every app reads a negative.
    picture = segno.make(shown.uri, error="m").svg_inline(scale=5, dark="#000", light="#fff", omitsize=True)
    context = {
        "form": form,
        "offer": shown,
        "picture": mark_safe(picture),  # noqa: S308 - only squares
    }
    return render(request, "account/second_factor_on.html", context, status=400 if form.errors else 200)


def _manage(
    request: HttpRequest,
    actor: User,
    *,
    turn_off: TurnOffForm | None = None,
    new_codes: CodeForm | None = None,
    refusal: ToGoError | None = None,
) -> HttpResponse:
    form = turn_off or new_codes
    if form is not None and refusal is not None:
        form.add_refusal(refusal)
    context = {
        "since": second_factors.since(actor),
        "codes_left": second_factors.codes_left(actor),
        "turn_off": turn_off or TurnOffForm(),
        "new_codes": new_codes or CodeForm(),
    }
    if refusal:
        return with_retry_after(render(request, _PAGE, context, status=refusal.status), refusal)
    return render(request, _PAGE, context, status=200 if form is None else 400)


@sensitive_variables("codes")
def _show_codes(request: HttpRequest, codes: list[str], *, turned_on: bool = False) -> HttpResponse:
    return render(request, "account/codes.html", {"codes": codes, "turned_on": turned_on})
