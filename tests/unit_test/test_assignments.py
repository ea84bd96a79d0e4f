"""Assigning, unassigning, and their refusals. Concurrent calls are in tests/storm_test."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError

from apps.exceptions.assignments import AlreadyAssigned, AssignmentNotFound, DailyLimitReached, DateOutOfRange
from apps.exceptions.base import NotAllowed, ToGoError, TryAgain
from apps.exceptions.tasks import TaskInactive, TaskNotFound
from apps.exceptions.users import UserInactive, UserNotFound
from apps.models import Assignment, DailyLimit, LimitDay, Task, User
from apps.models.assignments import Status
from apps.services import assignments, limit_rules, limits, slots, users
from apps.services import tasks as catalogue
from tests.unit_test.meanwhile import meanwhile

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)


def assign(actor: User, task: Task, person: User, day: date = MONDAY) -> Assignment:
    return assignments.assign(actor=actor, task_id=task.pk, user_id=person.pk, date=day)


def day_of(person: User, day: date = MONDAY) -> tuple[int, int, int, int]:
    """The day's wanted, maximum and taken, and the number of its assignments."""
    limit = DailyLimit.objects.get(user=person, date=day)
    return limit.wanted, limit.maximum, limit.taken, limit.assignments.count()


def nothing_is_assigned() -> bool:
    return not Assignment.objects.exists() and not DailyLimit.objects.filter(taken__gt=0).exists()


# --- assigning --------------------------------------------------------------------------------------------------


def test_an_assignment_has_its_task_person_date_and_taskmaster(taskmaster: User, alice: User, cooking: Task) -> None:
    made = assign(taskmaster, cooking, alice)

    assert Assignment.objects.get() == made
    assert (made.task, made.user_id, made.date, made.taskmaster) == (cooking, alice.pk, MONDAY, taskmaster)
    assert (made.status, made.created_at.isoformat(), made.done_at) == ("open", "2026-03-02T12:00:00+00:00", None)
    assert (made.daily_limit.taken, made.daily_limit.remaining) == (1, 4)


def test_refuses_the_task_past_the_limit(taskmaster: User, alice: User, tasks: list[Task]) -> None:
    rule = limit_rules.create_rule(actor=taskmaster, user_id=alice.pk, weekday=0, maximum=2, reason="Short Mondays")
    for task in tasks[:2]:
        assign(taskmaster, task, alice)

    with pytest.raises(DailyLimitReached) as refusal:
        assign(taskmaster, tasks[2], alice)

    assert refusal.value.data == {
        "user": alice.pk,
        "date": MONDAY,
        "effort": 1,
        "maximum": 2,
        "taken": 2,
        "remaining": 0,
        "source": {"kind": "person_weekday", "rule": rule.pk, "reason": "Short Mondays"},
        "next_free_date": TUESDAY,
    }
    assert day_of(alice) == (2, 2, 2, 2)


def test_refuses_every_task_on_a_day_with_the_limit_0(taskmaster: User, alice: User, cooking: Task) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=MONDAY, maximum=0)

    with pytest.raises(DailyLimitReached):
        assign(taskmaster, cooking, alice)
    assert nothing_is_assigned()


def test_a_refusal_names_no_free_day_when_there_is_none(taskmaster: User, alice: User, cooking: Task) -> None:
    limit_rules.create_rule(actor=taskmaster, user_id=alice.pk, maximum=0)

    with pytest.raises(DailyLimitReached) as refusal:
        assign(taskmaster, cooking, alice)
    assert refusal.value.data["next_free_date"] is None


def test_a_done_assignment_still_counts(taskmaster: User, alice: User, tasks: list[Task]) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=MONDAY, maximum=1)
    assign(taskmaster, tasks[0], alice)
    Assignment.objects.update(status=Status.DONE)

    with pytest.raises(DailyLimitReached):
        assign(taskmaster, tasks[1], alice)


@pytest.mark.parametrize("maximum", [1, 5], ids=["on a full day", "on a day with room"])
def test_a_task_is_assigned_once_a_day_and_takes_one_slot(
    taskmaster: User, alice: User, cooking: Task, maximum: int
) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=MONDAY, maximum=maximum)
    first = assign(taskmaster, cooking, alice)

    with pytest.raises(AlreadyAssigned) as refusal:
        assign(taskmaster, cooking, alice)

    assert refusal.value.data == {"task": cooking.pk, "user": alice.pk, "date": MONDAY, "assignment": first.pk}
    assert day_of(alice) == (maximum, maximum, 1, 1)


def test_the_same_task_fits_on_another_day_and_for_another_person(
    taskmaster: User, alice: User, stranger: User, cooking: Task
) -> None:
    assign(taskmaster, cooking, alice)

    assign(taskmaster, cooking, alice, TUESDAY)
    assign(taskmaster, cooking, stranger)

    assert Assignment.objects.filter(task=cooking).count() == 3


def test_a_day_without_a_limit_gets_one_and_everyone_elses_is_requested_once(
    taskmaster: User, alice: User, tasks: list[Task]
) -> None:
    assign(taskmaster, tasks[0], alice)
    assign(taskmaster, tasks[1], alice)

    assert DailyLimit.objects.get().user == alice
    assert LimitDay.objects.get(date=MONDAY).done_at is None


# --- people, tasks and dates ------------------------------------------------------------------------------------


def test_refuses_tasks_and_people_who_do_not_exist_or_are_inactive(
    taskmaster: User, admin: User, alice: User, cooking: Task
) -> None:
    def refusal(task_id: int, user_id: int) -> tuple[type, Any]:
        with pytest.raises(ToGoError) as refused:
            assignments.assign(actor=taskmaster, task_id=task_id, user_id=user_id, date=MONDAY)
        return refused.type, refused.value.data

    assert refusal(2**62, alice.pk) == (TaskNotFound, {"task": 2**62})
    assert refusal(cooking.pk, 2**62) == (UserNotFound, {"user": 2**62})
    users.update_user(actor=admin, user_id=alice.pk, is_active=False)
    assert refusal(cooking.pk, alice.pk) == (UserInactive, {"user": alice.pk})
    catalogue.update_task(actor=taskmaster, task_id=cooking.pk, is_active=False)
    assert refusal(cooking.pk, alice.pk) == (TaskInactive, {"task": cooking.pk})
    assert not DailyLimit.objects.exists()


def test_a_taskmaster_plans_as_far_back_as_wanted_and_366_days_ahead(
    taskmaster: User, alice: User, cooking: Task
) -> None:
    for day in (date(1, 1, 1), date(999, 12, 31), date(2026, 3, 1), date(2027, 3, 3)):
        assert assign(taskmaster, cooking, alice, day).date == day
        assert DailyLimit.objects.get(user=alice, date=day).taken == 1

    with pytest.raises(DateOutOfRange) as refusal:
        assign(taskmaster, cooking, alice, date(2027, 3, 4))
    assert refusal.value.data == {"earliest": None, "latest": date(2027, 3, 3)}
    assert Assignment.objects.count() == 4


def test_anyone_else_plans_for_themselves_from_today_on(alice: User, stranger: User, cooking: Task) -> None:
    assert assign(alice, cooking, alice).taskmaster == alice

    with pytest.raises(DateOutOfRange) as refusal:
        assign(alice, cooking, alice, date(2026, 3, 1))
    assert refusal.value.data == {"earliest": MONDAY, "latest": date(2027, 3, 3)}
    with pytest.raises(NotAllowed):
        assign(alice, cooking, stranger)
    # The permission is checked before anything is looked up.
    with pytest.raises(NotAllowed):
        assignments.assign(actor=alice, task_id=2**62, user_id=2**62, date=MONDAY)
    assert Assignment.objects.count() == 1


# --- unassigning ------------------------------------------------------------------------------------------------


def test_an_unassigned_task_is_gone_and_its_slot_is_free(taskmaster: User, alice: User, tasks: list[Task]) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=MONDAY, maximum=2)
    first, _ = (assign(taskmaster, task, alice) for task in tasks[:2])

    assignments.unassign(actor=taskmaster, assignment_id=first.pk)

    assert day_of(alice) == (2, 2, 1, 1)
    assign(taskmaster, tasks[0], alice)
    assert day_of(alice) == (2, 2, 2, 2)


def test_after_a_holiday_over_a_day_with_tasks_no_slot_opens_again(
    taskmaster: User, alice: User, tasks: list[Task], django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    given = [assign(taskmaster, task, alice) for task in tasks[:3]]
    with django_capture_on_commit_callbacks(execute=True):
        limit_rules.create_rule(actor=taskmaster, date_from=MONDAY, date_to=MONDAY, maximum=0, reason="Holiday")
    assert day_of(alice) == (0, 3, 3, 3)

    for left in (2, 1, 0):
        assignments.unassign(actor=taskmaster, assignment_id=given[left].pk)
        assert day_of(alice) == (0, left, left, left)
        with pytest.raises(DailyLimitReached):
            assign(taskmaster, tasks[7], alice)


def test_a_person_unassigns_what_they_assigned_themselves(
    taskmaster: User, alice: User, stranger: User, tasks: list[Task]
) -> None:
    own, given = assign(alice, tasks[0], alice), assign(taskmaster, tasks[1], alice)
    past = assign(taskmaster, tasks[0], alice, date(2026, 3, 1))
    Assignment.objects.filter(pk=past.pk).update(taskmaster=alice)

    for refused in (given, past):
        with pytest.raises(NotAllowed):
            assignments.unassign(actor=alice, assignment_id=refused.pk)
    for unknown in (own.pk, 2**62):
        with pytest.raises(AssignmentNotFound):
            assignments.unassign(actor=stranger, assignment_id=unknown)
    assignments.unassign(actor=alice, assignment_id=own.pk)

    assert day_of(alice) == (5, 5, 1, 1)
    assert set(Assignment.objects.all()) == {given, past}


def test_two_who_unassign_a_task_at_once_free_one_slot(taskmaster: User, alice: User, tasks: list[Task]) -> None:
    first, second = (assign(taskmaster, task, alice) for task in tasks[:2])

    # Another call deletes it between the read and the delete.
    with (
        meanwhile("SAVEPOINT", lambda: assignments.unassign(actor=taskmaster, assignment_id=first.pk)),
        pytest.raises(AssignmentNotFound),
    ):
        assignments.unassign(actor=taskmaster, assignment_id=first.pk)

    assert Assignment.objects.get() == second
    assert day_of(alice) == (5, 5, 1, 1)


def test_asks_to_try_again_when_a_day_changes_during_every_attempt(
    taskmaster: User, alice: User, tasks: list[Task]
) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=MONDAY, maximum=1)
    given = assign(taskmaster, tasks[0], alice)

    def set_maximum(maximum: int) -> None:
        DailyLimit.objects.update(wanted=maximum, maximum=maximum)

    with (
        # On PostgreSQL the plain UPDATE tries again what the one statement refused while there seems to be room.
        meanwhile(("WITH", "UPDATE"), lambda: set_maximum(1), table="dailylimit", always=True),
        meanwhile("SELECT", lambda: set_maximum(2), table="dailylimit", always=True),
        pytest.raises(TryAgain),
    ):
        assign(taskmaster, tasks[1], alice)
    set_maximum(1)
    assert day_of(alice) == (1, 1, 1, 1)

    def delete_it() -> None:
        Assignment.objects.all()._raw_delete(using="default")

    with meanwhile("DELETE", delete_it, table="assignment", always=True), pytest.raises(TryAgain):
        assignments.unassign(actor=taskmaster, assignment_id=given.pk)
    assert day_of(alice) == (1, 1, 1, 1)


def test_a_task_that_is_deleted_while_it_is_assigned_takes_no_slot(
    taskmaster: User, alice: User, cooking: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail_because_the_task_is_gone(**_: Any) -> None:
        catalogue.delete_task(actor=taskmaster, task_id=cooking.pk)
        raise IntegrityError

    for implementation in (slots.portable, slots.postgresql):
        monkeypatch.setattr(implementation, "take", fail_because_the_task_is_gone)
    with pytest.raises(TaskNotFound):
        assign(taskmaster, cooking, alice)

    assert nothing_is_assigned()
