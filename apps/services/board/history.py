"""The history of a day, in sentences."""

import datetime
from dataclasses import dataclass
from typing import Any

from apps.models import Event, User
from apps.models.events import Kind
from apps.services.shared import permissions, units

_MOST = 30


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
    events = sorted({*about.order_by("-pk")[:_MOST], *away.order_by("-pk")[:_MOST]}, key=lambda event: -event.pk)[
        :_MOST
    ]
    people = {event.actor for event in events} | {event.user for event in events}
    people |= {event.data["from"]["user"] for event in events if event.kind == Kind.MOVED}
    names = {person.pk: str(person) for person in User.objects.filter(pk__in=people - {None})}
    return [
        Happening(event.at, names.get(event.actor, "somebody"), _what(event, user_id, date, names)) for event in events
    ]


def _what(event: Event, user_id: int, date: datetime.date, names: dict[int, str]) -> str:
    task, data = f"“{event.task_name}”", event.data
    match event.kind:
        case Kind.MOVED if (event.user, event.date) == (user_id, date):
            return f"moved {task} here from {_place(names, user_id, data['from']['user'], data['from']['date'])}"
        case Kind.MOVED:
            assert event.date
            return f"moved {task} to {_place(names, user_id, event.user, event.date.isoformat())}"
        case Kind.ASSIGNED:
            return f"assigned {task}"
        case Kind.UNASSIGNED:
            return f"took {task} away"
        case Kind.DONE:
            return f"marked {task} as done"
        case Kind.REOPENED:
            return f"opened {task} again"
        case Kind.EFFORT_CHANGED:
            return f"changed the effort of {task} from {units.short(data['from'])} to {units.amount(data['to'])}"
        case Kind.TASK_CHANGED:
            return f"merged another task into {task}"
        case Kind.QUEUED:
            return f"let {task} wait for room"
        case Kind.PROMOTED:
            return f"had let {task} wait, and it got room"
        case Kind.CANCELLED:
            return f"had let {task} wait; it no longer does"
        case Kind.LIMIT_SET:
            return f"set the limit to {units.amount(data['maximum'])}{_because(data)}"
        case Kind.LIMIT_GIVEN_BACK:
            return "let the rules set the limit"
        case _:
            return str(Kind(event.kind).label)


def _place(names: dict[int, str], here: int, user_id: int | None, date: str) -> str:
    """Another day, with the person if it is somebody else."""
    when = f"{datetime.date.fromisoformat(date):%a %-d %b}"
    return when if user_id == here else f"{names.get(user_id or 0, 'somebody')}, {when}"


def _because(data: dict[str, Any]) -> str:
    return f" (“{data['reason']}”)" if data.get("reason") else ""
