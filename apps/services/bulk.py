"""Many assignments in one call, either all or each one that fits, with a few statements for all of them."""

import datetime
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeVar

from apps.exceptions.assignments import BulkRefused, DateOutOfRange
from apps.exceptions.base import ToGoError
from apps.models import DailyLimit, Task, User
from apps.models.base import DayKey, any_of, conditions_for
from apps.models.limits import DaySnapshot
from apps.services import availability, limits, slots, unit_of_work
from apps.services.shared import permissions, picking, refusals
from apps.services.slots import Accepted, Candidate, CreatedAssignment, DayFull, NothingTaken

# A candidate that was assigned, or, in a dry run, would be.
Done = TypeVar("Done", CreatedAssignment, Accepted)


class Item(NamedTuple):
    """A task for a person on a date, by their ids, which nobody has looked up yet."""

    task_id: int
    user_id: int
    date: datetime.date
    # None means the task's effort.
    effort: int | None = None


# An item, or the refusal of one that can't be read; and the outcome of an item.
Asked = Item | ToGoError
Outcome = CreatedAssignment | ToGoError


def assign_all(*, actor: User, asked: Sequence[Asked]) -> list[CreatedAssignment]:
    """Assign all items or none. Raises `NotAllowed`, `BulkRefused` with the refusal of each item, and `TryAgain`."""
    permissions.require_taskmaster(actor)
    try:
        outcomes = _take_many(actor, asked, all_or_nothing=True)
    except NothingTaken as nothing:
        failures = [
            {"index": index, **outcome.as_problem()}
            for index, outcome in enumerate(with_advice(nothing.decisions))
            if isinstance(outcome, ToGoError)
        ]
        detail = f"{len(failures)} of {len(asked)} can't be assigned, so none is."
        raise BulkRefused(detail, failures=failures) from None
    return [outcome for outcome in outcomes if isinstance(outcome, CreatedAssignment)]


def assign_each(*, actor: User, asked: Sequence[Asked]) -> list[Outcome]:
    """Assign the items that fit, in this order; returns the outcome of each. Raises `NotAllowed` and `TryAgain`."""
    permissions.require_taskmaster(actor)
    return take_each(actor=actor, asked=asked)


def take_each(*, actor: User, asked: Sequence[Asked]) -> list[Outcome]:
    """As `assign_each`, for callers that have checked themselves what `actor` may."""
    return with_advice(_take_many(actor, asked, all_or_nothing=False))


def candidates_of(asked: Iterable[Asked]) -> "list[Candidate | ToGoError]":
    """Look up the task and the person of each item, without locks. Refusals are the same as those of a single call."""
    asked = list(asked)
    items = [item for item in asked if isinstance(item, Item)]
    tasks = Task.objects.brief().in_bulk({item.task_id for item in items})
    user_ids = {item.user_id for item in items}
    # Nearly everybody is active, and for them the id is enough.
    active = set(User.objects.active().filter(pk__in=any_of(user_ids)).values_list("pk", flat=True))
    others = User.objects.in_bulk(user_ids - active)
    dates = {date: _refusal_of_date(date) for date in {item.date for item in items}}

    def one(item: Asked) -> Candidate | ToGoError:
        if isinstance(item, ToGoError):
            return item
        if out_of_range := dates[item.date]:
            return out_of_range
        task = tasks.get(item.task_id)
        if item.user_id in active:
            refusal: ToGoError | None = refusals.of_task(item.task_id, task)
        else:
            refusal = refusals.of_task_or_person(item.task_id, task, item.user_id, others.get(item.user_id))
        if refusal:
            return refusal
        found = tasks[item.task_id]
        return Candidate(found, item.user_id, item.date, item.effort or found.effort)

    return [one(item) for item in asked]


def predict(asked: Sequence[Asked]) -> list[Accepted | ToGoError]:
    """The outcome that each item would have now in this order. Locks and writes nothing."""
    candidates = candidates_of(asked)
    places = {(one.user_id, one.date) for one in candidates if isinstance(one, Candidate)}
    return with_advice(slots.decide(candidates, days_as_they_would_be(places)))


def days_as_they_would_be(places: set[DayKey]) -> dict[DayKey, DaySnapshot]:
    """Snapshots of these days. A day without a limit gets the one that would be set now, and the `id` 0."""
    if not places:
        return {}
    found = {
        (day.user_id, day.date): day
        for some in conditions_for(places)
        for day in DailyLimit.objects.filter(some).snapshots()
    }
    dates = [date for _, date in places]
    picker = picking.load({user_id for user_id, _ in places}, min(dates), max(dates))
    return {place: found.get(place) or DaySnapshot.of(limits.unset_day(picker, *place)) for place in places}


def with_advice(outcomes: Sequence[Done | DayFull | ToGoError]) -> list[Done | ToGoError]:
    """The outcomes; each `DayFull` becomes a refusal with the next free date. One search finds all these dates."""

    def search_of(full: DayFull) -> availability.Search:
        return availability.Search(full.day.user_id, full.day.date, full.effort)

    free = availability.next_free_dates({search_of(one) for one in outcomes if isinstance(one, DayFull)})
    return [one.refusal(free[search_of(one)]) if isinstance(one, DayFull) else one for one in outcomes]


def _take_many(actor: User, asked: Sequence[Asked], *, all_or_nothing: bool) -> list[slots.Outcome]:
    return unit_of_work.retry(
        lambda: slots.take_many(actor=actor, candidates=candidates_of(asked), all_or_nothing=all_or_nothing)
    )


def _refusal_of_date(date: datetime.date) -> DateOutOfRange | None:
    try:
        permissions.require_date(date)
    except DateOutOfRange as refusal:
        return refusal
    return None
