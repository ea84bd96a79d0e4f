"""How past days leave the tables, once `apps.services.archive` has written them to a file."""

from collections.abc import Collection, Sequence

from django.db.models import Exists, OuterRef

from apps.models import Assignment, DailyLimit, WaitingEntry
from apps.models.assignments import Status
from apps.models.base import any_of
from apps.models.limits import DailyLimitQuerySet
from apps.services.unit_of_work import LostRace, atomic


def settled(days: DailyLimitQuerySet) -> DailyLimitQuerySet:
    """Those of these days that have no open task, and for which nobody waits."""
    is_open = Assignment.objects.filter(daily_limit=OuterRef("pk"), status=Status.OPEN)
    return days.filter(~Exists(is_open), ~Exists(WaitingEntry.objects.filter(daily_limit=OuterRef("pk"))))


def lock_settled(day_ids: Collection[int]) -> tuple[list[DailyLimit], list[Assignment]]:
    """Those of these days that are settled, with their assignments. Nothing about them changes until the transaction
    ends: a call that marks, moves, resizes or takes away an assignment waits, and then finds it gone."""
    days = {day.pk: day for day in DailyLimit.objects.filter(pk__in=any_of(day_ids)).locked()}
    # Locked, too: a task is marked as open without a lock of its day.
    found = Assignment.objects.filter(daily_limit__in=any_of(list(days))).order_by("pk").select_for_update()
    given = list(found)
    waited_for = WaitingEntry.objects.filter(daily_limit__in=any_of(list(days)))
    unsettled = {one.daily_limit_id for one in given if one.status == Status.OPEN}
    unsettled.update(waited_for.values_list("daily_limit", flat=True))
    left = [one for one in given if one.daily_limit_id not in unsettled]
    return [day for day_id, day in days.items() if day_id not in unsettled], left


def remove(days: Sequence[DailyLimit], assignments: Sequence[Assignment]) -> None:
    """Delete these locked days and all their assignments. Raises `LostRace` if that is not what was there."""
    with atomic():
        day_ids = [day.pk for day in days]
        given, _ = Assignment.objects.filter(daily_limit__in=any_of(day_ids)).delete()
        removed, _ = DailyLimit.objects.filter(pk__in=any_of(day_ids)).delete()
        if (removed, given) != (len(days), len(assignments)):
            raise LostRace
