"""Webhooks: URLs that are told what happens. `delivering.py` sends the messages, from a worker.

The request that changes something does nothing for webhooks: they read the history that it writes.
"""

import datetime
import secrets
from typing import NamedTuple, TypedDict, Unpack

from django.db.models import Min
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext

from apps.exceptions.base import NotFound
from apps.exceptions.webhooks import TooManyWebhooks, WebhookDisabled
from apps.models import Delivery, Event, User, Webhook, WebhookSecret
from apps.models.webhooks import TEST, DeliveryQuerySet, Status, WebhookQuerySet
from apps.services import unit_of_work
from apps.services.shared import permissions, reading
from apps.services.webhooks import addresses, delivering, signing

# How many webhooks there may be.
MOST = 50
# How long a replaced secret still signs.
OVERLAP = datetime.timedelta(hours=24)
# How long deliveries are kept.
KEPT = datetime.timedelta(days=30)
_REMOVED_AT_ONCE = 5000

# Sent after the commit: there is something to deliver.
wanted = Signal()


class WebhookFields(TypedDict, total=False):
    """The fields of a webhook that can be changed; `events` are patterns of `models.webhooks.PATTERNS`."""

    url: str
    events: list[str]
    enabled: bool


def all_webhooks(*, actor: User) -> WebhookQuerySet:
    """Every webhook. Raises `NotAllowed`."""
    permissions.require_admin(actor)
    return Webhook.objects.all()


def get(*, actor: User, webhook_id: int) -> Webhook:
    """A webhook. Raises `NotAllowed` and `NotFound`."""
    webhook = all_webhooks(actor=actor).filter(pk=webhook_id).first()
    if webhook is None:
        raise NotFound(gettext("There is no webhook with the id %(webhook_id)s.") % {"webhook_id": webhook_id})
    return webhook


def create(*, actor: User, url: str, events: list[str], enabled: bool = True) -> tuple[Webhook, str]:
    """Make a webhook for what happens from now on; returns it with its secret, which isn't shown again.

    Raises `NotAllowed`, `InvalidRequest` and `WebhookUrlRefused` for the URL, and `TooManyWebhooks`.
    """
    permissions.require_admin(actor)
    addresses.require_allowed(url)
    secret = signing.new_secret()

    def work() -> Webhook:
        webhook = Webhook(url=url, events=events, enabled=enabled)
        _begin(webhook)
        if Webhook.objects.count() >= MOST:
            raise TooManyWebhooks(
                gettext("There may be %(most)s webhooks; delete one first.") % {"most": MOST}, maximum=MOST
            )
        webhook.save()
        WebhookSecret.objects.create(webhook=webhook, secret=secret)
        _ask()
        return webhook

    return unit_of_work.run(work), secret


def update(*, actor: User, webhook_id: int, **fields: Unpack[WebhookFields]) -> Webhook:
    """Change a webhook. One that is enabled again gets its pending deliveries, and is told what happens from then on.

    Raises `NotAllowed`, `NotFound`, and `InvalidRequest` and `WebhookUrlRefused` for the URL.
    """
    now = get(actor=actor, webhook_id=webhook_id)
    if "url" in fields and fields["url"] != now.url:
        addresses.require_allowed(fields["url"])

    def work() -> Webhook:
        webhook = get(actor=actor, webhook_id=webhook_id)
        changed = set(fields)
        if fields.get("enabled") and not webhook.enabled:
            _begin(webhook)
            webhook.gone_at = None
            changed |= {"after_event", "gone_at"}
        webhook.resume_at = None
        for name, value in fields.items():
            setattr(webhook, name, value)
        webhook.save(update_fields={*changed, "resume_at"})
        _ask()
        return webhook

    return unit_of_work.run(work)


def delete(*, actor: User, webhook_id: int) -> None:
    """Delete a webhook and its deliveries. Raises `NotAllowed` and `NotFound`."""
    unit_of_work.run(lambda: get(actor=actor, webhook_id=webhook_id).delete())


def rotate(*, actor: User, webhook_id: int) -> tuple[Webhook, str, datetime.datetime]:
    """Give a webhook a new secret; returns it with the secret, and until when the one before signs too.

    Raises `NotAllowed` and `NotFound`.
    """
    secret, until = signing.new_secret(), timezone.now() + OVERLAP

    def work() -> Webhook:
        webhook = get(actor=actor, webhook_id=webhook_id)
        webhook.secrets.filter(expires_at__lte=timezone.now()).delete()
        if not webhook.secrets.filter(expires_at=None).update(expires_at=until):
            # Another rotation was faster; its secret must end, too.
            raise unit_of_work.LostRace
        WebhookSecret.objects.create(webhook=webhook, secret=secret)
        return webhook

    return unit_of_work.run(work), secret, until


def test(*, actor: User, webhook_id: int) -> Delivery:
    """Send a message that only tests the receiver. Raises `NotAllowed`, `NotFound` and `WebhookDisabled`."""

    def work() -> Delivery:
        webhook = _get_enabled(actor, webhook_id)
        message_id = signing.message_id(webhook.pk, secrets.token_hex(16))
        _ask()
        return Delivery.objects.create(webhook=webhook, type=TEST, message_id=message_id, next_try_at=timezone.now())

    return unit_of_work.run(work)


def deliveries_of(*, actor: User, webhook_id: int) -> DeliveryQuerySet:
    """The deliveries of a webhook that are kept. Raises `NotAllowed` and `NotFound`."""
    return Delivery.objects.filter(webhook=get(actor=actor, webhook_id=webhook_id))


def get_delivery(*, actor: User, webhook_id: int, delivery_id: int) -> tuple[Delivery, Event | None]:
    """A delivery and its event; a test has none. Raises `NotAllowed` and `NotFound`."""
    delivery = deliveries_of(actor=actor, webhook_id=webhook_id).filter(pk=delivery_id).first()
    if delivery is None:
        raise NotFound(
            gettext("This webhook has no delivery with the id %(delivery_id)s.") % {"delivery_id": delivery_id}
        )
    return delivery, Event.objects.filter(pk=delivery.event).first() if delivery.event else None


def retry(*, actor: User, webhook_id: int, delivery_id: int) -> Delivery:
    """Try a delivery now, whatever became of it, and then as often as a new one.

    Raises `NotAllowed`, `NotFound` and `WebhookDisabled`.
    """

    def work() -> Delivery:
        _get_enabled(actor, webhook_id)
        delivery, _ = get_delivery(actor=actor, webhook_id=webhook_id, delivery_id=delivery_id)
        delivery.status, delivery.attempts, delivery.next_try_at = Status.PENDING, 0, timezone.now()
        delivery.save(update_fields=["status", "attempts", "next_try_at"])
        _ask()
        return delivery

    return unit_of_work.run(work)


def remove_old() -> None:
    """Delete the deliveries that are older than 30 days, some at a time."""
    old = Delivery.objects.filter(created_at__lt=timezone.now() - KEPT).order_by("created_at")
    while some := list(old.values_list("pk", flat=True)[:_REMOVED_AT_ONCE]):
        unit_of_work.run(Delivery.objects.filter(pk__in=some).delete)
        unit_of_work.let_others_write()


class Backlog(NamedTuple):
    """What is still to do for the webhooks that are enabled."""

    pending: int
    # For how long a message that is due should have been sent, and for how long an event has waited to be read.
    late_seconds: float
    unread_seconds: float


def backlog() -> Backlog:
    """What is still to do."""
    if not delivering.is_needed():
        return Backlog(0, 0, 0)
    now = timezone.now()
    pending = Delivery.objects.filter(webhook__in=Webhook.objects.enabled(), status=Status.PENDING)
    first = pending.filter(webhook__in=Webhook.objects.all().with_work(now)).aggregate(due=Min("next_try_at"))["due"]
    late = max(0.0, (now - first).total_seconds()) if first else 0.0
    return Backlog(pending.count(), late, reading.unread_since(delivering.NAME) or 0.0)


def _begin(webhook: Webhook) -> None:
    """Let the webhook be told what happens from now on. Changes of webhooks wait for each other here."""
    position = reading.locked(delivering.NAME)
    if not delivering.is_needed():
        # Nobody has read the history lately.
        reading.skip(position)
    webhook.after_event = reading.highest_id()


def _get_enabled(actor: User, webhook_id: int) -> Webhook:
    webhook = get(actor=actor, webhook_id=webhook_id)
    if not webhook.enabled:
        raise WebhookDisabled(gettext("The webhook is disabled; enable it first."))
    return webhook


def _ask() -> None:
    unit_of_work.after_commit(lambda: wanted.send(sender=Webhook))
