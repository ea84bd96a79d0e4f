"""Whether the history tells what happened."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from apps.models import Assignment, Event
from apps.models.events import Kind

# Person, date and status.
Place = tuple[int, date, str]


def assert_history_tells_what_is_there() -> None:
    """What the events tell of each assignment fits together, and ends with what the rows are now."""
    rows = Assignment.objects.values_list("pk", "daily_limit__user", "daily_limit__date", "status", "task")
    now = {pk: (user_id, day, status, task_id) for pk, user_id, day, status, task_id in rows}
    told: dict[int, Any] = {}
    for event in Event.objects.filter(assignment__isnull=False).order_by("pk"):
        assert event.assignment is not None
        before = told.get(event.assignment)
        told[event.assignment] = _after(before, event)
    assert {pk: place for pk, place in told.items() if place} == now


def moves_of(assignments: Iterable[int]) -> dict[int, list[tuple[int, date]]]:
    """Where each was moved to, in this order."""
    moves: dict[int, list[tuple[int, date]]] = {pk: [] for pk in assignments}
    for pk, *place in Event.objects.filter(kind=Kind.MOVED).order_by("pk").values_list("assignment", "user", "date"):
        moves[pk].append((place[0], place[1]))
    return moves


def _after(before: Any, event: Event) -> Any:
    """What an assignment is after that event; None once it is taken away."""
    if event.kind == Kind.ASSIGNED:
        assert before is None, f"{event.assignment} was assigned twice"
        return event.user, event.date, "open", event.task
    assert before, f"{event.assignment} was {event.kind} and isn't there"
    user_id, day, status, task_id = before
    assert event.task == task_id
    if event.kind == Kind.MOVED:
        assert event.data["from"] == {"user": user_id, "date": day.isoformat()}
        assert (event.user, event.date) != (user_id, day)
        return event.user, event.date, status, task_id
    assert (event.user, event.date) == (user_id, day)
    if event.kind == Kind.UNASSIGNED:
        return None
    assert (event.kind, status) in {(Kind.DONE, "open"), (Kind.REOPENED, "done")}
    return user_id, day, "done" if event.kind == Kind.DONE else "open", task_id
