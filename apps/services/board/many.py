"""What the board does with several assignments or days at once: it takes away, hands on, and limits. And what days off
touch."""

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from apps.exceptions.assignments import AssignmentNotFound
from apps.exceptions.base import ToGoError
from apps.models import Assignment, User
from apps.models.assignments import Status
from apps.services import assignments, limits
from apps.services.board import open_tasks
from apps.services.shared import permissions
from apps.services.shared.formats import LimitByHand, Move, Place
from apps.services.shared.refusals import outcome_of


def unassign_many(*, actor: User, assignment_ids: Iterable[int]) -> list[Place]:
    """Delete these assignments, each in a transaction of its own; returns their days. Assignments that are gone already
    are left out. Raises `NotAllowed` and `TryAgain`; then the rest stays."""
    permissions.require_taskmaster(actor)
    freed = []
    for one in Assignment.objects.with_day().filter(pk__in=list(assignment_ids)):
        try:
            assignments.unassign(actor=actor, assignment_id=one.pk)
        except AssignmentNotFound:
            continue
        freed.append(Place(one.user_id, one.date))
    return freed


def tasks_left(*, actor: User, user_id: int) -> list[Assignment]:
    """The person's open tasks from today on, by date. Raises `NotAllowed`."""
    permissions.require_taskmaster(actor)
    rows = open_tasks().filter(daily_limit__user=user_id).select_related("daily_limit", "task")
    return list(rows.order_by("daily_limit__date", "pk"))


def hand_on(*, actor: User, from_user_id: int, to_user_id: int) -> list[tuple[Assignment, ToGoError | None]]:
    """Move a person's open tasks from today on to somebody else, each on its date and in a transaction of its own.

    Returns each task with None if it was moved, or with the refusal if it stays. Raises `NotAllowed` and `TryAgain`.
    """
    change = partial(assignments.change, actor=actor, user_id=to_user_id)
    return [
        (one, _refusal_of(partial(change, assignment_id=one.pk)))
        for one in tasks_left(actor=actor, user_id=from_user_id)
    ]


def move_back(*, actor: User, moves: Iterable[Move]) -> list[tuple[Assignment, ToGoError | None]]:
    """Undo these moves, each in a transaction of its own. Assignments that are gone by now are left out.

    Returns each assignment as it was, with None if it is back, or with the refusal if it stays. Raises `NotAllowed` and
    `TryAgain`.
    """
    permissions.require_taskmaster(actor)
    moves = list(moves)
    found = Assignment.objects.with_day().select_related("daily_limit__user", "task")
    there = found.in_bulk([move.assignment_id for move in moves])
    back = partial(assignments.move_back, actor=actor)
    outcomes = [
        (there[pk], _refusal_of(partial(back, assignment_id=pk, user_id=place.user_id, date=place.date)))
        for pk, place in moves
        if pk in there
    ]
    return [(one, refusal) for one, refusal in outcomes if not isinstance(refusal, AssignmentNotFound)]


def set_limits(
    *, actor: User, places: Iterable[Place], maximum: int, reason: str
) -> list[tuple[Place, ToGoError | None]]:
    """Set the limit of each of these days by hand, each in a transaction of its own.

    Returns each day with None, or with the refusal if its limit stays. Raises `NotAllowed` and `TryAgain`.
    """
    permissions.require_taskmaster(actor)
    limit = partial(limits.set_by_hand, actor=actor, maximum=maximum, reason=reason)
    return [(place, _refusal_of(partial(limit, user_id=place.user_id, date=place.date))) for place in places]


def set_limits_back(*, actor: User, limits_before: Iterable[LimitByHand]) -> list[tuple[Place, ToGoError | None]]:
    """Undo that these days' limits were set by hand, each in a transaction of its own: set those again that had been
    set by hand before, and give the others back to the rules. Returns and raises what `set_limits` does."""
    permissions.require_taskmaster(actor)
    return [(limit.place, _refusal_of(partial(_set_back, actor, limit))) for limit in limits_before]


def _set_back(actor: User, limit: LimitByHand) -> None:
    user_id, date = limit.place
    if limit.maximum is None:
        limits.give_back(actor=actor, user_id=user_id, date=date)
    else:
        limits.set_by_hand(actor=actor, user_id=user_id, date=date, maximum=limit.maximum, reason=limit.reason)


def _refusal_of(work: Callable[[], object]) -> ToGoError | None:
    outcome = outcome_of(work)
    return outcome if isinstance(outcome, ToGoError) else None


@dataclass(frozen=True)
class Touched:
    """How many people and days a period off affects, and how many open tasks are there already and stay."""

    people: int
    days: int
    tasks: int


def touched_by(*, user_id: int | None, first: datetime.date, last: datetime.date) -> Touched:
    """What a period off from `first` to `last` affects, for one person, or for everyone active if `user_id` is None."""
    people = User.objects.active() if user_id is None else User.objects.filter(pk=user_id)
    there = Assignment.objects.filter(
        status=Status.OPEN,
        daily_limit__user__in=people,
        daily_limit__date__gte=first,
        daily_limit__date__lte=last,
    )
    return Touched(people.count(), (last - first).days + 1, there.count())
