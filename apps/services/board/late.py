"""What is late: open tasks of past days, and moving them to days that have room."""

import datetime
from collections.abc import Sequence

from apps.exceptions.base import ToGoError
from apps.models import Assignment, User
from apps.models.assignments import AssignmentQuerySet
from apps.services import assignments, availability
from apps.services.shared import permissions
from apps.services.shared.refusals import outcome_of


def of_team(*, actor: User, most: int) -> list[Assignment]:
    """The late tasks of everybody active, the latest first, at most so many. Raises `NotAllowed`."""
    permissions.require_taskmaster(actor)
    return list(_late().filter(daily_limit__user__is_active=True)[:most])


def number(*, actor: User) -> int:
    """How many late tasks everybody active has. Raises `NotAllowed`."""
    permissions.require_taskmaster(actor)
    return _late().filter(daily_limit__user__is_active=True).count()


def of_person(user_id: int) -> list[Assignment]:
    """A person's late tasks, the latest first."""
    return list(_late().filter(daily_limit__user=user_id))


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
    # Without a free day the attempt for today says why.
    date = free or permissions.today()
    return outcome_of(lambda: assignments.change(actor=actor, assignment_id=one.pk, date=date))


def _late() -> AssignmentQuerySet:
    return Assignment.objects.late(permissions.today()).select_related("daily_limit__user", "task")
