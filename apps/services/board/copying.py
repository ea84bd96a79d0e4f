"""Copies what is assigned on some days to later or earlier ones."""

import datetime
from collections.abc import Iterator, Sequence

from django.utils.translation import gettext

from apps.exceptions.base import InvalidRequest, ToGoError
from apps.models import Assignment, User
from apps.services import bulk
from apps.services.bulk import Item
from apps.services.shared import permissions

MOST_DAYS = 31
MOST = 5000
_PER_CALL = 500


def items(
    *, actor: User, first: datetime.date, last: datetime.date, to: datetime.date, user_id: int | None
) -> list[Item]:
    """What the copy would assign: all tasks from `first` to `last`, of everybody active or of one person, as many days
    later as `to` is after `first`. Done or not, each keeps its effort; retired tasks are left out.

    Raises `NotAllowed`, and `InvalidRequest` for days in the wrong order, more than 31 of them, days that are copied to
    themselves, and more than 5,000 tasks.
    """
    permissions.require_taskmaster(actor)
    if last < first:
        raise InvalidRequest(gettext("The last day must not be before the first."))
    if (last - first).days >= MOST_DAYS:
        raise InvalidRequest(gettext("At most %(most_days)s days can be copied at once.") % {"most_days": MOST_DAYS})
    if to == first:
        raise InvalidRequest(gettext("Choose another day to copy to."))
    if to > datetime.date.max - (last - first):
        raise InvalidRequest(gettext("The calendar ends before the last copied day."))
    found = Assignment.objects.filter(
        daily_limit__date__gte=first,
        daily_limit__date__lte=last,
        daily_limit__user__is_active=True,
        task__is_active=True,
    )
    if user_id is not None:
        found = found.filter(daily_limit__user=user_id)
    rows = found.order_by("daily_limit__date", "daily_limit__user", "pk")
    values = list(rows.values_list("task", "daily_limit__user", "daily_limit__date", "effort")[: MOST + 1])
    if len(values) > MOST:
        raise InvalidRequest(
            gettext("At most %(most)s tasks can be copied at once; copy fewer days or people.") % {"most": f"{MOST:,}"}
        )
    return [Item(task, user, date + (to - first), effort) for task, user, date, effort in values]


def predict(asked: Sequence[Item]) -> list[ToGoError | None]:
    """What would refuse each of these now; None for those that fit."""
    return [one if isinstance(one, ToGoError) else None for one in bulk.predict(asked)]


def assign(*, actor: User, asked: Sequence[Item]) -> Iterator[tuple[Item, bulk.Outcome]]:
    """Assign those that fit, 500 in a transaction; yields each with its outcome. Raises `NotAllowed` and `TryAgain`;
    then the earlier ones stay, and the same copy made again goes on."""
    for start in range(0, len(asked), _PER_CALL):
        some = asked[start : start + _PER_CALL]
        yield from zip(some, bulk.assign_each(actor=actor, asked=some), strict=True)
