"""Moves past days with their assignments, and all events of these, into files."""

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterator

from django.db.models import Q

from apps.models import ArchivedDay, ArchivedWork, ArchiveFile, Assignment, DailyLimit, Event, Task, User
from apps.models.archive import FileKind
from apps.models.base import DayKey, any_of
from apps.models.limits import DailyLimitQuerySet
from apps.services import unit_of_work
from apps.services.archive import files, happenings
from apps.services.archive.counts import Counts
from apps.services.slots import archiving

# The most days, and the most that is taken of them, in one transaction.
_DAYS, _TAKEN = 500, 2000

_HEADER = (
    *("user", "username", "date", "maximum", "taken", "source", "rule", "reason"),
    *("assignment", "task", "task_name", "effort", "status", "taskmaster", "created_at", "done_at"),
)


def candidates(before: datetime.date) -> DailyLimitQuerySet:
    """The days before that date without an open task."""
    return archiving.settled(DailyLimit.objects.filter(date__lt=before))


def move(before: datetime.date, since: datetime.datetime) -> Iterator[Counts]:
    """Move the days before that date, a chunk in each transaction, except those with an open task, and those to whose
    assignments something happened `since` then. Yields what each chunk moved."""
    after: DayKey | None = None
    while chunk := _next(before, after):
        ids = [day.pk for day in chunk]
        yield unit_of_work.run(lambda ids=ids: _move(ids, since))  # type: ignore[misc]
        after = chunk[-1].user_id, chunk[-1].date
        unit_of_work.let_others_write()


def _next(before: datetime.date, after: DayKey | None) -> list[DailyLimit]:
    """The next days, in the order of dates and people."""
    days = candidates(before)
    if after:
        user_id, date = after
        days = days.filter(Q(date__gt=date) | Q(date=date, user__gt=user_id), date__gte=date)
    chunk: list[DailyLimit] = []
    taken = 0
    for day in days.order_by("date", "user")[: unit_of_work.share_of(_DAYS)]:
        taken += day.taken
        if chunk and taken > unit_of_work.share_of(_TAKEN):
            break
        chunk.append(day)
    return chunk


def _move(day_ids: list[int], since: datetime.datetime) -> Counts:
    """1. Lock the days and their assignments.
    2. Write them, and the events of the assignments, to files.
    3. Sum them up, and delete them.
    """
    days, given = archiving.lock_settled(day_ids)
    events = list(Event.objects.filter(assignment__in=any_of([one.pk for one in given])).order_by("pk"))
    # Whoever reads the history may still want what happened lately.
    fresh = {event.assignment for event in events if event.at >= since}
    changed_lately = {one.daily_limit_id for one in given if one.pk in fresh}
    days = [day for day in days if day.pk not in changed_lately]
    given = [one for one in given if one.daily_limit_id not in changed_lately]
    if not days:
        return Counts()
    ids = {one.pk for one in given}
    events = [event for event in events if event.assignment in ids]
    dates = [day.date for day in days]
    written = [files.write(FileKind.DAYS, first=min(dates), last=max(dates), header=_HEADER, rows=_rows(days, given))]
    written += happenings.write(events)
    ArchiveFile.objects.bulk_create(written)
    _sum_up(days, given)
    archiving.remove(days, given)
    happenings.delete(events)
    return Counts(days=len(days), assignments=len(given), events=len(events), files=len(written))


def _rows(days: list[DailyLimit], given: list[Assignment]) -> list[tuple[object, ...]]:
    """A line for each assignment, and one for each day that has none."""
    people = User.objects.in_bulk({day.user_id for day in days})
    tasks = Task.objects.in_bulk({one.task_id for one in given})
    of_day: dict[int, list[Assignment]] = defaultdict(list)
    for one in given:
        of_day[one.daily_limit_id].append(one)
    rows: list[tuple[object, ...]] = []
    for day in sorted(days, key=lambda day: (day.date, day.user_id)):
        numbers = (day.maximum, day.taken, day.source_kind, day.source_rule, day.source_reason)
        start = (day.user_id, people[day.user_id].username, day.date, *numbers)
        if day.pk not in of_day:
            rows.append((*start, *[None] * (len(_HEADER) - len(start))))
            continue
        for one in of_day[day.pk]:
            what = (one.pk, one.task_id, tasks[one.task_id].name, one.effort, one.status)
            rows.append((*start, *what, one.taskmaster_id, one.created_at, one.done_at))
    return rows


def _sum_up(days: list[DailyLimit], given: list[Assignment]) -> None:
    ArchivedDay.objects.bulk_create(
        [
            ArchivedDay(
                user_id=day.user_id, date=day.date, maximum=day.maximum, taken=day.taken, source_kind=day.source_kind
            )
            for day in days
        ]
    )
    dates = {day.pk: day.date for day in days}
    numbers: Counter[tuple[datetime.date, int]] = Counter()
    efforts: Counter[tuple[datetime.date, int]] = Counter()
    for one in given:
        key = (dates[one.daily_limit_id], one.task_id)
        numbers[key] += 1
        efforts[key] += one.effort
    there = ArchivedWork.objects.filter(date__in=set(dates.values()), task__in={task_id for _, task_id in numbers})
    known = [work for work in there.order_by("pk").select_for_update() if (work.date, work.task_id) in numbers]
    for work in known:
        key = (work.date, work.task_id)
        work.number += numbers.pop(key)
        work.effort += efforts.pop(key)
    ArchivedWork.objects.bulk_update(known, ["number", "effort"])
    ArchivedWork.objects.bulk_create(
        [
            ArchivedWork(date=date, task_id=task_id, number=number, effort=efforts[date, task_id])
            for (date, task_id), number in sorted(numbers.items())
        ]
    )
