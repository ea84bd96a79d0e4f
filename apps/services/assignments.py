"""The only code that creates, moves or deletes an assignment, and so the one place that keeps the rule.

A slot is taken by one guarded UPDATE whose row count decides; nothing that was read before does. The assignment is
written in the same transaction, so `taken` is always the number of rows.
"""

import datetime

from django.db import IntegrityError
from django.db.models import F
from django.db.models.functions import Greatest

from apps.exceptions.assignments import AlreadyAssigned, AssignmentNotFound, DailyLimitReached
from apps.exceptions.base import TryAgain
from apps.exceptions.tasks import TaskInactive, TaskNotFound
from apps.exceptions.users import UserInactive, UserNotFound
from apps.models import Assignment, DailyLimit, Task, User
from apps.services import availability, limits, permissions, transactions

# How often work starts again because others changed under it what it had read.
_ATTEMPTS = 10


class _Overtaken(Exception):
    """Somebody else changed what this work had read; it is undone and starts again."""


class _Full(Exception):
    """No slot was free."""

    def __init__(self, day: DailyLimit) -> None:
        super().__init__(day)
        self.day = day


def assign(*, actor: User, task_id: int, user_id: int, date: datetime.date) -> Assignment:
    """Give a person a task on a date; the answer's `daily_limit` tells what is taken then.

    A day without a limit gets one first, and everyone else's is asked for.

    Raises `NotAllowed`, `DateOutOfRange`, `TaskNotFound`, `UserNotFound`, `TaskInactive`, `UserInactive`,
    `AlreadyAssigned`, `DailyLimitReached` and `TryAgain`; then nothing is written.
    """
    permissions.require_may_assign(actor, user_id, date)
    _require_task_and_person(task_id, user_id)

    for _ in range(_ATTEMPTS):
        try:
            return limits.with_days(lambda: _take(actor, task_id, user_id, date), for_everybody=True)
        except _Full as full:
            raise _refusal(full.day) from None
        except _Overtaken:
            continue
        except IntegrityError:
            # The task is given already, or the task or the person was deleted meanwhile. The transaction was left
            # whole, so nothing is taken; say which it was, or start again when that has changed as well.
            _require_task_and_person(task_id, user_id)
            _require_not_assigned(task_id, user_id, date)
    raise TryAgain("Others are changing this day at the same time.", retry_after=1)


def unassign(*, actor: User, assignment_id: int) -> None:
    """Delete an assignment for good: its slot is free, and the task can be assigned again.

    Raises `AssignmentNotFound`, `NotAllowed` and `TryAgain`; then nothing is changed.
    """
    for _ in range(_ATTEMPTS):
        assignment = get(actor=actor, assignment_id=assignment_id)
        permissions.require_may_unassign(actor, assignment)
        try:
            return transactions.run(lambda assignment=assignment: _free(assignment))  # type: ignore[misc]
        except _Overtaken:
            continue
    raise TryAgain("Others are changing this assignment at the same time.", retry_after=1)


def get(*, actor: User, assignment_id: int) -> Assignment:
    """An assignment with its day. Raises `AssignmentNotFound` when there is none that `actor` may see."""
    assignment = Assignment.objects.visible_to(actor).with_day().filter(pk=assignment_id).first()
    if assignment is None:
        raise AssignmentNotFound(f"There is no assignment with the id {assignment_id}.", assignment=assignment_id)
    return assignment


def _take(actor: User, task_id: int, user_id: int, date: datetime.date) -> Assignment:
    days = DailyLimit.objects.of(user_id, date)
    taken = days.with_room().update(taken=F("taken") + 1)
    day = days.first()
    if day is None:
        raise limits.DayMissing((user_id, date))
    if not taken:
        _require_not_assigned(task_id, user_id, date)
        raise _Overtaken if day.remaining else _Full(day)
    return Assignment.objects.create(daily_limit=day, task_id=task_id, taskmaster=actor)


def _free(assignment: Assignment) -> None:
    # The day before the assignment: the one lock order. `maximum` before `taken`: MySQL assigns from left to right.
    freed = DailyLimit.objects.filter(pk=assignment.daily_limit_id, taken__gt=0).update(
        maximum=Greatest("wanted", F("taken") - 1), taken=F("taken") - 1
    )
    deleted, _ = Assignment.objects.filter(pk=assignment.pk, daily_limit=assignment.daily_limit_id).delete()
    if (freed, deleted) != (1, 1):
        raise _Overtaken


def _require_task_and_person(task_id: int, user_id: int) -> None:
    task = Task.objects.filter(pk=task_id).first()
    if task is None:
        raise TaskNotFound(f"There is no task with the id {task_id}.", task=task_id)
    person = User.objects.filter(pk=user_id).first()
    if person is None:
        raise UserNotFound(f"There is no person with the id {user_id}.", user=user_id)
    if not task.is_active:
        raise TaskInactive(f"The task {task.name!r} is retired; choose another one.", task=task_id)
    if not person.is_active:
        raise UserInactive(f"{person} is deactivated and can't be given tasks.", user=user_id)


def _require_not_assigned(task_id: int, user_id: int, date: datetime.date) -> None:
    same = Assignment.objects.filter(task=task_id, daily_limit__user=user_id, daily_limit__date=date)
    if (assignment_id := same.values_list("pk", flat=True).first()) is not None:
        raise AlreadyAssigned(
            f"This person has this task on {date} already.",
            task=task_id,
            user=user_id,
            date=date,
            assignment=assignment_id,
        )


def _refusal(day: DailyLimit) -> DailyLimitReached:
    """Why the day is full and what to do instead. Looked up after the transaction, which holds nobody up for it."""
    next_free = availability.next_free_date(user_id=day.user_id, after=day.date)
    advice = f"the next day with room is {next_free}" if next_free else "no day with room was found in the next 366"
    return DailyLimitReached(
        f"{day.taken} of {day.maximum} tasks are taken on {day.date}; {advice}.",
        user=day.user_id,
        date=day.date,
        maximum=day.maximum,
        taken=day.taken,
        source=day.source,
        next_free_date=next_free,
    )
