"""Reads what the archive has left of old days: their numbers. For dates of the last year the database isn't asked."""

import datetime

from django.db.models import Count, F, Q, Sum

from apps.models import Archive, ArchivedDay, ArchivedWork, DailyLimit
from apps.services.shared import permissions


def days(user_ids: list[int], first: datetime.date, last: datetime.date) -> list[DailyLimit]:
    """These people's archived days between two dates, both included, as they were, without a `pk`."""
    end = permissions.archived_before(first)
    return ArchivedDay.objects.of(user_ids, first, min(last, end)) if end else []


def sums(
    first: datetime.date, last: datetime.date, *, active: bool = False
) -> list[tuple[datetime.date, int, int, int, int]]:
    """Each date between these with archived days, of everybody or only of active people: the sum taken, the sum of the
    limits, the number of full days and the number of days with a limit above 0."""
    if not permissions.archived_before(first):
        return []
    found = ArchivedDay.objects.filter(date__gte=first, date__lte=last)
    if active:
        found = found.filter(user__is_active=True)
    grouped = found.values_list("date").annotate(
        given=Sum("taken"),
        most=Sum("maximum"),
        full=Count("pk", filter=Q(taken__gte=F("maximum"), taken__gt=0)),
        open=Count("pk", filter=Q(maximum__gt=0)),
    )
    return list(grouped.order_by())


def efforts(first: datetime.date) -> dict[int, int]:
    """How much of the archived days from `first` on each task took."""
    return ArchivedWork.objects.efforts(first) if permissions.archived_before(first) else {}


def end() -> datetime.date | None:
    """The first date that is not in the archive; None if nothing was ever archived."""
    return Archive.end()
