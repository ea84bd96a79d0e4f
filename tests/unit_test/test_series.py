"""Tasks come again by a rule, in turns, and no date is decided twice."""

from datetime import date, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from apps.exceptions.assignments import DateOutOfRange
from apps.exceptions.base import InvalidRequest, NotAllowed
from apps.exceptions.series import SeriesNotFound
from apps.exceptions.tasks import TaskInactive, TaskInUse
from apps.exceptions.users import UserInactive
from apps.models import Assignment, Event, Occurrence, Series, SeriesTurn, Task, User, WaitingEntry
from apps.services import assignments, limit_rules, limits, series, users, waiting
from apps.services import tasks as catalogue
from apps.services.series import filling
from apps.services.series.occurrences import states_of
from apps.services.tasks import merging
from apps.tasks.series import fill_series, remove_old_occurrences
from tests.clock import freeze_time
from tests.conftest import TODAY, make_person
from togo.celery.schedule import BEAT_SCHEDULE

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _four_weeks(settings: Any) -> None:
    settings.TOGO_SERIES_DAYS = 27


class Rota:
    """A taskmaster who lets a task come again for a few people."""

    def __init__(self, boss: User, people: list[User], task: Task) -> None:
        self.boss, self.people, self.task = boss, people, task

    def make(self, rrule: str = "FREQ=WEEKLY;BYDAY=TU", people: list[User] | None = None, **more: Any) -> Series:
        whose = [person.pk for person in people or self.people[:1]]
        fields = {"date_from": TODAY, "on_full": "skip", **more}
        return series.create_series(actor=self.boss, task_id=self.task.pk, user_ids=whose, rrule=rrule, **fields)

    def change(self, one: Series, **fields: Any) -> Series:
        return series.update_series(actor=self.boss, series_id=one.pk, **fields)

    def fill(self, whose: User, day: date) -> list[Assignment]:
        """Give the person as many other tasks as they can take that day."""
        given = []
        for number in range(5):
            other = Task.objects.create(name=f"{day} {number}")
            given.append(assignments.assign(actor=self.boss, task_id=other.pk, user_id=whose.pk, date=day))
        return given


@pytest.fixture
def rota(taskmaster: User, alice: User, cooking: Task) -> Rota:
    return Rota(taskmaster, [alice, make_person("bob"), make_person("carol")], cooking)


def day(number: int, month: int = 3) -> date:
    return date(2026, month, number)


def assigned(task: Task) -> list[tuple[date, str]]:
    """The dates and people for whom a task is assigned."""
    rows = Assignment.objects.filter(task=task).select_related("daily_limit__user").order_by("daily_limit__date")
    return [(row.date, row.daily_limit.user.username) for row in rows]


def told(one: Series) -> list[tuple[date, str, str]]:
    """Each date, its status and code."""
    states = states_of(one.occurrences.order_by("date"))
    return [(state.date, state.status.value, state.row.code) for state in states]


def on(one: Series, when: date) -> Assignment:
    return Assignment.objects.get(pk=one.occurrences.get(date=when).assignment)


# --- the horizon ------------------------------------------------------------------------------------------------


def test_the_dates_up_to_the_horizon_are_assigned_at_once_and_the_job_goes_on(rota: Rota) -> None:
    one = rota.make("FREQ=WEEKLY;BYDAY=TU,FR", effort=2)

    dates = [day(3), day(6), day(10), day(13), day(17), day(20), day(24), day(27)]
    assert assigned(rota.task) == [(when, "alice") for when in dates]
    assert set(Assignment.objects.values_list("effort", "taskmaster")) == {(2, rota.boss.pk)}
    assert one.filled_to == day(29)
    assert told(one) == [(when, "assigned", "") for when in dates]

    with freeze_time("2026-03-04T12:00:00Z"):
        fill_series()

    assert assigned(rota.task) == [(when, "alice") for when in [*dates, day(31)]]
    one.refresh_from_db()
    assert one.filled_to == day(31)


def test_the_job_twice_gives_the_same_rows_and_writes_nothing_more(rota: Rota) -> None:
    rota.make()
    with freeze_time("2026-03-20T12:00:00Z"):
        fill_series()
        before = list(Occurrence.objects.order_by("pk").values()), list(Assignment.objects.order_by("pk").values())
        with CaptureQueriesContext(connection) as captured:
            fill_series()

    assert (
        list(Occurrence.objects.order_by("pk").values()),
        list(Assignment.objects.order_by("pk").values()),
    ) == before
    assert [one["sql"] for one in captured if not one["sql"].startswith("SELECT")] == []


@pytest.mark.parametrize("written", ["togo_occurrence", "togo_series"])
def test_a_job_that_is_killed_leaves_nothing_and_the_next_one_does_all(rota: Rota, written: str) -> None:
    one = rota.make()
    before = assigned(rota.task)

    def die(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(("INSERT", "UPDATE")) and written in sql.partition("(")[0].partition("SET")[0]:
            raise OperationalError("killed")
        return execute(sql, params, many, context)

    with freeze_time("2026-03-20T12:00:00Z"):
        with connection.execute_wrapper(die):
            fill_series()
        assert assigned(rota.task) == before
        assert list(limits.drifted()) == []
        fill_series()

    assert len(assigned(rota.task)) == len(before) + 3 == one.occurrences.count()


def test_one_series_that_fails_stops_no_other(rota: Rota, caplog: pytest.LogCaptureFixture) -> None:
    bad = rota.make()
    rota.task = Task.objects.create(name="cleaning")
    good = rota.make()
    Series.objects.filter(pk=bad.pk).update(rrule="FREQ=NEVER")
    with freeze_time("2026-03-20T12:00:00Z"):
        fill_series()

    assert f"The series {bad.pk} can't be filled." in caplog.text
    good.refresh_from_db()
    assert good.filled_to == day(16, 4)


def test_beat_sends_the_job() -> None:
    names = {entry["task"] for entry in BEAT_SCHEDULE.values()}

    assert {fill_series.name, remove_old_occurrences.name} <= names


def test_dates_that_passed_while_no_job_ran_are_told_and_not_assigned(rota: Rota) -> None:
    one = rota.make()
    with freeze_time("2026-05-06T12:00:00Z"):
        fill_series()

        assert told(one)[3:10] == [
            (day(24), "assigned", ""),
            *((when, "skipped", "date_past") for when in (day(31), day(7, 4), day(14, 4), day(21, 4), day(28, 4))),
            (day(5, 5), "skipped", "date_past"),
        ]
        assert told(one)[10] == (day(12, 5), "assigned", "")


def test_a_series_may_count_from_before_and_begins_today(rota: Rota) -> None:
    one = rota.make("FREQ=WEEKLY;INTERVAL=2;BYDAY=WE", date_from=day(18, 2))

    assert [when for when, _ in assigned(rota.task)] == [day(4), day(18)]
    assert series.next_date(one) == day(4)
    with pytest.raises(DateOutOfRange):
        rota.make(date_from=TODAY - timedelta(days=367))
    with pytest.raises(DateOutOfRange):
        rota.make(date_from=TODAY + timedelta(days=367))


def test_a_series_that_begins_later_or_ends_gets_only_its_dates(rota: Rota) -> None:
    rota.make("FREQ=DAILY", date_from=day(20), date_to=day(22))

    assert [when for when, _ in assigned(rota.task)] == [day(20), day(21), day(22)]
    far = rota.make("FREQ=MONTHLY;BYMONTHDAY=31", date_from=day(1, 5))
    assert (far.filled_to, far.occurrences.count()) == (day(30, 4), 0)
    with freeze_time("2026-05-20T12:00:00Z"):
        fill_series()
        assert told(far) == [(day(31, 5), "assigned", "")]


def test_a_change_of_daylight_saving_neither_loses_nor_doubles_a_date(rota: Rota, settings: Any) -> None:
    settings.TIME_ZONE, settings.TOGO_SERIES_DAYS = "Europe/Berlin", 1
    # 27 March, 23:30 there: clocks go forward on the 29th, and back on 25 October.
    with freeze_time("2026-03-27T22:30:00Z"):
        one = rota.make("FREQ=DAILY", date_from=day(27))
    for hours in range(73):
        with freeze_time(f"2026-03-{28 + hours // 24}T{hours % 24:02}:30:00Z"):
            fill_series()
    assert [when for when, _ in assigned(rota.task)] == [day(number) for number in range(27, 32)] + [day(1, 4)]
    assert {status for _, status, _ in told(one)} == {"assigned"}
    with freeze_time("2026-10-24T12:00:00Z"):
        rota.task = Task.objects.create(name="in autumn")
        rota.make("FREQ=DAILY", date_from=day(24, 10))
    # Both hours from two to three on the 25th.
    for hour in ("2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T23:30:00Z"):
        with freeze_time(hour):
            fill_series()
    assert [when for when, _ in assigned(rota.task)] == [day(24, 10), day(25, 10), day(26, 10), day(27, 10)]


# --- turns ------------------------------------------------------------------------------------------------------


def test_people_take_turns_in_their_order(rota: Rota) -> None:
    alice, bob, _ = rota.people
    rota.make("FREQ=WEEKLY;BYDAY=TU", people=[bob, alice, bob])

    assert assigned(rota.task) == [(day(3), "bob"), (day(10), "alice"), (day(17), "bob"), (day(24), "bob")]


def test_the_next_one_takes_the_turn_of_a_person_who_has_left(rota: Rota, admin: User) -> None:
    one = rota.make("FREQ=WEEKLY;BYDAY=TU", people=rota.people)
    users.update_user(actor=admin, user_id=rota.people[1].pk, is_active=False)
    with freeze_time("2026-03-25T12:00:00Z"):
        fill_series()

    names = ["alice", "bob", "carol", "alice", "carol", "carol", "alice", "carol"]
    assert assigned(rota.task) == [(day(3) + timedelta(weeks=week), name) for week, name in enumerate(names)]
    passed = one.occurrences.get(date=day(31))
    assert (passed.user, passed.detail) == (rota.people[2], "In place of bob, who is deactivated.")


def test_dates_are_skipped_while_nobody_is_left_and_the_task_is_retired(rota: Rota, admin: User) -> None:
    one = rota.make()
    users.update_user(actor=admin, user_id=rota.people[0].pk, is_active=False)
    with freeze_time("2026-03-05T12:00:00Z"):
        fill_series()
    users.update_user(actor=admin, user_id=rota.people[0].pk, is_active=True)
    catalogue.update_task(actor=rota.boss, task_id=rota.task.pk, is_active=False)
    with freeze_time("2026-03-12T12:00:00Z"):
        fill_series()

    assert told(one)[4:] == [(day(31), "skipped", "user_inactive"), (day(7, 4), "skipped", "task_inactive")]
    with pytest.raises(TaskInUse):
        catalogue.delete_task(actor=rota.boss, task_id=rota.task.pk)


def test_a_merged_task_takes_its_series_along(rota: Rota) -> None:
    one = rota.make()
    baking = Task.objects.create(name="baking")

    merging.merge(actor=rota.boss, old_id=rota.task.pk, new_id=baking.pk)
    with freeze_time("2026-03-05T12:00:00Z"):
        fill_series()

    assert [when for when, _ in assigned(baking)] == [day(3), day(10), day(17), day(24), day(31)]
    assert {status for _, status, _ in told(one)} == {"assigned"}


# --- full days --------------------------------------------------------------------------------------------------


def test_a_full_day_is_skipped_with_its_reason(rota: Rota) -> None:
    rota.fill(rota.people[0], day(10))

    one = rota.make()

    assert told(one)[:3] == [
        (day(3), "assigned", ""),
        (day(10), "skipped", "daily_limit_reached"),
        (day(17), "assigned", ""),
    ]
    assert one.occurrences.get(date=day(10)).detail.startswith("5 of 5 tasks are taken on 2026-03-10;")


def test_the_next_free_day_is_before_the_following_date(rota: Rota) -> None:
    alice = rota.people[0]
    rota.fill(alice, day(10))
    rota.fill(alice, day(11))
    limit_rules.create_rule(
        actor=rota.boss, user_id=alice.pk, date_from=day(17), date_to=day(23), maximum=0, reason="Holiday"
    )

    one = rota.make(on_full="next_free")

    assert [when for when, _ in assigned(rota.task)] == [day(3), day(12), day(24)]
    assert told(one) == [
        (day(3), "assigned", ""),
        (day(10), "moved", "daily_limit_reached"),
        (day(17), "skipped", "no_free_day"),
        (day(24), "assigned", ""),
    ]
    assert one.occurrences.get(date=day(17)).detail == "No day from 2026-03-17 to 2026-03-23 has room for this task."


def test_a_task_waits_for_a_full_day_and_what_became_of_it_is_told(rota: Rota) -> None:
    alice = rota.people[0]
    given = rota.fill(alice, day(10))
    for when in (day(3), day(17), day(24)):
        rota.fill(alice, when)
    one = rota.make(on_full="wait")
    assert [status for _, status, _ in told(one)] == 4 * ["waiting"]
    assert WaitingEntry.objects.count() == 4

    # One gets room, and is moved; one is cancelled; one is assigned otherwise; one waits until its day is over.
    assignments.unassign(actor=rota.boss, assignment_id=given[0].pk)
    made = Assignment.objects.get(task=rota.task)
    assignments.change(actor=rota.boss, assignment_id=made.pk, date=day(12))
    waiting.cancel(actor=rota.boss, entry_id=one.occurrences.get(date=day(17)).waiting)
    limits.set_by_hand(actor=rota.boss, user_id=alice.pk, date=day(24), maximum=5)
    catalogue.update_task(actor=rota.boss, task_id=rota.task.pk, effort=1)
    expected = [
        (day(3), "waiting", "daily_limit_reached"),
        (day(10), "moved", ""),
        (day(17), "taken_away", ""),
        (day(24), "waiting", "daily_limit_reached"),
    ]
    assert told(one) == expected
    fill_series()
    assert told(one) == expected
    assert one.occurrences.get(date=day(10)).assignment == made.pk

    with freeze_time("2026-03-25T12:00:00Z"):
        waiting.keep()
        fill_series()
        assert told(one)[0] == (day(3), "skipped", "date_past")
        assert one.occurrences.get(date=day(24)).detail == "The day got no room until it was over."


@pytest.mark.parametrize("on_full", ["next_free", "wait"])
def test_what_a_crash_left_is_placed_by_the_next_job(rota: Rota, on_full: str) -> None:
    rota.fill(rota.people[0], day(10))
    with patch.object(filling, "place_full"):
        one = rota.make(on_full=on_full)
    assert told(one)[1] == (day(10), "skipped", "daily_limit_reached")

    fill_series()
    fill_series()

    assert told(one)[1][1] == {"next_free": "moved", "wait": "waiting"}[on_full]
    assert Assignment.objects.filter(task=rota.task).count() + WaitingEntry.objects.count() == 4


# --- by hand ----------------------------------------------------------------------------------------------------


def test_what_is_taken_away_by_hand_stays_away(rota: Rota) -> None:
    one = rota.make()
    assignments.unassign(actor=rota.boss, assignment_id=on(one, day(10)).pk)
    assignments.change(actor=rota.boss, assignment_id=on(one, day(17)).pk, user_id=rota.people[1].pk)
    assignments.change(actor=rota.boss, assignment_id=on(one, day(24)).pk, status="done")

    fill_series()
    rota.change(one, effort=3)

    assert assigned(rota.task) == [(day(3), "alice"), (day(17), "bob"), (day(24), "alice")]
    assert [status for _, status, _ in told(one)] == ["assigned", "taken_away", "moved", "assigned"]
    assert on(one, day(3)).effort == 3
    assert on(one, day(24)).effort == 1


def test_to_assign_and_to_unassign_costs_no_statement_more(rota: Rota, tasks: list[Task]) -> None:
    other = assignments.assign(actor=rota.boss, task_id=tasks[0].pk, user_id=rota.people[0].pk, date=day(3))
    one = rota.make()

    def statements(assignment: Assignment) -> int:
        with CaptureQueriesContext(connection) as captured:
            assignments.unassign(actor=rota.boss, assignment_id=assignment.pk)
        assert not [one["sql"] for one in captured if "occurrence" in one["sql"] or "series" in one["sql"]]
        return len(captured)

    assert statements(on(one, day(3))) == statements(other)


def test_a_task_that_is_there_already_is_told_and_stays_when_the_series_ends(rota: Rota) -> None:
    own = assignments.assign(actor=rota.boss, task_id=rota.task.pk, user_id=rota.people[0].pk, date=day(10))
    one = rota.make()

    assert told(one)[1] == (day(10), "skipped", "already_assigned")
    series.end_series(actor=rota.boss, series_id=one.pk)
    assert assigned(rota.task) == [(day(10), "alice")]
    assert Assignment.objects.get() == own


def test_an_assignment_can_be_made_the_first_of_a_series(rota: Rota) -> None:
    first = assignments.assign(actor=rota.boss, task_id=rota.task.pk, user_id=rota.people[0].pk, date=day(3))

    one = rota.make(date_from=day(3), assignment_id=first.pk)

    assert told(one)[:2] == [(day(3), "assigned", ""), (day(10), "assigned", "")]
    assert on(one, day(3)) == first
    assert series.of_assignment(first.pk) == one
    series.end_series(actor=rota.boss, series_id=one.pk)
    assert assigned(rota.task) == []
    assert series.of_assignment(first.pk) is None


# --- changes ----------------------------------------------------------------------------------------------------


def test_another_rule_counts_from_its_date_and_the_turns_go_on(rota: Rota) -> None:
    one = rota.make("FREQ=WEEKLY;BYDAY=TU", people=rota.people)

    rota.change(one, rrule="FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,WE", first=day(10))

    assert assigned(rota.task) == [
        (day(3), "alice"),
        (day(10), "bob"),
        (day(11), "carol"),
        (day(24), "alice"),
        (day(25), "bob"),
    ]
    # What stays the same is not assigned anew: only the 17th is taken away.
    assert Event.objects.filter(kind="unassigned").count() == 1


def test_other_people_begin_with_the_first_one(rota: Rota) -> None:
    alice, bob, carol = rota.people
    one = rota.make("FREQ=WEEKLY;BYDAY=TU", people=[alice, bob])

    rota.change(one, user_ids=[carol.pk, alice.pk, bob.pk], first=day(10))

    assert assigned(rota.task) == [(day(3), "alice"), (day(10), "carol"), (day(17), "alice"), (day(24), "bob")]
    assert list(SeriesTurn.objects.filter(series=one).values_list("user", flat=True)) == [carol.pk, alice.pk, bob.pk]


def test_a_change_far_ahead_leaves_the_dates_before_as_they_were(rota: Rota) -> None:
    one = rota.make()

    rota.change(one, rrule="FREQ=WEEKLY;BYDAY=FR", first=day(10, 4))

    dates = [when for when, _ in assigned(rota.task)]
    assert dates == [day(3) + timedelta(weeks=week) for week in range(6)]
    with freeze_time("2026-03-28T12:00:00Z"):
        fill_series()
    assert [when for when, _ in assigned(rota.task)][6:] == [day(10, 4), day(17, 4), day(24, 4)]


def test_other_people_keep_the_rhythm_and_the_number_of_dates(rota: Rota, settings: Any) -> None:
    settings.TOGO_SERIES_DAYS = 100
    _, bob, carol = rota.people
    one = rota.make("FREQ=WEEKLY;INTERVAL=2;COUNT=5", date_from=day(3))

    changed = rota.change(one, user_ids=[bob.pk, carol.pk], first=day(20))

    assert assigned(rota.task) == [
        (day(3), "alice"),
        (day(17), "alice"),
        (day(31), "bob"),
        (day(14, 4), "carol"),
        (day(28, 4), "bob"),
    ]
    assert changed.rrule == "FREQ=WEEKLY;INTERVAL=2;COUNT=3"
    # There is no date from the 20th to the 31st.
    rota.change(one, effort=2, first=day(20))
    assert Assignment.objects.filter(effort=2).count() == 3


def test_a_change_that_is_still_to_come_is_not_undone_by_a_later_one(rota: Rota) -> None:
    one = rota.make()
    rota.change(one, rrule="FREQ=WEEKLY;BYDAY=FR", first=day(18))
    expected = [day(3), day(10), day(17), day(20), day(27)]
    assert [when for when, _ in assigned(rota.task)] == expected

    rota.change(one, effort=2)
    with pytest.raises(InvalidRequest) as refusal:
        rota.change(one, effort=3, first=day(9))

    assert refusal.value.data["errors"][0]["field"] == "from"
    efforts = Assignment.objects.order_by("daily_limit__date").values_list("daily_limit__date", "effort")
    assert list(efforts) == list(zip(expected, [1, 1, 1, 2, 2], strict=True))
    # With the rule, it counts from the earlier date.
    rota.change(one, rrule="FREQ=WEEKLY;BYDAY=FR", first=day(9))
    assert [when for when, _ in assigned(rota.task)] == [day(3), day(13), day(20), day(27)]


def test_an_empty_change_tries_again_what_was_skipped(rota: Rota) -> None:
    given = rota.fill(rota.people[0], day(10))
    one = rota.make()
    assignments.unassign(actor=rota.boss, assignment_id=given[0].pk)
    fill_series()
    assert told(one)[1][1] == "skipped"

    rota.change(one)

    assert [status for _, status, _ in told(one)] == 4 * ["assigned"]


def test_an_earlier_end_takes_away_what_is_after_it(rota: Rota) -> None:
    one = rota.make()

    rota.change(one, date_to=day(11))
    assert [when for when, _ in assigned(rota.task)] == [day(3), day(10)]
    rota.change(one, date_to=None, on_full="next_free")
    assert len(assigned(rota.task)) == 4


def test_a_change_that_is_refused_changes_nothing(rota: Rota, admin: User) -> None:
    one = rota.make()
    before = list(Series.objects.values()), list(Occurrence.objects.values()), assigned(rota.task)
    users.update_user(actor=admin, user_id=rota.people[1].pk, is_active=False)

    for fields, refusal in (
        ({"user_ids": [rota.people[1].pk]}, UserInactive),
        ({"rrule": "FREQ=WEEKLY;WKST=SU"}, InvalidRequest),
        ({"rrule": "FREQ=DAILY;UNTIL=20260301"}, InvalidRequest),
        ({"date_to": day(1)}, InvalidRequest),
        ({"first": TODAY + timedelta(days=400)}, DateOutOfRange),
    ):
        with pytest.raises(refusal):
            rota.change(one, **fields)

    assert (list(Series.objects.values()), list(Occurrence.objects.values()), assigned(rota.task)) == before
    catalogue.update_task(actor=rota.boss, task_id=rota.task.pk, is_active=False)
    with pytest.raises(TaskInactive):
        rota.change(one, effort=2)


# --- the end ----------------------------------------------------------------------------------------------------


def test_the_end_takes_away_what_is_open_and_leaves_what_is_done_or_past(rota: Rota) -> None:
    alice = rota.people[0]
    given = rota.fill(alice, day(24))
    one = rota.make(on_full="wait")
    assignments.change(actor=rota.boss, assignment_id=on(one, day(10)).pk, status="done")
    assignments.change(actor=rota.boss, assignment_id=on(one, day(17)).pk, date=day(18))
    with freeze_time("2026-03-09T12:00:00Z"):
        series.end_series(actor=rota.boss, series_id=one.pk)

    assert assigned(rota.task) == [(day(3), "alice"), (day(10), "alice")]
    assert not WaitingEntry.objects.exists()
    assert not Occurrence.objects.exists()
    assert not Series.objects.exists()
    assert len(given) == 5
    assert list(limits.drifted()) == []


def test_a_later_end_lets_the_series_go_on_until_then(rota: Rota) -> None:
    one = rota.make()

    series.end_series(actor=rota.boss, series_id=one.pk, first=day(15))

    one.refresh_from_db()
    assert one.date_to == day(14)
    assert [when for when, _ in assigned(rota.task)] == [day(3), day(10)] == [when for when, *_ in told(one)]
    series.end_series(actor=rota.boss, series_id=one.pk, first=day(20))
    one.refresh_from_db()
    assert one.date_to == day(14)


def test_old_dates_and_series_that_ended_long_ago_are_deleted(rota: Rota) -> None:
    rota.make("FREQ=DAILY;COUNT=2")
    rota.task = Task.objects.create(name="cleaning")
    later = rota.make("FREQ=WEEKLY", date_from=TODAY + timedelta(days=300))
    with freeze_time("2027-03-03T12:00:00Z"):
        remove_old_occurrences()
        assert (Occurrence.objects.count(), Series.objects.count()) == (2, 2)
    with freeze_time("2027-03-05T12:00:00Z"):
        remove_old_occurrences()

    assert list(Series.objects.all()) == [later]
    assert Assignment.objects.count() == 2


# --- who may ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_taskmaster": False}])
def test_a_series_pauses_when_its_taskmaster_may_no_longer_assign(
    rota: Rota, admin: User, change: dict[str, bool]
) -> None:
    one = rota.make()
    users.update_user(actor=admin, user_id=rota.boss.pk, **change)
    with freeze_time("2026-03-20T12:00:00Z"):
        fill_series()
        assert len(assigned(rota.task)) == 4

        changed = series.update_series(actor=admin, series_id=one.pk)

        assert changed.taskmaster == admin
        assert len(assigned(rota.task)) == 7
    assert Assignment.objects.order_by("-pk").first().taskmaster == admin


def test_people_repeat_tasks_for_themselves(rota: Rota, taskmaster: User) -> None:
    alice, bob, _ = rota.people
    rota.boss = alice
    with pytest.raises(NotAllowed):
        rota.make(people=[bob])
    with pytest.raises(NotAllowed):
        rota.make(people=[alice, bob])
    with pytest.raises(DateOutOfRange):
        rota.make(date_from=day(1))
    one = rota.make()
    assert assigned(rota.task)[0] == (day(3), "alice")
    with freeze_time("2026-03-20T12:00:00Z"):
        fill_series()
    assert len(assigned(rota.task)) == 7

    with pytest.raises(NotAllowed):
        rota.change(one, user_ids=[bob.pk])
    for call in (series.get, series.update_series, series.end_series, series.occurrences_of):
        with pytest.raises(SeriesNotFound):
            call(actor=bob, series_id=one.pk)
    rota.boss = taskmaster
    theirs = rota.make(people=[alice, bob], rrule="FREQ=MONTHLY;BYMONTHDAY=15,20")
    for call in (series.update_series, series.end_series):
        with pytest.raises(NotAllowed):
            call(actor=alice, series_id=theirs.pk)
    assert [row.user for row in series.occurrences_of(actor=alice, series_id=theirs.pk)] == [alice]
    assert set(series.visible_to(bob)) == {theirs}
    # What a taskmaster has moved to somebody else isn't alice's to take away.
    series.end_series(actor=taskmaster, series_id=theirs.pk)
    assignments.change(actor=taskmaster, assignment_id=on(one, day(10)).pk, user_id=bob.pk)
    series.end_series(actor=alice, series_id=one.pk)
    assert assigned(rota.task) == [(day(10), "bob")]


def test_a_person_does_not_see_to_whom_their_task_was_moved(rota: Rota) -> None:
    alice, bob, _ = rota.people
    one = rota.make()
    assignments.change(actor=rota.boss, assignment_id=on(one, day(3)).pk, user_id=bob.pk)
    first = one.occurrences.order_by("date")[:1]

    [seen], [whole] = states_of(first, seen_by=alice), states_of(first, seen_by=rota.boss)

    assert (seen.status, seen.assignment) == ("moved", None)
    assert whole.assignment.user_id == bob.pk
