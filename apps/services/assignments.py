"""Assigns tasks, and moves, changes, marks and deletes assignments: checks that the caller may, and adds the next free
date to the refusal of a full day.

`slots` writes the rows and keeps the daily limits.
"""

import datetime
from collections.abc import Callable

from django.utils.translation import gettext

from apps.exceptions.assignments import AlreadyAssigned, AssignmentNotFound, NoFreeDay
from apps.models import Assignment, Event, Task, User, WaitingEntry
from apps.models.events import Kind
from apps.services import availability, slots, unit_of_work
from apps.services.shared import dates, permissions, refusals
from apps.services.slots import DayFull
from apps.services.unit_of_work import LostRace


def assign(*, actor: User, task_id: int, user_id: int, date: datetime.date, effort: int | None = None) -> Assignment:
    """Give a person a task on a date. The `daily_limit` of the result has the day's new numbers.

    The assignment takes `effort` of the day (default: the task's effort). A day without a limit gets one first, and a
    job sets everyone else's limit of that date.

    Raises `NotAllowed`, `DateOutOfRange`, `TaskNotFound`, `UserNotFound`, `TaskInactive`, `UserInactive`,
    `AlreadyAssigned`, `DailyLimitReached` and `TryAgain`; then nothing is written.
    """
    permissions.require_may_assign(actor, user_id, date)
    return with_advice(lambda: slots.take(actor=actor, task_id=task_id, user_id=user_id, date=date, effort=effort))


def assign_or_wait(
    *, actor: User, task_id: int, user_id: int, date: datetime.date, effort: int | None = None
) -> Assignment | WaitingEntry:
    """As `assign`; but if the day is full, queue the task for it. It is assigned as soon as its effort fits, before any
    task that is queued after it, unless that one is smaller and fits earlier.

    Raises what `assign` raises except `DailyLimitReached`, `DateOutOfRange` also for past dates, `AlreadyWaiting` and
    `TooManyWaiting`; then nothing is written.
    """
    permissions.require_may_assign(actor, user_id, date)
    permissions.require_date(date, earliest=permissions.today())
    return unit_of_work.retry(
        lambda: slots.take_or_wait(actor=actor, task_id=task_id, user_id=user_id, date=date, effort=effort)
    )


def assign_earliest(
    *,
    actor: User,
    task_id: int,
    user_id: int,
    first: datetime.date | None = None,
    last: datetime.date | None = None,
    effort: int | None = None,
) -> Assignment:
    """Give a person a task on their first day from `first` (default: today) on that has room for it, and on which they
    don't have it yet.

    Looks at the days up to `last`, at most 366. Raises `NoFreeDay`, and what `assign` raises except `AlreadyAssigned`
    and `DailyLimitReached`.
    """
    first = first or permissions.today()
    permissions.require_may_assign(actor, user_id, first)
    end = min(first + datetime.timedelta(days=availability.SEARCH_DAYS - 1), permissions.last_date(), last or first.max)

    def attempt() -> Assignment:
        task = _require_assignable(task_id, user_id)
        theirs = Assignment.objects.filter(task=task_id, daily_limit__user=user_id, daily_limit__date__gte=first)
        assigned = set(theirs.values_list("daily_limit__date", flat=True))
        lost_a_race = False
        for day in availability.free_days(user_id=user_id, first=first, last=end, effort=effort or task.effort):
            if day.date in assigned:
                continue
            try:
                return slots.take(actor=actor, task_id=task_id, user_id=user_id, date=day.date, effort=effort)
            except (DayFull, AlreadyAssigned):
                lost_a_race = True  # Taken since it was read: try the next day.
        if lost_a_race:
            raise LostRace
        raise NoFreeDay(
            gettext("No day from %(first)s to %(end)s has room for this task.")
            % {"first": dates.in_text(first), "end": dates.in_text(end)},
            task=task_id,
            user=user_id,
            first=first,
            last=end,
        )

    return unit_of_work.retry(attempt)


def change(
    *,
    actor: User,
    assignment_id: int,
    user_id: int | None = None,
    date: datetime.date | None = None,
    effort: int | None = None,
    status: str | None = None,
) -> Assignment:
    """Move an assignment to another person, another day or both, change its effort, and mark it done or open, all in
    one step.

    It keeps its id, task and taskmaster. An assignment that stays where it is, with its effort, needs no room.

    Raises `AssignmentNotFound`, `NotAllowed`, `DateOutOfRange`, `UserNotFound`, `UserInactive`, `AlreadyAssigned`,
    `DailyLimitReached` and `TryAgain`; then nothing is changed.
    """

    def attempt() -> Assignment:
        assignment = get(actor=actor, assignment_id=assignment_id)
        place = (user_id or assignment.user_id, date or assignment.date)
        if place != (assignment.user_id, assignment.date):
            permissions.require_may_move(actor, assignment, *place)
            _require_active_person(place[0])
            return slots.move(
                actor=actor, assignment=assignment, user_id=place[0], date=place[1], effort=effort, status=status
            )
        if effort and effort != assignment.effort:
            permissions.require_may_move(actor, assignment, *place)
            if effort > assignment.effort:
                _require_active_person(place[0])
            return slots.change_effort(actor=actor, assignment=assignment, effort=effort, status=status)
        return slots.mark(actor=actor, assignment=assignment, status=status) if status else assignment

    return with_advice(attempt)


def move_back(*, actor: User, assignment_id: int, user_id: int, date: datetime.date) -> Assignment:
    """Undo that an assignment was moved away from this person's day. Somebody deactivated gets back only what was
    moved away from that day last.

    Raises what `change` raises; then nothing is changed.
    """

    def attempt() -> Assignment:
        assignment = get(actor=actor, assignment_id=assignment_id)
        if (user_id, date) == (assignment.user_id, assignment.date):
            return assignment
        permissions.require_may_move(actor, assignment, user_id, date)
        is_back = _left_last(assignment) == (user_id, date)
        if not is_back:
            _require_active_person(user_id)
        return slots.move(actor=actor, assignment=assignment, user_id=user_id, date=date, is_back=is_back)

    return with_advice(attempt)


def unassign(*, actor: User, assignment_id: int) -> None:
    """Delete an assignment for good. This frees its slot for those who wait, or else for everybody, and the task can be
    assigned again.

    Raises `AssignmentNotFound`, `NotAllowed` and `TryAgain`; then nothing is changed.
    """

    def attempt() -> None:
        assignment = get(actor=actor, assignment_id=assignment_id)
        permissions.require_may_unassign(actor, assignment)
        slots.free(actor=actor, assignment=assignment)

    unit_of_work.retry(attempt)


def get(*, actor: User, assignment_id: int) -> Assignment:
    """An assignment with its day and task. Raises `AssignmentNotFound` if there is none that `actor` may see."""
    rows = Assignment.objects.visible_to(actor).with_day().select_related("task")
    assignment = rows.filter(pk=assignment_id).first()
    if assignment is None:
        raise AssignmentNotFound(
            gettext("There is no assignment with the id %(assignment_id)s.") % {"assignment_id": assignment_id},
            assignment=assignment_id,
        )
    return assignment


def with_advice(attempt: Callable[[], Assignment]) -> Assignment:
    """The result of `attempt`. If the day is full, raises a refusal with the next free date; the search for it begins
    after the transaction has ended, so that it blocks nobody."""
    try:
        return unit_of_work.retry(attempt)
    except DayFull as full:
        next_free_date = availability.next_free_date(user_id=full.day.user_id, after=full.day.date, effort=full.effort)
        raise full.refusal(next_free_date) from None


def _require_assignable(task_id: int, user_id: int) -> Task:
    task = Task.objects.filter(pk=task_id).first()
    person = User.objects.filter(pk=user_id).first()
    if refusal := refusals.of_task_or_person(task_id, task, user_id, person):
        raise refusal
    assert task
    return task


def _left_last(assignment: Assignment) -> tuple[int, datetime.date] | None:
    """The person and the date that an assignment was moved away from last; None if it was never moved."""
    moves = Event.objects.filter(kind=Kind.MOVED, task=assignment.task_id, assignment=assignment.pk)
    last = moves.order_by("-pk").first()
    if last is None:
        return None
    was = last.data["from"]
    return was["user"], datetime.date.fromisoformat(was["date"])


def _require_active_person(user_id: int) -> None:
    if refusal := refusals.of_person(user_id, User.objects.filter(pk=user_id).first()):
        raise refusal
