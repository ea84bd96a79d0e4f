"""The refusals of tasks, people and days, with the same words for a single call, a bulk and an import."""

import datetime
from collections.abc import Callable
from typing import TypeVar

from django.utils.translation import gettext, ngettext

from apps.exceptions.assignments import AlreadyAssigned, DailyLimitReached
from apps.exceptions.base import ToGoError, TryAgain
from apps.exceptions.limits import LimitBelowTaken
from apps.exceptions.tasks import TaskInactive, TaskNotFound
from apps.exceptions.users import UserInactive, UserNotFound
from apps.models import DailyLimit, Task, User
from apps.models.limits import DaySnapshot
from apps.services.shared import dates
from apps.services.shared.units import amount, part, short

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
        return TaskNotFound(gettext("There is no task with the id %(task_id)s.") % {"task_id": task_id}, task=task_id)
    if not task.is_active:
        return TaskInactive(
            gettext("The task %(name)r is retired; choose another one.") % {"name": task.name}, task=task_id
        )
    return None


def of_person(user_id: int, person: User | None) -> UserNotFound | UserInactive | None:
    """The refusal of this person, or None if they can be given tasks. `person` is None if they don't exist."""
    if person is None:
        return UserNotFound(gettext("There is no person with the id %(user_id)s.") % {"user_id": user_id}, user=user_id)
    if not person.is_active:
        return UserInactive(
            gettext("%(person)s is deactivated and can't be given tasks.") % {"person": person}, user=user_id
        )
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
        gettext("This person has this task on %(date)s already.") % {"date": dates.in_text(date)},
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
    text = _state(day, effort=effort, promised=promised, held=held)
    data = {"state": text, "date": next_free_date and dates.in_text(next_free_date), "effort": short(effort)}
    if next_free_date:
        text = gettext("%(state)s; the next day with room is %(date)s.") % data
        if effort > 1:
            text = gettext("%(state)s; the next day with room for %(effort)s is %(date)s.") % data
    else:
        text = gettext("%(state)s; no later day with room was found.") % data
        if effort > 1:
            text = gettext("%(state)s; no later day with room for %(effort)s was found.") % data
    return DailyLimitReached(
        text,
        user=day.user_id,
        date=day.date,
        effort=effort,
        maximum=day.maximum,
        taken=day.taken,
        remaining=day.remaining,
        source=day.source,
        next_free_date=next_free_date,
    )


def _state(day: DailyLimit | DaySnapshot, *, effort: int, promised: int, held: int) -> str:
    """Why the day has no room, as a sentence without its end."""
    if not day.maximum:
        data = {"date": dates.in_text(day.date), "reason": day.source_reason}
        return (gettext("%(date)s is off (%(reason)s)") if day.source_reason else gettext("%(date)s is off")) % data
    text = ngettext("%(part)s is taken on %(date)s", "%(part)s are taken on %(date)s", day.taken)
    text %= {"part": part(day.taken, day.maximum), "date": dates.in_text(day.date)}
    if day.remaining >= effort:
        text = gettext("%(state)s, and this request asks for %(effort)s more before this one") % {
            "state": text,
            "effort": short(promised),
        }
    if held:
        text = gettext("%(state)s, %(effort)s of them by this assignment") % {"state": text, "effort": short(held)}
    if effort > 1:
        text = gettext("%(state)s, and it would take %(effort)s") % {"state": text, "effort": short(effort)}
    return text


def limit_below_taken(day: DailyLimit) -> LimitBelowTaken:
    """The requested maximum is less than what is taken on that day."""
    text = ngettext(
        "%(amount)s is taken on %(date)s; take it away first.",
        "%(amount)s are taken on %(date)s; take some away first.",
        day.taken,
    )
    return LimitBelowTaken(
        text % {"amount": amount(day.taken), "date": dates.in_text(day.date)},
        user=day.user_id,
        date=day.date,
        taken=day.taken,
    )
