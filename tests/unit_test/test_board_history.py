"""What the board tells of a day's history."""

import datetime

import pytest
from django.utils import translation

from apps.exceptions.base import NotAllowed
from apps.models import Task, User, WaitingEntry
from apps.services import assignments, limits, tasks, waiting
from apps.services.board import history
from tests.conftest import TODAY

pytestmark = pytest.mark.django_db

TOMORROW = TODAY + datetime.timedelta(days=1)


def told(actor: User, person: User, date: datetime.date) -> list[str]:
    return [one.what for one in history.of_day(actor=actor, user_id=person.pk, date=date)]


def test_a_day_tells_all_that_was_done_to_it_newest_first(taskmaster: User, alice: User, cooking: Task) -> None:
    by, here = {"actor": taskmaster}, {"user_id": alice.pk, "date": TODAY}
    limits.set_by_hand(**by, **here, maximum=3, reason="Half a day")
    one = assignments.assign(**by, **here, task_id=cooking.pk)
    assignments.change(**by, assignment_id=one.pk, effort=3)
    assignments.change(**by, assignment_id=one.pk, status="done")
    assignments.change(**by, assignment_id=one.pk, status="open")
    entry = assignments.assign_or_wait(**by, **here, task_id=Task.objects.create(name="baking").pk)
    assert isinstance(entry, WaitingEntry)
    waiting.cancel(**by, entry_id=entry.pk)
    assignments.assign_or_wait(**by, **here, task_id=Task.objects.create(name="wine").pk)
    assignments.unassign(**by, assignment_id=one.pk)
    limits.give_back(**by, **here)

    assert told(taskmaster, alice, TODAY) == [
        "taskmaster let the rules set the limit",
        "taskmaster had let “wine” wait, and it got room",
        "taskmaster assigned “wine”",
        "taskmaster took “cooking” away",
        "taskmaster let “wine” wait for room",
        "taskmaster had let “baking” wait; it no longer does",
        "taskmaster let “baking” wait for room",
        "taskmaster opened “cooking” again",
        "taskmaster marked “cooking” as done",
        "taskmaster changed the effort of “cooking” from 1 to 3 tasks",
        "taskmaster assigned “cooking”",
        "taskmaster set the limit to 3 tasks (“Half a day”)",
    ]


def test_a_move_is_told_on_the_day_it_left_and_on_the_day_it_reached(
    taskmaster: User, alice: User, stranger: User, cooking: Task
) -> None:
    one = assignments.assign(actor=taskmaster, user_id=alice.pk, date=TODAY, task_id=cooking.pk)
    assignments.change(actor=taskmaster, assignment_id=one.pk, date=TOMORROW)
    assignments.change(actor=taskmaster, assignment_id=one.pk, user_id=stranger.pk)

    assert told(taskmaster, alice, TODAY)[0] == "taskmaster moved “cooking” to Tue 3 Mar"
    assert told(taskmaster, alice, TOMORROW) == [
        "taskmaster moved “cooking” to stranger, Tue 3 Mar",
        "taskmaster moved “cooking” here from Mon 2 Mar",
    ]
    assert told(taskmaster, stranger, TOMORROW) == ["taskmaster moved “cooking” here from alice, Tue 3 Mar"]


def test_the_tasks_that_somebody_gave_last_come_first_in_the_tray(taskmaster: User, alice: User) -> None:
    catalogue = [Task.objects.create(name=f"task {number}") for number in range(6)]
    for task in (catalogue[2], catalogue[5], catalogue[0]):
        assignments.assign(actor=taskmaster, user_id=alice.pk, date=TODAY, task_id=task.pk)
    Task.objects.filter(pk=catalogue[0].pk).update(is_active=False)

    names = [task.name for task in tasks.recent(actor=taskmaster, most=4)]

    assert names == ["task 5", "task 2", "task 1", "task 3"]


def test_the_history_of_days_is_for_taskmasters(alice: User) -> None:
    with pytest.raises(NotAllowed):
        history.of_day(actor=alice, user_id=alice.pk, date=TODAY)


def test_names_in_a_sentence_from_right_to_left_are_kept_apart(taskmaster: User, alice: User, cooking: Task) -> None:
    assignments.assign(actor=taskmaster, user_id=alice.pk, date=TODAY, task_id=cooking.pk)
    with translation.override("ar"):
        assert told(taskmaster, alice, TODAY) == ["أسند \u2068taskmaster\u2069 «\u2068cooking\u2069»"]
