"""Signing in to the pages, and out; and an admin's own password."""

from typing import Any

from django.contrib import admin
from django.contrib.auth import login, logout
from django.contrib.auth.views import PasswordChangeView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.exceptions.tokens import InvalidCredentials, TooManyAttempts
from apps.forms.sessions import PasswordForm, SignInForm
from apps.models import User
from apps.services import tokens
from apps.views.http.addresses import address_of


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """`/`: a taskmaster's board, anyone else's day."""
    user = request.user
    if not isinstance(user, User):
        return redirect("sign-in")
    return redirect("board" if user.may_assign_to_all else "today")


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """`/sign-in/`"""
    form = SignInForm(request.POST or None)
    refused: InvalidCredentials | TooManyAttempts | None = None
    if request.method == "POST" and form.is_valid():
        try:
            login(request, tokens.authenticated(**form.cleaned_data, address=address_of(request)))
            return redirect(_next(request))
        except (InvalidCredentials, TooManyAttempts) as refusal:
            refused = refusal
            form.add_error(None, refusal.detail)
    context = {"form": form, "next": request.POST.get("next") or request.GET.get("next", "")}
    response = render(request, "session/sign_in.html", context, status=401 if form.errors else 200)
    if isinstance(refused, TooManyAttempts):
        response.status_code = refused.status
        response["Retry-After"] = str(refused.data["retry_after"])
    return response


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """`/sign-out/`"""
    logout(request)
    return redirect("sign-in")


def _next(request: HttpRequest) -> str:
    """Where the person wanted to go; never to another site."""
    wanted = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if ours else "/"


class PasswordView(PasswordChangeView):
    """`/admin/password_change/`"""

    form_class = PasswordForm
    success_url = reverse_lazy("admin:password_change_done")

    def get_form_kwargs(self) -> dict[str, Any]:
        """What the form is made with."""
        return {**super().get_form_kwargs(), "address": address_of(self.request)}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        """What the page shows, with what all admin pages show."""
        return super().get_context_data(**admin.site.each_context(self.request), **context)
