"""Checks the history against the rows."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from apps.models import Assignment, Event
from apps.models.events import Kind


def assert_history_matches_rows() -> None:
    """The events of each assignment fit together, and end with the state of its row."""
    rows = Assignment.objects.values_list("pk", "daily_limit__user", "daily_limit__date", "status", "effort", "task")
    now = {pk: tuple(state) for pk, *state in rows}
    told: dict[int, Any] = {}
    for event in Event.objects.filter(assignment__isnull=False).order_by("pk"):
        assert event.assignment is not None
        before = told.get(event.assignment)
        told[event.assignment] = _after(before, event)
    assert {pk: state for pk, state in told.items() if state} == now


def moves_of(assignments: Iterable[int]) -> dict[int, list[tuple[int, date]]]:
    """The days to which each assignment was moved, in order."""
    moves: dict[int, list[tuple[int, date]]] = {pk: [] for pk in assignments}
    for pk, *day in Event.objects.filter(kind=Kind.MOVED).order_by("pk").values_list("assignment", "user", "date"):
        moves[pk].append((day[0], day[1]))
    return moves


def _after(before: Any, event: Event) -> Any:
    """The state of an assignment after that event; None once it is unassigned."""
    if event.kind == Kind.ASSIGNED:
        assert before is None, f"{event.assignment} was assigned twice"
        return event.user, event.date, "open", event.data["effort"], event.task
    assert before, f"{event.assignment} was {event.kind} but doesn't exist"
    user_id, day, status, effort, task_id = before
    assert event.task == task_id
    if event.kind == Kind.MOVED:
        assert event.data["from"] == {"user": user_id, "date": day.isoformat()}
        assert (event.user, event.date) != (user_id, day)
        return event.user, event.date, status, effort, task_id
    assert (event.user, event.date) == (user_id, day)
    if event.kind == Kind.PROMOTED:
        # It was assigned in the same transaction.
        assert (status, event.data["effort"]) == ("open", effort)
        return before
    if event.kind == Kind.UNASSIGNED:
        assert event.data["effort"] == effort
        return None
    if event.kind == Kind.EFFORT_CHANGED:
        assert event.data["from"] == effort != event.data["to"]
        return user_id, day, status, event.data["to"], task_id
    assert (event.kind, status) in {(Kind.DONE, "open"), (Kind.REOPENED, "done")}
    return user_id, day, "done" if event.kind == Kind.DONE else "open", effort, task_id
