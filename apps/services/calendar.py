"""Everyone's calendar, for programs that show calendars: behind a link that only its owner knows.

The link's token is signed and names the person and how often they renewed it, so that nothing secret is stored.
"""

import datetime
from collections.abc import Iterable

from django.core.signing import BadSignature, Signer
from django.db.models import F
from django.utils.crypto import salted_hmac
from icalendar import Calendar, Event, vDuration

from apps.exceptions.base import NotFound
from apps.models import Assignment, CalendarLink, User
from apps.models.assignments import Status
from apps.services import permissions, transactions

# How far back a calendar goes.
DAYS_BACK = 31
# How often programs are asked to look again.
_REFRESH = datetime.timedelta(hours=1)
_signer = Signer(sep="~", salt="togo.calendar")


def token_of(*, actor: User) -> str:
    """The token of the link that works now."""
    version = CalendarLink.objects.filter(pk=actor.pk).values_list("version", flat=True).first() or 0
    return _signer.sign(f"{actor.pk}.{version}")


def renew(*, actor: User) -> str:
    """Make the link that worked until now useless; returns the token of the new one."""

    def work() -> None:
        CalendarLink.objects.get_or_create(pk=actor.pk)
        CalendarLink.objects.filter(pk=actor.pk).update(version=F("version") + 1)

    transactions.run(work)
    return token_of(actor=actor)


def feed(*, token: str) -> bytes:
    """The person's assignments from 31 days ago on, as RFC 5545 has it. The same assignments give the same bytes.

    Raises `NotFound` for a token that was renewed, forged, or is of somebody deactivated.
    """
    person = _person(token)
    first = permissions.today() - datetime.timedelta(days=DAYS_BACK)
    theirs = Assignment.objects.filter(daily_limit__user=person, daily_limit__date__gte=first)
    return _calendar(person, theirs.with_day().select_related("task").order_by("daily_limit__date", "pk"))


def _person(token: str) -> User:
    try:
        user_id, _, version = _signer.unsign(token).partition(".")
    except BadSignature:
        raise _no_calendar() from None
    person = User.objects.active().select_related("calendar_link").filter(pk=user_id).first()
    if person is None or _version_of(person) != int(version):
        raise _no_calendar()
    return person


def _version_of(person: User) -> int:
    link: CalendarLink | None = getattr(person, "calendar_link", None)
    return link.version if link else 0


def _no_calendar() -> NotFound:
    return NotFound("There is no calendar here; its owner may have renewed the link.")


def _calendar(person: User, assignments: Iterable[Assignment]) -> bytes:
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//ToGo//ToGo//EN")
    calendar.add("method", "PUBLISH")
    for name in ("name", "x-wr-calname"):
        calendar.add(name, f"ToGo ({person.username})")
    calendar.add("refresh-interval", vDuration(_REFRESH), parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", vDuration(_REFRESH))
    for assignment in assignments:
        calendar.add_component(_event(assignment))
    written: bytes = calendar.to_ical()
    return written


def _event(assignment: Assignment) -> Event:
    done = assignment.status == Status.DONE
    changed = assignment.done_at or assignment.created_at
    event = Event()
    event.add("uid", f"{assignment.pk}.{_installation()}@togo")
    event.add("dtstamp", changed)
    event.add("last-modified", changed)
    event.add("dtstart", assignment.date)
    event.add("dtend", assignment.date + datetime.timedelta(days=1))
    event.add("summary", f"\u2713 {assignment.task.name}" if done else assignment.task.name)
    # It takes the day, not an hour of it: nobody is shown as busy.
    event.add("transp", "TRANSPARENT")
    return event


def _installation() -> str:
    """Tells the assignments of two installations apart, in a program that shows both."""
    return salted_hmac("togo.calendar.uid", "").hexdigest()[:16]
