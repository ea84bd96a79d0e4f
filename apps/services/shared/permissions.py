"""The one place that decides who may do what.

Admins are taskmasters too. A taskmaster may change everyone's assignments and limits. Anyone else may give tasks to
themselves, from today on, and move or take away the assignments that they gave themselves. Everyone may mark their own
assignments as done or open, no matter who gave them.
"""

import datetime
import ipaddress
import secrets

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext

from apps.exceptions.assignments import DateOutOfRange
from apps.exceptions.base import NotAllowed, NotAuthenticated
from apps.exceptions.users import UserNotFound
from apps.models import Archive, Assignment, Series, User, WaitingEntry
from apps.models.archive import LOWEST_KEEP_DAYS
from apps.services.shared import dates


def require_person(user: object) -> User:
    """Return the signed-in person of a request, typed. Raises `NotAuthenticated` for an anonymous user."""
    if not isinstance(user, User):
        raise NotAuthenticated(gettext("Sign in first."))
    return user


def today() -> datetime.date:
    """The date in the configured time zone."""
    # Nobody activates another zone, and the current one is looked up in five ways.
    return timezone.now().astimezone(timezone.get_default_timezone()).date()


def last_date() -> datetime.date:
    """The last date that can be planned: `TOGO_ASSIGN_DAYS_AHEAD` days from today."""
    return today() + datetime.timedelta(days=settings.TOGO_ASSIGN_DAYS_AHEAD)


def require_taskmaster(actor: User) -> None:
    """Raise `NotAllowed` unless `actor` is a taskmaster."""
    if not actor.may_assign_to_all:
        raise NotAllowed(gettext("Only a taskmaster may do this."))


def require_admin(actor: User) -> None:
    """Raise `NotAllowed` unless `actor` is an admin."""
    if not actor.is_admin:
        raise NotAllowed(gettext("Only an admin may do this."))


def require_may_change(actor: User, user_id: int) -> None:
    """Raise `UserNotFound` if `actor` may not see this person, and `NotAllowed` unless `actor` is an admin."""
    if user_id != actor.pk and not actor.may_assign_to_all:
        raise UserNotFound(gettext("There is no person with the id %(user_id)s.") % {"user_id": user_id}, user=user_id)
    require_admin(actor)


def require_may_see_days_of(actor: User, user_ids: list[int]) -> None:
    """Raise `UserNotFound` unless all these people exist and `actor` may see their days. Everyone may see their own, a
    taskmaster may see everyone's."""
    people = User.objects.filter(pk__in=user_ids)
    seen = people.values_list("pk", flat=True) if actor.may_assign_to_all else [actor.pk]
    if missing := set(user_ids) - set(seen):
        raise UserNotFound(
            gettext("There is no person with the id %(user_id)s.") % {"user_id": min(missing)}, user=min(missing)
        )


def require_may_assign(actor: User, user_id: int, date: datetime.date) -> None:
    """Raise `NotAllowed` or `DateOutOfRange` unless `actor` may give that person a task on that date."""
    if user_id != actor.pk and not actor.may_assign_to_all:
        raise NotAllowed(
            gettext("Only a taskmaster may assign tasks to other people; you may assign them to yourself.")
        )
    require_date(date, earliest=earliest_date(actor))


def earliest_date(actor: User) -> datetime.date | None:
    """The first date for which `actor` may give tasks: today, or None for taskmasters, who may plan the past too."""
    return None if actor.may_assign_to_all else today()


def may_plan(actor: User, date: datetime.date) -> bool:
    """Whether `actor` may give tasks for that date."""
    return (earliest_date(actor) or date) <= date <= last_date() and not archived_before(date)


def require_date(date: datetime.date, *, earliest: datetime.date | None = None) -> None:
    """Raise `DateOutOfRange` for a date before `earliest` or after the last date that can be planned."""
    if earliest is not None and date < earliest:
        raise DateOutOfRange(
            gettext("You may plan from today, %(earliest)s, on.") % {"earliest": dates.in_text(earliest)},
            earliest=earliest,
            latest=last_date(),
        )
    if date > last_date():
        raise DateOutOfRange(
            gettext("Dates can be planned until %(last_date)s, %(days)s days ahead.")
            % {"last_date": dates.in_text(last_date()), "days": settings.TOGO_ASSIGN_DAYS_AHEAD},
            earliest=earliest,
            latest=last_date(),
        )
    require_open(date)


def archived_before(date: datetime.date) -> datetime.date | None:
    """The date before which everything is closed, because it goes to the archive, if this date is one of these."""
    # Nothing younger is archived: for nearly every date the database isn't asked.
    if date >= today() - datetime.timedelta(days=LOWEST_KEEP_DAYS):
        return None
    end = Archive.end()
    return end if end and date < end else None


def require_open(date: datetime.date) -> None:
    """Raise `DateOutOfRange` if the date is closed, because its days go to the archive."""
    if end := archived_before(date):
        raise DateOutOfRange(
            gettext("Days before %(end)s are in the archive; choose a later date.") % {"end": dates.in_text(end)},
            earliest=end,
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
        raise NotAllowed(
            gettext("Only a taskmaster may change this; you may move and take away what you gave yourself.")
        )
    if assignment.date < today():
        raise NotAllowed(gettext("Only a taskmaster may change the past."))


def require_may_return(actor: User, assignment: Assignment) -> None:
    """Raise `NotAllowed` unless `actor` may hand this assignment back: it is their own, of today or later."""
    if assignment.user_id != actor.pk:
        raise NotAllowed(gettext("Only the person who has this task may hand it back; you may take it away."))
    if assignment.date < today():
        raise NotAllowed("What is past can't be handed back.")


def require_may_cancel(actor: User, entry: WaitingEntry) -> None:
    """Raise `NotAllowed` unless `actor` may take this entry out of the queue."""
    if not actor.may_assign_to_all and actor.pk != entry.taskmaster_id:
        raise NotAllowed(gettext("Only a taskmaster may cancel this; you may cancel what you queued yourself."))


def require_may_repeat(actor: User, user_ids: list[int], date: datetime.date) -> None:
    """Raise `NotAllowed` or `DateOutOfRange` unless `actor` may give these people tasks again and again, by a rule that
    counts from that date: a taskmaster from up to 366 days back, other people, for themselves, from today on."""
    if not actor.may_assign_to_all and set(user_ids) != {actor.pk}:
        raise NotAllowed(
            gettext("Only a taskmaster may repeat tasks for other people; you may repeat them for yourself.")
        )
    require_date(date, earliest=earliest_date(actor) or today() - datetime.timedelta(days=366))


def require_may_change_series(actor: User, series: Series) -> None:
    """Raise `NotAllowed` unless `actor` may change or end this series."""
    if not actor.may_assign_to_all and (series.taskmaster_id != actor.pk or set(series.user_ids) != {actor.pk}):
        raise NotAllowed(gettext("Only a taskmaster may change this; you may change what you repeat for yourself."))


def why_paused(series: Series) -> str:
    """Why nothing more is assigned for this series: the person who gives its tasks no longer may. Empty if they may."""
    giver = series.taskmaster
    if not giver.is_active:
        return f"{giver}, who gives its tasks, is deactivated."
    if not giver.may_assign_to_all and set(series.user_ids) != {giver.pk}:
        return f"{giver}, who gives its tasks, is no taskmaster any more."
    return ""


def may_read_metrics(*, token: str, address: str, forwarded: bool) -> bool:
    """Whether a request with this bearer token, from this address and perhaps through a proxy, may read `/metrics`.

    If `TOGO_METRICS_TOKEN` is set, a request must send it. If not, only requests from this machine may, in the embedded
    way and not through a proxy: behind a proxy every request seems to come from this machine.
    """
    if settings.TOGO_METRICS_TOKEN:
        return secrets.compare_digest(token.encode(), settings.TOGO_METRICS_TOKEN.encode())
    try:
        return settings.TOGO_EMBEDDED and not forwarded and ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
