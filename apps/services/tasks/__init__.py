"""Keeps the catalogue of tasks."""

import datetime
from typing import NamedTuple, TypedDict, Unpack

from django.db import IntegrityError
from django.db.models import ProtectedError
from django.db.models.functions import Length
from django.utils.translation import gettext

from apps.exceptions.tasks import TaskExists, TaskInUse, TaskNotFound
from apps.models import Assignment, Task, User
from apps.models.names import folded
from apps.services import unit_of_work, waiting
from apps.services.shared import permissions


class TaskFields(TypedDict, total=False):
    """The fields of a task."""

    name: str
    is_active: bool
    effort: int
    note: str
    color: str
    label: str
    url: str
    deadline: datetime.date | None


class Suggestions(NamedTuple):
    """Tasks to choose from; `is_new` where none of them has the text as its name."""

    tasks: list[Task]
    is_new: bool


# Names to rank at most. The shortest come first: no name that contains a text is shorter than the text itself.
_RANKED = 200
# Assignments to look at for the tasks that somebody gave last.
_LOOKS_BACK = 100


def get(*, task_id: int) -> Task:
    """A task, in use or retired. Raises `TaskNotFound`."""
    return _get(task_id)


def suggest(*, text: str, most: int) -> Suggestions:
    """At most `most` active tasks whose names contain each word of `text`: first the one that is called so, then names
    that begin so, then the others by name. Capitals, blanks and forms of letters make no difference."""
    found = Task.objects.filter(is_active=True)
    for word in text.split():
        found = found.search(word)
    wanted = folded(text)
    if not wanted:
        return Suggestions(list(found.order_by("name", "pk")[:most]), is_new=False)
    ranked = sorted(
        found.order_by(Length("name"), "name", "pk")[:_RANKED],
        key=lambda task: (folded(task.name) != wanted, not folded(task.name).startswith(wanted), task.name, task.pk),
    )
    return Suggestions(ranked[:most], is_new=not ranked or folded(ranked[0].name) != wanted)


def recent(*, actor: User, most: int) -> list[Task]:
    """At most `most` active tasks: first those that `actor` gave last, then the others by name."""
    given = Assignment.objects.filter(taskmaster=actor, task__is_active=True).order_by("-pk")
    ids = list(dict.fromkeys(given.values_list("task", flat=True)[:_LOOKS_BACK]))[:most]
    last = Task.objects.in_bulk(ids)
    others = Task.objects.filter(is_active=True).exclude(pk__in=ids).order_by("name", "pk")
    return [last[one] for one in ids if one in last] + list(others[: most - len(ids)])


def create_task(*, actor: User, **fields: Unpack[TaskFields]) -> Task:
    """Make a task. Raises `NotAllowed`, and `TaskExists` when an active task has this name: capitals, blanks and forms
    of letters make no difference."""
    permissions.require_taskmaster(actor)

    def work() -> Task:
        task = Task(**fields)
        _require_no_twin(task)
        task.save()
        return task

    return unit_of_work.run(work)


def update_task(*, actor: User, task_id: int, **fields: Unpack[TaskFields]) -> Task:
    """Rename, retire or bring back a task, or change what it carries; assignments keep the effort that they have. A
    retired task leaves every queue for a full day.

    Raises `NotAllowed`, `TaskNotFound`, and `TaskExists` when another active task has the new name.
    """
    permissions.require_taskmaster(actor)

    def work() -> Task:
        old = _get(task_id)
        new = Task(pk=task_id, name=fields.get("name", old.name), is_active=fields.get("is_active", old.is_active))
        # Older versions made tasks of one name. They stay, and can be retired.
        if folded(new.name) != folded(old.name) or (new.is_active and not old.is_active):
            _require_no_twin(new)
        if new.is_active != old.is_active:
            waiting.end_for_task(actor=actor, task_id=task_id)
        if fields:
            Task.objects.filter(pk=task_id).update(**fields)
        return _get(task_id)

    return unit_of_work.run(work)


def delete_task(*, actor: User, task_id: int) -> None:
    """Delete a task that nobody has been given or has handed back, that waits for no day and that no series has.

    Raises `NotAllowed`, `TaskNotFound` and `TaskInUse`."""
    permissions.require_taskmaster(actor)
    try:
        unit_of_work.run(lambda: _get(task_id).delete())
    except (ProtectedError, IntegrityError):
        # IntegrityError: the task was assigned after Django looked and before the database deleted.
        raise TaskInUse(
            gettext(
                "This task is assigned to someone, was handed back, waits for a full day or is in a series, and can't "
                "be deleted; retire it instead."
            ),
            task=task_id,
        ) from None


def _require_no_twin(task: Task) -> None:
    """Two people who make the same task at the same moment both succeed: no lock is worth it."""
    if not task.is_active:
        return
    for twin in Task.objects.filter(is_active=True).exclude(pk=task.pk).called(task.name):
        raise TaskExists(gettext("There is a task “%(name)s” already.") % {"name": twin.name}, task=twin.pk)


def _get(task_id: int) -> Task:
    task = Task.objects.filter(pk=task_id).first()
    if task is None:
        raise TaskNotFound(gettext("There is no task with the id %(id)d.") % {"id": task_id}, task=task_id)
    return task
