"""Whoever waits for a full day is given the room that comes free, in the transaction that frees it."""

import datetime
import re
from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.exceptions.assignments import AlreadyAssigned, DailyLimitReached, DateOutOfRange
from apps.exceptions.base import NotAllowed
from apps.exceptions.tasks import TaskInUse
from apps.exceptions.waiting import AlreadyWaiting, TooManyWaiting, WaitingNotFound
from apps.models import Assignment, DailyLimit, Event, Task, User, WaitingEntry
from apps.models.events import Kind
from apps.services import assignments, bulk, limit_rules, limits, tasks, users, waiting
from apps.services.bulk import Item
from apps.services.shared import repicking
from apps.services.slots import waiting as queue
from apps.tasks.limits import set_due_limits
from tests.clock import freeze_time
from tests.conftest import TODAY, make_person
from tests.unit_test.meanwhile import meanwhile

pytestmark = pytest.mark.django_db

TOMORROW = TODAY + timedelta(days=1)


class Line:
    """Alice's day with room for 2, which the first two tasks take, and what tests do with it."""

    def __init__(self, taskmaster: User, alice: User, tasks: list[Task]) -> None:
        self.boss, self.alice, self.tasks = taskmaster, alice, tasks
        self.rule = limit_rules.create_rule(actor=taskmaster, user_id=alice.pk, maximum=2)
        self.given = [self.assign(0), self.assign(1)]

    def assign(self, task: int, *, date: datetime.date = TODAY, effort: int | None = None) -> Assignment:
        return assignments.assign(
            actor=self.boss, task_id=self.tasks[task].pk, user_id=self.alice.pk, date=date, effort=effort
        )

    def queue(
        self, task: int, *, date: datetime.date = TODAY, effort: int | None = None, by: User | None = None
    ) -> WaitingEntry:
        made = assignments.assign_or_wait(
            actor=by or self.boss, task_id=self.tasks[task].pk, user_id=self.alice.pk, date=date, effort=effort
        )
        assert isinstance(made, WaitingEntry)
        return made

    def set_limit(self, maximum: int) -> DailyLimit:
        return limits.set_by_hand(actor=self.boss, user_id=self.alice.pk, date=TODAY, maximum=maximum)

    def day(self) -> DailyLimit:
        return DailyLimit.objects.get(user=self.alice, date=TODAY)

    def has(self) -> list[int]:
        """The numbers of the tasks that alice has today, in the order in which she got them."""
        ids = Assignment.objects.filter(daily_limit=self.day()).order_by("pk").values_list("task", flat=True)
        return [[task.pk for task in self.tasks].index(pk) for pk in ids]

    def waits(self) -> list[int]:
        """The numbers of the tasks that wait for today, in their order."""
        ids = WaitingEntry.objects.filter(daily_limit=self.day()).order_by("pk").values_list("task", flat=True)
        return [[task.pk for task in self.tasks].index(pk) for pk in ids]

    def events(self, *kinds: Kind) -> list[tuple[str, int, int | None]]:
        """Kind, actor and assignment of the events of these kinds, the oldest first."""
        found = Event.objects.filter(kind__in=kinds).order_by("pk")
        return [(event.kind, event.actor, event.assignment) for event in found]


@pytest.fixture
def line(taskmaster: User, alice: User, tasks: list[Task]) -> Line:
    return Line(taskmaster, alice, tasks)


# --- to queue ---------------------------------------------------------------------------------------------------


def test_a_task_waits_for_a_full_day(line: Line) -> None:
    first, second = line.queue(2), line.queue(3, effort=2)

    assert (first.position, second.position) == (1, 2)
    assert (first.user_id, first.date, first.effort, second.effort) == (line.alice.pk, TODAY, 1, 2)
    assert line.has() == [0, 1]
    assert line.day().waiting == 2
    queued = Event.objects.filter(kind=Kind.QUEUED).order_by("pk")
    assert [(one.actor, one.user, one.task, one.date, one.data) for one in queued] == [
        (line.boss.pk, line.alice.pk, line.tasks[2].pk, TODAY, {"waiting": first.pk, "effort": 1}),
        (line.boss.pk, line.alice.pk, line.tasks[3].pk, TODAY, {"waiting": second.pk, "effort": 2}),
    ]


def test_a_task_that_fits_is_assigned_at_once(line: Line) -> None:
    line.set_limit(3)

    made = assignments.assign_or_wait(
        actor=line.boss, task_id=line.tasks[2].pk, user_id=line.alice.pk, date=TODAY, effort=1
    )

    assert isinstance(made, Assignment)
    assert (line.has(), line.waits()) == ([0, 1, 2], [])


def test_a_day_that_isnt_set_yet_is_set_first(line: Line) -> None:
    made = assignments.assign_or_wait(
        actor=line.boss, task_id=line.tasks[0].pk, user_id=line.alice.pk, date=TOMORROW, effort=3
    )

    assert isinstance(made, WaitingEntry)
    assert made.daily_limit.maximum == 2


def test_a_task_waits_only_once_and_not_if_it_is_assigned(line: Line) -> None:
    line.queue(2)
    entry = line.queue(3)

    with pytest.raises(AlreadyWaiting) as refusal:
        line.queue(3)
    assert (refusal.value.data["waiting"], refusal.value.data["position"]) == (entry.pk, 2)
    with pytest.raises(AlreadyAssigned):
        line.queue(0)
    assert line.day().waiting == 2


def test_nobody_queues_for_the_past_or_for_others(line: Line, stranger: User) -> None:
    yesterday = TODAY - timedelta(days=1)
    with pytest.raises(DateOutOfRange):
        assignments.assign_or_wait(
            actor=line.boss, task_id=line.tasks[2].pk, user_id=line.alice.pk, date=yesterday, effort=9
        )
    with pytest.raises(NotAllowed):
        line.queue(2, by=stranger)
    assert not WaitingEntry.objects.exists()


def test_only_so_many_wait_for_a_day(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "MOST", 2)
    line.queue(2)
    line.queue(3)

    with pytest.raises(TooManyWaiting):
        line.queue(4)
    assert line.waits() == [2, 3]


def test_room_that_is_freed_while_a_task_is_queued_is_taken(line: Line) -> None:
    """The refusal is decided again while the day is locked, so that no freed slot is missed."""
    with meanwhile("SELECT", lambda: assignments.unassign(actor=line.boss, assignment_id=line.given[0].pk)):
        made = assignments.assign_or_wait(actor=line.boss, task_id=line.tasks[2].pk, user_id=line.alice.pk, date=TODAY)

    assert isinstance(made, Assignment)
    assert (line.has(), line.waits()) == ([1, 2], [])


@pytest.mark.skipif("__import__('django.db').db.connection.vendor == 'sqlite'", reason="the transaction is the lock")
def test_the_day_is_locked_before_the_attempt(line: Line) -> None:
    with CaptureQueriesContext(connection) as captured:
        line.queue(2)

    first = next(one["sql"] for one in captured if "SAVEPOINT" not in one["sql"])
    assert "togo_dailylimit" in first
    assert re.search(r" FOR (NO KEY )?UPDATE$", first)


# --- every way in which room comes free -------------------------------------------------------------------------


def unassign(line: Line) -> None:
    assignments.unassign(actor=line.boss, assignment_id=line.given[0].pk)


def move_to_another_day(line: Line) -> None:
    assignments.change(actor=line.boss, assignment_id=line.given[0].pk, date=TOMORROW)


def move_to_another_person(line: Line) -> None:
    assignments.change(actor=line.boss, assignment_id=line.given[0].pk, user_id=line.boss.pk)


def lower_the_effort(line: Line) -> None:
    assignments.change(actor=line.boss, assignment_id=line.given[0].pk, effort=1, status="done")


def set_the_limit_by_hand(line: Line) -> None:
    line.set_limit(4)


def give_the_day_back_to_the_rules(line: Line) -> None:
    limit_rules.update_rule(actor=line.boss, rule_id=line.rule.pk, maximum=4)
    limits.give_back(actor=line.boss, user_id=line.alice.pk, date=TODAY)


def change_a_rule(line: Line) -> None:
    limit_rules.update_rule(actor=line.boss, rule_id=line.rule.pk, maximum=4)
    repicking.apply_rules()


def delete_a_rule(line: Line) -> None:
    limit_rules.delete_rule(actor=line.boss, rule_id=line.rule.pk)
    repicking.apply_rules()


def take_back_a_day_off(line: Line) -> None:
    off = limit_rules.days_off(actor=line.boss).get()
    limit_rules.take_back_days_off(actor=line.boss, rule_id=off.pk)
    repicking.apply_rules()


def prepare_nothing(line: Line) -> None:
    pass


def with_a_large_effort(line: Line) -> None:
    assignments.unassign(actor=line.boss, assignment_id=line.given[1].pk)
    assignments.change(actor=line.boss, assignment_id=line.given[0].pk, effort=2)


def with_a_later_row(line: Line) -> None:
    """Alice's day is read and locked before the other one."""
    limits.set_by_hand(actor=line.boss, user_id=line.boss.pk, date=TODAY, maximum=5)


def set_by_hand_to_2(line: Line) -> None:
    line.set_limit(2)


def off_today(line: Line) -> None:
    limit_rules.create_rule(actor=line.boss, user_id=line.alice.pk, date_from=TODAY, date_to=TODAY, maximum=0)
    limit_rules.update_rule(actor=line.boss, rule_id=line.rule.pk, maximum=4)
    repicking.apply_rules()


WAYS = [
    (prepare_nothing, unassign),
    (prepare_nothing, move_to_another_day),
    (with_a_later_row, move_to_another_person),
    (with_a_large_effort, lower_the_effort),
    (prepare_nothing, set_the_limit_by_hand),
    (set_by_hand_to_2, give_the_day_back_to_the_rules),
    (prepare_nothing, change_a_rule),
    (prepare_nothing, delete_a_rule),
    (off_today, take_back_a_day_off),
]
BY_RULES = [change_a_rule, delete_a_rule, take_back_a_day_off]


@pytest.mark.parametrize(("prepare", "free"), WAYS, ids=[free.__name__ for _, free in WAYS])
def test_room_goes_to_who_waits_whatever_freed_it(
    line: Line, prepare: Callable[[Line], None], free: Callable[[Line], None]
) -> None:
    prepare(line)
    entry, late = line.queue(2), line.queue(3, effort=5)
    free(line)

    assert 2 in line.has()
    assert line.waits() == [3]
    day = line.day()
    assert (day.waiting, day.taken <= day.maximum) == (1, True)
    promoted = Event.objects.get(kind=Kind.PROMOTED)
    assignment = Assignment.objects.get(daily_limit=day, task=line.tasks[2])
    freed_by = None if free in BY_RULES else line.boss.pk
    assert promoted.data == {"waiting": entry.pk, "effort": 1, "freed_by": freed_by}
    assert promoted.assignment == assignment.pk
    assert Event.objects.filter(kind=Kind.ASSIGNED, assignment=assignment.pk).count() == 1
    assert waiting.get(actor=line.boss, entry_id=late.pk).position == 1
    call_command("check_limits")


def test_the_answer_of_a_lowered_effort_counts_the_promoted_task(line: Line) -> None:
    with_a_large_effort(line)
    line.queue(2)

    changed = assignments.change(actor=line.boss, assignment_id=line.given[0].pk, effort=1)

    assert (changed.daily_limit.taken, changed.daily_limit.waiting) == (2, 0)


def test_the_answer_of_a_raised_limit_counts_the_promoted_task(line: Line) -> None:
    line.queue(2)

    assert line.set_limit(4).taken == 3


@pytest.mark.parametrize(
    ("prepare", "raise_limit", "kind"),
    [
        (prepare_nothing, set_the_limit_by_hand, Kind.LIMIT_SET),
        (set_by_hand_to_2, give_the_day_back_to_the_rules, Kind.LIMIT_GIVEN_BACK),
    ],
)
def test_the_history_tells_of_a_raised_limit_before_it_tells_who_got_the_room(
    line: Line, prepare: Callable[[Line], None], raise_limit: Callable[[Line], None], kind: Kind
) -> None:
    prepare(line)
    line.queue(2)

    raise_limit(line)

    kinds = Event.objects.filter(user=line.alice.pk).order_by("pk").values_list("kind", flat=True)
    assert list(kinds)[-3:] == [kind, Kind.ASSIGNED, Kind.PROMOTED]


def test_a_day_above_its_limit_gives_nothing_until_there_is_room(line: Line) -> None:
    line.queue(2)
    limit_rules.update_rule(actor=line.boss, rule_id=line.rule.pk, maximum=1)
    repicking.apply_rules()

    unassign(line)
    assert (line.has(), line.waits()) == ([1], [2])
    assignments.unassign(actor=line.boss, assignment_id=line.given[1].pk)
    assert (line.has(), line.waits()) == ([2], [])


# --- the order --------------------------------------------------------------------------------------------------


def test_who_came_first_is_served_first_and_a_newcomer_overtakes_nobody(line: Line) -> None:
    for task in (2, 3, 4):
        line.queue(task)

    unassign(line)
    with pytest.raises(DailyLimitReached):
        line.assign(5)
    line.set_limit(3)

    assert (line.has(), line.waits()) == ([1, 2, 3], [4])


def test_a_large_entry_doesnt_hold_up_a_smaller_one_and_a_newcomer_may_take_what_it_cant_use(line: Line) -> None:
    line.queue(2, effort=3)
    line.queue(3)
    unassign(line)
    assert (line.has(), line.waits()) == ([1, 3], [2])

    line.set_limit(4)
    line.assign(4)
    assert (line.has(), line.waits()) == ([1, 3, 4], [2])

    line.set_limit(6)
    assert (line.has(), line.waits()) == ([1, 3, 4, 2], [])


def test_many_are_promoted_at_once_in_their_order_each_by_who_queued_it(line: Line) -> None:
    deputy = make_person("deputy", is_taskmaster=True)
    for task, by in [(2, line.boss), (3, deputy), (4, deputy), (5, line.boss), (6, deputy)]:
        line.queue(task, by=by)

    line.set_limit(6)

    assert (line.has(), line.waits()) == ([0, 1, 2, 3, 4, 5], [6])
    given = Assignment.objects.order_by("pk").values_list("taskmaster", flat=True)
    assert list(given)[2:] == [line.boss.pk, deputy.pk, deputy.pk, line.boss.pk]
    # The boss made the room; the one who queued a task assigns it.
    assert {actor for _, actor, _ in line.events(Kind.PROMOTED)} == {line.boss.pk}
    assert [actor for _, actor, _ in line.events(Kind.ASSIGNED)][2:] == [
        line.boss.pk, deputy.pk, deputy.pk, line.boss.pk
    ]  # fmt: skip


# --- the end of an entry ----------------------------------------------------------------------------------------


def reasons() -> list[tuple[int, str]]:
    return [(one.actor, one.data["reason"]) for one in Event.objects.filter(kind=Kind.CANCELLED).order_by("pk")]


def test_an_entry_is_cancelled_by_a_taskmaster_or_by_who_queued_it(line: Line, stranger: User) -> None:
    of_boss, of_alice, second = line.queue(2), line.queue(3, by=line.alice), line.queue(4, by=line.alice)

    with pytest.raises(NotAllowed):
        waiting.cancel(actor=line.alice, entry_id=of_boss.pk)
    with pytest.raises(WaitingNotFound):
        waiting.cancel(actor=stranger, entry_id=of_boss.pk)
    waiting.cancel(actor=line.alice, entry_id=of_alice.pk)
    waiting.cancel(actor=line.boss, entry_id=second.pk)

    assert line.waits() == [2]
    assert line.day().waiting == 1
    assert reasons() == [(line.alice.pk, "cancelled"), (line.boss.pk, "cancelled")]


def test_an_entry_that_is_promoted_meanwhile_cant_be_cancelled(line: Line) -> None:
    entry = line.queue(2)

    with meanwhile("SELECT", lambda: unassign(line), table="togo_dailylimit"), pytest.raises(WaitingNotFound):
        waiting.cancel(actor=line.boss, entry_id=entry.pk)

    assert (line.has(), line.waits(), line.day().waiting) == ([1, 2], [], 0)


def in_a_single_call(line: Line) -> None:
    line.assign(2)


def in_a_bulk(line: Line) -> None:
    items = [Item(line.tasks[2].pk, line.alice.pk, TODAY, 1), Item(line.tasks[5].pk, line.alice.pk, TOMORROW)]
    bulk.assign_all(actor=line.boss, asked=items)


def by_a_move(line: Line) -> None:
    elsewhere = line.assign(2, date=TOMORROW)
    assignments.change(actor=line.boss, assignment_id=elsewhere.pk, date=TODAY)


@pytest.mark.parametrize("assign", [in_a_single_call, in_a_bulk, by_a_move])
def test_an_entry_ends_when_its_task_is_assigned_otherwise(line: Line, assign: Callable[[Line], None]) -> None:
    line.queue(2, effort=2)
    line.queue(3, effort=2)
    line.set_limit(3)

    assign(line)

    assert (line.has(), line.waits(), line.day().waiting) == ([0, 1, 2], [3], 1)
    assert reasons() == [(line.boss.pk, "assigned")]


def test_a_bulk_ends_only_the_entries_of_what_it_assigns(line: Line) -> None:
    line.set_limit(3)
    line.queue(2, effort=2)
    today = line.queue(3, effort=2)
    tomorrow = line.queue(2, date=TOMORROW, effort=3)
    line.queue(3, date=TOMORROW, effort=3)

    items = [Item(line.tasks[2].pk, line.alice.pk, TODAY, 1), Item(line.tasks[3].pk, line.alice.pk, TOMORROW, 1)]
    bulk.assign_all(actor=line.boss, asked=items)

    assert set(WaitingEntry.objects.values_list("pk", flat=True)) == {today.pk, tomorrow.pk}
    assert list(waiting.miscounted()) == []


def test_a_retired_task_leaves_the_queue_and_stays_away_when_it_comes_back(line: Line) -> None:
    line.queue(2)
    line.queue(3)

    tasks.update_task(actor=line.boss, task_id=line.tasks[2].pk, is_active=False)
    assert (line.waits(), line.day().waiting) == ([3], 1)
    tasks.update_task(actor=line.boss, task_id=line.tasks[2].pk, is_active=True)
    unassign(line)

    assert (line.has(), line.waits()) == ([1, 3], [])
    assert reasons() == [(line.boss.pk, "task_inactive")]


def test_nothing_waits_for_a_deactivated_person(line: Line, admin: User) -> None:
    line.queue(2)

    users.update_user(actor=admin, user_id=line.alice.pk, is_active=False)

    assert (line.waits(), line.day().waiting) == ([], 0)
    assert reasons() == [(admin.pk, "user_inactive")]


def test_a_task_that_waits_cant_be_deleted(line: Line) -> None:
    line.queue(2)

    with pytest.raises(TaskInUse):
        tasks.delete_task(actor=line.boss, task_id=line.tasks[2].pk)
    assert line.waits() == [2]


def test_an_entry_ends_with_its_date(line: Line) -> None:
    entry = line.queue(2)

    with freeze_time("2026-03-03 12:00:00+00:00"):
        with pytest.raises(WaitingNotFound):
            waiting.get(actor=line.boss, entry_id=entry.pk)
        unassign(line)
        assert line.has() == [1]
        set_due_limits()

    assert (line.waits(), line.day().waiting) == ([], 0)
    assert reasons() == [(line.boss.pk, "date_past")]


# --- what nobody handed over ------------------------------------------------------------------------------------


def free_as_an_older_version(line: Line) -> None:
    """Version 0.1 knows no entries: it frees a slot and hands it to nobody."""
    Assignment.objects.filter(pk=line.given[0].pk).delete()
    DailyLimit.objects.filter(pk=line.given[0].daily_limit_id).update(taken=1)


def test_the_periodic_job_serves_what_an_older_version_left(line: Line) -> None:
    line.queue(2, effort=2)
    line.queue(3)
    free_as_an_older_version(line)
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("check_limits", stdout=out, stderr=out)
    assert f"task {line.tasks[3].pk} waits for 1, and there is room" in out.getvalue()

    set_due_limits()

    assert (line.has(), line.waits()) == ([1, 3], [2])
    call_command("check_limits")


@pytest.mark.parametrize("ending", ["assigned", "task_inactive", "user_inactive"])
def test_the_periodic_job_ends_what_an_older_version_left(line: Line, ending: str) -> None:
    line.queue(2)
    if ending == "assigned":
        Assignment.objects.create(daily_limit=line.day(), task=line.tasks[2], taskmaster=line.boss)
        DailyLimit.objects.filter(pk=line.day().pk).update(taken=3, maximum=3)
    if ending == "task_inactive":
        Task.objects.filter(pk=line.tasks[2].pk).update(is_active=False)
    if ending == "user_inactive":
        User.objects.filter(pk=line.alice.pk).update(is_active=False)
    assert not waiting.visible_to(line.boss).exists()
    unassign(line)
    assert 2 not in line.has() or ending == "assigned"

    waiting.keep()

    assert (line.waits(), line.day().waiting) == ([], 0)
    assert reasons() == [(line.boss.pk, ending)]


def test_a_position_counts_no_entry_that_can_be_served_no_more(line: Line) -> None:
    line.queue(2)
    second = line.queue(3)
    Task.objects.filter(pk=line.tasks[2].pk).update(is_active=False)

    assert waiting.get(actor=line.boss, entry_id=second.pk).position == 1


def test_a_wrong_count_of_entries_is_reported(line: Line) -> None:
    line.queue(2)
    DailyLimit.objects.filter(pk=line.day().pk).update(waiting=3)
    out = StringIO()

    with pytest.raises(SystemExit):
        call_command("check_limits", stdout=out, stderr=out)

    assert f"person {line.alice.pk}, {TODAY}: waiting 3, entries 1" in out.getvalue()


# --- what it costs ----------------------------------------------------------------------------------------------


def test_nothing_reads_the_queue_of_a_day_for_which_nobody_waits(line: Line) -> None:
    with CaptureQueriesContext(connection) as captured:
        unassign(line)
        line.assign(2)
        line.assign(3, date=TOMORROW)
        assignments.change(actor=line.boss, assignment_id=line.given[1].pk, date=TOMORROW)
        line.set_limit(5)
        bulk.assign_each(actor=line.boss, asked=[Item(line.tasks[4].pk, line.alice.pk, TODAY)])
        limit_rules.update_rule(actor=line.boss, rule_id=line.rule.pk, maximum=7)
        repicking.apply_rules()

    assert [one["sql"] for one in captured if "togo_waitingentry" in one["sql"]] == []


def test_to_free_a_slot_of_such_a_day_takes_one_update(line: Line) -> None:
    with CaptureQueriesContext(connection) as captured:
        unassign(line)

    assert len([one for one in captured if one["sql"].startswith("UPDATE")]) == 1
