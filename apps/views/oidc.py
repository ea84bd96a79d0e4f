"""Signing in with OpenID Connect, and linking such sign-ins to oneself."""

import functools
from typing import cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from apps.exceptions.base import ToGoError
from apps.exceptions.oidc import SignInRefused
from apps.models import User
from apps.services import oidc
from apps.services.oidc import Claims, Pending
from apps.services.shared import links
from apps.services.shared.permissions import require_person
from apps.views.http.pages import View, back, ours, page, refused, say

# The session keeps the sign-ins that were begun, and where the person can sign out at the provider.
_PENDING, SIGN_OUT = "oidc_pending", "oidc_sign_out"
# A browser may have begun several sign-ins, in its tabs.
_MOST_PENDING = 5


def _configured(view: View) -> View:
    """Decorate a page that exists only where a provider is configured. A refusal is shown as a page."""

    @functools.wraps(view)
    def answer(request: HttpRequest) -> HttpResponseBase:
        if not settings.TOGO_OIDC_ISSUER:
            raise Http404
        try:
            return view(request)
        except ToGoError as refusal:
            return refused(request, refusal)

    return never_cache(answer)


@require_GET
@_configured
def sign_in(request: HttpRequest) -> HttpResponse:
    """`/sign-in/oidc/`: leads to the provider."""
    return redirect(_begin(request, next=ours(request, request.GET.get("next", ""))))


@require_POST
@_configured
@page
def link(request: HttpRequest) -> HttpResponse:
    """`/account/sign-ins/`: leads to the provider, whose answer is linked to the person who is signed in.

    A page leads there instead of a redirect: browsers apply the policy's `form-action` to each redirect after a form,
    and the provider may lead on to others.
    """
    url = _begin(request, next=back(request), person=require_person(request.user))
    return render(request, "session/leaving.html", {"url": url, "provider": settings.TOGO_OIDC_NAME})


@require_POST
@page
def unlink(request: HttpRequest, id: int) -> HttpResponse:
    """`/account/sign-ins/{id}/unlink/`"""
    oidc.unlink(actor=require_person(request.user), identity_id=id)
    return say(request, gettext("The sign-in is unlinked."))


@require_GET
@_configured
def callback(request: HttpRequest) -> HttpResponse:
    """`/sign-in/oidc/callback/`: where the provider leads the browser back to."""
    pending = _taken(request)
    claims = oidc.finish(pending=pending, answer=request.GET.dict())
    user = request.user if isinstance(request.user, User) else None
    if pending["person"] is not None:
        if user is None or user.pk != pending["person"]:
            raise SignInRefused(gettext("Somebody else has signed in here meanwhile. Start again."))
        oidc.link(actor=user, claims=claims)
        messages.info(
            request, gettext("You can sign in with %(provider)s now.") % {"provider": settings.TOGO_OIDC_NAME}
        )
    else:
        if user is not None and not oidc.is_known(claims=claims):
            raise SignInRefused(
                gettext(
                    "You are signed in as %(name)s, and this account isn’t linked to anybody here. Link it on your own "
                    "page, or sign out first."
                )
                % {"name": user.username}
            )
        login(request, oidc.sign_in(claims=claims))
        request.session[SIGN_OUT] = _sign_out_url(request, claims)
    return redirect(pending["next"])


def _begin(request: HttpRequest, *, next: str, person: User | None = None) -> str:
    """The provider's page to sign in. The session notes that the sign-in was begun."""
    redirect_uri = links.absolute(request, reverse("oidc-callback"))
    url, pending = oidc.begin(redirect_uri=redirect_uri, next=next, person_id=person.pk if person else None)
    request.session[_PENDING] = [*request.session.get(_PENDING, []), pending][-_MOST_PENDING:]
    return url


def _taken(request: HttpRequest) -> Pending:
    """The sign-in that was begun with this state; it is good for one answer. Raises `SignInRefused`."""
    begun = cast(list[Pending], request.session.get(_PENDING, []))
    for pending in begun:
        if pending["state"] == request.GET.get("state"):
            request.session[_PENDING] = [other for other in begun if other is not pending]
            return pending
    if "error" in request.GET:
        # Providers should send the state with an error, too; not all do.
        raise SignInRefused(
            gettext("%(provider)s refused the sign-in, or you ended it. Start again.")
            % {"provider": settings.TOGO_OIDC_NAME}
        )
    raise SignInRefused(gettext("This sign-in wasn’t begun in this browser, or it was finished already. Start again."))


def _sign_out_url(request: HttpRequest, claims: Claims) -> str:
    """The provider's page to sign out (OpenID Connect RP-Initiated Logout 1.0); empty if it has none."""
    page_of_provider = claims.end_session_endpoint
    if not page_of_provider:
        return ""
    query = {
        "client_id": settings.TOGO_OIDC_CLIENT_ID,
        "post_logout_redirect_uri": links.absolute(request, reverse("sign-in")),
    }
    return f"{page_of_provider}{'&' if '?' in page_of_provider else '?'}{urlencode(query)}"
