"""Who may do what: the one place that says it.

Admins are taskmasters too. A taskmaster does everything to everyone's assignments and limits. Anyone else gives
tasks to themselves, from today on, and moves or takes away again what they gave themselves. What is theirs, whoever
gave it, they mark as done or open: whoever may see an assignment may do that.
"""

import datetime
import ipaddress
import secrets

from django.conf import settings
from django.utils import timezone

from apps.exceptions.assignments import DateOutOfRange
from apps.exceptions.base import NotAllowed, NotAuthenticated
from apps.exceptions.users import UserNotFound
from apps.models import Assignment, User


def person(user: object) -> User:
    """The signed-in person of a request, for whom nothing but the type is checked again."""
    if not isinstance(user, User):
        raise NotAuthenticated("Sign in first.")
    return user


def today() -> datetime.date:
    """The date in the configured time zone."""
    return timezone.localdate()


def last_date() -> datetime.date:
    """The last date that can be planned: `TOGO_ASSIGN_DAYS_AHEAD` days from today."""
    return today() + datetime.timedelta(days=settings.TOGO_ASSIGN_DAYS_AHEAD)


def require_taskmaster(actor: User) -> None:
    """Raise `NotAllowed` unless `actor` is a taskmaster."""
    if not actor.may_assign_to_all:
        raise NotAllowed("Only a taskmaster may do this.")


def require_admin(actor: User) -> None:
    """Raise `NotAllowed` unless `actor` is an admin."""
    if not actor.is_admin:
        raise NotAllowed("Only an admin may do this.")


def require_may_change(actor: User, user_id: int) -> None:
    """Raise `NotAllowed` unless `actor` is an admin; `UserNotFound` if they may not even see this person."""
    if user_id != actor.pk and not actor.may_assign_to_all:
        raise UserNotFound(f"There is no person with the id {user_id}.", user=user_id)
    require_admin(actor)


def require_may_see_days_of(actor: User, user_ids: list[int]) -> None:
    """Raise `UserNotFound` unless all these people are there and `actor` may see their days: their own, or as a
    taskmaster everyone's."""
    people = User.objects.filter(pk__in=user_ids)
    seen = people.values_list("pk", flat=True) if actor.may_assign_to_all else [actor.pk]
    if missing := set(user_ids) - set(seen):
        raise UserNotFound(f"There is no person with the id {min(missing)}.", user=min(missing))


def require_may_assign(actor: User, user_id: int, date: datetime.date) -> None:
    """Raise `NotAllowed` or `DateOutOfRange` unless `actor` may give that person a task on that date."""
    if user_id != actor.pk and not actor.may_assign_to_all:
        raise NotAllowed("Only a taskmaster may assign tasks to other people; you may assign them to yourself.")
    require_date(date, earliest=earliest_date(actor))


def earliest_date(actor: User) -> datetime.date | None:
    """The first date for which `actor` may give tasks: today; None for taskmasters, who plan the past too."""
    return None if actor.may_assign_to_all else today()


def may_plan(actor: User, date: datetime.date) -> bool:
    """Whether `actor` may give tasks for that date."""
    return (earliest_date(actor) or date) <= date <= last_date()


def require_date(date: datetime.date, *, earliest: datetime.date | None = None) -> None:
    """Raise `DateOutOfRange` for a date before `earliest` or after the last one that can be planned."""
    if earliest is not None and date < earliest:
        raise DateOutOfRange(f"You may plan from today, {earliest}, on.", earliest=earliest, latest=last_date())
    if date > last_date():
        raise DateOutOfRange(
            f"Dates can be planned until {last_date()}, {settings.TOGO_ASSIGN_DAYS_AHEAD} days ahead.",
            earliest=earliest,
            latest=last_date(),
        )


def require_may_move(actor: User, assignment: Assignment, user_id: int, date: datetime.date) -> None:
    """Raise `NotAllowed` or `DateOutOfRange` unless `actor` may move this assignment to that person and date."""
    require_may_unassign(actor, assignment)
    require_may_assign(actor, user_id, date)


def require_may_unassign(actor: User, assignment: Assignment) -> None:
    """Raise `NotAllowed` unless `actor` may take this assignment away."""
    if actor.may_assign_to_all:
        return
    if assignment.user_id != actor.pk or assignment.taskmaster_id != actor.pk:
        raise NotAllowed("Only a taskmaster may change this; you may move and take away what you gave yourself.")
    if assignment.date < today():
        raise NotAllowed("Only a taskmaster may change the past.")


def may_read_metrics(*, token: str, address: str, forwarded: bool) -> bool:
    """Whether a request with this bearer token, from this address and maybe through a proxy, may read `/metrics`.

    With `TOGO_METRICS_TOKEN` set, only who sends it. Else only this machine, in the embedded way, and not through a
    proxy, for which everyone comes from this machine.
    """
    if settings.TOGO_METRICS_TOKEN:
        return secrets.compare_digest(token.encode(), settings.TOGO_METRICS_TOKEN.encode())
    try:
        return settings.TOGO_EMBEDDED and not forwarded and ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
