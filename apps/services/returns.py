"""Lets people hand back what they can't do, and taskmasters place it again.

`slots` frees the day and writes the list of returned tasks.
"""

import datetime
import functools
from dataclasses import dataclass

from django.utils.translation import gettext

from apps.exceptions.assignments import AssignmentNotFound
from apps.exceptions.base import NotAllowed
from apps.exceptions.returns import AlreadyDone, ReturnNotFound
from apps.models import Assignment, DailyLimit, ReturnedTask, User
from apps.models.assignments import Status
from apps.models.returns import ReturnedTaskQuerySet
from apps.services import assignments, availability, slots, unit_of_work
from apps.services.availability import Search
from apps.services.shared import permissions
from apps.services.shared.formats import Place

# The people that are offered for a returned task.
_OTHERS = 3


@dataclass(frozen=True)
class Offer:
    """A returned task and where it could go: to others who are free on its date, each with what is left of their day,
    and to the next free date of the person who handed it back."""

    returned: ReturnedTask
    others: list[DailyLimit]
    later: Place | None


def hand_back(*, actor: User, assignment_id: int, reason: str) -> ReturnedTask:
    """Hand back one's own open assignment of today or later. Its slot is free, and the person who gave it is told why.

    Raises `AssignmentNotFound`, `NotAllowed`, `AlreadyDone` and `TryAgain`; then nothing is changed.
    """

    def attempt() -> ReturnedTask:
        one = assignments.get(actor=actor, assignment_id=assignment_id)
        permissions.require_may_return(actor, one)
        if one.status == Status.DONE:
            raise AlreadyDone(gettext("This task is done; open it again to hand it back."), assignment=one.pk)
        return slots.give_back(actor=actor, assignment=one, reason=reason)

    return unit_of_work.retry(attempt)


def hand_back_rest(*, actor: User, date: datetime.date, reason: str) -> list[ReturnedTask]:
    """Hand back all open assignments that one has on this date, and what waits for it, all or none of them.

    Raises `NotAllowed` for a past date, `AssignmentNotFound` if there are none, and `TryAgain`; then nothing is
    changed.
    """

    def work() -> list[ReturnedTask]:
        returned: list[ReturnedTask] = []
        # What waited for this day gets the room, and goes back as well.
        while given := open_on(actor=actor, date=date):
            for one in given:
                permissions.require_may_return(actor, one)
                returned.append(slots.give_back(actor=actor, assignment=one, reason=reason))
        if not returned:
            raise AssignmentNotFound(gettext("You have no open task on this date."), date=date)
        return returned

    return unit_of_work.run(work)


def open_on(*, actor: User, date: datetime.date) -> list[Assignment]:
    """What one has to do on this date, in the order in which it was given."""
    mine = Assignment.objects.filter(daily_limit__user=actor, daily_limit__date=date, status=Status.OPEN)
    return list(mine.with_day().select_related("task", "taskmaster").order_by("pk"))


def visible_to(actor: User) -> ReturnedTaskQuerySet:
    """The returned tasks that `actor` may see."""
    return ReturnedTask.objects.visible_to(actor)


def offers(*, actor: User, most: int) -> list[Offer]:
    """The returned tasks of everybody, the oldest first, at most so many, each with where it could go. A past one could
    go to others today. Raises `NotAllowed`."""
    permissions.require_taskmaster(actor)
    today = permissions.today()
    found = list(visible_to(actor).select_related("task", "user", "taskmaster").order_by("pk")[:most])
    searches = {
        one.pk: Search(one.user_id, max(one.date, today - datetime.timedelta(days=1)), one.effort) for one in found
    }
    later = availability.next_free_dates(searches.values())

    @functools.cache
    def free(date: datetime.date, effort: int) -> list[DailyLimit]:
        return availability.room_on(actor=actor, date=date, size=_OTHERS + 1, effort=effort).days

    made = []
    for one in found:
        others = [day for day in free(max(one.date, today), one.effort) if day.user_id != one.user_id]
        date = later[searches[one.pk]]
        made.append(Offer(one, others[:_OTHERS], Place(one.user_id, date) if date else None))
    return made


def get(*, actor: User, returned_id: int) -> ReturnedTask:
    """A returned task. Raises `ReturnNotFound` if there is none that `actor` may see."""
    found = visible_to(actor).select_related("task", "user", "taskmaster").filter(pk=returned_id).first()
    if found is None:
        message = gettext("There is no returned task with the id %(id)s.") % {"id": returned_id}
        raise ReturnNotFound(message, returned=returned_id)
    return found


def place(
    *, actor: User, returned_id: int, user_id: int | None = None, date: datetime.date | None = None
) -> Assignment:
    """Assign a returned task again: to this person on this date, by default to the one who handed it back, on its date.
    It is given by `actor`; a person who takes their own task back has it from the one who gave it before.

    Raises `ReturnNotFound`, `NotAllowed`, `DateOutOfRange`, `UserNotFound`, `UserInactive`, `TaskInactive`,
    `AlreadyAssigned`, `DailyLimitReached` and `TryAgain`; then it stays on the list.
    """

    def attempt() -> Assignment:
        returned = get(actor=actor, returned_id=returned_id)
        to = (user_id or returned.user_id, date or returned.date)
        takes_back = to == (actor.pk, returned.date) and returned.user_id == actor.pk
        if takes_back:
            permissions.require_date(returned.date, earliest=permissions.earliest_date(actor))
        elif actor.may_assign_to_all:
            permissions.require_may_assign(actor, *to)
        else:
            raise NotAllowed(gettext("Only a taskmaster may place this; you may take it back for its own day."))
        giver = returned.taskmaster if takes_back else actor
        return slots.place_returned(actor=actor, returned=returned, user_id=to[0], date=to[1], given_by=giver)

    return assignments.with_advice(attempt)


def close(*, actor: User, returned_id: int) -> None:
    """Take a returned task off the list without giving it again. Raises `ReturnNotFound`, `NotAllowed` and
    `TryAgain`."""

    def attempt() -> None:
        returned = get(actor=actor, returned_id=returned_id)
        permissions.require_taskmaster(actor)
        slots.close_returned(actor=actor, returned=returned)

    unit_of_work.retry(attempt)
