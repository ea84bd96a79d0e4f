"""Writes events, in the transaction of the change that they describe."""

import datetime
from typing import Any

from django.utils import timezone

from apps.models import Event, Task
from apps.models.composed import insert_row
from apps.models.events import Kind


def note(
    kind: Kind,
    *,
    actor_id: int,
    user_id: int | None = None,
    task: Task | None = None,
    date: datetime.date | None = None,
    assignment_id: int | None = None,
    from_user_id: int | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    """Add an event. Call it in the transaction of the change."""
    columns = {
        "at": timezone.now(),
        "actor": actor_id,
        "kind": kind.value,
        "user": user_id,
        "task": task.pk if task else None,
        "task_name": task.name if task else "",
        "date": date,
        "assignment": assignment_id,
        "from_user": from_user_id,
        "data": data or {},
    }
    insert_row(Event, columns)


def note_all(events: list[Event]) -> None:
    """Add many events with one statement."""
    Event.objects.bulk_create(events)
