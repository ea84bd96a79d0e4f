"""What is late: open tasks of past days, and moving them to days that have room."""

import datetime
from collections.abc import Sequence

from apps.exceptions.base import ToGoError, TryAgain
from apps.models import Assignment, User
from apps.models.assignments import AssignmentQuerySet, Status
from apps.services import assignments, availability
from apps.services.shared import permissions

# An open task of an older day was forgotten, and isn't asked about for ever.
DAYS = 60


def of_team(*, actor: User, most: int) -> list[Assignment]:
    """The late tasks of everybody active, the latest first, at most so many. Raises `NotAllowed`."""
    permissions.require_taskmaster(actor)
    return list(_late().filter(daily_limit__user__is_active=True)[:most])


def number(*, actor: User) -> int:
    """How many late tasks everybody active has. Raises `NotAllowed`."""
    permissions.require_taskmaster(actor)
    return _late().filter(daily_limit__user__is_active=True).count()


def of_person(person: User) -> list[Assignment]:
    """A person's late tasks, the latest first."""
    return list(_late().filter(daily_limit__user=person))


def move_on(*, actor: User, assignment_ids: Sequence[int]) -> list[tuple[Assignment, Assignment | ToGoError]]:
    """Move late tasks each to the first day from today on on which its person has room for it, in the order given.

    Returns each as it was, with what it is now, or with the refusal if it stays. Those that are no longer late are left
    out. Raises `NotAllowed` and `TryAgain`.
    """
    permissions.require_taskmaster(actor)
    found = {one.pk: one for one in _late().filter(pk__in=assignment_ids)}
    return [(found[pk], _move(actor, found[pk])) for pk in assignment_ids if pk in found]


def _move(actor: User, one: Assignment) -> Assignment | ToGoError:
    yesterday = permissions.today() - datetime.timedelta(days=1)
    free = availability.next_free_date(user_id=one.user_id, after=yesterday, effort=one.effort)
    try:
        # Without a free day the attempt for today says why.
        return assignments.change(actor=actor, assignment_id=one.pk, date=free or permissions.today())
    except TryAgain:
        raise
    except ToGoError as refusal:
        return refusal


def _late() -> AssignmentQuerySet:
    today = permissions.today()
    first = today - datetime.timedelta(days=DAYS)
    rows = Assignment.objects.filter(status=Status.OPEN, daily_limit__date__gte=first, daily_limit__date__lt=today)
    return rows.select_related("daily_limit__user", "task").order_by("-daily_limit__date", "pk")
