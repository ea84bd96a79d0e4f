"""The daily job for 20,000 people."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.models import DailyLimit, LimitRule, User
from apps.services import limits
from apps.tasks.limits import set_daily_limits

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 2)


def _create_people(count: int) -> None:
    rows = [User(username=f"{count} {number}", password="!") for number in range(count)]
    User.objects.bulk_create(rows, batch_size=1000)
    if connection.vendor == "postgresql":
        # As autovacuum does in use. Without it, plans depend on how many rows earlier tests have left.
        connection.cursor().execute("ANALYZE togo_user, togo_dailylimit")


def _queries(work: Callable[[], Any]) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        work()
    return len(queries)


def test_20000_people_cost_a_small_set_of_queries_for_each_chunk() -> None:
    LimitRule.objects.create(maximum=3, version=1)
    _create_people(1000)
    one_chunk = _queries(lambda: set_daily_limits(DAY.isoformat()))
    _create_people(19_000)

    chunks = list(limits.missing_chunks(DAY))
    many = _queries(lambda: [limits.set_chunk(DAY, *chunk) for chunk in chunks])

    assert len(chunks) == 19
    assert one_chunk <= 32  # SQLite takes a thousand rows in ten statements
    assert many <= 19 * one_chunk
    assert limits.finish_date(DAY) == 20_000
    assert set(DailyLimit.objects.values_list("maximum", flat=True)) == {3}


def test_a_run_without_missing_people_costs_a_few_queries() -> None:
    _create_people(3000)
    call_command("set_daily_limits", date=DAY)

    assert _queries(lambda: set_daily_limits(DAY.isoformat())) <= 10
