"""The board by task: who does each task when."""

import datetime
from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Exists, OuterRef

from apps.models import Task, User
from apps.models.assignments import Status
from apps.services.board import current_version
from apps.services.board.looks import Look, Span
from apps.services.board.pages import assignments
from apps.services.shared import permissions
from apps.services.shared.formats import Version
from apps.services.tasks import catalogue

PER_PAGE = {Span.DAY: 50, Span.WEEK: 25, Span.TWO_WEEKS: 15}
# The people of a task and a date that are shown; a day says how many more there are.
SHOWN = {Span.DAY: 60, Span.WEEK: 10, Span.TWO_WEEKS: 6}


class Doer(NamedTuple):
    """Somebody who has a task on a date, by the name that pages use."""

    assignment_id: int
    name: str
    is_done: bool


@dataclass(frozen=True)
class TaskDay:
    """Who has the task on a date, by name; and how many people more."""

    date: datetime.date
    doers: list[Doer]
    more: int


@dataclass(frozen=True)
class TaskRow:
    """A task, and its days."""

    task: Task
    days: list[TaskDay]


@dataclass(frozen=True)
class TaskPage:
    """A page of tasks by name. `following` and `preceding` are as in the catalogue; `version` is the board's."""

    dates: list[datetime.date]
    rows: list[TaskRow]
    following: int | None
    preceding: int | None
    version: Version


def page(*, actor: User, look: Look, after: int | None = None, before: int | None = None) -> TaskPage:
    """A page of the tasks that are assigned as this look asks, each with its people. Raises `NotAllowed`."""
    permissions.require_taskmaster(actor)
    version, asked = current_version(), assignments(look)
    given = Task.objects.filter(Exists(asked.filter(task=OuterRef("pk"))))
    tasks, edges = catalogue.page_of(given.defer("note"), after, before, PER_PAGE[look.span])
    days: dict[tuple[int, datetime.date], list[Doer]] = defaultdict(list)
    names = ("username", "first_name", "last_name")
    found = (
        asked.filter(task__in=tasks)
        .order_by("daily_limit__user__username")
        .values_list("task", "daily_limit__date", "pk", "status", *(f"daily_limit__user__{name}" for name in names))
    )
    for task_id, date, pk, status, username, first_name, last_name in found:
        who = User(username=username, first_name=first_name, last_name=last_name)
        days[task_id, date].append(Doer(pk, who.display_name, status == Status.DONE))
    shown = SHOWN[look.span]

    def day(task: Task, date: datetime.date) -> TaskDay:
        doers = days[task.pk, date]
        # "And 1 more" takes as much room as one more.
        most = shown if len(doers) > shown + 1 else shown + 1
        return TaskDay(date, doers[:most], len(doers[most:]))

    rows = [TaskRow(task, [day(task, date) for date in look.dates]) for task in tasks]
    return TaskPage(look.dates, rows, *edges, version)
