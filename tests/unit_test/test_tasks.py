"""Keeping the catalogue."""

from datetime import date

import pytest

from apps.exceptions.base import NotAllowed
from apps.exceptions.tasks import TaskInUse, TaskNotFound
from apps.models import Assignment, Task, User
from apps.services import assignments, limits, tasks
from tests.unit_test.meanwhile import meanwhile

MONDAY = date(2026, 3, 2)


def test_a_task_is_made_renamed_and_retired(taskmaster: User) -> None:
    task = tasks.create_task(actor=taskmaster, name="coking")
    assert (task.name, task.is_active) == ("coking", True)

    tasks.update_task(actor=taskmaster, task_id=task.pk, name="cooking")
    tasks.update_task(actor=taskmaster, task_id=task.pk, is_active=False)

    assert Task.objects.values_list("name", "is_active").get() == ("cooking", False)


def test_two_who_change_a_task_at_once_both_get_their_way(taskmaster: User, cooking: Task) -> None:
    with meanwhile("UPDATE", lambda: tasks.update_task(actor=taskmaster, task_id=cooking.pk, name="baking")):
        tasks.update_task(actor=taskmaster, task_id=cooking.pk, is_active=False)

    assert Task.objects.values_list("name", "is_active").get() == ("baking", False)


def test_a_task_that_is_deleted_while_it_is_changed_is_not_found(taskmaster: User, cooking: Task) -> None:
    def is_deleted() -> None:
        tasks.delete_task(actor=taskmaster, task_id=cooking.pk)

    with meanwhile("UPDATE", is_deleted), pytest.raises(TaskNotFound):
        tasks.update_task(actor=taskmaster, task_id=cooking.pk, is_active=False)


def test_who_has_a_task_that_is_retired_keeps_it(taskmaster: User, alice: User, cooking: Task) -> None:
    assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=MONDAY)

    tasks.update_task(actor=taskmaster, task_id=cooking.pk, is_active=False)

    assert Assignment.objects.get().task.is_active is False


def test_a_task_can_be_deleted_once_nobody_has_it(taskmaster: User, alice: User, cooking: Task) -> None:
    given = assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=MONDAY)
    with pytest.raises(TaskInUse) as refusal:
        tasks.delete_task(actor=taskmaster, task_id=cooking.pk)
    assert refusal.value.data == {"task": cooking.pk}
    assert Assignment.objects.get().task == cooking

    assignments.unassign(actor=taskmaster, assignment_id=given.pk)
    tasks.delete_task(actor=taskmaster, task_id=cooking.pk)

    assert not Task.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_task_that_is_given_while_it_is_deleted_stays(taskmaster: User, alice: User, cooking: Task) -> None:
    limits.create_days([(alice.pk, MONDAY)])

    def is_given() -> None:
        assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=MONDAY)

    with meanwhile("DELETE", is_given, table="task"), pytest.raises(TaskInUse):
        tasks.delete_task(actor=taskmaster, task_id=cooking.pk)

    assert Task.objects.get() == cooking


def test_only_taskmasters_keep_the_catalogue(taskmaster: User, admin: User, alice: User, cooking: Task) -> None:
    for refused in (
        lambda: tasks.create_task(actor=alice, name="baking"),
        lambda: tasks.update_task(actor=alice, task_id=cooking.pk, name="baking"),
        lambda: tasks.delete_task(actor=alice, task_id=cooking.pk),
        lambda: tasks.delete_task(actor=alice, task_id=2**62),
    ):
        with pytest.raises(NotAllowed):
            refused()
    assert Task.objects.get().name == "cooking"

    tasks.update_task(actor=admin, task_id=cooking.pk, name="baking")
    assert Task.objects.get().name == "baking"


def test_a_task_that_is_not_there_can_be_neither_changed_nor_deleted(taskmaster: User) -> None:
    for refused in (
        lambda: tasks.update_task(actor=taskmaster, task_id=2**62, name="baking"),
        lambda: tasks.delete_task(actor=taskmaster, task_id=2**62),
    ):
        with pytest.raises(TaskNotFound) as refusal:
            refused()
        assert refusal.value.data == {"task": 2**62}
