"""The history of a day, in sentences."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language_bidi, gettext
from django.utils.translation import gettext_lazy as _

from apps.models import Event, User
from apps.models.events import Kind
from apps.services.shared import dates, permissions, units
from apps.services.shared.lists import joined

_MOST = 30
# What somebody did, but for moves: they are told from where, or where to.
_SENTENCES = {
    Kind.ASSIGNED: _("%(actor)s assigned “%(task)s”"),
    Kind.UNASSIGNED: _("%(actor)s took “%(task)s” away"),
    Kind.RETURNED: _("%(actor)s handed “%(task)s” back (“%(reason)s”)"),
    Kind.RETURN_CLOSED: _("%(actor)s closed “%(task)s”, which was handed back"),
    Kind.DONE: _("%(actor)s marked “%(task)s” as done"),
    Kind.REOPENED: _("%(actor)s opened “%(task)s” again"),
    Kind.EFFORT_CHANGED: _("%(actor)s changed the effort of “%(task)s” from %(old)s to %(new)s"),
    Kind.TASK_CHANGED: _("%(actor)s merged another task into “%(task)s”"),
    Kind.QUEUED: _("%(actor)s let “%(task)s” wait for room"),
    Kind.PROMOTED: _("%(actor)s had let “%(task)s” wait, and it got room"),
    Kind.CANCELLED: _("%(actor)s had let “%(task)s” wait; it no longer does"),
    Kind.LIMIT_SET: _("%(actor)s set the limit to %(limit)s"),
    Kind.LIMIT_GIVEN_BACK: _("%(actor)s let the rules set the limit"),
}
_LIMIT_WITH_REASON = _("%(actor)s set the limit to %(limit)s (“%(reason)s”)")


@dataclass(frozen=True)
class Happening:
    """What somebody did to a day, and when."""

    at: datetime.datetime
    what: str


def of_day(*, actor: User, user_id: int, date: datetime.date) -> list[Happening]:
    """What happened to a person's day, newest first, at most 30 things. Raises `NotAllowed`."""
    permissions.require_taskmaster(actor)
    about = Event.objects.filter(user=user_id, date=date)
    # An event about a move has the new day; where it came from is in its data.
    came_from = {"data__from__user": user_id, "data__from__date": date.isoformat()}
    away = Event.objects.of(user_id).filter(kind=Kind.MOVED, **came_from)
    found = {*about.order_by("-pk")[:_MOST], *away.order_by("-pk")[:_MOST]}
    events = sorted(found, key=lambda event: -event.pk)[:_MOST]
    people = {event.actor for event in events} | {event.user for event in events}
    people |= {event.data["from"]["user"] for event in events if event.kind == Kind.MOVED}
    names = {person.pk: str(person) for person in User.objects.filter(pk__in=people - {None})}
    return [Happening(event.at, _what(event, user_id, date, names)) for event in events]


def _what(event: Event, user_id: int, date: datetime.date, names: dict[int, str]) -> str:
    data: dict[str, Any] = {"actor": _name(names, event.actor), "task": _isolated(event.task_name)}
    if event.kind == Kind.MOVED:
        was = event.data["from"]
        if (event.user, event.date) == (user_id, date):
            data["place"] = _place(names, user_id, was["user"], was["date"])
            return gettext("%(actor)s moved “%(task)s” here from %(place)s") % data
        assert event.date
        data["place"] = _place(names, user_id, event.user, event.date.isoformat())
        return gettext("%(actor)s moved “%(task)s” to %(place)s") % data
    if event.kind == Kind.EFFORT_CHANGED:
        data |= {"old": units.short(event.data["from"]), "new": units.amount(event.data["to"])}
    if event.kind == Kind.RETURNED:
        data["reason"] = _isolated(event.data["reason"])
    sentence = _SENTENCES[Kind(event.kind)]
    if event.kind == Kind.LIMIT_SET:
        data |= {"limit": units.amount(event.data["maximum"]), "reason": _isolated(event.data.get("reason") or "")}
        sentence = _LIMIT_WITH_REASON if data["reason"] else sentence
    return str(sentence) % data


def _name(names: dict[int, str], user_id: int | None) -> str:
    name = names.get(user_id or 0)
    return _isolated(name) if name else gettext("somebody")


def _isolated(text: str) -> str:
    """What people wrote. In a language that runs from right to left, the Latin words of two names would become one
    piece otherwise, with the quotation marks between them."""
    return f"\u2068{text}\u2069" if text and get_language_bidi() else text


def _place(names: dict[int, str], here: int, user_id: int | None, date: str) -> str:
    """Another day, with the person if it is somebody else."""
    when = dates.written(datetime.date.fromisoformat(date), "D j M")
    return when if user_id == here else joined([_name(names, user_id), when])
