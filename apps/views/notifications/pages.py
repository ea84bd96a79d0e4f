"""The page on which people choose what they are told, and the pages behind the links in messages."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from apps.exceptions.base import InvalidRequest, NotFound
from apps.exceptions.notifications import ChannelRefused
from apps.forms.notifications import NotificationForm
from apps.models import Notification
from apps.models.notifications import Way, channel_of
from apps.services import notifications
from apps.services.shared.permissions import require_person
from apps.views.http.pages import page, refused, say


@require_http_methods(["GET", "HEAD", "POST"])
@page
def own(request: HttpRequest) -> HttpResponse:
    """`/account/messages/`"""
    actor = require_person(request.user)
    ways, gives = notifications.ways(), actor.may_assign_to_all
    if request.method != "POST":
        return _own(request, NotificationForm.showing(notifications.of(actor=actor), ways, gives=gives))
    form = NotificationForm(request.POST, ways=ways, gives=gives)
    if form.is_valid():
        try:
            changed = notifications.change(actor=actor, **form.changes())
        except InvalidRequest as refusal:
            for error in refusal.data["errors"]:
                is_lost = error["code"] == "no_digest"
                form.add_error(
                    error["field"].removeprefix("events."),
                    "Choose to get the daily message, too." if is_lost else error["message"],
                )
        except ChannelRefused as refusal:
            form.add_error("channel", refusal.detail)
        else:
            unconfirmed = _places(changed, "unconfirmed")
            return say(request, f"Saved.{f' Follow the link in the message to {unconfirmed}.' if unconfirmed else ''}")
    return _own(request, form, status=400)


def _places(one: Notification, state: str) -> str:
    """The person's addresses that are in this state."""
    names = {Way.EMAIL: one.email, Way.CHANNEL: "your channel"}
    return " and to ".join(names[way] for way in Way if notifications.state_of(one, way) == state)


def _own(request: HttpRequest, form: NotificationForm, status: int = 200) -> HttpResponse:
    actor = require_person(request.user)
    one = notifications.of(actor=actor)
    context = {
        "form": form,
        "notification": one,
        "state": notifications.state_of(one),
        "channel": channel_of(one),
        "channel_state": notifications.state_of(one, Way.CHANNEL),
        "schemas": settings.TOGO_APPRISE_SCHEMAS,
        "zone": settings.TIME_ZONE,
        "letter": notifications.preview(actor=actor),
        "last": notifications.last_messages(actor=actor),
    }
    return render(request, "messages/own.html", context, status=status)


@require_POST
@page
def test(request: HttpRequest) -> HttpResponse:
    """`/account/messages/test/`: send a test message."""
    actor = require_person(request.user)
    notifications.send_test(actor=actor)
    return say(request, f"A test message is on its way to {_places(notifications.of(actor=actor), 'ready')}.")


@require_POST
@page
def resend(request: HttpRequest) -> HttpResponse:
    """`/account/messages/confirm/`: send the link that confirms the address, or the channel, once more."""
    actor = require_person(request.user)
    one = notifications.of(actor=actor)
    if request.POST.get("way") == Way.CHANNEL:
        channel = channel_of(one)
        notifications.change(actor=actor, channel=channel.shown if channel else None)
        return say(request, "A new link is on its way to your channel." if channel else "Enter a channel first.")
    notifications.change(actor=actor, email=one.email)
    return say(request, f"A new link is on its way to {one.email}." if one.email else "Enter an address first.")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponseBase:
    """`/messages/confirm/{token}/`: programs that look into mails open links, so only the form's button confirms."""
    try:
        done = request.method == "POST"
        one = notifications.confirm(token=token) if done else notifications.to_confirm(token=token)
    except NotFound as refusal:
        return refused(request, refusal)
    return render(request, "messages/confirm_page.html", {"shown": one.shown, "place": one.place, "done": done})


# The link of a message is the right to do this. Programs that read mail post it without a session: RFC 8058.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponseBase:
    """`/messages/stop/{token}/`: get no messages any more."""
    try:
        one = notifications.to_stop(token=token)
        if done := request.method == "POST":
            notifications.stop(token=token)
    except NotFound as refusal:
        return refused(request, refusal)
    return render(request, "messages/stop_page.html", {"email": one.email, "done": done})
