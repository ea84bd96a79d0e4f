"""The page on which people choose what they are told, and the pages behind the links in messages."""

from collections.abc import Sequence

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
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

_SAVED = {
    (): _("Saved."),
    (Way.EMAIL,): _("Saved. Follow the link in the message to %(email)s."),
    (Way.CHANNEL,): _("Saved. Follow the link in the message to your channel."),
    (Way.EMAIL, Way.CHANNEL): _("Saved. Follow the link in the message to %(email)s and to your channel."),
}
_TESTED = {
    (Way.EMAIL,): _("A test message is on its way to %(email)s."),
    (Way.CHANNEL,): _("A test message is on its way to your channel."),
    (Way.EMAIL, Way.CHANNEL): _("A test message is on its way to %(email)s and to your channel."),
}


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
                    gettext("Choose to get the daily message, too.") if is_lost else error["message"],
                )
        except ChannelRefused as refusal:
            form.add_error("channel", refusal.detail)
        else:
            return say(request, _SAVED[_ways(changed, "unconfirmed")] % {"email": changed.email})
    return _own(request, form, status=400)


def _ways(one: Notification, state: str) -> tuple[Way, ...]:
    """The ways to the person that are in this state."""
    return tuple(way for way in Way if notifications.state_of(one, way) == state)


def _in_words(schemas: Sequence[str]) -> str:
    """The beginnings of addresses, as a list in words."""
    *some, last = (format_html("<code>{}://</code>", schema) for schema in schemas)
    if not some:
        return last
    return format_html(
        gettext("{some} or {last}"), some=format_html_join(", ", "{}", ((one,) for one in some)), last=last
    )


def _own(request: HttpRequest, form: NotificationForm, status: int = 200) -> HttpResponse:
    actor = require_person(request.user)
    one = notifications.of(actor=actor)
    context = {
        "form": form,
        "notification": one,
        "state": notifications.state_of(one),
        "channel": channel_of(one),
        "channel_state": notifications.state_of(one, Way.CHANNEL),
        "schemas": _in_words(settings.TOGO_APPRISE_SCHEMAS) if settings.TOGO_APPRISE_SCHEMAS else "",
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
    one = notifications.of(actor=actor)
    return say(request, _TESTED[_ways(one, "ready")] % {"email": one.email})


@require_POST
@page
def resend(request: HttpRequest) -> HttpResponse:
    """`/account/messages/confirm/`: send the link that confirms the address, or the channel, once more."""
    actor = require_person(request.user)
    one = notifications.of(actor=actor)
    if request.POST.get("way") == Way.CHANNEL:
        channel = channel_of(one)
        notifications.change(actor=actor, channel=channel.shown if channel else None)
        sent = gettext("A new link is on its way to your channel.")
        return say(request, sent if channel else gettext("Enter a channel first."))
    notifications.change(actor=actor, email=one.email)
    sent = gettext("A new link is on its way to %(email)s.") % {"email": one.email}
    return say(request, sent if one.email else gettext("Enter an address first."))


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
