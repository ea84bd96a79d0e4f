"""Picks the limits of existing days again after a change of the rules.

A change of the rules raises their version and commits; then the days from today on that have an older version are
picked again. A transaction that creates days compares the version again after its commit. So one of the two sees the
other, without a lock that all of them share.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterator

from django.db.models import QuerySet
from django.dispatch import Signal
from django.utils import timezone

from apps.models import DailyLimit, LimitRule, RulesVersion, User
from apps.models.limits import Source
from apps.services import slots, unit_of_work
from apps.services.shared import permissions, picking

# Days per transaction.
DAYS_PER_CHUNK = 500
# A change of the rules picks at most so many days again before it answers; a job does more than that.
DAYS_AT_ONCE = 10_000

# Sent after the commit: the rules have changed, and a request should not wait until all days are picked again.
many_days_outdated = Signal()


def apply_rules(*, at_most: int | None = None) -> bool:
    """Pick every day from today on again that was picked with older rules, and note the rules as applied.

    With `at_most`, does nothing and returns False if there are more such days.
    """
    version = picking.current_version()
    dates = list(_outdated_dates(version))
    if at_most is not None:
        left = at_most
        for date in dates:
            outdated = DailyLimit.objects.filter(date=date, rules_version__lt=version)
            left -= outdated.order_by("rules_version")[: left + 1].count()
            if left < 0:
                return False
    for date in dates:
        repick(DailyLimit.objects.filter(date=date))
    unit_of_work.run(lambda: _note_applied(version))
    return True


def is_under_way() -> bool:
    """Whether some days from today on still have to be picked again."""
    version, applied = RulesVersion.objects.values_list("version", "applied").first() or (None, None)
    return is_behind(version=version, applied=applied)


def is_behind(*, version: int | None, applied: int | None) -> bool:
    """The same for a row of `RulesVersion` that was read already; None where there is no row yet."""
    return version is not None and applied is not None and applied < picking.ORDER + version


def _outdated_dates(version: int) -> Iterator[datetime.date]:
    """The dates from today on that have days of an older version. Reads one row for each date: the index lists the
    oldest version of a date first."""
    days = DailyLimit.objects.order_by("date", "rules_version").values_list("date", "rules_version")
    row = days.filter(date__gte=permissions.today()).first()
    while row:
        date, oldest = row
        if oldest < version:
            yield date
        row = days.filter(date__gt=date).first()


def _note_applied(version: int) -> None:
    LimitRule.objects.filter(applied_at__isnull=True, version__lte=version).update(applied_at=timezone.now())
    RulesVersion.objects.filter(applied__lt=version).update(applied=version)


def rules_changed() -> None:
    """Apply changed rules, after their commit: at once, or by a job if that would take long."""
    if not apply_rules(at_most=DAYS_AT_ONCE):
        many_days_outdated.send(sender=LimitRule)


def repick(days: QuerySet[DailyLimit]) -> None:
    """Pick those of `days` again that were picked with older rules, each chunk in a transaction of its own."""
    version = picking.current_version()
    outdated = days.filter(rules_version__lt=version)
    while ids := list(outdated.values_list("pk", flat=True)[:DAYS_PER_CHUNK]):
        unit_of_work.run(lambda ids=ids: _repick_chunk(ids, version))  # type: ignore[misc]


def _repick_chunk(ids: list[int], version: int) -> None:
    days = list(DailyLimit.objects.filter(pk__in=ids, rules_version__lt=version).locked())
    if not days:
        return  # Another worker did them while this one waited for the locks.
    dates = [day.date for day in days]
    # Read the rules after locking the days: a later change of the rules finds the days outdated again.
    apply_picks(picking.load({day.user_id for day in days}, min(dates), max(dates)), days, actor=None, keep_hand=True)


def apply_picks(picker: picking.Picker, days: list[DailyLimit], *, actor: User | None, keep_hand: bool) -> None:
    """Write the picker's limits to locked days. `actor` is who asked for it; None stands for the rules.

    One statement for all unchanged days, and one for each new limit: a changed rule gives all its days the same one.
    """
    same: list[int] = []
    others: dict[picking.Pick, list[DailyLimit]] = defaultdict(list)
    for day in days:
        pick = picker.pick(day.user_id, day.date)
        now = picking.Pick(day.wanted, day.source_kind, day.source_rule, day.source_reason)
        if pick == now or (keep_hand and day.source_kind == Source.HAND):
            same.append(day.pk)
        else:
            others[pick].append(day)
    DailyLimit.objects.filter(pk__in=same).update(rules_version=picker.version)
    for pick, changed in others.items():
        slots.resize(actor=actor, days=changed, pick=pick, rules_version=picker.version)
