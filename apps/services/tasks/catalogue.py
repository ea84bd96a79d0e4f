"""Reads the catalogue for people: a page of tasks, and where each of them is used."""

import datetime
from collections.abc import Sequence
from typing import NamedTuple

from django.db.models import Count, F, Min, Q

from apps.models import ArchivedWork, Assignment, Series, Task, User, WaitingEntry
from apps.models.assignments import Status, is_late
from apps.models.base import holds
from apps.models.names import tidy
from apps.models.tasks import TaskQuerySet
from apps.services.shared import keyset, permissions
from apps.services.shared.keyset import Edges

PER_PAGE = 50
# Labels that a list offers to filter by.
MOST_LABELS = 100
NEXT_DATES = 12


class Use(NamedTuple):
    """Where a task is used: its open assignments from today on, its late ones, its done ones, what waits
    for a full day, its series, and the next date."""

    open: int = 0
    late: int = 0
    done: int = 0
    waiting: int = 0
    series: int = 0
    next_date: datetime.date | None = None

    @property
    def is_used(self) -> bool:
        """Whether it was ever assigned, waits, or comes again."""
        return any(self[:5])


class CataloguePage(NamedTuple):
    """Some tasks by name, each with its use. `following` and `preceding` are the ids after which the next page begins,
    and before which the previous one ends; None if there is no such page."""

    rows: list[tuple[Task, Use]]
    following: int | None
    preceding: int | None


def page(
    *, actor: User, text: str, label: str, is_active: bool, after: int | None = None, before: int | None = None
) -> CataloguePage:
    """A page of the active or the retired tasks in whose name or label each word of `text` is. Raises `NotAllowed`."""
    permissions.require_taskmaster(actor)
    found = Task.objects.filter(is_active=is_active)
    for word in tidy(text).split():
        found = found.filter(holds("name", word) | holds("label", word))
    if label:
        found = found.filter(label=label)
    tasks, edges = page_of(found.defer("note"), after, before, PER_PAGE)
    uses = uses_of([task.pk for task in tasks])
    return CataloguePage([(task, uses.get(task.pk, Use())) for task in tasks], *edges)


def labels() -> list[str]:
    """The labels of active tasks, at most 100 of them."""
    found = Task.objects.filter(is_active=True).exclude(label="").order_by("label")
    return list(found.values_list("label", flat=True).distinct()[:MOST_LABELS])


def uses_of(task_ids: Sequence[int]) -> dict[int, Use]:
    """Where these tasks are used. A task that isn't is left out."""
    today = permissions.today()
    is_open = Q(status=Status.OPEN)
    coming = Q(daily_limit__date__gte=today)
    counted = Assignment.objects.filter(task__in=task_ids).values_list("task").order_by()
    uses = {
        task_id: Use(upcoming, late, done, next_date=next_date)
        for task_id, upcoming, late, done, next_date in counted.annotate(
            open=Count("pk", filter=is_open & coming),
            late=Count("pk", filter=is_late(today)),
            done=Count("pk", filter=~is_open),
            next_date=Min("daily_limit__date", filter=is_open & coming),
        )
    }
    for task_id, number in ArchivedWork.objects.numbers(task_ids).items():
        use = uses.get(task_id, Use())
        uses[task_id] = use._replace(done=use.done + number)
    waiting = WaitingEntry.objects.live(today).filter(task__in=task_ids).values_list("task").order_by()
    for task_id, number in waiting.annotate(number=Count("pk")):
        uses[task_id] = uses.get(task_id, Use())._replace(waiting=number)
    series = Series.objects.filter(task__in=task_ids).values_list("task").order_by()
    for task_id, number in series.annotate(number=Count("pk")):
        uses[task_id] = uses.get(task_id, Use())._replace(series=number)
    return uses


def next_of(task_id: int) -> list[Assignment]:
    """The next open assignments of a task, with their people."""
    coming = Assignment.objects.filter(task=task_id, status=Status.OPEN, daily_limit__date__gte=permissions.today())
    return list(coming.select_related("daily_limit__user").order_by("daily_limit__date", "pk")[:NEXT_DATES])


def page_of(found: TaskQuerySet, after: int | None, before: int | None, size: int) -> tuple[list[Task], Edges]:
    """A page of these tasks by name, and where the pages beside it begin and end."""
    return keyset.page_of(found, by=[F("name")], after=after, before=before, size=size)
