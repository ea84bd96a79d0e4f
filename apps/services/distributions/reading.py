"""Reads what a distribution is computed from: tasks, people, and their days as they are or would be set now."""

import datetime
from collections.abc import Sequence
from typing import NamedTuple

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from apps.exceptions.base import InvalidRequest, ToGoError
from apps.exceptions.distributions import DistributionTooLarge
from apps.models import Assignment, DailyLimit, Task, User
from apps.models.base import any_of
from apps.services.planner.problem import Item, Problem
from apps.services.shared import permissions, picking, refusals

MOST_TASKS, MOST_DATES, MOST_DAYS = 10_000, 92, 100_000
_TASKS = _("A plan may have %(limit)s tasks in all, and this one has %(number)s; look at %(field)s.")
_DATES = _("A plan may have %(limit)s dates in all, and this one has %(number)s; look at %(field)s.")
_DAYS = _("A plan may have %(limit)s people's days in all, and this one has %(number)s; look at %(field)s.")
_DAY = ("user", "date", "maximum", "taken")


class Wish(NamedTuple):
    """A task that is wanted `number` times.

    None stands for the task's effort, and for the people and dates of the whole request.
    """

    task_id: int
    number: int = 1
    effort: int | None = None
    user_ids: Sequence[int] | None = None
    first: datetime.date | None = None
    last: datetime.date | None = None


class Request(NamedTuple):
    """What is to be shared out: `user_ids` is None for everybody active."""

    wishes: list[Wish]
    user_ids: Sequence[int] | None
    first: datetime.date
    last: datetime.date
    objective: str


def read_problem(request: Request) -> Problem:
    """The problem. Raises `InvalidRequest`, `DateOutOfRange`, `DistributionTooLarge`, and the refusal of the first item
    whose task or person can't be assigned, with its position as `item`."""
    _require_dates(request)
    _require_size("items", _TASKS, sum(wish.number for wish in request.wishes), MOST_TASKS)
    _require_size("date_to", _DATES, (request.last - request.first).days + 1, MOST_DATES)
    tasks = Task.objects.brief().in_bulk({wish.task_id for wish in request.wishes})
    pool = _pool(request)
    people = _people(request, tasks, pool)
    width = (request.last - request.first).days + 1
    _require_size("users", _DAYS, len(people) * width, MOST_DAYS)
    place = {user_id: number for number, user_id in enumerate(people)}
    crowds: dict[tuple[int, ...], int] = {}

    def crowd_of(user_ids: Sequence[int] | None) -> int:
        chosen = everybody if user_ids is None else tuple(sorted({place[user_id] for user_id in user_ids}))
        return crowds.setdefault(chosen, len(crowds))

    everybody = tuple(sorted({place[user_id] for user_id in pool}))
    items = [
        Item(
            wish.task_id,
            wish.number,
            wish.effort or tasks[wish.task_id].effort,
            crowd_of(wish.user_ids),
            ((wish.first or request.first) - request.first).days,
            ((wish.last or request.last) - request.first).days,
        )
        for wish in request.wishes
    ]
    dates = [request.first + datetime.timedelta(days=offset) for offset in range(width)]
    room, maximum = _days(people, dates)
    assigned = _assigned(place, dates, set(tasks))
    return Problem(people, dates, room, maximum, items, list(crowds), assigned, request.objective)


def _require_dates(request: Request) -> None:
    permissions.require_date(request.last)
    if request.first > request.last:
        raise InvalidRequest.of_field("date_to", "order", gettext("This must not be before date_from."))
    for number, wish in enumerate(request.wishes):
        first, last = wish.first or request.first, wish.last or request.last
        within = gettext("This must be from date_from to date_to of the plan.")
        if not request.first <= first <= request.last:
            raise InvalidRequest.of_field(f"items.{number}.date_from", "range", within)
        if not request.first <= last <= request.last:
            raise InvalidRequest.of_field(f"items.{number}.date_to", "range", within)
        if first > last:
            message = gettext("This must not be before the item's date_from.")
            raise InvalidRequest.of_field(f"items.{number}.date_to", "order", message)


def _require_size(field: str, text: StrOrPromise, number: int, limit: int) -> None:
    if number > limit:
        raise DistributionTooLarge(
            str(text) % {"limit": f"{limit:,}", "number": f"{number:,}", "field": field},
            field=field,
            limit=limit,
        )


def _pool(request: Request) -> list[int]:
    """The people who get what an item gives to nobody in particular."""
    if request.user_ids is not None:
        return list(request.user_ids)
    if all(wish.user_ids is not None for wish in request.wishes):
        return []
    return list(User.objects.active().order_by("pk").values_list("pk", flat=True))


def _people(request: Request, tasks: dict[int, Task], pool: list[int]) -> list[int]:
    """The ids of all people of the plan, ascending. Raises the first refusal."""
    named = set(request.user_ids or ())
    named.update(user_id for wish in request.wishes for user_id in wish.user_ids or ())
    known = User.objects.in_bulk(named)
    for user_id in request.user_ids or ():
        if refusal := refusals.of_person(user_id, known.get(user_id)):
            raise refusal
    for number, wish in enumerate(request.wishes):
        refusal_of_item: ToGoError | None = refusals.of_task(wish.task_id, tasks.get(wish.task_id))
        for user_id in wish.user_ids or ():
            refusal_of_item = refusal_of_item or refusals.of_person(user_id, known.get(user_id))
        if refusal_of_item:
            refusal_of_item.data["item"] = number
            raise refusal_of_item
    return sorted(named | set(pool))


def _days(people: list[int], dates: list[datetime.date]) -> tuple[list[int], list[int]]:
    """The room and the maximum of each day. A day that isn't set yet has the limit that would be set now."""
    picker = picking.load_to_tell(people, dates[0], dates[-1])
    rows = DailyLimit.objects.filter(user__in=any_of(people), date__gte=dates[0], date__lte=dates[-1])
    found = {(user_id, date): (most, taken) for user_id, date, most, taken in rows.values_list(*_DAY)}
    room, maximum = [], []
    for user_id in people:
        for date in dates:
            most, taken = found.get((user_id, date)) or (picker.pick(user_id, date).maximum, 0)
            room.append(most - taken)
            maximum.append(most)
    return room, maximum


def _assigned(place: dict[int, int], dates: list[datetime.date], task_ids: set[int]) -> set[tuple[int, int]]:
    """Which of these tasks are on which days already."""
    rows = Assignment.objects.filter(
        task__in=any_of(task_ids), daily_limit__date__gte=dates[0], daily_limit__date__lte=dates[-1]
    )
    found = rows.values_list("task", "daily_limit__user", "daily_limit__date")
    return {
        (task_id, place[user_id] * len(dates) + (date - dates[0]).days)
        for task_id, user_id, date in found
        if user_id in place
    }
