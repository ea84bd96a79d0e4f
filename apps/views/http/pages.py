"""The base of every page: navigation, sign-in, and messages that say what was done or refused."""

import functools
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from apps.exceptions.base import InvalidRequest, NotAllowed, ToGoError
from apps.exceptions.oidc import ProviderUnavailable
from apps.models import User

View = Callable[..., HttpResponseBase]

# Path, name, and whether only taskmasters have it.
_PAGES = [
    ("/board/", _("Board"), True),
    ("/plan/", _("Plan"), True),
    ("/series/", _("Series"), True),
    ("/today/", _("My day"), False),
    ("/people/", _("People"), True),
    ("/tasks/", _("Tasks"), True),
    ("/rules/", _("Rules"), True),
    ("/insights/", _("Insights"), True),
    ("/import/", _("Import"), True),
]


def navigation(request: HttpRequest) -> dict[str, Any]:
    """The pages that the person may open, for every template."""
    user = request.user
    if not isinstance(user, User):
        return {}
    pages = [(path, name) for path, name, taskmasters in _PAGES if user.may_assign_to_all or not taskmasters]
    if user.is_admin:
        pages += [("/webhooks/", _("Webhooks")), ("/admin/", _("Admin"))]
    here = request.path_info
    return {"pages": [{"path": path, "name": name, "current": here.startswith(path)} for path, name in pages]}


def root(request: HttpRequest) -> dict[str, str]:
    """`root`, the path below which ToGo is served, for every template: links begin with it."""
    return {"root": settings.TOGO_ROOT}


def page(view: View) -> View:
    """Decorate a page for signed-in people; others are led to the sign-in first. A refusal is shown as a page, or, if a
    script sent the request, as a message over the current page."""

    @functools.wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except ToGoError as refusal:
            return refused(request, refusal)

    return never_cache(login_required(answer))


def stale(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The answer to a form without a valid CSRF token: it is forged, or its page was loaded before the sign-in."""
    refusal = NotAllowed(
        gettext("This page is out of date, or another site sent you here. Load the page again, and try again.")
    )
    return refused(request, refusal)


def is_fragment(request: HttpRequest) -> bool:
    """Whether a script of the page asks for a part of it. Browsers without scripts load whole pages."""
    return request.headers.get("HX-Request") == "true"


def valid(form: Form) -> dict[str, Any]:
    """The form's values. Raises `InvalidRequest` for an invalid field; the page's own controls send none."""
    if not form.is_valid():
        [field, errors], *_ = form.errors.items()
        raise InvalidRequest(f"{field}: {errors[0]}")
    return form.cleaned_data


def back(request: HttpRequest) -> str:
    """The page that the person came from, if it is ours, else the start. They return to it after an action."""
    return ours(request, request.POST.get("back") or request.headers.get("Referer", ""))


def ours(request: HttpRequest, address: str) -> str:
    """This address, or the start if it isn't one of ours."""
    return address if is_ours(request, address) else reverse("start")


def is_ours(request: HttpRequest, address: str) -> bool:
    """Whether an address that the browser sent is a path, or leads to this host, by the name that the proxy hands on or
    by that of `TOGO_PUBLIC_URL`."""
    hosts = {request.get_host(), urlsplit(settings.TOGO_PUBLIC_URL).netloc}
    # Django would take a word without a slash for the name of a view.
    is_whole = address.startswith(("/", "http://", "https://"))
    return is_whole and url_has_allowed_host_and_scheme(address, hosts, require_https=request.is_secure())


def say(request: HttpRequest, text: str, *, refused: bool = False) -> HttpResponse:
    """Redirect to the page that the person came from, and show the text there."""
    messages.add_message(request, messages.ERROR if refused else messages.INFO, text, "stop" if refused else "")
    return redirect(back(request))


def toast(text: str, *, action: dict[str, Any] | None = None, refused: bool = False) -> dict[str, Any]:
    """The context of `partials/messages.html`, a message over the current page. `action` is a form: path, label and
    fields."""
    return {"toast": {"text": text, "action": action, "tags": "stop" if refused else ""}, "out_of_band": True}


def refused(request: HttpRequest, refusal: ToGoError) -> HttpResponse:
    """The refusal, as a page or as a message over the current page."""
    if is_fragment(request):
        response = render(request, "partials/messages.html", toast(refusal.detail, refused=True), status=refusal.status)
        response["HX-Reswap"] = "none"
    else:
        response = render(request, "refused.html", {"refusal": refusal}, status=refusal.status)
    if isinstance(refusal, ProviderUnavailable):
        # The service has warned of it; Django would log each such page as an error of ours.
        response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001
    return with_retry_after(response, refusal)


def with_retry_after(response: HttpResponse, refusal: ToGoError) -> HttpResponse:
    """The page with the header `Retry-After`, if the refusal says when to try again."""
    if "retry_after" in refusal.data:
        response["Retry-After"] = str(refusal.data["retry_after"])
    return response
