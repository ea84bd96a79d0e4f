"""Reads people for those who plan: a page of them, each with their usual week, the next two weeks, and what is late."""

import datetime
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.conf import settings
from django.db.models import Count, Q, QuerySet

from apps.models import Assignment, DailyLimit, Identity, LimitRule, User
from apps.services import board, limits
from apps.services.shared import permissions, picking

PER_PAGE = 50
DAYS_AHEAD = 14
# How far ahead days off are shown, and how many of them.
_OFF_AHEAD, _OFF_SHOWN = datetime.timedelta(days=90), 3


@dataclass(frozen=True)
class Member:
    """A person as the pages of people show them. `week` has the usual limit of each weekday, from Monday on, in which
    ranges of dates don't count; it is empty where limits are picked at random. `days` are the next two weeks, and
    `off` the next days off."""

    person: User
    week: list[int]
    days: list[DailyLimit]
    off: list[LimitRule]
    late: int
    open: int
    can_sign_in: bool


@dataclass(frozen=True)
class TeamPage:
    """Some people by username. The next page begins after the username `following`, and the previous one ends before
    `preceding`; either is empty if there is no such page."""

    members: list[Member]
    following: str
    preceding: str


def page(*, actor: User, text: str, is_active: bool, after: str = "", before: str = "") -> TeamPage:
    """A page of the active or the deactivated people whose names contain each word of `text`. Raises `NotAllowed`."""
    permissions.require_taskmaster(actor)
    found = User.objects.search(text).filter(is_active=is_active)
    people, following, preceding = board.page_of(found, after, before, PER_PAGE)
    return TeamPage(_members(people), following, preceding)


def member(*, actor: User, user_id: int) -> Member:
    """One person. Raises `NotAllowed` and `UserNotFound`."""
    permissions.require_taskmaster(actor)
    permissions.require_may_see_days_of(actor, [user_id])
    [one] = _members([User.objects.get(pk=user_id)])
    return one


def runs_of(week: Sequence[int]) -> list[tuple[int, int, int]]:
    """The runs of weekdays that have one limit: the first weekday, the last one, and the limit."""
    runs = [[weekday for weekday, _ in run] for _, run in groupby(enumerate(week), key=lambda one: one[1])]
    return [(run[0], run[-1], week[run[0]]) for run in runs]


def _members(people: list[User]) -> list[Member]:
    ids = [person.pk for person in people]
    today = permissions.today()
    last = today + datetime.timedelta(days=DAYS_AHEAD - 1)
    days = list(limits.read(user_ids=ids, first=today, last=last))
    by_person = {user_id: list(own) for user_id, own in groupby(days, key=lambda day: day.user_id)}
    week, off = _weeks(ids, today), _days_off(ids, today)
    late = _counted(Assignment.objects.late(today).filter(daily_limit__user__in=ids))
    coming = _counted(board.open_tasks().filter(daily_limit__user__in=ids))
    linked = set(Identity.objects.filter(user__in=ids).values_list("user", flat=True))
    return [
        Member(
            person=one,
            week=week[one.pk],
            days=by_person.get(one.pk, []),
            off=off.get(one.pk, []),
            late=late.get(one.pk, 0),
            open=coming.get(one.pk, 0),
            can_sign_in=one.pk in linked or one.has_usable_password(),
        )
        for one in people
    ]


def _weeks(ids: Collection[int], today: datetime.date) -> dict[int, list[int]]:
    """The usual week of each of these people: what the rules without a range of dates say about the next seven days.
    Empty where limits are picked at random."""
    if isinstance(settings.TOGO_LIMIT_PICKER, tuple):
        return {user_id: [] for user_id in ids}
    dates = sorted((today + datetime.timedelta(days=offset) for offset in range(7)), key=datetime.date.weekday)
    rules = LimitRule.objects.exclude(date_from__isnull=False, date_to__isnull=False)
    picker = picking.Picker(0, rules.filter(Q(user__isnull=True) | Q(user__in=ids)))
    return {user_id: [picker.pick(user_id, date).maximum for date in dates] for user_id in ids}


def _days_off(ids: Collection[int], today: datetime.date) -> dict[int, list[LimitRule]]:
    off = LimitRule.objects.filter(
        user__in=ids,
        maximum=0,
        weekday__isnull=True,
        date_from__lte=today + _OFF_AHEAD,
        date_to__gte=today,
    )
    found: dict[int, list[LimitRule]] = {}
    for rule in off.order_by("date_from", "pk"):
        found.setdefault(rule.user_id or 0, []).append(rule)
    return {user_id: rules[:_OFF_SHOWN] for user_id, rules in found.items()}


def _counted(assignments: QuerySet[Assignment]) -> dict[int, int]:
    counted = assignments.values_list("daily_limit__user").order_by()
    return dict(counted.annotate(number=Count("pk")))
