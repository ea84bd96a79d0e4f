"""Delivers messages: reads the history, stores a delivery for each webhook and event, and sends what is due.

One process does that at a time; it holds a lease, and another one takes over 15 seconds after it was killed. Each
webhook has a lane of its own, in which one message after the other is sent: a receiver that is slow or mute holds up
nobody else, and gets the messages in their order. The result of each try is stored before the lane's next one. So a
message is sent again after a crash, but never lost.
"""

import asyncio
import datetime
import logging
import random
import time
import uuid
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from asgiref.sync import async_to_sync, sync_to_async
from django.db.models import Q
from django.utils import timezone

from apps.models import Delivery, Event, Webhook, WebhookSecret
from apps.models.webhooks import Status, type_of
from apps.services import unit_of_work
from apps.services.shared import leases, reading, stored
from apps.services.webhooks import signing
from apps.services.webhooks.sending import Line, Outcome

logger = logging.getLogger(__name__)
T = TypeVar("T")

# The name of the lease, and of the reader of the history.
NAME = "webhooks"
# The delays after the first, the second … failed try, in seconds: ten tries in a bit more than three days.
DELAYS = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]
TRIES = len(DELAYS) + 1
# Each delay is shorter or longer by up to this part, so that the tries of many messages don't come at once.
_JITTER = 0.1
# The longest time that a receiver may ask to be left alone, in seconds.
_LONGEST_WAIT = 86_400
# How long to wait before looking for new events again, and how often to renew the lease, in seconds.
_PAUSE, _RENEWAL = 1.0, 5.0
_TOO_MUCH = (429, 503)
_GONE = 410
_MOST_SIGNATURES = 10

# The bytes of the message about an event; None for a test.
Render = Callable[[Delivery, Event | None], bytes]


class _Try(NamedTuple):
    delivery: Delivery
    url: str
    headers: dict[str, str]
    body: bytes


def is_needed() -> bool:
    """Whether there is a webhook to tell."""
    return Webhook.objects.enabled().exists()


def run(*, render: Render, stopping: Callable[[], bool], once: bool = False) -> None:
    """Deliver until no webhook is enabled, `stopping` returns true, or another process has the lease. `once` stops as
    soon as nothing is due."""
    async_to_sync(_Sender(render, stopping, once).run)()


def read_on() -> int:
    """Store deliveries of the next events of the history; returns how many events were read."""
    return reading.read(NAME, _store_deliveries)


def _store_deliveries(events: list[Event]) -> None:
    now = timezone.now()
    webhooks = list(Webhook.objects.enabled().order_by("pk"))
    Delivery.objects.bulk_create(
        [
            Delivery(
                webhook=webhook,
                event=event.pk,
                type=type_of(event.kind),
                message_id=signing.message_id(webhook.pk, event.pk, event.at.isoformat()),
                next_try_at=now,
            )
            for event in events
            for webhook in webhooks
            if event.pk > webhook.after_event and webhook.wants(type_of(event.kind))
        ]
    )


def _lanes_with_work() -> list[int]:
    return list(Webhook.objects.all().with_work(timezone.now()).values_list("pk", flat=True))


def _next_try(webhook_id: int, render: Render) -> _Try | None:
    """The message to send next, signed for this moment."""
    now = timezone.now()
    webhook = Webhook.objects.all().with_work(now).filter(pk=webhook_id).first()
    delivery = Delivery.objects.filter(webhook=webhook).due(now).first() if webhook else None
    if webhook is None or delivery is None:
        return None
    event = Event.objects.filter(pk=delivery.event).first() if delivery.event else None
    if delivery.event and event is None:
        _give_up(delivery, stored.NO_EVENT)
        return _next_try(webhook_id, render)
    body = render(delivery, event)
    in_use = WebhookSecret.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), webhook=webhook_id)
    secrets = in_use.order_by("-pk").values_list("secret", flat=True)[:_MOST_SIGNATURES]
    headers = signing.headers(delivery.message_id, timestamp=int(now.timestamp()), body=body, secrets=secrets)
    return _Try(delivery, webhook.url, headers, body)


def _give_up(delivery: Delivery, why: str) -> None:
    row = Delivery.objects.filter(pk=delivery.pk)
    unit_of_work.run(lambda: row.update(status=Status.FAILED, next_try_at=None, error=why))


def _store(delivery: Delivery, outcome: Outcome) -> None:
    """Store the result of a try, and decide when the next one is."""
    now = timezone.now()
    attempts = delivery.attempts + 1
    error = outcome.error or ("" if outcome.is_success else stored.ANSWERED % {"status": outcome.status})
    is_last = attempts >= TRIES or outcome.status == _GONE
    wait = None if outcome.is_success or is_last else _wait(attempts, outcome.retry_after)
    status = Status.DELIVERED if outcome.is_success else Status.FAILED if is_last else Status.PENDING
    values = {
        "status": status,
        "attempts": attempts,
        "tried_at": now,
        "next_try_at": now + datetime.timedelta(seconds=wait) if wait is not None else None,
        "seconds": round(outcome.seconds, 3),
        "http_status": outcome.status,
        "error": error,
        "answer": outcome.answer,
    }
    same_try = Delivery.objects.filter(pk=delivery.pk, attempts=delivery.attempts, status=Status.PENDING)
    webhook = Webhook.objects.filter(pk=delivery.webhook_id)

    def work() -> None:
        if not same_try.update(**values):
            return
        if outcome.status == _GONE:
            webhook.update(enabled=False, gone_at=now)
        elif outcome.status in _TOO_MUCH and outcome.retry_after:
            pause = datetime.timedelta(seconds=min(outcome.retry_after, _LONGEST_WAIT))
            webhook.update(resume_at=now + pause)

    unit_of_work.run(work)
    if error:
        log = logger.warning if is_last else logger.info
        log(
            "Webhook %s, delivery %s: try %s of %s failed: %s", delivery.webhook_id, delivery.pk, attempts, TRIES, error
        )


def _wait(attempts: int, retry_after: float | None) -> float:
    delay = DELAYS[attempts - 1] * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - spreads tries, keeps no secret
    return max(delay, min(retry_after or 0, _LONGEST_WAIT))


class _Sender:
    """The loop of the process that delivers."""

    def __init__(self, render: Render, stopping: Callable[[], bool], once: bool) -> None:
        self._render = render
        self._stopping = stopping
        self._once = once
        self._holder = uuid.uuid4().hex
        self._renew_at = 0.0
        self._ends = False
        self._lanes: dict[int, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Take the lease, then read, and send in lanes."""
        if not await self._take_lease():
            return
        try:
            while not self._ends and not self._stopping():
                found = await _in_order(read_on)
                for webhook in await _in_order(_lanes_with_work):
                    if webhook not in self._lanes:
                        self._lanes[webhook] = asyncio.create_task(self._lane(webhook))
                if not self._lanes and (self._once or not await _in_order(is_needed)):
                    break
                await self._pause(0 if found else _PAUSE)
                self._ends = not await self._renew_lease()
        finally:
            self._ends = True
            await asyncio.gather(*self._lanes.values(), return_exceptions=True)
            await _in_order(leases.release, NAME, holder=self._holder)

    async def _lane(self, webhook: int) -> None:
        """Send what is due for this webhook, one message after the other."""
        line = Line()
        try:
            while not self._ends and not self._stopping():
                next_try = await _in_order(_next_try, webhook, self._render)
                if next_try is None:
                    break
                outcome = await line.send(next_try.url, next_try.headers, next_try.body)
                await _in_order(_store, next_try.delivery, outcome)
        except Exception:
            logger.exception("Webhook %s: its messages can't be sent now.", webhook)
            await asyncio.sleep(_PAUSE)
        finally:
            line.close()
            del self._lanes[webhook]

    async def _pause(self, seconds: float) -> None:
        """Wait until a lane has ended, but not longer than this."""
        if self._lanes:
            await asyncio.wait(self._lanes.values(), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        else:
            await asyncio.sleep(seconds)

    async def _take_lease(self) -> bool:
        """Take the lease. If another process has it, wait until it must have renewed it: it may have been killed."""
        until = time.monotonic() + (0 if self._once else leases.LASTS.total_seconds() + _RENEWAL)
        while not await self._renew_lease():
            if time.monotonic() > until or self._stopping():
                return False
            await asyncio.sleep(_PAUSE)
        return True

    async def _renew_lease(self) -> bool:
        """Whether this process still has the lease."""
        if time.monotonic() < self._renew_at:
            return True
        has_it = await _in_order(leases.hold, NAME, holder=self._holder)
        self._renew_at = time.monotonic() + _RENEWAL if has_it else 0.0
        return has_it


async def _in_order(function: Callable[..., T], *args: Any, **named: Any) -> T:
    """Call a function that uses the database in the thread that has the connection, one call after the other."""
    return await sync_to_async(function)(*args, **named)
