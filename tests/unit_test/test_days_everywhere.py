"""The limit job around midnight, where clocks change, and after beat was away: no gap and no duplicate."""

import datetime
from typing import Any

import pytest
from django.utils import timezone

from apps.models import DailyLimit
from apps.tasks import limits as jobs
from tests.clock import freeze_time
from tests.conftest import make_person

pytestmark = [pytest.mark.no_db, pytest.mark.django_db]
DAY = datetime.timedelta(days=1)


def dates_of_everyone(people: int) -> list[datetime.date]:
    """The dates that are set. Fails unless each person has each of them once."""
    found = list(DailyLimit.objects.order_by("date", "user").values_list("date", "user"))
    assert len(found) == len(set(found))
    dates = sorted({date for date, _ in found})
    assert len(found) == people * len(dates)
    return dates


# The nights of 2026 in which clocks change by an hour or half an hour. Kathmandu's never do and are 5:45 ahead.
@pytest.mark.parametrize(
    ("zone", "first", "last"),
    [
        ("America/New_York", "2026-03-07", "2026-03-09"),
        ("America/New_York", "2026-10-31", "2026-11-02"),
        ("Europe/Berlin", "2026-03-28", "2026-03-30"),
        ("Europe/Berlin", "2026-10-24", "2026-10-26"),
        ("Australia/Lord_Howe", "2026-04-04", "2026-04-06"),
        ("Australia/Lord_Howe", "2026-10-03", "2026-10-05"),
        ("Asia/Kathmandu", "2026-03-28", "2026-03-30"),
        # These clocks change at midnight.
        ("America/Havana", "2026-03-07", "2026-03-09"),
        ("America/Havana", "2026-10-31", "2026-11-02"),
    ],
)
def test_each_turn_of_beat_sets_today_and_tomorrow(settings: Any, zone: str, first: str, last: str) -> None:
    settings.TIME_ZONE = zone
    alice, bob = make_person("alice"), make_person("bob")
    start, end = datetime.date.fromisoformat(first), datetime.date.fromisoformat(last)
    # From the evening before until the morning after: clocks change in between.
    evening = datetime.datetime.combine(start, datetime.time(20), tzinfo=timezone.get_default_timezone())
    with freeze_time(evening.astimezone(datetime.UTC)) as clock:
        days = []
        while (today := timezone.localdate()) <= end and (today < end or timezone.localtime().hour < 4):
            jobs.set_due_limits()
            assert DailyLimit.objects.filter(date__in=[today, today + DAY]).count() == 4
            days.append(today)
            clock.shift(datetime.timedelta(hours=1))

    # A day was 23, 23.5, 24, 24.5 or 25 hours long, and none was left out.
    assert sorted(set(days)) == [start + DAY * n for n in range((end - start).days + 1)]
    assert dates_of_everyone(2) == [start + DAY * n for n in range((end - start).days + 2)]
    assert {alice.pk, bob.pk} == set(DailyLimit.objects.values_list("user", flat=True))


@pytest.mark.parametrize("away", [datetime.timedelta(hours=1), DAY, DAY * 7])
def test_after_beat_was_away_the_next_turn_sets_the_dates_that_are_due(away: datetime.timedelta) -> None:
    make_person("alice")
    with freeze_time("2026-03-02T23:30:00Z") as clock:
        jobs.set_due_limits()
        clock.shift(away)
        jobs.set_due_limits()
        # A second beat sends the job too.
        jobs.set_due_limits()
        today = timezone.localdate()

    before = [datetime.date(2026, 3, 2), datetime.date(2026, 3, 3)]
    assert dates_of_everyone(1) == sorted({*before, today, today + DAY})
