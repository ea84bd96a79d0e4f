"""Sends messages: reads the history, adds the digests that are due, and hands what is due to the mail server, or to
people's channels.

For each of these two ways one thread of all workers does that and holds a lease, which ends 15 seconds after the thread
was killed; then the minutely job starts another one. A message is claimed before it is written and sent, so two threads
never send the same one. If the process is killed between sending a message and noting it, the message is sent once more
when its claim ends.
"""

import datetime
import logging
import time
import uuid
from collections.abc import Callable, Mapping, Sequence

from django.db.models import F
from django.utils import timezone

from apps.models import Channel, Event, Import, Message, Notification
from apps.models.notifications import MessageKind, MessageStatus, Way, channel_of
from apps.services import unit_of_work
from apps.services.notifications import collecting, writing
from apps.services.notifications.channels import ChannelPost
from apps.services.notifications.parcels import Outcome, Parcel, ServerAway
from apps.services.notifications.post import Post
from apps.services.shared import leases

logger = logging.getLogger(__name__)

# The delays after the first, the second … failed try of a message; the last one repeats.
DELAYS = [datetime.timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 120)]
# After so long the process that claimed a message must have died.
CLAIM = datetime.timedelta(minutes=5)
# Changes by somebody whose import runs wait for its end, but not longer than this.
_WAITS_FOR_OTHERS = datetime.timedelta(hours=1)
_LOOKS_AGAIN = datetime.timedelta(seconds=30)
_AT_ONCE = 100
# How long to wait when nothing is due, how often to look for digests, and how often to renew the lease, in seconds.
_PAUSE, _DIGESTS, _RENEWAL = 2.0, 10.0, 5.0
# The first and the longest wait for a mail server that is away, in seconds.
_FIRST_WAIT, _LONGEST_WAIT = 5.0, 300.0


def lease_of(way: Way) -> str:
    """The name of the lease of the thread that sends this way."""
    return {Way.EMAIL: "messages", Way.CHANNEL: "messages to channels"}[way]


def run(way: Way, *, stopping: Callable[[float], bool]) -> None:
    """Send this way until `stopping` says so, or another thread has the lease. `stopping` waits so many seconds before
    it says whether to stop."""
    _Sender(way, stopping).run()


def send_what_is_due() -> int:
    """Do all that is due now, once; returns how many messages were looked at. Raises `ServerAway`."""
    collecting.read_on()
    collecting.plan_digests()
    return sum(_send_due(way, lambda: True) for way in collecting.ways())


class _Sender:
    def __init__(self, way: Way, stopping: Callable[[float], bool]) -> None:
        self._way = way
        self._stopping = stopping
        self._holder = uuid.uuid4().hex
        self._renew_at = self._digests_at = 0.0

    def run(self) -> None:
        wait = _FIRST_WAIT
        if not self._goes_on():
            return
        try:
            while self._goes_on():
                busy = self._read_on()
                if time.monotonic() >= self._digests_at:
                    busy += collecting.plan_digests()
                    self._digests_at = time.monotonic() + (0 if busy else _DIGESTS)
                try:
                    busy += _send_due(self._way, self._goes_on)
                    wait = _FIRST_WAIT
                except ServerAway as error:
                    logger.warning(
                        "Nothing can be sent %s (%s); the next try is in %d seconds.", self._way.label, error, wait
                    )
                    if not self._wait_and_read(wait):
                        return
                    wait = min(wait * 2, _LONGEST_WAIT)
                if not busy and self._stopping(_PAUSE):
                    return
        finally:
            leases.release(lease_of(self._way), holder=self._holder)

    def _wait_and_read(self, seconds: float) -> bool:
        """Wait for the mail server, and keep the lease and read the history meanwhile; returns whether to go on."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self._stopping(min(_PAUSE, seconds)) or not self._goes_on():
                return False
            self._read_on()
        return True

    def _read_on(self) -> int:
        """Read the history, in one of the threads; returns how many events were read."""
        return collecting.read_on() if self._way == collecting.ways()[0] else 0

    def _goes_on(self) -> bool:
        """Whether this thread has the lease, and isn't asked to stop."""
        if self._stopping(0):
            return False
        if time.monotonic() >= self._renew_at:
            if not leases.hold(lease_of(self._way), holder=self._holder):
                return False
            self._renew_at = time.monotonic() + _RENEWAL
        return True


def _send_due(way: Way, goes_on: Callable[[], bool]) -> int:
    """Send what is due this way, as long as `goes_on` says so; returns how many messages were looked at. Raises
    `ServerAway`."""
    now = timezone.now()
    overdue = Message.objects.filter(status=MessageStatus.PENDING, give_up_at__lte=now, way=way)
    if overdue.exists():
        unit_of_work.run(lambda: overdue.update(status=MessageStatus.FAILED))
    due = list(Message.objects.due(now, way).select_related("user")[:_AT_ONCE])
    people = [message.user_id for message in due]
    wishes = Notification.objects.select_related("user", "user__channel").in_bulk(people)
    waiting = {message.pk for message in due if _waits_for_others(message, now)}
    if any(message.kind == MessageKind.NEWS for message in due):
        # What others did before they ended belongs to the messages that waited for them.
        collecting.read_all()
    done = 0
    with Post() if way == Way.EMAIL else ChannelPost() as post:
        while done < len(due) and goes_on():
            some = due[done : done + post.at_once]
            _send(post, [message for message in some if message.pk not in waiting], wishes)
            done += len(some)
    for message in due[:done]:
        if message.pk in waiting:
            _note(message, due_at=now + _LOOKS_AGAIN)
    return done


def _send(post: Post | ChannelPost, messages: Sequence[Message], wishes: Mapping[int, Notification]) -> None:
    """Claim these messages, hand them over, and note what became of each. Raises `ServerAway`."""
    addressed = []
    for message in messages:
        to = wishes.get(message.user_id)
        if to and (address := _address(message, to)):
            addressed.append((message, to, address))
        else:
            _note(message, status=MessageStatus.DROPPED)
    if not addressed:
        return
    post.open()
    # A message takes further events until it is claimed, so it is written after that.
    parcels = [parcel for one in addressed if _claim(one[0]) and (parcel := _parcel(*one))]
    open_ones = {parcel.message.pk: parcel.message for parcel in parcels}
    try:
        for parcel, outcome, answer in post.send(parcels):
            del open_ones[parcel.message.pk]
            _settle(parcel, outcome, answer)
    except ServerAway:
        for message in open_ones.values():
            _note(message, due_at=timezone.now() + _delay(message))
        raise
    except Exception as error:
        for message in open_ones.values():
            _put_off(message, error)


def _claim(message: Message) -> bool:
    """Whether no other process sends this message."""
    if not _note(message, attempts=F("attempts") + 1, due_at=timezone.now() + CLAIM):
        return False
    message.attempts += 1
    if message.kind == MessageKind.NEWS:
        message.refresh_from_db(fields=["events"])
    return True


def _parcel(message: Message, to: Notification, address: Notification | Channel) -> Parcel | None:
    """What to hand over; None if there is nothing to tell, or it can't be written."""
    try:
        letter = writing.letter(message, to, address)
    except Exception as error:
        _put_off(message, error)
        return None
    if letter.is_empty:
        _note(message, status=MessageStatus.DROPPED)
        return None
    return Parcel(message, to, address, letter)


def _put_off(message: Message, error: Exception) -> None:
    """Try a message again later: one that can't be written must not hold up the others."""
    logger.error("Message %s to person %s can't be sent now.", message.pk, message.user_id, exc_info=error)
    _note(message, due_at=timezone.now() + _delay(message))


def _settle(parcel: Parcel, outcome: Outcome, answer: str) -> None:
    """Note what became of a message that was handed over."""
    message, now = parcel.message, timezone.now()
    match outcome:
        case Outcome.TAKEN:
            _note(message, status=MessageStatus.SENT, sent_at=now, events=parcel.letter.events)
        case Outcome.LATER:
            _note(message, due_at=now + _delay(message))
        case Outcome.REFUSED | Outcome.ADDRESS_REFUSED:
            _note(message, status=MessageStatus.FAILED)
    _note_answer(parcel.address, outcome, answer)
    if outcome != Outcome.TAKEN:
        # The rest of the answer may name the address.
        code = f" ({answer[:3]})" if message.way == Way.EMAIL else ""
        logger.warning(
            "Message %s to person %s, try %s: %s%s.", message.pk, message.user_id, message.attempts, outcome.value, code
        )


def _note_answer(address: Notification | Channel, outcome: Outcome, answer: str) -> None:
    """Note at the address, unless it was changed meanwhile, that it takes no messages, or what a channel's service
    said."""
    refused = {"refusal": answer} if outcome == Outcome.ADDRESS_REFUSED else {}
    if isinstance(address, Channel):
        channel = Channel.objects.filter(pk=address.pk, url=address.url)
        changes = refused or ({"problem": answer} if address.problem != answer else {})
        if changes:
            unit_of_work.run(lambda: channel.update(**changes))
    elif refused:
        same = Notification.objects.filter(pk=address.pk, email=address.email)
        unit_of_work.run(lambda: same.update(**refused))


def _address(message: Message, to: Notification) -> Notification | Channel | None:
    """Where the message goes; None if the person isn't to get it any more."""
    address = to if message.way == Way.EMAIL else channel_of(to)
    if address is None or not to.user.is_active or not address.shown or address.refusal:
        return None
    if message.kind == MessageKind.CONFIRM:
        return address if address.nonce else None
    is_wanted = message.kind != MessageKind.DIGEST or to.digest_at is not None
    return address if address.confirmed_at is not None and is_wanted else None


def _waits_for_others(message: Message, now: datetime.datetime) -> bool:
    """Whether somebody whose change the message tells of still imports, or applies a distribution as a job: there is
    one message for each of these."""
    if message.kind != MessageKind.NEWS or message.created_at < now - _WAITS_FOR_OTHERS:
        return False
    actors = Event.objects.filter(pk__in=message.events).values("actor")
    return Import.objects.all().unfinished().filter(dry_run=False, uploader__in=actors).exists()


def _note(message: Message, **values: object) -> bool:
    """Change a message that nobody else has taken meanwhile; returns whether it was changed."""
    same = Message.objects.filter(pk=message.pk, attempts=message.attempts, status=MessageStatus.PENDING)
    return unit_of_work.run(lambda: same.update(**values)) == 1


def _delay(message: Message) -> datetime.timedelta:
    return DELAYS[min(max(message.attempts, 1), len(DELAYS)) - 1]
