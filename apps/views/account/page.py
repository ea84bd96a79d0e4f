"""The page of one's own account, and its small forms."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language_from_request, gettext
from django.views.decorators.http import require_POST, require_safe

from apps.exceptions.base import InvalidRequest
from apps.forms.account import KeyForm, LanguageForm, NameForm
from apps.services import api_keys, calendar, notifications, oidc, second_factors, sessions, users
from apps.services.shared import languages, links, passwords
from apps.services.shared.permissions import require_person
from apps.views.http.pages import page, say, valid
from apps.views.http.sessions import note_use


@require_safe
@page
def account(request: HttpRequest) -> HttpResponse:
    """`/account/`"""
    # The list of sessions has this one from its first page on.
    note_use(request)
    return show(request)


@require_POST
@page
def name(request: HttpRequest) -> HttpResponse:
    """`/account/name/`: one's own names."""
    form = NameForm(request.POST)
    if form.is_valid():
        try:
            users.change_names(actor=require_person(request.user), **form.cleaned_data)
        except InvalidRequest as refusal:
            form.add_refusal(refusal)
        else:
            return say(request, gettext("Your name is saved."))
    return show(request, name_form=form)


@require_POST
@page
def language(request: HttpRequest) -> HttpResponse:
    """`/account/language/`: the language of one's own pages and mails."""
    chosen = valid(LanguageForm(request.POST))["language"]
    users.change_language(actor=require_person(request.user), language=chosen)
    with languages.speaking(chosen or get_language_from_request(request)):
        return say(request, gettext("The language is saved."))


@require_POST
@page
def renew_calendar(request: HttpRequest) -> HttpResponse:
    """`/account/calendar/`: make a new link to the calendar; the old one stops working at once."""
    calendar.renew(actor=require_person(request.user))
    return say(request, gettext("The calendar has a new link. The old one has stopped working."))


def show(request: HttpRequest, *, name_form: NameForm | None = None, key_form: KeyForm | None = None) -> HttpResponse:
    """The page; with a form that was refused, if there is one."""
    actor = require_person(request.user)
    token = calendar.token_of(actor=actor)
    context = {
        "name_form": name_form or NameForm(initial={"first_name": actor.first_name, "last_name": actor.last_name}),
        "language_form": LanguageForm(initial={"language": actor.language}),
        "has_password": passwords.is_way_in_for(actor),
        "sign_ins": oidc.sign_ins_of(actor=actor),
        "second_factor_since": second_factors.since(actor),
        "codes_left": second_factors.codes_left(actor),
        "keys": list(api_keys.keys_of(actor=actor).order_by("-created_at", "-pk")),
        "most_keys": api_keys.MOST,
        "key_form": key_form or KeyForm(),
        "sessions": sessions.sessions_of(actor=actor, session_key=request.session.session_key),
        "messages_are_off": not notifications.ways(),
        "addresses": notifications.addresses_of(notifications.of(actor=actor)),
        "calendar": links.absolute(request, reverse("calendar", args=[token])),
    }
    refused = (name_form or key_form) is not None
    return render(request, "account/account.html", context, status=400 if refused else 200)
