"""The only code that creates, moves or deletes an assignment, and so the one place that keeps the rule.

A slot is taken by one guarded UPDATE whose row count decides; nothing that was read before does. The assignment is
written in the same transaction, so `taken` is always the number of rows.
"""

import datetime
from collections.abc import Callable
from typing import TypeVar

from django.db import IntegrityError
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from apps.exceptions.assignments import AlreadyAssigned, AssignmentNotFound, NoFreeDay
from apps.exceptions.base import ToGoError, TryAgain
from apps.models import Assignment, DailyLimit, Task, User
from apps.models.assignments import Status
from apps.models.events import Kind
from apps.models.limits import Room
from apps.services import availability, events, limits, taking, unit_of_work
from apps.services.shared import permissions, refusals

T = TypeVar("T")

# How often work starts again because others changed under it what it had read.
_ATTEMPTS = 10


class Overtaken(Exception):
    """Somebody else changed what this work had read; it is undone and starts again."""


class DayFull(Exception):
    """No slot was free."""

    def __init__(self, day: DailyLimit | Room) -> None:
        super().__init__(day)
        self.day = day


def assign(*, actor: User, task_id: int, user_id: int, date: datetime.date) -> Assignment:
    """Give a person a task on a date; the answer's `daily_limit` tells what is taken then.

    A day without a limit gets one first, and everyone else's is asked for.

    Raises `NotAllowed`, `DateOutOfRange`, `TaskNotFound`, `UserNotFound`, `TaskInactive`, `UserInactive`,
    `AlreadyAssigned`, `DailyLimitReached` and `TryAgain`; then nothing is written.
    """
    permissions.require_may_assign(actor, user_id, date)

    def attempt() -> Assignment:
        return _give(actor, task_id, user_id, date)

    return _explained(lambda: until_settled(attempt))


def assign_earliest(*, actor: User, task_id: int, user_id: int, first: datetime.date | None = None) -> Assignment:
    """Give a person a task on their first day from `first` (today) on that has room and hasn't this task.

    Looks at 366 days. Raises `NoFreeDay`, and all that `assign` raises but what a single day could be refused for.
    """
    first = first or permissions.today()
    permissions.require_may_assign(actor, user_id, first)
    last = min(first + datetime.timedelta(days=availability.SEARCH_DAYS - 1), permissions.last_date())

    def attempt() -> Assignment:
        task = _require_assignable(task_id, user_id)
        theirs = Assignment.objects.filter(task=task, daily_limit__user=user_id, daily_limit__date__gte=first)
        given = set(theirs.values_list("daily_limit__date", flat=True))
        looked_at_all = True
        for day in availability.free_days(user_id=user_id, first=first, last=last):
            if day.date in given:
                continue
            try:
                return _give(actor, task.pk, user_id, day.date)
            except (DayFull, AlreadyAssigned):
                looked_at_all = False  # Taken since it was read: the next one, or look again.
        if looked_at_all:
            raise NoFreeDay(
                f"No day from {first} to {last} has room for this task.",
                task=task_id,
                user=user_id,
                first=first,
                last=last,
            )
        raise Overtaken

    return until_settled(attempt)


def change(
    *,
    actor: User,
    assignment_id: int,
    user_id: int | None = None,
    date: datetime.date | None = None,
    status: str | None = None,
) -> Assignment:
    """Move an assignment to another person, another day or both, mark it done or open, all in one step.

    It keeps its id, task and taskmaster. Where it is already it may stay, however full that day is.

    Raises `AssignmentNotFound`, `NotAllowed`, `DateOutOfRange`, `UserNotFound`, `UserInactive`, `AlreadyAssigned`,
    `DailyLimitReached` and `TryAgain`; then nothing is changed.
    """

    def attempt() -> Assignment:
        assignment = get(actor=actor, assignment_id=assignment_id)
        place = (user_id or assignment.user_id, date or assignment.date)
        moves = place != (assignment.user_id, assignment.date)
        if moves:
            permissions.require_may_move(actor, assignment, *place)
            _require_person(place[0])
        try:
            return limits.with_days(lambda: _change(actor, assignment, place if moves else None, status))
        except IntegrityError:
            raise _conflict(assignment.task_id, *place, moving=assignment.pk) from None

    return _explained(lambda: until_settled(attempt))


def unassign(*, actor: User, assignment_id: int) -> None:
    """Delete an assignment for good: its slot is free, and the task can be assigned again.

    Raises `AssignmentNotFound`, `NotAllowed` and `TryAgain`; then nothing is changed.
    """

    def attempt() -> None:
        assignment = get(actor=actor, assignment_id=assignment_id)
        permissions.require_may_unassign(actor, assignment)
        unit_of_work.run(lambda: _free(actor, assignment))

    until_settled(attempt)


def get(*, actor: User, assignment_id: int) -> Assignment:
    """An assignment with its day and task. Raises `AssignmentNotFound` when there is none that `actor` may see."""
    rows = Assignment.objects.visible_to(actor).with_day().select_related("task")
    assignment = rows.filter(pk=assignment_id).first()
    if assignment is None:
        raise AssignmentNotFound(f"There is no assignment with the id {assignment_id}.", assignment=assignment_id)
    return assignment


def until_settled(attempt: Callable[[], T]) -> T:
    """What `attempt` returns, made again while others overtake it. Raises `TryAgain` when that doesn't end."""
    for _ in range(_ATTEMPTS):
        try:
            return attempt()
        except Overtaken:
            continue
    raise TryAgain("Others are changing the same at the same time.", retry_after=1)


# --- the statements ---------------------------------------------------------------------------------------------


def _give(actor: User, task_id: int, user_id: int, date: datetime.date) -> Assignment:
    try:
        return limits.with_days(lambda: _take(actor, task_id, user_id, date), one_statement=True)
    except IntegrityError:
        # The task is given already, or the task or the person was deleted meanwhile. The transaction was left
        # whole, so nothing is taken.
        raise _conflict(task_id, user_id, date) from None


def _take(actor: User, task_id: int, user_id: int, date: datetime.date) -> Assignment:
    if taken := taking.take(actor=actor, task_id=task_id, user_id=user_id, date=date):
        return taken
    # Why not is looked up only now: most can be given.
    raise _why_not(task_id, user_id, date)


def _take_slot(task_id: int, user_id: int, date: datetime.date, *, moving: int) -> DailyLimit:
    days = DailyLimit.objects.of(user_id, date)
    if not days.with_room().update(taken=F("taken") + 1):
        raise _why_not(task_id, user_id, date, moving=moving)
    return days.get()


def _free_slot(day_id: int) -> None:
    # `maximum` before `taken`: MySQL assigns from left to right.
    freed = DailyLimit.objects.filter(pk=day_id, taken__gt=0).update(
        maximum=Greatest("wanted", F("taken") - 1), taken=F("taken") - 1
    )
    if not freed:
        raise Overtaken


def _free(actor: User, assignment: Assignment) -> None:
    # The day before the assignment: the one lock order.
    _free_slot(assignment.daily_limit_id)
    deleted, _ = Assignment.objects.filter(pk=assignment.pk, daily_limit=assignment.daily_limit_id).delete()
    if deleted != 1:
        raise Overtaken
    _note(Kind.UNASSIGNED, actor, assignment)


def _change(actor: User, old: Assignment, place: tuple[int, datetime.date] | None, status: str | None) -> Assignment:
    fields: dict[str, object] = {}
    if place:
        fields["daily_limit"] = _swap_slots(old, *place)
    if status and status != old.status:
        fields |= {"status": status, "done_at": timezone.now() if status == Status.DONE else None}
    if not fields:
        return old
    same = Assignment.objects.filter(pk=old.pk, daily_limit=old.daily_limit_id, status=old.status)
    if same.update(**fields) != 1:
        raise Overtaken
    new = Assignment.objects.with_day().select_related("task").get(pk=old.pk)
    if place:
        _note(Kind.MOVED, actor, new, moved_from=old)
    if "status" in fields:
        _note(Kind.DONE if status == Status.DONE else Kind.REOPENED, actor, new)
    return new


def _swap_slots(old: Assignment, user_id: int, date: datetime.date) -> DailyLimit:
    """Free the slot that the assignment has and take one on its new day; both days in the order of their ids."""
    new_id = DailyLimit.objects.of(user_id, date).values_list("pk", flat=True).first()
    if new_id is None:
        raise limits.DayMissing((user_id, date), for_everybody=True)
    if new_id < old.daily_limit_id:
        new = _take_slot(old.task_id, user_id, date, moving=old.pk)
        _free_slot(old.daily_limit_id)
    else:
        _free_slot(old.daily_limit_id)
        new = _take_slot(old.task_id, user_id, date, moving=old.pk)
    return new


def _note(kind: Kind, actor: User, assignment: Assignment, *, moved_from: Assignment | None = None) -> None:
    events.note(
        kind,
        actor_id=actor.pk,
        user_id=assignment.user_id,
        task=assignment.task,
        date=assignment.date,
        assignment_id=assignment.pk,
        from_user_id=moved_from.user_id if moved_from and moved_from.user_id != assignment.user_id else None,
        data={"from": {"user": moved_from.user_id, "date": moved_from.date.isoformat()}} if moved_from else {},
    )


# --- refusals ---------------------------------------------------------------------------------------------------


def _require_assignable(task_id: int, user_id: int) -> Task:
    task = Task.objects.filter(pk=task_id).first()
    person = User.objects.filter(pk=user_id).first()
    if refusal := refusals.of_task_or_person(task_id, task, user_id, person):
        raise refusal
    assert task  # for the type checker: what isn't there was refused
    return task


def _require_person(user_id: int) -> None:
    if refusal := refusals.of_person(user_id, User.objects.filter(pk=user_id).first()):
        raise refusal


def _why_not(task_id: int, user_id: int, date: datetime.date, *, moving: int | None = None) -> Exception:
    """Why no slot was taken: what is to be raised for it. What is moved keeps its task, retired or not."""
    seen = taking.look(task_id=task_id, user_id=user_id, date=date)
    if moving is None and (refusal := refusals.of_task_or_person(task_id, seen.task, user_id, seen.person)):
        return refusal
    if seen.assignment_id not in {None, moving}:
        return refusals.already_assigned(task_id=task_id, user_id=user_id, date=date, assignment_id=seen.assignment_id)
    if seen.day is None:
        return limits.DayMissing((user_id, date), for_everybody=True)
    if seen.day.remaining or seen.assignment_id:
        return Overtaken()  # There is room by now, or somebody else moved it there.
    return DayFull(seen.day)


def _conflict(task_id: int, user_id: int, date: datetime.date, *, moving: int | None = None) -> Exception:
    """What is to be raised where the database refused to write: what it was, or to start again when that has changed
    since."""
    why = _why_not(task_id, user_id, date, moving=moving)
    return why if isinstance(why, ToGoError) else Overtaken()


def _explained(work: Callable[[], Assignment]) -> Assignment:
    """What `work` returns. Why a day is full and what to do instead is looked up after its transaction, which holds
    nobody up for it."""
    try:
        return work()
    except DayFull as full:
        next_free_date = availability.next_free_date(user_id=full.day.user_id, after=full.day.date)
        raise refusals.daily_limit_reached(full.day, next_free_date) from None
