"""One's own API keys, on the page of one's account."""

import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
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
    """`/account/keys/`: make a key. The answer shows it; no other page ever does, so it redirects nowhere."""
    form = KeyForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        days = data["days"]
        try:
            made, key = api_keys.create(
                actor=require_person(request.user),
                name=data["name"],
                scope=Scope(data["scope"]),
                expires_at=timezone.now() + datetime.timedelta(days=days) if days else None,
            )
        except TooManyKeys as refusal:
            form.add_error(None, refusal.detail)
        else:
            return render(request, "account/key.html", {"made": made, "key": key})
    return show(request, key_form=form)


@require_POST
@page
def end(request: HttpRequest, id: int) -> HttpResponse:
    """`/account/keys/{key}/end/`: the key stops working at once."""
    api_keys.delete(actor=require_person(request.user), key_id=id)
    return say(request, "The key is deleted. It has stopped working.")
