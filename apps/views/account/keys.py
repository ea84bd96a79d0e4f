"""One's own API keys, on the page of one's account."""

import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from apps.exceptions.api_keys import TooManyKeys
from apps.forms.account import KeyForm
from apps.models.api_keys import Scope
from apps.services import api_keys
from apps.services.shared.permissions import require_person
from apps.views.account.page import show
from apps.views.http.pages import page, say


@require_POST
@page
def make(request: HttpRequest) -> HttpResponse:
    """`/account/keys/`: make a key. The answer shows it, and no other page ever does, so it redirects nowhere; a
    browser that sends the form again, to load that page anew, is led back and told so."""
    form = KeyForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        days = data["days"]
        try:
            made = api_keys.create_once(
                actor=require_person(request.user),
                # A form that was changed, after the browser went back to it, makes another key.
                form="\0".join([data["form"], data["name"], data["scope"], str(days)]),
                name=data["name"],
                scope=Scope(data["scope"]),
                expires_at=timezone.now() + datetime.timedelta(days=days) if days else None,
            )
        except TooManyKeys as refusal:
            form.add_error(None, refusal.detail)
        else:
            if made:
                return render(request, "account/key.html", {"made": made[0], "key": made[1]})
            text = gettext(
                "The key %(name)s was made already, and is shown only once. If you haven’t copied it, end it and make "
                "another one."
            )
            messages.error(request, text % {"name": data["name"]}, "stop")
            return redirect(f"{reverse('account')}#keys")
    return show(request, key_form=form)


@require_POST
@page
def end(request: HttpRequest, id: int) -> HttpResponse:
    """`/account/keys/{key}/end/`: the key stops working at once."""
    api_keys.delete(actor=require_person(request.user), key_id=id)
    return say(request, gettext("The key is deleted. It has stopped working."))
