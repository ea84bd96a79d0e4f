"""Sends messages: reads the history, adds the digests that are due, and hands what is due to the mail server.

One thread of all workers does that and holds a lease, which ends 15 seconds after the thread was killed; then the
minutely job starts another one. A message is claimed before it is sent, so two threads never send the same one. If the
process is killed between sending a message and noting it, the message is sent once more when its claim ends.
"""

import datetime
import logging
import time
import uuid
from collections.abc import Callable

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from apps.models import Event, Import, Message, Notification
from apps.models.notifications import MessageKind, MessageStatus
from apps.services import unit_of_work
from apps.services.notifications import collecting, writing
from apps.services.notifications.post import Outcome, Post, ServerAway
from apps.services.shared import leases

logger = logging.getLogger(__name__)

NAME = "messages"
# The delays after the first, the second … failed try of a message; the last one repeats.
DELAYS = [datetime.timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 120)]
# After so long the process that claimed a message must have died.
CLAIM = datetime.timedelta(minutes=5)
# Changes by somebody whose import runs wait for its end, but not longer than this.
_WAITS_FOR_IMPORT = datetime.timedelta(hours=1)
_LOOKS_AGAIN = datetime.timedelta(seconds=30)
_AT_ONCE = 100
# How long to wait when nothing is due, how often to look for digests, and how often to renew the lease, in seconds.
_PAUSE, _DIGESTS, _RENEWAL = 2.0, 10.0, 5.0
# The first and the longest wait for a mail server that is away, in seconds.
_FIRST_WAIT, _LONGEST_WAIT = 5.0, 300.0


def is_needed() -> bool:
    """Whether this ToGo sends messages."""
    return bool(settings.TOGO_EMAIL_SERVER)


def run(*, stopping: Callable[[float], bool]) -> None:
    """Send until `stopping` says so, or another thread has the lease. `stopping` waits so many seconds before it says
    whether to stop."""
    _Sender(stopping).run()


def send_what_is_due() -> int:
    """Do all that is due now, once; returns how many messages were looked at. Raises `ServerAway`."""
    collecting.read_on()
    collecting.plan_digests()
    return _send_due(lambda: True)


class _Sender:
    def __init__(self, stopping: Callable[[float], bool]) -> None:
        self._stopping = stopping
        self._holder = uuid.uuid4().hex
        self._renew_at = self._digests_at = 0.0

    def run(self) -> None:
        wait = _FIRST_WAIT
        if not self._goes_on():
            return
        try:
            while self._goes_on():
                busy = collecting.read_on()
                if time.monotonic() >= self._digests_at:
                    busy += collecting.plan_digests()
                    self._digests_at = time.monotonic() + (0 if busy else _DIGESTS)
                try:
                    busy += _send_due(self._goes_on)
                    wait = _FIRST_WAIT
                except ServerAway as error:
                    logger.warning("The mail server can't be used (%s); the next try is in %d seconds.", error, wait)
                    if not self._wait_and_read(wait):
                        return
                    wait = min(wait * 2, _LONGEST_WAIT)
                if not busy and self._stopping(_PAUSE):
                    return
        finally:
            leases.release(NAME, holder=self._holder)

    def _wait_and_read(self, seconds: float) -> bool:
        """Wait for the mail server, and keep the lease and read the history meanwhile; returns whether to go on."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self._stopping(min(_PAUSE, seconds)) or not self._goes_on():
                return False
            collecting.read_on()
        return True

    def _goes_on(self) -> bool:
        """Whether this thread has the lease, and isn't asked to stop."""
        if self._stopping(0):
            return False
        if time.monotonic() >= self._renew_at:
            if not leases.hold(NAME, holder=self._holder):
                return False
            self._renew_at = time.monotonic() + _RENEWAL
        return True


def _send_due(goes_on: Callable[[], bool]) -> int:
    """Send what is due, as long as `goes_on` says so; returns how many messages were looked at. Raises `ServerAway`."""
    now = timezone.now()
    overdue = Message.objects.filter(status=MessageStatus.PENDING, give_up_at__lte=now)
    if overdue.exists():
        unit_of_work.run(lambda: overdue.update(status=MessageStatus.FAILED))
    due = list(Message.objects.due(now).select_related("user")[:_AT_ONCE])
    addresses = Notification.objects.select_related("user").in_bulk([message.user_id for message in due])
    done = 0
    with Post() as post:
        for message in due:
            if not goes_on():
                break
            try:
                _send(post, message, addresses.get(message.user_id))
            except ServerAway:
                raise
            except Exception:
                # One message that can't be written must not hold up the others.
                logger.exception("Message %s to person %s can't be sent now.", message.pk, message.user_id)
                _note(message, due_at=now + _delay(message))
            done += 1
    return done


def _send(post: Post, message: Message, to: Notification | None) -> None:
    now = timezone.now()
    if to is None or not _takes(to, message):
        _note(message, status=MessageStatus.DROPPED)
        return
    if _waits_for_an_import(message, now):
        _note(message, due_at=now + _LOOKS_AGAIN)
        return
    letter = writing.letter(message, to)
    if letter.is_empty:
        _note(message, status=MessageStatus.DROPPED)
        return
    post.open()
    if not _note(message, attempts=F("attempts") + 1, due_at=now + CLAIM, events=letter.events):
        return
    message.attempts += 1
    try:
        outcome, answer = post.send(message, to, letter)
    except ServerAway:
        _note(message, due_at=now + _delay(message))
        raise
    _settle(message, to, outcome, answer)


def _settle(message: Message, to: Notification, outcome: Outcome, answer: str) -> None:
    """Note what became of a message that was handed to the server."""
    now = timezone.now()
    match outcome:
        case Outcome.TAKEN:
            _note(message, status=MessageStatus.SENT, sent_at=now)
            return
        case Outcome.LATER:
            _note(message, due_at=now + _delay(message))
        case Outcome.REFUSED:
            _note(message, status=MessageStatus.FAILED)
        case Outcome.ADDRESS_REFUSED:
            _note(message, status=MessageStatus.FAILED)
            same = Notification.objects.filter(pk=to.pk, email=to.email)
            unit_of_work.run(lambda: same.update(refusal=answer))
    # The rest of the answer may name the address.
    logger.warning(
        "Message %s to person %s, try %s: %s (%s).", message.pk, to.pk, message.attempts, outcome.value, answer[:3]
    )


def _takes(to: Notification, message: Message) -> bool:
    """Whether the person still is to get the message."""
    if not to.user.is_active or not to.email or to.refusal:
        return False
    if message.kind == MessageKind.CONFIRM:
        return bool(to.nonce)
    return to.confirmed_at is not None and (message.kind != MessageKind.DIGEST or to.digest_at is not None)


def _waits_for_an_import(message: Message, now: datetime.datetime) -> bool:
    """Whether somebody whose change the message tells of is still importing: there is one message for an import."""
    if message.kind != MessageKind.NEWS or message.created_at < now - _WAITS_FOR_IMPORT:
        return False
    actors = Event.objects.filter(pk__in=message.events).values("actor")
    return Import.objects.all().unfinished().filter(dry_run=False, uploader__in=actors).exists()


def _note(message: Message, **values: object) -> bool:
    """Change a message that nobody else has taken meanwhile; returns whether it was changed."""
    same = Message.objects.filter(pk=message.pk, attempts=message.attempts, status=MessageStatus.PENDING)
    return unit_of_work.run(lambda: same.update(**values)) == 1


def _delay(message: Message) -> datetime.timedelta:
    return DELAYS[min(max(message.attempts, 1), len(DELAYS)) - 1]
