"""What people want to be told, and their addresses: one for e-mail, and a channel of another service.

An address counts once the link that was sent to it was followed. Messages are written and sent by threads of the
worker, see `sending`.
"""

import datetime
import secrets
from typing import NamedTuple, TypedDict, Unpack

from django.conf import settings
from django.db.models import Count, Min
from django.utils import timezone
from django.utils.translation import gettext

from apps.exceptions.base import InvalidRequest, NotFound, TooManyRequests
from apps.exceptions.notifications import AddressNotConfirmed, MessagesOff
from apps.models import Channel, Message, Notification, User
from apps.models.notifications import MessageKind, MessageStatus, Way, When, channel_of
from apps.services import unit_of_work
from apps.services.notifications import channels, collecting, links, writing
from apps.services.shared import permissions

# The kinds of changes that a person may be told of: the names of the columns.
CHANGES = ["assigned", "moved", "unassigned", "returned"]
# How many confirmations and tests a person may send in a day, so that nobody floods a stranger's mailbox.
MOST_ASKED = 10
_DAY = datetime.timedelta(days=1)
# A confirmation or a test that couldn't be sent for so long is given up.
_ASKED_FOR = datetime.timedelta(hours=1)
# Messages are kept for so long.
_KEPT = datetime.timedelta(days=30)


class Backlog(NamedTuple):
    """How many messages are to be sent, now or later, and for how many seconds one should have been sent."""

    pending: int
    late_seconds: float


class Digest(TypedDict):
    """The time of the daily message in the configured time zone, and its weekdays, 0 for Monday."""

    at: datetime.time
    weekdays: list[int]


class Changes(TypedDict, total=False):
    """What to change; what is left out stays."""

    email: str | None
    channel: str | None
    digest: Digest | None
    events: dict[str, str]


def ways() -> list[Way]:
    """The ways by which this ToGo sends messages."""
    return collecting.ways()


def of(*, actor: User) -> Notification:
    """What `actor` wants to be told."""
    known = Notification.objects.select_related("user__channel").filter(pk=actor.pk)
    return known.first() or Notification(user=actor)


def state_of(notification: Notification, way: Way = Way.EMAIL) -> str:
    """`off` if this ToGo sends no messages this way, `no_address`, `unconfirmed`, `refused` by the mail server or by
    ToGo itself, or `ready`."""
    if way not in collecting.ways():
        return "off"
    address = notification if way == Way.EMAIL else channel_of(notification)
    if address is None or not address.shown:
        return "no_address"
    if address.refusal:
        return "refused"
    return "ready" if address.confirmed_at else "unconfirmed"


def addresses_of(notification: Notification) -> list[tuple[str, str]]:
    """The person's addresses in the ways by which this ToGo sends messages, each after its state."""
    places = {Way.EMAIL: notification, Way.CHANNEL: channel_of(notification)}
    return [(state_of(notification, way), place.shown) for way in ways() if (place := places[way]) and place.shown]


def change(*, actor: User, **changes: Unpack[Changes]) -> Notification:
    """Change what `actor` wants to be told. A link to confirm is sent to a new address or channel, and to an
    unconfirmed one.

    Raises `MessagesOff` for an address where ToGo sends no messages, `InvalidRequest` for an unusable channel, and if
    something is to be told in a digest and there is none, `ChannelRefused`, and `TooManyRequests` after ten links and
    tests in a day.
    """
    if changes.get("email") and not settings.TOGO_EMAIL_SERVER:
        raise MessagesOff(gettext("This ToGo sends no messages; its operator can set TOGO_EMAIL_URL."))
    url = changes.get("channel") or ""
    # Asks another process, so it is done before the transaction.
    shown = channels.checked(url) if url and not Channel.objects.filter(user=actor, shown=url).exists() else url

    def work() -> Notification:
        one = _locked(actor)
        for name, when in changes.get("events", {}).items():
            setattr(one, name, when)
        if "digest" in changes:
            _set_digest(one, changes["digest"])
        _require_digest(one)
        if "email" in changes:
            _set_email(one, changes["email"] or "")
        if "channel" in changes:
            _set_channel(actor, url, shown)
        one.save()
        return one

    return unit_of_work.run(work)


def send_test(*, actor: User) -> None:
    """Send a test to each of the actor's addresses. Raises `MessagesOff`, `AddressNotConfirmed` and
    `TooManyRequests`."""

    def work() -> None:
        one = _locked(actor)
        if not collecting.ways():
            raise MessagesOff(gettext("This ToGo sends no messages; its operator can set TOGO_EMAIL_URL."))
        ready = [way for way in Way if state_of(one, way) == "ready"]
        if not ready:
            raise AddressNotConfirmed(gettext("Confirm your address first: follow the link in the message to it."))
        for way in ready:
            _ask(actor, MessageKind.TEST, way)

    unit_of_work.run(work)


def to_confirm(*, token: str) -> Notification | Channel:
    """The address or channel that this link confirms.

    Raises `NotFound` for a link that was used, replaced, or is too old.
    """
    nonce = links.nonce_in(token)
    if nonce:
        for one in (
            Notification.objects.filter(nonce=nonce, user__is_active=True).first(),
            Channel.objects.filter(nonce=nonce, user__is_active=True).first(),
        ):
            if one:
                return one
    raise NotFound(gettext("This link was used already, or it is too old. You can send a new one from your messages."))


def confirm(*, token: str) -> Notification | Channel:
    """Let the address of this link count. Raises what `to_confirm` raises."""

    def work() -> Notification | Channel:
        one = to_confirm(token=token)
        mine = type(one).objects.filter(pk=one.pk, nonce=one.nonce)
        if not mine.update(nonce="", confirmed_at=timezone.now(), refusal=""):
            raise unit_of_work.LostRace
        wishes = Notification.objects.get(pk=one.pk)
        Notification.objects.filter(pk=one.pk).update(digest_from=digest_from(wishes.digest_at))
        one.refresh_from_db()
        return one

    return unit_of_work.run(work)


def to_stop(*, token: str) -> Notification:
    """Whose messages this link stops. Raises `NotFound` for a forged link, and for one of a former address."""
    user_id = links.user_in(token)
    one = Notification.objects.filter(pk=user_id).first() if user_id else None
    if one is None or not links.stops(token, one):
        raise NotFound(gettext("This link stops no messages; the person may have another address now."))
    return one


def stop(*, token: str) -> None:
    """Send this person no messages any more, until they ask for them again. Raises what `to_stop` raises."""

    def work() -> None:
        one = to_stop(token=token)
        off = dict.fromkeys(CHANGES, When.OFF)
        Notification.objects.filter(pk=one.pk).update(digest_at=None, digest_from=None, digest_weekdays="", **off)

    unit_of_work.run(work)


def preview(*, actor: User) -> writing.Letter:
    """Today's digest of `actor`, as it would be sent now."""
    return writing.digest(of(actor=actor), permissions.today())


def last_messages(*, actor: User) -> list[Message]:
    """The last five messages to `actor`, the newest first."""
    return list(Message.objects.filter(user=actor).order_by("-pk")[:5])


def backlog() -> Backlog:
    """What is still to do."""
    pending = Message.objects.filter(status=MessageStatus.PENDING).aggregate(number=Count("pk"), due=Min("due_at"))
    late = (timezone.now() - pending["due"]).total_seconds() if pending["due"] else 0.0
    return Backlog(pending["number"], max(0.0, late))


def remove_old() -> None:
    """Delete messages that are older than 30 days."""
    old = Message.objects.filter(created_at__lt=timezone.now() - _KEPT)
    unit_of_work.run(old.delete)


def digest_from(at: datetime.time | None) -> datetime.date | None:
    """The first date of a digest that begins now: today, or tomorrow if its time has passed."""
    if at is None:
        return None
    now = timezone.localtime()
    return now.date() if at > now.time() else now.date() + _DAY


def _locked(actor: User) -> Notification:
    """The row of `actor`, made if it is missing, and locked."""
    Notification.objects.get_or_create(pk=actor.pk)
    return Notification.objects.select_for_update().get(pk=actor.pk)


def _set_digest(one: Notification, digest: Digest | None) -> None:
    at = digest["at"] if digest else None
    weekdays = "".join(map(str, sorted(set(digest["weekdays"])))) if digest else ""
    if (at, weekdays) != (one.digest_at, one.digest_weekdays):
        one.digest_at, one.digest_weekdays, one.digest_from = at, weekdays, digest_from(at)


def _require_digest(one: Notification) -> None:
    """Raise `InvalidRequest` if a change is to be told in a digest that isn't sent."""
    if one.digest_at is None and (lost := [name for name in CHANGES if getattr(one, name) == When.DIGEST]):
        message = "There is no digest to tell it in: set `digest`, or choose now or off."
        raise InvalidRequest.of([{"field": f"events.{name}", "code": "no_digest", "message": message} for name in lost])


def _set_email(one: Notification, email: str) -> None:
    if email == one.email and (not email or (one.confirmed_at and not one.refusal)):
        return
    one.email, one.confirmed_at, one.refusal = email, None, ""
    one.nonce = secrets.token_urlsafe(18) if email else ""
    if email:
        _ask(one.user, MessageKind.CONFIRM, Way.EMAIL)


def _set_channel(actor: User, url: str, shown: str) -> None:
    """`url` may be the shown one: then the channel stays as it is, and gets a new link if it needs one."""
    one = Channel.objects.filter(user=actor).first() or Channel(user=actor)
    if not url:
        Channel.objects.filter(user=actor).delete()
        return
    if url in (one.url, one.shown):
        if one.confirmed_at and not one.refusal:
            return
    else:
        one.url, one.shown = url, shown
    one.confirmed_at, one.refusal, one.problem = None, "", ""
    one.nonce = secrets.token_urlsafe(18)
    one.save()
    _ask(actor, MessageKind.CONFIRM, Way.CHANNEL)


def _ask(person: User, kind: MessageKind, way: Way) -> None:
    """Add a message that the person asked for. Raises `TooManyRequests`."""
    now = timezone.now()
    asked = Message.objects.filter(user=person, kind__in=[MessageKind.CONFIRM, MessageKind.TEST])
    if asked.filter(created_at__gt=now - _DAY).count() >= MOST_ASKED:
        raise TooManyRequests(
            gettext("You have sent %(most_asked)s confirmations and tests within a day; try again tomorrow.")
            % {"most_asked": MOST_ASKED},
            retry_after=int(_DAY.total_seconds()),
        )
    Message.objects.create(user=person, kind=kind, way=way, due_at=now, give_up_at=now + _ASKED_FOR)
