"""The pages of people: taskmasters read them, admins write."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.exceptions.base import InvalidRequest, NotAllowed
from apps.exceptions.tokens import PasswordsOff
from apps.forms.users import LeavingForm, NewPersonForm, PersonForm, TeamForm, role_of
from apps.models import User
from apps.services import users
from apps.services.board import late, many
from apps.services.shared import passwords, permissions
from apps.services.shared.permissions import require_person
from apps.services.users import leaving, team
from apps.views.http.pages import page, valid
from apps.views.users.passwords import show_link

LATE_SHOWN = 50


@require_safe
@page
def every(request: HttpRequest) -> HttpResponse:
    """`/people/?q=…&show=deactivated`: people by username, with their usual week and the next two weeks."""
    asked = valid(TeamForm(request.GET))
    shown = team.page(
        actor=require_person(request.user),
        text=asked["q"],
        is_active=asked["show"] != "deactivated",
        after=asked["after"],
        before=asked["before"],
    )
    return render(request, "people/every.html", {"page": shown, "asked": asked})


@require_http_methods(["GET", "HEAD", "POST"])
@page
def new(request: HttpRequest) -> HttpResponse:
    """`/people/new/`: POST makes somebody, and shows the link with which they choose a password."""
    actor = require_person(request.user)
    permissions.require_admin(actor)
    form = NewPersonForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            person = users.create_user(
                actor=actor, username=form.cleaned_data["username"], password=None, **form.fields_to_write()
            )
        except (InvalidRequest, PasswordsOff) as refusal:
            form.add_refusal(refusal)
            status = refusal.status
        else:
            return show_link(request, person, is_new=True)
    context = {"form": form, "passwords_on": passwords.are_on(), **_provider()}
    return render(request, "people/new.html", context, status=400 if form.errors and status == 200 else status)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def one(request: HttpRequest, id: int) -> HttpResponse:
    """`/people/{id}/`: a person; POST changes them."""
    actor = require_person(request.user)
    if request.method == "POST":
        permissions.require_may_change(actor, id)
    shown = team.member(actor=actor, user_id=id)
    form, status = _form_for(request, shown.person), 200
    if request.method == "POST" and form.is_valid():
        try:
            users.update_user(actor=actor, user_id=id, **form.fields_to_write())
        except (InvalidRequest, NotAllowed) as refusal:
            form.add_refusal(refusal)
            status = refusal.status
        else:
            messages.info(request, gettext("%(name)s is saved.") % {"name": shown.person})
            return redirect("person", id)
    context = {
        "one": shown,
        "form": form,
        "late": late.of_person(id)[:LATE_SHOWN],
        "may_have_password": passwords.allowed_for(is_admin=shown.person.is_admin),
        **_provider(),
    }
    return render(request, "people/one.html", context, status=400 if form.errors and status == 200 else status)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def deactivate(request: HttpRequest, id: int) -> HttpResponse:
    """`/people/{id}/deactivate/`: says what the person has from today on; POST deactivates them, and takes it away if
    so chosen."""
    actor = require_person(request.user)
    permissions.require_may_change(actor, id)
    person = users.get(actor=actor, user_id=id)
    form = LeavingForm(request.POST or None, initial={"tasks": "stay" if person.is_active else "take_away"})
    if request.method == "POST" and form.is_valid():
        taken = leaving.deactivate(actor=actor, user_id=id, take_away=form.cleaned_data["tasks"] == "take_away")
        text = gettext("%(name)s is deactivated.") % {"name": person}
        if taken:
            away = ngettext("%(number)s open task is taken away.", "%(number)s open tasks are taken away.", taken)
            text += " " + away % {"number": f"{taken:,}"}
        messages.info(request, text)
        return redirect("person", id)
    context = {"person": person, "form": form, "left": many.tasks_left(actor=actor, user_id=id)}
    return render(request, "people/deactivate.html", context, status=400 if form.errors else 200)


@require_POST
@page
def activate(request: HttpRequest, id: int) -> HttpResponse:
    """`/people/{id}/activate/`"""
    person = users.update_user(actor=require_person(request.user), user_id=id, is_active=True)
    messages.info(request, gettext("%(name)s is active again.") % {"name": person})
    return redirect("person", id)


def _form_for(request: HttpRequest, person: User) -> PersonForm:
    now = {"first_name": person.first_name, "last_name": person.last_name, "role": role_of(person)}
    return PersonForm(request.POST or None, initial=now)


def _provider() -> dict[str, Any]:
    """The OpenID provider's name, if there is one, and whether roles follow its groups."""
    groups = settings.TOGO_OIDC_ADMIN_GROUPS or settings.TOGO_OIDC_TASKMASTER_GROUPS
    return {
        "provider": settings.TOGO_OIDC_NAME if settings.TOGO_OIDC_ISSUER else "",
        "roles_follow": bool(settings.TOGO_OIDC_ISSUER and groups),
    }
