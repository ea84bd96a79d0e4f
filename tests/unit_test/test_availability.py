"""When a person has room."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.models import Task, User
from apps.services import assignments, availability, limit_rules, limits

MONDAY = date(2026, 3, 2)


def next_free(person: User, after: date = MONDAY) -> date | None:
    return availability.next_free_date(user_id=person.pk, after=after)


def test_it_is_the_day_after_when_that_has_room(alice: User) -> None:
    assert next_free(alice) == date(2026, 3, 3)


def test_full_days_and_days_off_are_passed_over(taskmaster: User, alice: User, cooking: Task) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=date(2026, 3, 3), maximum=1)
    assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=date(2026, 3, 3))
    limit_rules.create_rule(actor=taskmaster, weekday=2, maximum=0)
    limit_rules.create_rule(
        actor=taskmaster, user_id=alice.pk, date_from=date(2026, 3, 5), date_to=date(2026, 3, 8), maximum=0
    )

    assert next_free(alice) == date(2026, 3, 9)
    assert next_free(taskmaster) == date(2026, 3, 3)


@pytest.mark.parametrize("days", [13, 14, 15, 365])
def test_it_is_found_however_far_it_is(taskmaster: User, alice: User, days: int) -> None:
    limit_rules.create_rule(actor=taskmaster, maximum=0, date_to=MONDAY + timedelta(days=days))

    assert next_free(alice) == MONDAY + timedelta(days=days + 1)


def test_there_is_none_past_366_days_or_what_may_be_planned(taskmaster: User, alice: User, settings: Any) -> None:
    rule = limit_rules.create_rule(actor=taskmaster, maximum=0, date_to=date(2027, 3, 3))
    assert next_free(alice) is None
    settings.TOGO_ASSIGN_DAYS_AHEAD = 1000
    assert next_free(alice) is None

    limit_rules.delete_rule(actor=taskmaster, rule_id=rule.pk)
    settings.TOGO_ASSIGN_DAYS_AHEAD = 5
    assert next_free(alice, date(2026, 3, 6)) == date(2026, 3, 7)
    assert next_free(alice, date(2026, 3, 7)) is None
    settings.TOGO_ASSIGN_DAYS_AHEAD = 0
    assert next_free(alice) is None


def test_after_a_past_day_it_may_be_past_too(alice: User) -> None:
    assert next_free(alice, date(2019, 12, 31)) == date(2020, 1, 1)
    assert next_free(alice, date(1, 1, 1)) == date(1, 1, 2)


def test_a_day_that_is_near_is_found_with_one_look(taskmaster: User, alice: User) -> None:
    limit_rules.create_rule(actor=taskmaster, maximum=0, date_to=date(2026, 3, 15))

    with CaptureQueriesContext(connection) as queries:
        assert next_free(alice) == date(2026, 3, 16)

    assert len(queries) == 3
