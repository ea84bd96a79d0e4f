"""The dates on which a person has room."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.models import Task, User
from apps.services import assignments, availability, limit_rules, limits
from apps.services.availability import Search

MONDAY = date(2026, 3, 2)


def next_free(person: User, after: date = MONDAY) -> date | None:
    return availability.next_free_date(user_id=person.pk, after=after)


def test_the_next_day_is_found_if_it_has_room(alice: User) -> None:
    assert next_free(alice) == date(2026, 3, 3)


def test_full_days_and_days_off_are_skipped(taskmaster: User, alice: User, cooking: Task) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=date(2026, 3, 3), maximum=1)
    assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=date(2026, 3, 3))
    limit_rules.create_rule(actor=taskmaster, weekday=2, maximum=0)
    limit_rules.create_rule(
        actor=taskmaster, user_id=alice.pk, date_from=date(2026, 3, 5), date_to=date(2026, 3, 8), maximum=0
    )

    assert next_free(alice) == date(2026, 3, 9)
    assert next_free(taskmaster) == date(2026, 3, 3)


@pytest.mark.parametrize("days", [13, 14, 15, 365])
def test_a_free_date_is_found_up_to_366_days_ahead(taskmaster: User, alice: User, days: int) -> None:
    limit_rules.create_rule(actor=taskmaster, maximum=0, date_to=MONDAY + timedelta(days=days))

    assert next_free(alice) == MONDAY + timedelta(days=days + 1)


def test_no_date_is_found_past_366_days_or_the_last_date_that_can_be_planned(
    taskmaster: User, alice: User, settings: Any
) -> None:
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


def test_the_next_free_date_after_a_past_day_may_be_past_too(alice: User) -> None:
    assert next_free(alice, date(2019, 12, 31)) == date(2020, 1, 1)
    assert next_free(alice, date(1, 1, 1)) == date(1, 1, 2)


def test_a_near_date_is_found_with_two_queries(taskmaster: User, alice: User) -> None:
    limit_rules.create_rule(actor=taskmaster, maximum=0, date_to=date(2026, 3, 15))

    with CaptureQueriesContext(connection) as queries:
        assert next_free(alice) == date(2026, 3, 16)

    assert len(queries) == 2


# --- many at once -----------------------------------------------------------------------------------------------


def test_many_days_get_the_answers_that_each_gets_alone(
    taskmaster: User, alice: User, stranger: User, tasks: list[Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(availability, "_WINDOWS_PER_QUERY", 3)
    limit_rules.create_rule(actor=taskmaster, user_id=alice.pk, maximum=0, date_to=date(2026, 4, 20))
    limit_rules.create_rule(actor=taskmaster, user_id=stranger.pk, maximum=1)
    for offset, task in zip((1, 2, 3, 5), tasks, strict=False):
        assignments.assign(actor=taskmaster, task_id=task.pk, user_id=stranger.pk, date=MONDAY + timedelta(days=offset))
    # A day set by hand during Alice's days off, and a full day on which others have room.
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=date(2026, 3, 20), maximum=1)
    limits.set_by_hand(actor=taskmaster, user_id=taskmaster.pk, date=date(2026, 3, 4), maximum=0)
    refused = [
        Search(person.pk, day, 1)
        for person in (alice, stranger, taskmaster)
        for day in (date(2019, 1, 1), *(MONDAY + timedelta(days=offset) for offset in (0, 1, 17, 18, 365, 366, 900)))
    ]

    answers = availability.next_free_dates([*refused, refused[0]])

    assert answers == {
        search: availability.next_free_date(user_id=search.user_id, after=search.after) for search in refused
    }
    assert answers[Search(alice.pk, MONDAY, 1)] == date(2026, 3, 20)
    assert answers[Search(alice.pk, date(2026, 3, 20), 1)] == date(2026, 4, 21)
    assert answers[Search(alice.pk, date(2019, 1, 1), 1)] is None
    assert answers[Search(stranger.pk, MONDAY, 1)] == date(2026, 3, 6)
    assert answers[Search(taskmaster.pk, date(2026, 3, 3), 1)] == date(2026, 3, 5)
    assert answers[Search(stranger.pk, date(2027, 3, 2), 1)] == date(2027, 3, 3)
    assert answers[Search(stranger.pk, date(2027, 3, 3), 1)] is None


def test_no_query_is_sent_without_a_date_to_find(alice: User) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert availability.next_free_dates([]) == {}
        assert availability.next_free_dates([Search(alice.pk, date.max, 1)]) == {Search(alice.pk, date.max, 1): None}

    assert len(queries) == 0


def test_a_thousand_days_take_few_queries_and_only_those_not_found_near_look_far(taskmaster: User, alice: User) -> None:
    days = [MONDAY + timedelta(days=offset) for offset in range(10)]
    searches = [Search(person, day, 1) for person in range(1000, 1100) for day in days]
    with CaptureQueriesContext(connection) as near:
        answers = availability.next_free_dates(searches)
    assert answers == {search: search.after + timedelta(days=1) for search in searches}
    assert len(near) == 1 + 10

    limit_rules.create_rule(actor=taskmaster, user_id=alice.pk, maximum=0, date_to=date(2026, 6, 1))
    with CaptureQueriesContext(connection) as far:
        answers = availability.next_free_dates([*searches, Search(alice.pk, MONDAY, 1)])
    assert answers[Search(alice.pk, MONDAY, 1)] == date(2026, 6, 2)
    assert len(far) == 1 + 11 + 1


# --- a person's free days ---------------------------------------------------------------------------------------


def free(person: User, first: date, last: date) -> list[tuple[date, int, bool]]:
    days = availability.free_days(user_id=person.pk, first=first, last=last)
    return [(day.date, day.remaining, day.pk is not None) for day in days]


def test_free_days_come_in_order_set_or_not(taskmaster: User, alice: User, tasks: list[Task]) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=date(2026, 3, 3), maximum=1)
    for task, day in zip(tasks, (3, 4, 4), strict=False):
        assignments.assign(actor=taskmaster, task_id=task.pk, user_id=alice.pk, date=date(2026, 3, day))
    limit_rules.create_rule(actor=taskmaster, weekday=3, maximum=0)

    assert free(alice, MONDAY, date(2026, 3, 6)) == [
        (MONDAY, 5, False),
        (date(2026, 3, 4), 3, True),
        (date(2026, 3, 6), 5, False),
    ]
    assert free(alice, MONDAY, date(2026, 3, 1)) == []


def test_free_days_end_with_the_last_date_that_can_be_planned_and_none_is_left_out(alice: User) -> None:
    days = [day for day, _, _ in free(alice, date(2025, 1, 1), date.max)]

    assert days == [date(2025, 1, 1) + timedelta(days=offset) for offset in range(792)]
    assert days[-1] == date(2027, 3, 3)
    assert free(alice, date.max, date.max) == []


def test_free_days_are_read_as_they_are_needed(alice: User) -> None:
    with CaptureQueriesContext(connection) as queries:
        days = availability.free_days(user_id=alice.pk, first=MONDAY, last=date(2027, 3, 1))
        assert len(queries) == 0
        for _ in range(14):
            next(days)
        assert len(queries) == 3
        assert len(list(days)) == 365 - 14
        assert len(queries) == 4
