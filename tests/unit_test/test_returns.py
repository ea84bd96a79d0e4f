"""Handing back what one can't do, and placing it again."""

import datetime
from typing import Any

import pytest
from django.core import mail

from apps.exceptions.assignments import AlreadyAssigned, AssignmentNotFound, DailyLimitReached
from apps.exceptions.base import NotAllowed
from apps.exceptions.returns import AlreadyDone, ReturnNotFound
from apps.models import Assignment, DailyLimit, Event, Notification, ReturnedTask, Task, User, WaitingEntry
from apps.models.events import Kind
from apps.services import assignments, limits, returns, tasks
from apps.services.board import history
from apps.services.notifications import sending
from apps.services.tasks import merging
from tests.clock import freeze_time
from tests.conftest import TODAY

YESTERDAY, TOMORROW = (TODAY + datetime.timedelta(days=days) for days in (-1, 1))
ILL = "I am ill."


def give(actor: User, person: User, task: Task, date: datetime.date = TODAY) -> Assignment:
    return assignments.assign(actor=actor, task_id=task.pk, user_id=person.pk, date=date)


def back(person: User, one: Assignment) -> ReturnedTask:
    return returns.hand_back(actor=person, assignment_id=one.pk, reason=ILL)


def taken(person: User, date: datetime.date = TODAY) -> int:
    return DailyLimit.objects.get(user=person, date=date).taken


@pytest.fixture
def given(taskmaster: User, alice: User, cooking: Task) -> Assignment:
    """Cooking, given to Alice today."""
    return give(taskmaster, alice, cooking)


def test_handing_back_frees_the_slot_and_tells_who_and_why(taskmaster: User, alice: User, given: Assignment) -> None:
    returned = back(alice, given)

    assert taken(alice) == 0
    assert not Assignment.objects.exists()
    assert (returned.user, returned.date, returned.taskmaster, returned.reason) == (alice, TODAY, taskmaster, ILL)
    event = Event.objects.order_by("-pk")[0]
    assert (event.kind, event.actor, event.user, event.date) == (Kind.RETURNED, alice.pk, alice.pk, TODAY)
    assert event.data == {"effort": 1, "reason": ILL, "taskmaster": taskmaster.pk, "returned": returned.pk}
    [newest, *_] = history.of_day(actor=taskmaster, user_id=alice.pk, date=TODAY)
    assert newest.what == f"alice handed “cooking” back (“{ILL}”)"


def test_only_ones_own_open_tasks_from_today_on_can_be_handed_back(
    taskmaster: User, alice: User, stranger: User, given: Assignment, tasks: list[Task]
) -> None:
    past = give(taskmaster, alice, tasks[0], YESTERDAY)
    done = give(taskmaster, alice, tasks[1])
    assignments.change(actor=alice, assignment_id=done.pk, status="done")

    for person, one, refusal in [
        (taskmaster, given, NotAllowed),
        (stranger, given, AssignmentNotFound),
        (alice, past, NotAllowed),
        (alice, done, AlreadyDone),
    ]:
        with pytest.raises(refusal):
            back(person, one)

    assert Assignment.objects.count() == 3
    assert not ReturnedTask.objects.exists()


def test_the_rest_of_a_day_goes_back_with_what_waits_for_it(
    taskmaster: User, alice: User, stranger: User, tasks: list[Task]
) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TODAY, maximum=2)
    done, _ = give(taskmaster, alice, tasks[0]), give(taskmaster, alice, tasks[1])
    assignments.change(actor=alice, assignment_id=done.pk, status="done")
    give(taskmaster, stranger, tasks[0])
    give(taskmaster, alice, tasks[0], TOMORROW)
    assignments.assign_or_wait(actor=taskmaster, task_id=tasks[2].pk, user_id=alice.pk, date=TODAY)

    returned = returns.hand_back_rest(actor=alice, date=TODAY, reason=ILL)

    assert [one.task for one in returned] == tasks[1:3]
    assert not WaitingEntry.objects.exists()
    assert (taken(alice), taken(stranger), taken(alice, TOMORROW)) == (1, 1, 1)
    with pytest.raises(AssignmentNotFound):
        returns.hand_back_rest(actor=alice, date=TODAY, reason=ILL)
    with pytest.raises(AssignmentNotFound):
        returns.hand_back_rest(actor=stranger, date=TOMORROW, reason=ILL)


def test_a_person_takes_a_task_back_while_nobody_has_placed_it_and_the_day_has_room(
    taskmaster: User, alice: User, stranger: User, given: Assignment, tasks: list[Task]
) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TODAY, maximum=1)
    returned = back(alice, given)
    for user_id, date in [(stranger.pk, TODAY), (alice.pk, TOMORROW)]:
        with pytest.raises(NotAllowed):
            returns.place(actor=alice, returned_id=returned.pk, user_id=user_id, date=date)
    with pytest.raises(ReturnNotFound):
        returns.place(actor=stranger, returned_id=returned.pk)
    other = give(taskmaster, alice, tasks[0])
    with pytest.raises(DailyLimitReached):
        returns.place(actor=alice, returned_id=returned.pk)
    assignments.unassign(actor=taskmaster, assignment_id=other.pk)

    one = returns.place(actor=alice, returned_id=returned.pk)

    # It is the taskmaster's again, so that Alice can't delete it.
    assert (one.user_id, one.date, one.taskmaster) == (alice.pk, TODAY, taskmaster)
    assert taken(alice) == 1
    assert not ReturnedTask.objects.exists()
    with pytest.raises(ReturnNotFound):
        returns.place(actor=alice, returned_id=returned.pk)


def test_a_taskmaster_places_it_within_the_limits_or_closes_it(
    taskmaster: User, alice: User, stranger: User, cooking: Task, given: Assignment
) -> None:
    first, second = back(alice, given), back(alice, give(taskmaster, alice, cooking, TOMORROW))
    give(taskmaster, stranger, cooking, TOMORROW)
    limits.set_by_hand(actor=taskmaster, user_id=stranger.pk, date=TODAY, maximum=0)
    for date, refusal in [(TODAY, DailyLimitReached), (TOMORROW, AlreadyAssigned)]:
        with pytest.raises(refusal):
            returns.place(actor=taskmaster, returned_id=first.pk, user_id=stranger.pk, date=date)
    assert ReturnedTask.objects.count() == 2
    limits.set_by_hand(actor=taskmaster, user_id=stranger.pk, date=TODAY, maximum=1)

    one = returns.place(actor=taskmaster, returned_id=first.pk, user_id=stranger.pk)
    with pytest.raises(NotAllowed):
        returns.close(actor=alice, returned_id=second.pk)
    returns.close(actor=taskmaster, returned_id=second.pk)

    assert (one.user_id, one.date, one.taskmaster) == (stranger.pk, TODAY, taskmaster)
    assert not ReturnedTask.objects.exists()
    assert Event.objects.order_by("-pk")[0].kind == Kind.RETURN_CLOSED


def test_the_list_offers_who_is_free_that_day_and_the_persons_next_free_day(
    taskmaster: User, alice: User, stranger: User, given: Assignment
) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=stranger.pk, date=TODAY, maximum=0)
    returned = back(alice, given)

    [offer] = returns.offers(actor=taskmaster, most=9)

    assert offer.returned == returned
    assert [day.user for day in offer.others] == [taskmaster]
    assert offer.later == (alice.pk, TOMORROW)
    # Days later, it could go to others on that day.
    with freeze_time("2026-03-05T12:00:00Z"):
        [offer] = returns.offers(actor=taskmaster, most=9)
        assert {day.date for day in offer.others} == {datetime.date(2026, 3, 5)}
        assert offer.later == (alice.pk, datetime.date(2026, 3, 5))
    with pytest.raises(NotAllowed):
        returns.offers(actor=alice, most=9)


def test_a_merged_task_is_merged_on_the_list_too(
    taskmaster: User, alice: User, cooking: Task, given: Assignment
) -> None:
    back(alice, given)
    baking = tasks.create_task(actor=taskmaster, name="baking")

    merging.merge(actor=taskmaster, old_id=cooking.pk, new_id=baking.pk)

    assert ReturnedTask.objects.get().task == baking


@pytest.fixture
def _taskmaster_is_told(taskmaster: User, settings: Any) -> None:
    settings.TOGO_EMAIL_SERVER = {"host": "mail.example.org"}
    settings.TOGO_ORIGIN = "https://togo.example.org"
    fields = {"email": "boss@example.org", "confirmed_at": "2026-03-01T00:00:00Z"}
    Notification.objects.create(user=taskmaster, **fields)
    sending.send_what_is_due()


def sent_within_two_minutes() -> list[Any]:
    sending.send_what_is_due()
    with freeze_time("2026-03-02T12:02:00Z"):
        sending.send_what_is_due()
    return mail.outbox


@pytest.mark.usefixtures("_taskmaster_is_told")
def test_the_person_who_gave_it_gets_a_message_with_the_reason(alice: User, given: Assignment) -> None:
    back(alice, given)

    [sent] = sent_within_two_minutes()

    assert sent.to == ["boss@example.org"]
    assert sent.subject == "alice handed back cooking of Monday 2 March"
    assert f"cooking, Monday 2 March, alice: “{ILL}”" in sent.body
    assert "https://togo.example.org/board/returned/" in sent.body
    assert "What has changed" not in sent.body


@pytest.mark.usefixtures("_taskmaster_is_told")
def test_no_message_tells_what_was_taken_back_meanwhile(alice: User, given: Assignment) -> None:
    returns.place(actor=alice, returned_id=back(alice, given).pk)

    assert sent_within_two_minutes() == []


@pytest.mark.usefixtures("_taskmaster_is_told")
def test_the_daily_message_lists_what_is_still_to_be_placed(
    taskmaster: User, alice: User, cooking: Task, given: Assignment
) -> None:
    digest = {"digest_at": "07:00", "digest_weekdays": "01234", "digest_from": "2026-03-01", "returned": "digest"}
    Notification.objects.filter(user=taskmaster).update(**digest)
    back(alice, given)
    returns.place(actor=alice, returned_id=back(alice, give(taskmaster, alice, cooking, TOMORROW)).pk)
    mail.outbox.clear()

    with freeze_time("2026-03-03T07:00:00Z"):
        sending.send_what_is_due()

    [sent] = mail.outbox
    assert sent.subject == "Your day, Tuesday 3 March: nothing to do"
    assert sent.body.count("alice: “") == 1
