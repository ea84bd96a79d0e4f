"""The refusals of tasks, people and days, with the same words for a single call, a bulk and an import."""

import datetime
from collections.abc import Callable
from typing import TypeVar

from apps.exceptions.assignments import AlreadyAssigned, DailyLimitReached
from apps.exceptions.base import ToGoError, TryAgain
from apps.exceptions.limits import LimitBelowTaken
from apps.exceptions.tasks import TaskInactive, TaskNotFound
from apps.exceptions.users import UserInactive, UserNotFound
from apps.models import DailyLimit, Task, User
from apps.models.limits import DaySnapshot
from apps.services.shared.units import amount_is, part, short

Result = TypeVar("Result")


def outcome_of(work: Callable[[], Result]) -> Result | ToGoError:
    """What this work returns, or its refusal, for steps of which a refused one stops no other. Raises `TryAgain`."""
    try:
        return work()
    except TryAgain:
        raise
    except ToGoError as refusal:
        return refusal


def of_task(task_id: int, task: Task | None) -> TaskNotFound | TaskInactive | None:
    """The refusal of this task, or None if it can be assigned. `task` is None if it doesn't exist."""
    if task is None:
        return TaskNotFound(f"There is no task with the id {task_id}.", task=task_id)
    if not task.is_active:
        return TaskInactive(f"The task {task.name!r} is retired; choose another one.", task=task_id)
    return None


def of_person(user_id: int, person: User | None) -> UserNotFound | UserInactive | None:
    """The refusal of this person, or None if they can be given tasks. `person` is None if they don't exist."""
    if person is None:
        return UserNotFound(f"There is no person with the id {user_id}.", user=user_id)
    if not person.is_active:
        return UserInactive(f"{person} is deactivated and can't be given tasks.", user=user_id)
    return None


def of_task_or_person(task_id: int, task: Task | None, user_id: int, person: User | None) -> ToGoError | None:
    """The refusal of this task for this person, or None. A task or person that doesn't exist is refused before one that
    is no longer active."""
    found = [refusal for refusal in (of_task(task_id, task), of_person(user_id, person)) if refusal]
    return min(found, key=lambda refusal: refusal.status, default=None)


def already_assigned(
    *, task_id: int, user_id: int, date: datetime.date, assignment_id: int | None = None
) -> AlreadyAssigned:
    """The person has the task on that date already. `assignment_id` is None if the same request assigns it twice."""
    return AlreadyAssigned(
        f"This person has this task on {date} already.",
        task=task_id,
        user=user_id,
        date=date,
        assignment=assignment_id,
    )


def daily_limit_reached(
    day: DailyLimit | DaySnapshot,
    *,
    effort: int,
    next_free_date: datetime.date | None,
    promised: int = 0,
    held: int = 0,
) -> DailyLimitReached:
    """The day has no room for this effort: says why, and names the next day with room.

    Earlier items of the same request take `promised` of the day; the assignment itself takes `held` already.
    """
    if not day.maximum:
        state = f"{day.date} is off{f' ({day.source_reason})' if day.source_reason else ''}"
    else:
        state = f"{part(day.taken, day.maximum)} {'is' if day.taken == 1 else 'are'} taken on {day.date}"
        if day.remaining >= effort:
            state += f", and this request asks for {short(promised)} more before this one"
        if held:
            state += f", {short(held)} of them by this assignment"
        if effort > 1:
            state += f", and it would take {short(effort)}"
    room = "room" if effort == 1 else f"room for {short(effort)}"
    advice = (
        f"the next day with {room} is {next_free_date}" if next_free_date else f"no later day with {room} was found"
    )
    return DailyLimitReached(
        f"{state}; {advice}.",
        user=day.user_id,
        date=day.date,
        effort=effort,
        maximum=day.maximum,
        taken=day.taken,
        remaining=day.remaining,
        source=day.source,
        next_free_date=next_free_date,
    )


def limit_below_taken(day: DailyLimit) -> LimitBelowTaken:
    """The requested maximum is less than what is taken on that day."""
    return LimitBelowTaken(
        f"{amount_is(day.taken)} taken on {day.date}; take {'it' if day.taken == 1 else 'some'} away first.",
        user=day.user_id,
        date=day.date,
        taken=day.taken,
    )
