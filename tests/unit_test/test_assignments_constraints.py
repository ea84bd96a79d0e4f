"""The constraints of the database refuse bad rows, whatever the code does."""

from datetime import date
from typing import Any

import pytest
from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import ProtectedError

from apps.models import Assignment, DailyLimit, LimitRule, Task, User
from apps.services import assignments, limits

MONDAY = date(2026, 3, 2)


@pytest.fixture
def given(taskmaster: User, alice: User, cooking: Task) -> Assignment:
    """An assignment that fills Alice's Monday."""
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=MONDAY, maximum=1)
    return assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=MONDAY)


def day_of(given: Assignment) -> tuple[int, int, int, int]:
    day = DailyLimit.objects.get(pk=given.daily_limit_id)
    return day.wanted, day.maximum, day.taken, day.assignments.count()


@pytest.mark.parametrize(
    "broken",
    [
        {"taken": 2},
        {"maximum": 0},
        {"wanted": 2},
        {"maximum": 7},
        {"wanted": 0, "maximum": 2},
    ],
    ids=str,
)
def test_no_day_holds_more_than_its_limit(given: Assignment, broken: dict[str, int]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        DailyLimit.objects.update(**broken)

    assert day_of(given) == (1, 1, 1, 1)


def test_taken_is_never_negative(given: Assignment) -> None:
    # MySQL refuses it before it checks the constraint, because the column is unsigned.
    with pytest.raises((IntegrityError, DataError)), transaction.atomic():
        DailyLimit.objects.update(taken=-1)

    assert day_of(given) == (1, 1, 1, 1)


def test_a_person_has_one_row_for_a_day_and_each_task_once_on_it(given: Assignment, alice: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        DailyLimit.objects.create(user=alice, date=MONDAY, wanted=1, maximum=1, source_kind="hand", rules_version=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Assignment.objects.create(daily_limit=given.daily_limit, task=given.task, taskmaster=alice)

    assert day_of(given) == (1, 1, 1, 1)


def test_an_assignment_has_the_person_of_its_day(given: Assignment, alice: User, stranger: User) -> None:
    def give_to_stranger() -> None:
        with transaction.atomic():
            Assignment.objects.update(user=stranger.pk)
            # PostgreSQL and SQLite check foreign keys at the end of a transaction; the test's own never ends.
            connection.check_constraints()

    with pytest.raises(IntegrityError):
        give_to_stranger()

    assert list(Assignment.objects.values_list("user", flat=True)) == [alice.pk]


def test_people_tasks_and_days_that_are_used_can_not_be_deleted(
    given: Assignment, taskmaster: User, alice: User, cooking: Task
) -> None:
    for used in (taskmaster, alice, cooking, given.daily_limit):
        with pytest.raises(ProtectedError):
            used.delete()

    assert day_of(given) == (1, 1, 1, 1)


@pytest.mark.parametrize(
    "broken", [{"weekday": 7}, {"maximum": 10001}, {"date_from": date(2026, 3, 3), "date_to": MONDAY}], ids=str
)
def test_an_invalid_rule_is_refused(db: None, broken: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        LimitRule.objects.create(**{"maximum": 1, "version": 1, **broken})

    assert not LimitRule.objects.exists()
