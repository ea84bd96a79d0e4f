"""The history of a day, in sentences."""

import datetime
from dataclasses import dataclass
from typing import Any

from apps.models import Event, User
from apps.models.events import Kind
from apps.services.shared import permissions, units

_MOST = 30
# What somebody did, but for moves: they are told from where, or where to.
_WORDS = {
    Kind.ASSIGNED: "assigned {task}",
    Kind.UNASSIGNED: "took {task} away",
    Kind.DONE: "marked {task} as done",
    Kind.REOPENED: "opened {task} again",
    Kind.EFFORT_CHANGED: "changed the effort of {task} from {old} to {new}",
    Kind.TASK_CHANGED: "merged another task into {task}",
    Kind.QUEUED: "let {task} wait for room",
    Kind.PROMOTED: "had let {task} wait, and it got room",
    Kind.CANCELLED: "had let {task} wait; it no longer does",
    Kind.LIMIT_SET: "set the limit to {limit}{why}",
    Kind.LIMIT_GIVEN_BACK: "let the rules set the limit",
}


@dataclass(frozen=True)
class Happening:
    """What somebody did to a day, and when."""

    at: datetime.datetime
    actor: str
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
    return [
        Happening(event.at, names.get(event.actor, "somebody"), _what(event, user_id, date, names)) for event in events
    ]


def _what(event: Event, user_id: int, date: datetime.date, names: dict[int, str]) -> str:
    data: dict[str, Any] = {"task": f"“{event.task_name}”"}
    if event.kind == Kind.MOVED:
        was = event.data["from"]
        if (event.user, event.date) == (user_id, date):
            return f"moved {data['task']} here from {_place(names, user_id, was['user'], was['date'])}"
        assert event.date
        return f"moved {data['task']} to {_place(names, user_id, event.user, event.date.isoformat())}"
    if event.kind == Kind.EFFORT_CHANGED:
        data |= {"old": units.short(event.data["from"]), "new": units.amount(event.data["to"])}
    if event.kind == Kind.LIMIT_SET:
        data |= {"limit": units.amount(event.data["maximum"]), "why": _because(event.data)}
    return _WORDS.get(Kind(event.kind), str(Kind(event.kind).label)).format(**data)


def _place(names: dict[int, str], here: int, user_id: int | None, date: str) -> str:
    """Another day, with the person if it is somebody else."""
    when = f"{datetime.date.fromisoformat(date):%a %-d %b}"
    return when if user_id == here else f"{names.get(user_id or 0, 'somebody')}, {when}"


def _because(data: dict[str, Any]) -> str:
    return f" (“{data['reason']}”)" if data.get("reason") else ""
