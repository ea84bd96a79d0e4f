"""Moves old events into files: those of archived assignments with these, all others by themselves."""

import datetime
import json
from collections.abc import Iterator

from apps.models import ArchiveFile, Assignment, Event
from apps.models.archive import FileKind
from apps.models.base import any_of
from apps.services import unit_of_work
from apps.services.archive import files
from apps.services.archive.counts import Counts
from apps.services.unit_of_work import LostRace

_EVENTS = 1000
_HEADER = ("id", "at", "actor", "kind", "user", "task", "task_name", "date", "assignment", "from_user", "data")


def write(events: list[Event]) -> list[ArchiveFile]:
    """Write these events to a file, if there are any; returns the unsaved row of the file."""
    if not events:
        return []
    days = [event.at.astimezone(datetime.UTC).date() for event in events]
    rows = [
        [*(getattr(event, name) for name in _HEADER[:-1]), json.dumps(event.data, ensure_ascii=False, sort_keys=True)]
        for event in events
    ]
    return [files.write(FileKind.EVENTS, first=min(days), last=max(days), header=_HEADER, rows=rows)]


def delete(events: list[Event]) -> None:
    """Delete these events. Raises `LostRace` if one of them is gone."""
    deleted, _ = Event.objects.filter(pk__in=any_of([event.pk for event in events])).delete()
    if deleted != len(events):
        raise LostRace


def move(before: datetime.date, since: datetime.datetime) -> Iterator[Counts]:
    """Move the events that happened before `since` and are about no date from `before` on, a chunk in each transaction.

    All events of an assignment that was taken away go together, once the last of them is old. An assignment that is
    still there keeps its events. Yields what each chunk moved.
    """
    last = 0
    while chunk := list(Event.objects.filter(pk__gt=last).order_by("pk")[: unit_of_work.share_of(_EVENTS)]):
        # Ids are nearly in the order of time.
        if all(event.at >= since for event in chunk):
            return
        yield unit_of_work.run(lambda chunk=chunk: _move(chunk, before, since))  # type: ignore[misc]
        last = chunk[-1].pk
        unit_of_work.let_others_write()


def _move(chunk: list[Event], before: datetime.date, since: datetime.datetime) -> Counts:
    def is_old(event: Event) -> bool:
        return event.at < since and (event.date is None or event.date < before)

    named = {event.assignment for event in chunk if event.assignment and is_old(event)}
    ids = any_of(list(named))
    gone = named - set(Assignment.objects.filter(pk__in=ids).values_list("pk", flat=True))
    theirs = list(Event.objects.filter(assignment__in=any_of(list(gone))))
    gone -= {event.assignment for event in theirs if not is_old(event)}
    moved = [event for event in theirs if event.assignment in gone]
    moved += [event for event in chunk if event.assignment is None and is_old(event)]
    moved.sort(key=lambda event: event.pk)
    written = write(moved)
    ArchiveFile.objects.bulk_create(written)
    delete(moved)
    return Counts(events=len(moved), files=len(written))
