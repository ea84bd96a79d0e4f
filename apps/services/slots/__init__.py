"""The only code that writes the numbers of a day, and that inserts, changes or deletes assignments and waiting entries.

A slot is the part of a day that an assignment takes: its effort. One guarded UPDATE takes it, and only the number of
rows that it changed decides, not data that was read before. The assignment is written in the same transaction, so
`taken` is always the sum of the efforts of the day's assignments. Every function here is atomic by itself: it opens its
own transaction, or a savepoint within a unit of work. Call it through `unit_of_work.retry`.

Room that comes free is handed over to those who wait for it in the same transaction, by `waiting.promote`.

`portable.py` and `many.py` define the functions for every database. `postgresql.py` replaces some of them by one
statement.
"""

import datetime
from collections.abc import Sequence

from django.db import IntegrityError, connection

from apps.exceptions.base import ToGoError
from apps.models import Assignment, DailyLimit, ReturnedTask, User, WaitingEntry
from apps.models.base import DayKey
from apps.models.limits import DaySnapshot
from apps.services.shared.picking import Pick
from apps.services.slots import many, portable, postgresql
from apps.services.slots.decisions import Decision, decide, why_not
from apps.services.slots.merging import change_task
from apps.services.slots.records import Accepted, Candidate, CreatedAssignment, DayFull, DayMissing
from apps.services.slots.returning import change_returned, close_returned, remove_returned
from apps.services.slots.waiting import join, leave, leave_assigned, promote
from apps.services.unit_of_work import LostRace, atomic

__all__ = [
    "Accepted",
    "Candidate",
    "CreatedAssignment",
    "DayFull",
    "DayMissing",
    "NothingTaken",
    "change_effort",
    "change_returned",
    "change_task",
    "close_returned",
    "decide",
    "free",
    "give_back",
    "leave",
    "mark",
    "move",
    "place_returned",
    "promote",
    "resize",
    "take",
    "take_many",
    "take_or_wait",
]

Outcome = CreatedAssignment | DayFull | ToGoError


class NothingTaken(Exception):
    """Some candidates of an all-or-nothing call were refused, so none was assigned."""

    def __init__(self, decisions: list[Decision]) -> None:
        super().__init__(decisions)
        self.decisions = decisions


def take(*, actor: User, task_id: int, user_id: int, date: datetime.date, effort: int | None = None) -> Assignment:
    """Take a slot of a person's day, and write the assignment and its event. The `daily_limit` of the result has the
    day's new numbers.

    Without `effort` it takes the task's effort.

    Raises `TaskNotFound`, `UserNotFound`, `TaskInactive`, `UserInactive`, `AlreadyAssigned`, `DayFull`, `DayMissing`
    and `LostRace`, and `CallerChanged` if `actor` was remembered wrongly; then nothing is written.
    """
    write = postgresql.take if _on_postgresql() else portable.take
    try:
        assignment = write(actor=actor, task_id=task_id, user_id=user_id, date=date, effort=effort)
        if assignment is None:
            actor.confirm()
            # Only now, because most tasks can be assigned.
            why = why_not(task_id=task_id, user_id=user_id, date=date, effort=effort)
            # There is room: it was freed a moment ago, or somebody waits for more of it than is left.
            if isinstance(why, LostRace):
                assignment = portable.take(actor=actor, task_id=task_id, user_id=user_id, date=date, effort=effort)
            if assignment is None:
                raise why
    except IntegrityError:
        # The person has the task already, or the task or the person was deleted meanwhile.
        raise _conflict(task_id, user_id, date, effort) from None
    return assignment


def take_or_wait(
    *, actor: User, task_id: int, user_id: int, date: datetime.date, effort: int | None = None
) -> Assignment | WaitingEntry:
    """As `take`; but if the day is full, queue the task for it. The day is locked before the attempt, so no room comes
    free between the refusal and the entry.

    Raises what `take` raises except `DayFull`, and `AlreadyWaiting` and `TooManyWaiting`; then nothing is written.
    """
    with atomic():
        DailyLimit.objects.of(user_id, date).locked().first()
        try:
            return take(actor=actor, task_id=task_id, user_id=user_id, date=date, effort=effort)
        except DayFull as full:
            return join(actor=actor, full=full, task_id=task_id)


def take_many(*, actor: User, candidates: Sequence[Candidate | ToGoError], all_or_nothing: bool) -> list[Outcome]:
    """Take slots for these candidates in their order and write their assignments, with a few statements for all of
    them. Returns the outcome of each; a candidate that is a refusal already is its own outcome.

    1. Lock the days, sorted by id.
    2. Decide about each candidate while the days are locked.
    3. Write all slots, assignments and events.

    With `all_or_nothing`, one refusal raises `NothingTaken`. Raises `DayMissing` and `LostRace`.
    """
    try:
        with atomic():
            decisions = decide(candidates, _locked_days(candidates))
            accepted = [decision for decision in decisions if isinstance(decision, Accepted)]
            if all_or_nothing and len(accepted) < len(decisions):
                raise NothingTaken(decisions)
            write = postgresql.write_many if _on_postgresql() else many.write_many
            created = iter(write(actor=actor, accepted=accepted) if accepted else [])
            leave_assigned(actor=actor, assigned={(day.id, task.pk) for task, day, _ in accepted if day.waiting})
            return [next(created) if isinstance(decision, Accepted) else decision for decision in decisions]
    except IntegrityError:
        # A task or a person was deleted meanwhile, which the next attempt finds.
        raise LostRace from None


def move(
    *,
    actor: User,
    assignment: Assignment,
    user_id: int,
    date: datetime.date,
    effort: int | None = None,
    status: str | None = None,
    is_back: bool = False,
) -> Assignment:
    """Move an assignment to this person and date: free its slot, and take one there. Also changes its effort and its
    `status` if they are given. With `is_back` it goes back to where it was, also if the person is deactivated.

    It keeps its id, task and taskmaster. `assignment` must have its day and task as they were read. Raises
    `AlreadyAssigned`, `DayFull`, `DayMissing` and `LostRace`; then nothing is changed.
    """
    effort = effort or assignment.effort
    try:
        return portable.move(
            actor=actor,
            assignment=assignment,
            user_id=user_id,
            date=date,
            effort=effort,
            status=status,
            is_back=is_back,
        )
    except portable.SlotNotTaken:
        raise why_not(
            task_id=assignment.task_id, user_id=user_id, date=date, effort=effort, moving=assignment.pk
        ) from None
    except IntegrityError:
        raise _conflict(assignment.task_id, user_id, date, effort, moving=assignment.pk) from None


def change_effort(*, actor: User, assignment: Assignment, effort: int, status: str | None = None) -> Assignment:
    """Change how much of its day an assignment takes, and its `status` if that is given. A lower effort frees room at
    once. Raises `DayFull` and `LostRace`; then nothing is changed.
    """
    try:
        return portable.change_effort(actor=actor, assignment=assignment, effort=effort, status=status)
    except portable.SlotNotTaken:
        day = DailyLimit.objects.get(pk=assignment.daily_limit_id)
        if assignment.effort + day.remaining >= effort:
            raise LostRace from None
        raise DayFull(day, effort, held=assignment.effort) from None


def mark(*, actor: User, assignment: Assignment, status: str) -> Assignment:
    """Mark an assignment as done or open; it keeps its slot. Raises `LostRace`; then nothing is changed."""
    return portable.mark(actor=actor, assignment=assignment, status=status)


def resize(*, actor: User | None, days: Sequence[DailyLimit], pick: Pick, rules_version: int | None = None) -> None:
    """Give these locked days this limit, and the room that this frees to those who wait for it. `actor` is who asked
    for it; None stands for the rules. Raises `LostRace`."""
    portable.resize(actor=actor, days=days, pick=pick, rules_version=rules_version)


def free(*, actor: User, assignment: Assignment) -> None:
    """Delete an assignment, and free its slot for those who wait, or else for everybody. Raises `LostRace`; then
    nothing is changed."""
    portable.free(actor=actor, assignment=assignment)


def give_back(*, actor: User, assignment: Assignment, reason: str) -> ReturnedTask:
    """As `free`, and put the task on the list of those that were handed back. `assignment` must have its taskmaster's
    id as it was read."""
    return portable.give_back(actor=actor, assignment=assignment, reason=reason)


def place_returned(
    *, actor: User, returned: ReturnedTask, user_id: int, date: datetime.date, given_by: User
) -> Assignment:
    """Assign a returned task, as given by `given_by`, and take it off the list. Raises what `take` raises; then nothing
    is written."""
    try:
        with atomic():
            assignment = portable.take(
                actor=actor,
                task_id=returned.task_id,
                user_id=user_id,
                date=date,
                effort=returned.effort,
                given_by=given_by,
            )
            if assignment is None:
                raise why_not(task_id=returned.task_id, user_id=user_id, date=date, effort=returned.effort)
            remove_returned(returned)
            return assignment
    except IntegrityError:
        raise _conflict(returned.task_id, user_id, date, returned.effort) from None


def _on_postgresql() -> bool:
    return connection.vendor == "postgresql"


def _locked_days(candidates: Sequence[Candidate | ToGoError]) -> dict[DayKey, DaySnapshot]:
    keys = {(one.user_id, one.date) for one in candidates if isinstance(one, Candidate)}
    lock = postgresql.lock_days if _on_postgresql() else many.lock_days
    days = lock(keys) if keys else {}
    if missing := keys - set(days):
        raise DayMissing(*missing, for_everybody=True)
    return days


def _conflict(
    task_id: int, user_id: int, date: datetime.date, effort: int | None, *, moving: int | None = None
) -> Exception:
    """The exception to raise after a constraint of the database refused a write."""
    why = why_not(task_id=task_id, user_id=user_id, date=date, effort=effort, moving=moving)
    # If the day is full by now, that isn't why the constraint refused.
    return LostRace() if isinstance(why, DayFull) else why
