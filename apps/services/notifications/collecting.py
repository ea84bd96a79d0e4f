"""Decides who gets which message: reads the history for changes to tell now, and finds the digests that are due."""

import datetime
from collections import defaultdict
from collections.abc import Iterator

from django.conf import settings
from django.db import IntegrityError
from django.utils import timezone

from apps.models import Event, Message, Notification
from apps.models.events import Kind
from apps.models.notifications import MessageKind, MessageStatus, Way, When
from apps.services import unit_of_work
from apps.services.shared import reading

# The name of the reader of the history.
NAME = "messages"
# A message waits for so long for further changes to tell.
COLLECTS = datetime.timedelta(minutes=2)
# The most events that one message tells of.
_MOST_EVENTS = 1000
# Changes that are older aren't told any more, and a message about changes is given up after this time.
NEWS_LASTS = datetime.timedelta(days=1)
_DIGESTS_AT_ONCE = 500


def ways() -> list[Way]:
    """The ways by which this ToGo sends messages."""
    is_on = {Way.EMAIL: settings.TOGO_EMAIL_SERVER, Way.CHANNEL: settings.TOGO_APPRISE_SCHEMAS}
    return [way for way in Way if is_on[way]]


def read_on() -> int:
    """Collect the next changes of the history in messages; returns how many events were read."""
    return reading.read(NAME, _collect)


def read_all() -> None:
    """Collect all changes that were committed before this."""
    reading.read_all(NAME, _collect)


def plan_digests() -> int:
    """Add the digests that are due today; returns how many. A digest is added once for each person and date, and never
    for a past date."""
    return sum(_plan_digests(way) for way in ways())


def _plan_digests(way: Way) -> int:
    now = timezone.localtime()
    midnight = timezone.make_aware(datetime.datetime.combine(now.date() + datetime.timedelta(days=1), datetime.time()))

    def work() -> int:
        due = Notification.objects.due_on(now.date(), now.time(), way).values_list("pk", flat=True)[:_DIGESTS_AT_ONCE]
        digests = [
            Message(user_id=user, way=way, kind=MessageKind.DIGEST, date=now.date(), due_at=now, give_up_at=midnight)
            for user in due
        ]
        return len(Message.objects.bulk_create(digests))

    # Another process may have added one of them meanwhile.
    return unit_of_work.run(work, restart_on=IntegrityError)


def people_told(event: Event) -> Iterator[tuple[int, str]]:
    """The people whose tasks an event changes, and how, by the names of `Notification`. Nobody is told what they did.

    A task that is handed on to another person is a new one for them, and is taken away from the person who had it. A
    task that somebody queued for themselves is told when it is assigned, unless they freed the room themselves. A task
    that is handed back is told to the person who gave it.
    """
    actor = event.data["freed_by"] if event.kind == Kind.PROMOTED else event.actor
    match event.kind:
        case Kind.ASSIGNED | Kind.PROMOTED:
            found = [(event.user, "assigned")]
        case Kind.UNASSIGNED:
            found = [(event.user, "unassigned")]
        case Kind.RETURNED:
            found = [(event.data["taskmaster"], "returned")]
        case Kind.MOVED if event.from_user:
            found = [(event.user, "assigned"), (event.from_user, "unassigned")]
        case Kind.MOVED:
            found = [(event.user, "moved")]
        case _:
            found = []
    yield from ((user, what) for user, what in found if user and user != actor)


def _collect(events: list[Event]) -> None:
    now = timezone.now()
    told = [
        (user, what, event.pk) for event in events if event.at > now - NEWS_LASTS for user, what in people_told(event)
    ]
    for way in ways():
        wanting = Notification.objects.in_use(way).in_bulk({user for user, _, _ in told})
        news: dict[int, list[int]] = defaultdict(list)
        for user, what, event_id in told:
            if user in wanting and getattr(wanting[user], what) == When.NOW:
                news[user].append(event_id)
        _add(news, way, now)


def _add(news: dict[int, list[int]], way: Way, now: datetime.datetime) -> None:
    """Add each person's events to the message that is being collected for them, or to a new one."""
    collecting = Message.objects.collecting().filter(user__in=news, way=way)
    open_messages = {one.user_id: one for one in collecting.order_by("pk")}
    new = []
    for user, ids in news.items():
        one = open_messages.get(user)
        if one is None or len(one.events) + len(ids) > _MOST_EVENTS or not _extend(one, ids):
            new.append(
                Message(
                    user_id=user,
                    way=way,
                    kind=MessageKind.NEWS,
                    events=ids,
                    due_at=now + COLLECTS,
                    give_up_at=now + NEWS_LASTS,
                )
            )
    Message.objects.bulk_create(new)


def _extend(one: Message, ids: list[int]) -> bool:
    """Whether the events could be added, because nobody has begun to send the message."""
    unsent = Message.objects.filter(pk=one.pk, attempts=0, status=MessageStatus.PENDING)
    return unsent.update(events=[*one.events, *ids]) == 1
