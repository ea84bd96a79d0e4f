"""Writes messages: a subject, a plain text and the same in HTML."""

import datetime
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from apps.models import Event, Message, Notification, ReturnedTask
from apps.models.assignments import Status
from apps.models.effort import DEFAULT_EFFORT
from apps.models.events import Kind
from apps.models.notifications import Address, MessageKind, MessageStatus, Way, When
from apps.models.returns import LONGEST_REASON
from apps.services import board
from apps.services.notifications import links
from apps.services.notifications.collecting import people_told
from apps.services.shared import dates, languages, units
from apps.services.shared.links import public

# A message names so many changes, and counts the others.
_MOST_CHANGES = 20
# A digest looks back so many events of a person at most.
_LOOKS_BACK = 500
# An event may be committed so long after its own time, and then the digest that was sent meanwhile doesn't have it.
_LATE = datetime.timedelta(minutes=10)
_LONGEST_NAME = 80
# The subject of a message about one change.
_ONE_CHANGE = {
    "assigned": _("New task on %(date)s: %(task)s"),
    "moved": _("Moved task on %(date)s: %(task)s"),
    "unassigned": _("Task taken away on %(date)s: %(task)s"),
}
# Control characters, and those that could end the isolation of a name or turn the text around it.
_UNWANTED = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\u061c]+")
_RIGHT_TO_LEFT = {"R", "AL", "AN"}


class Change(NamedTuple):
    """What became of one assignment of a person. `was` is None for a new one, `date` for one that is gone."""

    name: str
    was: datetime.date | None
    date: datetime.date | None

    @property
    def what(self) -> str:
        """The name of this change in `Notification`."""
        if self.was is None:
            return "assigned"
        return "moved" if self.date else "unassigned"


class Return(NamedTuple):
    """A task that a person handed back, and that nobody has placed again."""

    name: str
    date: datetime.date
    person: str
    reason: str


class Line(NamedTuple):
    """A task of the day."""

    name: str
    effort: str
    is_done: bool


@dataclass(frozen=True)
class Letter:
    """A message as it is sent. `body` has what the templates show; `events` are the ids of the events that it covers;
    `is_empty` says that there is nothing to tell; `language` is that of the reader."""

    subject: str
    template: str
    body: dict[str, Any] = field(default_factory=dict)
    events: list[int] = field(default_factory=list)
    is_empty: bool = False
    language: str = field(default_factory=get_language)

    @property
    def text(self) -> str:
        """The plain text."""
        return self._rendered("txt").strip() + "\n"

    @property
    def html(self) -> str:
        """The same in HTML."""
        return self._rendered("html")

    def _rendered(self, form: str) -> str:
        context = {**self.body, "subject": self.subject, "day_link": public(reverse("today"))}
        with languages.speaking(self.language):
            return render_to_string(f"messages/{self.template}.{form}", context)


def letter(message: Message, to: Notification, address: Address) -> Letter:
    """The message to this person at this address of theirs, in their language."""
    with languages.speaking(languages.language_of(to.user)):
        return _letter(message, to, address)


def _letter(message: Message, to: Notification, address: Address) -> Letter:
    place = address.place
    match message.kind:
        case MessageKind.CONFIRM:
            body = {"person": plain(to.user.username), "link": links.to_confirm(address), "place": place}
            subject = gettext("Confirm your channel") if place == "channel" else gettext("Confirm your address")
            return Letter(subject, "confirm", body)
        case MessageKind.TEST:
            return Letter(gettext("A test message"), "test", {"place": place})
        case MessageKind.DIGEST:
            assert message.date
            return digest(to, message.date, Way(message.way))
        case _:
            return _news(message, to)


def digest(to: Notification, date: datetime.date, way: Way = Way.EMAIL) -> Letter:
    """The day of a person, and what has changed since their last digest, as far as they want it told there."""
    [row] = board.rows_of([to.user], [date])
    [cell] = row.cells
    lines = [
        Line(
            plain(one.task.name),
            units.short(one.effort) if one.effort != DEFAULT_EFFORT else "",
            one.status == Status.DONE,
        )
        for one in cell.assignments
    ]
    events = _events_since_last_digest(to, date, way)
    changes = _wanted(changes_for(to.user_id, events), to, {When.DIGEST})
    returned = _returned(to, ReturnedTask.objects.all()) if to.returned == When.DIGEST else []
    body = {
        "date": date,
        "lines": lines,
        "limit": units.part(cell.limit.taken, cell.limit.maximum),
        "is_off": cell.state == "off",
        **_shown(changes, returned),
    }
    text = (
        ngettext("Your day, %(date)s: %(number)d task", "Your day, %(date)s: %(number)d tasks", len(lines))
        if lines
        else gettext("Your day, %(date)s: nothing to do")
    )
    subject = text % {"date": _written(date), "number": len(lines)}
    return Letter(subject, "digest", body, [event.pk for event in events], is_empty=not (lines or changes or returned))


def _news(message: Message, to: Notification) -> Letter:
    told = Event.objects.filter(pk__in=message.events)
    # Later events of the same assignments, too: the message tells how things are when it is sent.
    assignments = set(told.values_list("assignment", flat=True))
    events = Event.objects.filter(assignment__in=assignments, pk__gte=min(message.events, default=0)).order_by("pk")
    changes = _wanted(changes_for(to.user_id, events), to, {When.NOW, When.DIGEST})
    entries = [event.data["returned"] for event in told if event.kind == Kind.RETURNED]
    returned = _returned(to, ReturnedTask.objects.filter(pk__in=entries)) if to.returned != When.OFF else []
    match [*changes, *returned]:
        case [Return(name, date, person, _reason)]:
            text = gettext("%(person)s handed back %(task)s of %(date)s")
            subject = text % {"person": person, "task": name, "date": _written(date)}
        case [Change(name, was, date)]:
            subject = _ONE_CHANGE[changes[0].what] % {"date": _written(date or was), "task": name}
        case _ if not changes:
            text = ngettext("%(number)d task was handed back", "%(number)d tasks were handed back", len(returned))
            subject = text % {"number": len(returned)}
        case _:
            number = len(changes) + len(returned)
            text = ngettext("%(number)d change of your tasks", "%(number)d changes of your tasks", number)
            subject = text % {"number": number}
    return Letter(subject, "news", _shown(changes, returned), message.events, is_empty=not (changes or returned))


def changes_for(user_id: int, events: Iterable[Event]) -> list[Change]:
    """What these events, in their order, changed of a person's tasks in the end, by date. What was undone is left out,
    and so is what the person did."""
    names: dict[int | None, str] = {}
    was: dict[int | None, datetime.date | None] = {}
    now: dict[int | None, datetime.date | None] = {}
    told: set[int | None] = set()
    for event in events:
        before, after = _dates(event, user_id)
        if before is None and after is None:
            continue
        names[event.assignment] = plain(event.task_name)
        was.setdefault(event.assignment, before)
        now[event.assignment] = after
        if any(user == user_id for user, _ in people_told(event)):
            told.add(event.assignment)
    changes = [Change(names[one], was[one], now[one]) for one in names if one in told and was[one] != now[one]]
    return sorted(changes, key=lambda change: (change.date or change.was, change.name))


def plain(name: str, longest: int = _LONGEST_NAME) -> str:
    """A name for a line of text or a header: without control characters, not too long, and isolated from the text
    around it if any of it is written from right to left."""
    name = Truncator(" ".join(_UNWANTED.sub(" ", name).split())).chars(longest)
    if any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in name):
        return f"\u2068{name}\u2069"
    return name


def _dates(event: Event, user_id: int) -> tuple[datetime.date | None, datetime.date | None]:
    """The person's date of the assignment before the event and after it; None where it isn't theirs."""
    match event.kind:
        case Kind.ASSIGNED | Kind.PROMOTED if event.user == user_id:
            return None, event.date
        case Kind.UNASSIGNED | Kind.RETURNED if event.user == user_id:
            return event.date, None
        case Kind.MOVED:
            came_from = event.data["from"]
            date = datetime.date.fromisoformat(came_from["date"])
            return date if came_from["user"] == user_id else None, event.date if event.user == user_id else None
        case _:
            return None, None


def _events_since_last_digest(to: Notification, date: datetime.date, way: Way) -> list[Event]:
    digests = Message.objects.filter(user=to.user_id, kind=MessageKind.DIGEST, way=way)
    sent = digests.filter(date__lt=date, status=MessageStatus.SENT)
    last = sent.order_by("-pk").first()
    since = timezone.now() - datetime.timedelta(days=7 if last else 1)
    if last and last.sent_at:
        since = max(since, last.sent_at - _LATE)
    covered = set(last.events) if last else set()
    recent = Event.objects.all().of(to.user_id).order_by("-pk")[:_LOOKS_BACK]
    return [event for event in reversed(recent) if event.at > since and event.pk not in covered]


def _wanted(changes: list[Change], to: Notification, when: set[When]) -> list[Change]:
    return [change for change in changes if getattr(to, change.what) in when]


def _returned(to: Notification, returned: QuerySet[ReturnedTask]) -> list[Return]:
    """Those of these returned tasks that the person had given, as far as nobody has placed them again."""
    mine = returned.filter(taskmaster=to.user_id).exclude(user=to.user_id).select_related("user", "task")
    return [
        Return(plain(one.task.name), one.date, plain(one.user.display_name), plain(one.reason, LONGEST_REASON))
        for one in mine.order_by("date", "pk")
    ]


def _shown(changes: list[Change], returned: list[Return]) -> dict[str, Any]:
    return {
        "changes": changes[:_MOST_CHANGES],
        "more": max(len(changes) - _MOST_CHANGES, 0),
        "returned": returned[:_MOST_CHANGES],
        "more_returned": max(len(returned) - _MOST_CHANGES, 0),
        "board_link": public(reverse("board-returned")) if returned else "",
    }


def _written(date: datetime.date | None) -> str:
    assert date
    return dates.written(date, "l j F")
