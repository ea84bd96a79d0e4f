"""Many assignments in one step, with a few statements for all of them together.

The days are locked in the order of their ids, and everything is decided under the locks: one UPDATE takes the slots,
one INSERT writes the assignments, one writes the history.
"""

import datetime
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeVar

from django.db import IntegrityError

from apps.exceptions.assignments import BulkRefused, DateOutOfRange
from apps.exceptions.base import ToGoError
from apps.models import Assignment, Task, User
from apps.models.limits import Room
from apps.services import assignments, availability, limits, taking_many
from apps.services.assignments import DayFull, Overtaken
from apps.services.limits import Day
from apps.services.shared import permissions, refusals
from apps.services.taking_many import Made


class Item(NamedTuple):
    """A task for a person on a date."""

    task_id: int
    user_id: int
    date: datetime.date


class Wish(NamedTuple):
    """An item whose task and person were found and may be assigned."""

    task: Task
    user_id: int
    date: datetime.date


class Fits(NamedTuple):
    """A wish for which the day has room."""

    task: Task
    day: Room


# What fits, or what was made of it.
Done = TypeVar("Done", Fits, Made)
# What is asked for, or why it can't even be looked at; what is decided about it; and what becomes of it.
Asked = Item | ToGoError
Decision = Fits | DayFull | ToGoError
Outcome = Made | ToGoError


class _Refused(Exception):
    """Something can't be assigned, so nothing is."""

    def __init__(self, decisions: list[Decision]) -> None:
        super().__init__(decisions)
        self.decisions = decisions


def assign_all(*, actor: User, asked: Sequence[Asked]) -> list[Made]:
    """Assign everything or nothing. Raises `NotAllowed`, `BulkRefused` with what didn't fit, and `TryAgain`."""
    permissions.require_taskmaster(actor)
    try:
        made = assignments.until_settled(lambda: _attempt(actor, asked, all_or_nothing=True))
    except _Refused as refused:
        failures = [
            {"index": index, **outcome.as_problem()}
            for index, outcome in enumerate(explain(refused.decisions))
            if isinstance(outcome, ToGoError)
        ]
        detail = f"{len(failures)} of {len(asked)} can't be assigned, so none is."
        raise BulkRefused(detail, failures=failures) from None
    return [one for one in made if isinstance(one, Made)]


def assign_each(*, actor: User, asked: Sequence[Asked]) -> list[Outcome]:
    """Assign what fits, in this order; returns what became of each. Raises `NotAllowed` and `TryAgain`."""
    permissions.require_taskmaster(actor)
    made: list[Outcome | DayFull] = assignments.until_settled(lambda: _attempt(actor, asked, all_or_nothing=False))
    return explain(made)


def check(asked: Iterable[Asked]) -> "list[Wish | ToGoError]":
    """Refuse what can be refused without a lock, as a single call would."""
    asked = list(asked)
    items = [item for item in asked if isinstance(item, Item)]
    tasks = Task.objects.in_bulk({item.task_id for item in items})
    user_ids = {item.user_id for item in items}
    # Nearly all are active, and then nothing else of them is needed.
    active = set(User.objects.active().filter(pk__in=taking_many.among(user_ids)).values_list("pk", flat=True))
    others = User.objects.in_bulk(user_ids - active)
    dates = {date: _refusal_of_date(date) for date in {item.date for item in items}}

    def one(item: Asked) -> Wish | ToGoError:
        if isinstance(item, ToGoError):
            return item
        if out_of_range := dates[item.date]:
            return out_of_range
        task = tasks.get(item.task_id)
        if item.user_id in active:
            refusal: ToGoError | None = refusals.of_task(item.task_id, task)
        else:
            refusal = refusals.of_task_or_person(item.task_id, task, item.user_id, others.get(item.user_id))
        return refusal or Wish(tasks[item.task_id], item.user_id, item.date)

    return [one(item) for item in asked]


def _refusal_of_date(date: datetime.date) -> DateOutOfRange | None:
    try:
        permissions.require_date(date)
    except DateOutOfRange as refusal:
        return refusal
    return None


def decide(wishes: Sequence[Wish | ToGoError], days: dict[Day, Room]) -> list[Decision]:
    """What is to become of each wish on these days, in this order. Writes nothing."""
    items = [wish for wish in wishes if isinstance(wish, Wish)]
    asked = {(wish.user_id, wish.date): days[wish.user_id, wish.date] for wish in items}
    given = _given(asked, {wish.task.id for wish in items})
    wanted: Counter[Day] = Counter()
    decisions: list[Decision] = []
    for wish in wishes:
        if isinstance(wish, ToGoError):
            decisions.append(wish)
            continue
        place = (wish.user_id, wish.date)
        day, task_id = days[place], wish.task.id
        if (*place, task_id) in given:
            decisions.append(
                refusals.already_assigned(
                    task_id=task_id,
                    user_id=wish.user_id,
                    date=wish.date,
                    assignment_id=given[*place, task_id],
                )
            )
        elif wanted[place] >= day.remaining:
            decisions.append(DayFull(day))
        else:
            wanted[place] += 1
            given[*place, task_id] = None
            decisions.append(Fits(wish.task, day))
    return decisions


def explain(decisions: Sequence[Done | DayFull | ToGoError]) -> list[Done | ToGoError]:
    """The decisions, with the next free day for whatever met a full one; looked up for all of them together."""
    full = {(full.day.user_id, full.day.date) for full in decisions if isinstance(full, DayFull)}
    free = availability.next_free_dates(days=full)
    return [
        refusals.daily_limit_reached(decision.day, free[decision.day.user_id, decision.day.date])
        if isinstance(decision, DayFull)
        else decision
        for decision in decisions
    ]


# --- the statements ---------------------------------------------------------------------------------------------


def _attempt(actor: User, asked: Sequence[Asked], *, all_or_nothing: bool) -> list[Outcome | DayFull]:
    wishes = check(asked)

    def work() -> list[Outcome | DayFull]:
        decisions = decide(wishes, _locked_days(wishes))
        if all_or_nothing and not all(isinstance(decision, Fits) for decision in decisions):
            raise _Refused(decisions)
        made = iter(_write(actor, [decision for decision in decisions if isinstance(decision, Fits)]))
        return [next(made) if isinstance(decision, Fits) else decision for decision in decisions]

    try:
        return limits.with_days(work)
    except IntegrityError:
        # A task or a person was deleted meanwhile: nothing is written, and the next look says so.
        raise Overtaken from None


def _locked_days(wishes: Iterable[Wish | ToGoError]) -> dict[Day, Room]:
    """The days of the wishes, locked in the order of their ids. Raises `DayMissing`."""
    places = {(wish.user_id, wish.date) for wish in wishes if isinstance(wish, Wish)}
    locked = taking_many.lock(places)
    if missing := places - set(locked):
        raise limits.DayMissing(*missing, for_everybody=True)
    return locked


def _given(days: dict[Day, Room], task_ids: set[int]) -> dict[tuple[int, datetime.date, int], int | None]:
    """The assignments of these tasks on these days, by person, date and task."""
    places = {day.id: place for place, day in days.items() if day.id}
    rows = Assignment.objects.filter(daily_limit__in=taking_many.among(places), task__in=task_ids)
    return {(*places[day], task): pk for day, task, pk in rows.values_list("daily_limit", "task", "pk")}


def _write(actor: User, fitting: list[Fits]) -> list[Made]:
    made = taking_many.take(actor=actor, given=fitting) if fitting else []
    if made is None:
        raise Overtaken
    return made
