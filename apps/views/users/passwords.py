"""Links to choose a password: an admin makes them, and whoever has one follows it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from apps.exceptions.base import InvalidRequest, NotFound, TryAgain
from apps.exceptions.tokens import PasswordsOff
from apps.forms.users import ChoosePasswordForm
from apps.models import User
from apps.services import users
from apps.services.shared import links
from apps.services.shared.permissions import require_person
from apps.services.users import invitations
from apps.views.http.pages import page, refused, with_retry_after


@require_POST
@page
def link(request: HttpRequest, id: int) -> HttpResponse:
    """`/people/{id}/link/`: makes a link, and shows it."""
    return show_link(request, users.get(actor=require_person(request.user), user_id=id), is_new=False)


def show_link(request: HttpRequest, person: User, *, is_new: bool) -> HttpResponse:
    """The page with a link with which this person chooses a password. No page is kept by the browser."""
    token = invitations.token_for(actor=require_person(request.user), user_id=person.pk)
    address = links.absolute(request, reverse("choose-password", args=[token]))
    context = {"person": person, "link": address, "days": invitations.WORKS_FOR.days, "is_new": is_new}
    return render(request, "people/link.html", context)


# The link is the right to do this.
@sensitive_post_parameters("new_password", "again")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest, token: str) -> HttpResponseBase:
    """`/password/{token}/`: choose a password. The person then signs in with it, and with their second factor if they
    have one."""
    form = ChoosePasswordForm(request.POST or None)
    try:
        person = invitations.person_of(token=token)
        if request.method == "POST" and form.is_valid():
            try:
                invitations.choose_password(token=token, password=form.cleaned_data["new_password"])
            except (InvalidRequest, TryAgain) as refusal:
                form.add_refusal(refusal)
                response = render(
                    request, "people/choose.html", {"form": form, "person": person}, status=refusal.status
                )
                return with_retry_after(response, refusal)
            messages.info(request, gettext("Your password is set. Sign in as %(name)s.") % {"name": person})
            return redirect("sign-in")
    except (NotFound, PasswordsOff) as refusal:
        return refused(request, refusal)
    return render(request, "people/choose.html", {"form": form, "person": person}, status=400 if form.errors else 200)
