"""The pages of webhooks, for admins: which there are, what was sent to them, and what they answered."""

import json

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.exceptions.base import InvalidRequest
from apps.exceptions.webhooks import TooManyWebhooks, WebhookUrlRefused
from apps.forms.webhooks import WebhookChangeForm, WebhookForm
from apps.models import Webhook
from apps.serializers.webhooks import message
from apps.services import webhooks
from apps.services.shared.permissions import require_person
from apps.services.webhooks import delivering
from apps.views.http.pages import page, say

SHOWN = 50


@require_http_methods(["GET", "HEAD", "POST"])
@page
def every(request: HttpRequest) -> HttpResponse:
    """`/webhooks/`: all webhooks; POST makes one, and shows its secret."""
    actor = require_person(request.user)
    found = webhooks.all_webhooks(actor=actor).order_by("pk")
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            webhook, secret = webhooks.create(actor=actor, **form.cleaned_data)
        except (InvalidRequest, WebhookUrlRefused, TooManyWebhooks) as refusal:
            form.add_error("url", _why(refusal))
        else:
            return _show_secret(request, webhook, secret, is_new=True)
    context = {"form": form, "webhooks": found}
    return render(request, "webhooks/every.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def one(request: HttpRequest, id: int) -> HttpResponse:
    """`/webhooks/{id}/`: a webhook and its last deliveries; POST changes it."""
    actor = require_person(request.user)
    webhook = webhooks.get(actor=actor, webhook_id=id)
    now = {"url": webhook.url, "events": webhook.events, "enabled": webhook.enabled}
    form = WebhookChangeForm(request.POST or None, initial=now)
    if request.method == "POST" and form.is_valid():
        try:
            webhooks.update(actor=actor, webhook_id=id, **form.cleaned_data)
        except (InvalidRequest, WebhookUrlRefused) as refusal:
            form.add_error("url", _why(refusal))
        else:
            return say(request, gettext("The webhook is changed."))
    deliveries = webhooks.deliveries_of(actor=actor, webhook_id=id).order_by("-pk")[:SHOWN]
    context = {"form": form, "webhook": webhook, "deliveries": deliveries, "shown": SHOWN, "tries": delivering.TRIES}
    return render(request, "webhooks/one.html", context, status=400 if form.errors else 200)


@require_POST
@page
def rotate(request: HttpRequest, id: int) -> HttpResponse:
    """`/webhooks/{id}/rotate/`: makes a new secret, and shows it."""
    webhook, secret, _ = webhooks.rotate(actor=require_person(request.user), webhook_id=id)
    return _show_secret(request, webhook, secret, is_new=False)


@require_POST
@page
def test(request: HttpRequest, id: int) -> HttpResponse:
    """`/webhooks/{id}/test/`: sends a test, and leads to it."""
    delivery = webhooks.test(actor=require_person(request.user), webhook_id=id)
    return redirect("webhook-delivery", id, delivery.pk)


@require_POST
@page
def remove(request: HttpRequest, id: int) -> HttpResponse:
    """`/webhooks/{id}/remove/`"""
    webhooks.delete(actor=require_person(request.user), webhook_id=id)
    return redirect("webhooks")


@require_safe
@page
def delivery(request: HttpRequest, id: int, delivery: int) -> HttpResponse:
    """`/webhooks/{id}/delivery/{delivery}/`: what was sent and answered."""
    actor = require_person(request.user)
    found, event = webhooks.get_delivery(actor=actor, webhook_id=id, delivery_id=delivery)
    sent = json.dumps(json.loads(message(found, event)), ensure_ascii=False, indent=2)
    context = {
        "webhook": webhooks.get(actor=actor, webhook_id=id),
        "delivery": found,
        "sent": sent,
        "tries": delivering.TRIES,
    }
    return render(request, "webhooks/delivery.html", context)


@require_POST
@page
def retry(request: HttpRequest, id: int, delivery: int) -> HttpResponse:
    """`/webhooks/{id}/delivery/{delivery}/retry/`: tries it now."""
    webhooks.retry(actor=require_person(request.user), webhook_id=id, delivery_id=delivery)
    return redirect("webhook-delivery", id, delivery)


def _show_secret(request: HttpRequest, webhook: Webhook, secret: str, *, is_new: bool) -> HttpResponse:
    """The only page that shows the secret. No page is kept by the browser."""
    return render(request, "webhooks/secret.html", {"webhook": webhook, "secret": secret, "is_new": is_new})


def _why(refusal: InvalidRequest | WebhookUrlRefused | TooManyWebhooks) -> str:
    errors = refusal.data.get("errors") or [{}]
    return str(errors[0].get("message", refusal.detail))
