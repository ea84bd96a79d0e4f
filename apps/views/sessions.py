"""Signing in to the pages, and out; and one's own password."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import login, logout
from django.contrib.auth.views import PasswordChangeView
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.exceptions.base import InvalidRequest, ToGoError, TooManyRequests, TryAgain
from apps.exceptions.second_factors import OtpRequired
from apps.exceptions.tokens import InvalidCredentials, PasswordsOff, TokenNotValid, TooManyAttempts
from apps.forms.sessions import OwnPasswordForm, PasswordForm, SecondStepForm, SignInForm
from apps.models import ApiKey, User
from apps.services import api_keys, calendar, tokens, users
from apps.services.shared import passwords
from apps.services.shared.lists import joined
from apps.services.shared.permissions import require_person
from apps.views.http.addresses import address_of
from apps.views.http.pages import ours, page, say, with_retry_after
from apps.views.http.pages import refused as refused_page
from apps.views.http.sessions import stay_signed_in
from apps.views.oidc import SIGN_OUT

# What a sign-in may be refused with; the form shows it.
_REFUSALS = (InvalidCredentials, TooManyAttempts, TooManyRequests, TryAgain)


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """`/`: leads taskmasters to the board, and everyone else to their day."""
    user = request.user
    if not isinstance(user, User):
        return redirect("sign-in")
    return redirect("board" if user.may_assign_to_all else "today")


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """`/sign-in/`: with a name and a password. A person with a second factor is then asked for a code."""
    form = SignInForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _ask(request, form)
    try:
        login(request, tokens.authenticated(**form.cleaned_data, address=address_of(request)))
    except PasswordsOff as refusal:
        return refused_page(request, refusal)
    except OtpRequired as missing:
        return _ask(request, SecondStepForm(initial={"ticket": missing.ticket}))
    except _REFUSALS as refusal:
        return _ask(request, form, refusal)
    return redirect(ours(request, request.POST.get("next", "")))


@sensitive_post_parameters("ticket", "code")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """`/sign-in/code/`: the second step, with a code. It is sent from the page of the first one."""
    form = SecondStepForm(request.POST or None)
    if request.method != "POST" or "ticket" not in request.POST:
        return redirect("sign-in")
    if not form.is_valid():
        return _ask(request, form)
    try:
        login(request, tokens.confirmed(**form.cleaned_data, address=address_of(request)))
    except TokenNotValid as refusal:
        messages.error(request, refusal.detail)
        return redirect(f"{reverse('sign-in')}?{urlencode({'next': request.POST.get('next', '')})}")
    except PasswordsOff as refusal:
        return refused_page(request, refusal)
    except _REFUSALS as refusal:
        return _ask(request, form, refusal)
    return redirect(ours(request, request.POST.get("next", "")))


def _ask(request: HttpRequest, form: SignInForm | SecondStepForm, refusal: ToGoError | None = None) -> HttpResponse:
    """The page with this form, and why what was sent is refused."""
    if refusal:
        form.add_error(None, refusal.detail)
    template = "session/sign_in.html" if isinstance(form, SignInForm) else "session/second_step.html"
    context = {
        "form": form,
        "next": request.POST.get("next") or request.GET.get("next", ""),
        "passwords": settings.TOGO_PASSWORDS,
        "provider": settings.TOGO_OIDC_NAME if settings.TOGO_OIDC_ISSUER else "",
    }
    response = render(request, template, context, status=401 if form.errors else 200)
    if refusal and "retry_after" in refusal.data:
        response.status_code = refusal.status
    return with_retry_after(response, refusal) if refusal else response


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """`/sign-out/`: ends the session, and clears what the browser keeps. A person who signed in at a provider is
    offered to sign out there, too."""
    elsewhere = request.session.get(SIGN_OUT, "")
    logout(request)
    if elsewhere:
        response = render(request, "session/signed_out.html", {"provider": settings.TOGO_OIDC_NAME, "url": elsewhere})
    else:
        response = redirect("sign-in")
    # The copy of the person's day that their browser keeps for when there is no network, above all.
    response["Clear-Site-Data"] = '"storage"'
    return response


@sensitive_post_parameters("old_password", "new_password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
@page
def password(request: HttpRequest) -> HttpResponse:
    """`/account/password/`: one's own password. All other sessions and tokens of the person end with the old one; API
    keys stay, and the page names them."""
    actor = require_person(request.user)
    passwords.require_allowed_for(actor)
    keys = api_keys.working_keys_of(actor=actor)
    form = OwnPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        old, new = form.cleaned_data["old_password"], form.cleaned_data["new_password"]
        try:
            users.change_password(actor=actor, old_password=old, new_password=new, address=address_of(request))
        except (InvalidRequest, TooManyAttempts, TooManyRequests, TryAgain) as refusal:
            form.add_refusal(refusal)
            refused = render(request, "session/password.html", {"form": form, "keys": keys}, status=refusal.status)
            return with_retry_after(refused, refusal)
        # A new password ends all sessions; keep this one.
        stay_signed_in(request, User.objects.get(pk=actor.pk))
        if form.cleaned_data["new_link"]:
            calendar.renew(actor=actor)
        text = gettext("Your password is changed. You are signed out everywhere else.")
        return say(request, f"{text} {_still_work(keys)}".strip())
    return render(request, "session/password.html", {"form": form, "keys": keys}, status=400 if form.errors else 200)


def _still_work(keys: list[ApiKey]) -> str:
    """A sentence about the keys that a new password leaves; empty if there are none."""
    if not keys:
        return ""
    names, others = joined(key.name for key in keys[:3]), len(keys) - 3
    if others <= 0:
        return gettext("These API keys still work: %(names)s.") % {"names": names}
    text = ngettext(
        "These API keys still work: %(names)s and %(others)d more.",
        "These API keys still work: %(names)s and %(others)d more.",
        others,
    )
    return text % {"names": names, "others": others}


class PasswordView(PasswordChangeView):
    """`/admin/password_change/`"""

    form_class = PasswordForm
    success_url = reverse_lazy("admin:password_change_done")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The page, or a refusal if passwords are off."""
        try:
            passwords.require_allowed_for(require_person(request.user))
        except PasswordsOff as refusal:
            return refused_page(request, refusal)
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        """The form's arguments."""
        return {**super().get_form_kwargs(), "address": address_of(self.request)}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        """The page's context, with that of every admin page."""
        return super().get_context_data(**admin.site.each_context(self.request), **context)
