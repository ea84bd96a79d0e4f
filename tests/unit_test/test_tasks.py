"""Creating, changing and deleting tasks."""

from datetime import date
from typing import Any

import pytest

from apps.exceptions.base import NotAllowed
from apps.exceptions.tasks import TaskExists, TaskInUse, TaskNotFound
from apps.models import Assignment, Task, User
from apps.services import assignments, limits, slots, tasks
from tests.unit_test.meanwhile import meanwhile

MONDAY = date(2026, 3, 2)


def test_a_task_is_created_renamed_and_deactivated(taskmaster: User) -> None:
    task = tasks.create_task(actor=taskmaster, name="coking")
    assert (task.name, task.is_active) == ("coking", True)

    tasks.update_task(actor=taskmaster, task_id=task.pk, name="cooking")
    tasks.update_task(actor=taskmaster, task_id=task.pk, is_active=False)

    assert Task.objects.values_list("name", "is_active").get() == ("cooking", False)


def test_two_changes_of_a_task_at_once_are_both_kept(taskmaster: User, cooking: Task) -> None:
    with meanwhile("UPDATE", lambda: tasks.update_task(actor=taskmaster, task_id=cooking.pk, name="baking")):
        tasks.update_task(actor=taskmaster, task_id=cooking.pk, is_active=False)

    assert Task.objects.values_list("name", "is_active").get() == ("baking", False)


def test_a_task_that_is_deleted_while_it_is_changed_is_not_found(taskmaster: User, cooking: Task) -> None:
    def delete_it() -> None:
        tasks.delete_task(actor=taskmaster, task_id=cooking.pk)

    with meanwhile("UPDATE", delete_it), pytest.raises(TaskNotFound):
        tasks.update_task(actor=taskmaster, task_id=cooking.pk, is_active=False)


def test_the_assignments_of_a_deactivated_task_stay(taskmaster: User, alice: User, cooking: Task) -> None:
    assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=MONDAY)

    tasks.update_task(actor=taskmaster, task_id=cooking.pk, is_active=False)

    assert Assignment.objects.get().task.is_active is False


def test_assigning_does_not_read_what_a_task_carries_for_people(
    taskmaster: User, alice: User, cooking: Task, django_assert_max_num_queries: Any
) -> None:
    limits.create_days([(alice.pk, MONDAY)])

    with django_assert_max_num_queries(12) as ran:
        assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=MONDAY)

    assert [query["sql"] for query in ran if '"note"' in query["sql"] or "`note`" in query["sql"]] == []


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
def test_a_task_that_is_assigned_while_it_is_deleted_stays(taskmaster: User, alice: User, cooking: Task) -> None:
    limits.create_days([(alice.pk, MONDAY)])

    def assign_it() -> None:
        assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=MONDAY)

    with meanwhile("DELETE", assign_it, table="task"), pytest.raises(TaskInUse):
        tasks.delete_task(actor=taskmaster, task_id=cooking.pk)

    assert Task.objects.get() == cooking


def test_a_merge_leaves_a_day_that_was_given_the_other_task_meanwhile(
    taskmaster: User, alice: User, cooking: Task
) -> None:
    typo = Task.objects.create(name="coking")
    there = [
        assignments.assign(actor=taskmaster, task_id=task.pk, user_id=alice.pk, date=MONDAY).pk
        for task in (typo, cooking)
    ]
    days = [Assignment.objects.get(pk=there[0]).daily_limit_id]

    assert slots.change_task(actor=taskmaster, old=typo, new=cooking, day_ids=days) == 0

    assert list(Assignment.objects.order_by("pk").values_list("pk", "task")) == [
        (there[0], typo.pk),
        (there[1], cooking.pk),
    ]


def test_only_taskmasters_change_the_catalogue(taskmaster: User, admin: User, alice: User, cooking: Task) -> None:
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


def test_an_unknown_task_can_be_neither_changed_nor_deleted(taskmaster: User) -> None:
    for refused in (
        lambda: tasks.update_task(actor=taskmaster, task_id=2**62, name="baking"),
        lambda: tasks.delete_task(actor=taskmaster, task_id=2**62),
    ):
        with pytest.raises(TaskNotFound) as refusal:
            refused()
        assert refusal.value.data == {"task": 2**62}


COMPOSED, DECOMPOSED = "Caf\u00e9 au lait", "Cafe\u0301 au lait"


@pytest.mark.parametrize("twin", [COMPOSED, DECOMPOSED, COMPOSED.upper(), f" {COMPOSED} ", "Caf\u00e9  au lait"])
def test_a_name_that_differs_only_by_form_capitals_or_blanks_is_refused(taskmaster: User, twin: str) -> None:
    first = tasks.create_task(actor=taskmaster, name=COMPOSED)
    other = tasks.create_task(actor=taskmaster, name="tea")

    for refused in (
        lambda: tasks.create_task(actor=taskmaster, name=twin),
        lambda: tasks.update_task(actor=taskmaster, task_id=other.pk, name=twin),
    ):
        with pytest.raises(TaskExists) as refusal:
            refused()
        assert refusal.value.data == {"task": first.pk}
    assert set(Task.objects.values_list("name", flat=True)) == {COMPOSED, "tea"}
    # A task is no duplicate of itself.
    assert tasks.update_task(actor=taskmaster, task_id=first.pk, name=twin).pk == first.pk


def test_names_with_other_letters_are_other_names(taskmaster: User) -> None:
    for name in ("wine", "vine", "wine 1", "w.ne", "wi", "\u00f6l", "ol"):
        tasks.create_task(actor=taskmaster, name=name)

    assert Task.objects.count() == 7


def test_the_name_of_an_inactive_task_is_free_and_the_task_is_activated_only_without_a_duplicate(
    taskmaster: User,
) -> None:
    old = tasks.create_task(actor=taskmaster, name="wine")
    tasks.update_task(actor=taskmaster, task_id=old.pk, is_active=False)
    new = tasks.create_task(actor=taskmaster, name="Wine")

    with pytest.raises(TaskExists):
        tasks.update_task(actor=taskmaster, task_id=old.pk, is_active=True)

    tasks.update_task(actor=taskmaster, task_id=new.pk, name="red wine")
    assert tasks.update_task(actor=taskmaster, task_id=old.pk, is_active=True).is_active


def test_tasks_of_one_name_that_an_older_version_made_can_be_deactivated(taskmaster: User) -> None:
    first, second = (Task.objects.create(name="wine") for _ in range(2))

    assert tasks.update_task(actor=taskmaster, task_id=second.pk, is_active=False, name="wine").is_active is False
    assert tasks.update_task(actor=taskmaster, task_id=first.pk, name="Wine").name == "Wine"
