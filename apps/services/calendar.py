"""Calendar feeds for calendar programs, each behind a link that only its owner knows.

The link's token is signed and names the person, how often they renewed it, and their epoch, so that nothing secret is
stored.
"""

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.signing import BadSignature, Signer
from django.db.models import F, Max
from django.utils.translation import gettext
from icalendar import Calendar, Component, Timezone, TimezoneStandard, vDuration
from icalendar import Event as CalendarEvent

from apps.exceptions.base import NotFound
from apps.models import Assignment, CalendarLink, Event, User
from apps.models.assignments import Status
from apps.models.effort import DEFAULT_EFFORT
from apps.services import unit_of_work
from apps.services.shared import permissions, units

# A feed shows so many past days.
DAYS_BACK = 31
# The interval at which programs are asked to refresh.
_REFRESH = datetime.timedelta(hours=1)
# Not allowed in the text of a calendar.
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_signer = Signer(sep="~", salt="togo.calendar")


def token_of(*, actor: User) -> str:
    """The token of the person's current link."""
    version = CalendarLink.objects.filter(pk=actor.pk).values_list("version", flat=True).first() or 0
    return _signer.sign(_named(actor, version))


def renew(*, actor: User) -> str:
    """Make a new link; the old one stops working. Returns the token of the new link."""

    def work() -> None:
        CalendarLink.objects.get_or_create(pk=actor.pk)
        CalendarLink.objects.filter(pk=actor.pk).update(version=F("version") + 1)

    unit_of_work.run(work)
    return token_of(actor=actor)


@dataclass(frozen=True)
class Feed:
    """A calendar in the format of RFC 5545, and the time of its last change, None if unknown."""

    body: bytes
    last_modified: datetime.datetime | None


def feed(*, token: str) -> Feed:
    """The person's assignments from 31 days ago on, each titled with its task's name, and with its effort if that isn't
    1: `cooking (3 h)`. The same assignments give the same bytes.

    Raises `NotFound` for a token that was renewed, forged, or is of somebody deactivated.
    """
    person = _person(token)
    first = permissions.today() - datetime.timedelta(days=DAYS_BACK)
    theirs = Assignment.objects.filter(daily_limit__user=person, daily_limit__date__gte=first)
    changed = _last_changes(person, first)
    shown = [
        _event(assignment, changed.get(assignment.pk, assignment.created_at))
        for assignment in theirs.with_day()
        .select_related("task")
        .defer("task__note", "task__url")
        .order_by("daily_limit__date", "pk")
    ]
    return Feed(_calendar(person, shown), _last_change_for(person))


def _last_change_for(person: User) -> datetime.datetime | None:
    """The time of the last event about this person's assignments, also those that were moved away."""
    told = Event.objects.order_by("-pk")
    # Two queries, because each can use an index.
    last = [told.filter(user=person.pk).first(), told.filter(from_user=person.pk).first()]
    return max((event.at for event in last if event), default=None)


def _last_changes(person: User, first: datetime.date) -> dict[int | None, datetime.datetime]:
    """The time of the last event of each of a person's assignments."""
    told = Event.objects.filter(user=person.pk, date__gte=first, assignment__isnull=False)
    return dict(told.values_list("assignment").annotate(Max("at")))


def _person(token: str) -> User:
    try:
        named = _signer.unsign(token)
    except BadSignature:
        raise _no_calendar() from None
    user_id = named.partition(".")[0]
    person = User.objects.active().select_related("calendar_link").filter(pk=user_id).first()
    if person is None or named != _named(person, _version_of(person)):
        raise _no_calendar()
    return person


def _named(person: User, version: int) -> str:
    """The text that is signed. In epoch 0 as in versions without epochs, so that old links go on working."""
    return f"{person.pk}.{version}.{person.epoch}" if person.epoch else f"{person.pk}.{version}"


def _version_of(person: User) -> int:
    link: CalendarLink | None = getattr(person, "calendar_link", None)
    return link.version if link else 0


def _no_calendar() -> NotFound:
    return NotFound(gettext("There is no calendar here; its owner may have renewed the link."))


def _calendar(person: User, events: Sequence[Component]) -> bytes:
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//ToGo//ToGo//EN")
    for name in ("name", "x-wr-calname"):
        calendar.add(name, f"ToGo ({person.username})")
    calendar.add("refresh-interval", vDuration(_REFRESH), parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", vDuration(_REFRESH))
    for part in events or [_nothing()]:
        calendar.add_component(part)
    written: bytes = calendar.to_ical()
    return written


def _event(assignment: Assignment, changed: datetime.datetime) -> CalendarEvent:
    name = assignment.task.name
    if assignment.effort != DEFAULT_EFFORT:
        name = f"{name} ({units.short(assignment.effort)})"
    name = _CONTROL.sub(" ", name)
    event = CalendarEvent()
    # Two installations may have the same ids, but not made in the same microsecond.
    event.add("uid", f"{assignment.pk}.{assignment.created_at:%Y%m%dT%H%M%S.%fZ}@togo")
    event.add("dtstamp", changed)
    event.add("last-modified", changed)
    event.add("dtstart", assignment.date)
    event.add("dtend", assignment.date + datetime.timedelta(days=1))
    # A tick in the title: calendar programs show no other mark for a done event.
    event.add("summary", f"\u2713 {name}" if assignment.status == Status.DONE else name)
    # The event does not block the day: the person is not shown as busy.
    event.add("transp", "TRANSPARENT")
    return event


def _nothing() -> Component:
    """A time zone, for a calendar without events: RFC 5545 requires at least one component."""
    zone, standard = Timezone(), TimezoneStandard()
    zone.add("tzid", "UTC")
    standard.add("dtstart", datetime.datetime(1970, 1, 1))  # noqa: DTZ001 - the times of a zone's own are in none
    for name in ("tzoffsetfrom", "tzoffsetto"):
        standard.add(name, datetime.timedelta(0))
    zone.add_component(standard)
    return zone
