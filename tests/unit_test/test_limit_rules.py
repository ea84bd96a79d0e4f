"""Changing the rules, and the days that follow them."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from apps.exceptions.base import InvalidRequest, NotAllowed, NotFound
from apps.exceptions.users import UserNotFound
from apps.models import DailyLimit, Event, LimitRule, RulesVersion, Task, User
from apps.services import assignments, limit_rules, limits
from apps.services.shared import picking, repicking
from apps.tasks import limits as jobs
from tests.unit_test.meanwhile import meanwhile

SUNDAY, MONDAY, TUESDAY = date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3)

Commit = Callable[[], AbstractContextManager[Any]]


@pytest.fixture
def commit(django_capture_on_commit_callbacks: Callable[..., Any]) -> Commit:
    """Makes a context that runs the on-commit callbacks when it ends."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def set_days(person: User, *days: date) -> None:
    limits.create_days([(person.pk, day) for day in days])


def days_of(person: User) -> dict[date, tuple[int, str]]:
    rows = DailyLimit.objects.filter(user=person).values_list("date", "maximum", "source_kind")
    return {day: (maximum, kind) for day, maximum, kind in rows}


def test_a_new_rule_is_applied_to_the_days_from_today_on(taskmaster: User, alice: User, commit: Commit) -> None:
    set_days(alice, SUNDAY, MONDAY, TUESDAY)
    before = picking.current_version()

    with commit():
        rule = limit_rules.create_rule(actor=taskmaster, user_id=alice.pk, maximum=2, reason="Part time")
        assert (rule.applied_at, rule.version) == (None, before + 1)

    assert days_of(alice) == {SUNDAY: (5, "default"), MONDAY: (2, "person"), TUESDAY: (2, "person")}
    rule.refresh_from_db()
    assert rule.applied_at is not None
    assert DailyLimit.objects.get(date=MONDAY).source == {"kind": "person", "rule": rule.pk, "reason": "Part time"}
    assert set(DailyLimit.objects.filter(date__gte=MONDAY).values_list("rules_version", flat=True)) == {rule.version}


def test_a_closed_sunday_is_closed_for_a_part_timer_too(taskmaster: User, alice: User, commit: Commit) -> None:
    with commit():
        limit_rules.create_rule(actor=taskmaster, user_id=alice.pk, maximum=3, reason="Part time")
        closed = limit_rules.create_rule(actor=taskmaster, weekday=6, maximum=0, reason="Closed on Sundays")

    set_days(alice, SUNDAY, MONDAY)

    assert days_of(alice) == {SUNDAY: (0, "everyone_weekday"), MONDAY: (3, "person")}
    sunday = {"kind": "everyone_weekday", "rule": closed.pk, "reason": "Closed on Sundays"}
    assert DailyLimit.objects.get(date=SUNDAY).source == sunday


def test_the_periodic_job_repicks_days_that_a_version_with_another_order_picked(
    taskmaster: User, alice: User, commit: Commit
) -> None:
    with commit():
        limit_rules.create_rule(actor=taskmaster, user_id=alice.pk, maximum=3)
        limit_rules.create_rule(actor=taskmaster, weekday=0, maximum=0)
    changes = RulesVersion.objects.get().version
    set_days(alice, SUNDAY, MONDAY, TUESDAY)
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TUESDAY, maximum=9, reason="")
    # Rows that a server of the previous version left, and still writes during the upgrade.
    old = {"wanted": 3, "maximum": 3, "source_kind": "person", "rules_version": changes}
    DailyLimit.objects.exclude(source_kind="hand").update(**old)
    DailyLimit.objects.update(rules_version=changes)
    RulesVersion.objects.update(applied=changes)
    assert repicking.is_under_way()

    jobs.set_due_limits()

    assert days_of(alice) == {SUNDAY: (3, "person"), MONDAY: (0, "everyone_weekday"), TUESDAY: (9, "hand")}
    assert not repicking.is_under_way()
    with CaptureQueriesContext(connection) as asked:
        jobs.apply_rules()
    assert not [query for query in asked if query["sql"].startswith('UPDATE "togo_dailylimit"')]


def test_a_changed_and_a_deleted_rule_are_applied_too(taskmaster: User, alice: User, commit: Commit) -> None:
    set_days(alice, MONDAY, TUESDAY)
    with commit():
        rule = limit_rules.create_rule(actor=taskmaster, maximum=2, reason="Spring")
    with commit():
        changed = limit_rules.update_rule(actor=taskmaster, rule_id=rule.pk, weekday=0, maximum=7)
        assert changed.applied_at is None
    assert days_of(alice) == {MONDAY: (7, "everyone_weekday"), TUESDAY: (5, "default")}
    assert (changed.maximum, changed.weekday, changed.reason) == (7, 0, "Spring")

    with commit():
        limit_rules.delete_rule(actor=taskmaster, rule_id=rule.pk)

    assert days_of(alice) == {MONDAY: (5, "default"), TUESDAY: (5, "default")}
    assert not LimitRule.objects.exists()


def test_a_day_keeps_its_source_when_the_rule_is_deleted(taskmaster: User, alice: User, commit: Commit) -> None:
    with commit():
        rule = limit_rules.create_rule(actor=taskmaster, maximum=0, reason="Closed")
    set_days(alice, SUNDAY)
    with commit():
        limit_rules.delete_rule(actor=taskmaster, rule_id=rule.pk)

    assert DailyLimit.objects.get(date=SUNDAY).source == {"kind": "everyone", "rule": rule.pk, "reason": "Closed"}


def test_days_that_were_set_by_hand_stay(taskmaster: User, alice: User, commit: Commit) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=MONDAY, maximum=9)

    with commit():
        limit_rules.create_rule(actor=taskmaster, maximum=1)

    assert days_of(alice) == {MONDAY: (9, "hand")}
    # The job looks at such a day once, not in every turn.
    assert not DailyLimit.objects.filter(rules_version__lt=picking.current_version()).exists()


def test_a_lower_rule_takes_nothing_away_and_a_higher_one_opens_the_day_again(
    taskmaster: User, alice: User, tasks: list[Task], commit: Commit
) -> None:
    for task in tasks[:3]:
        assignments.assign(actor=taskmaster, task_id=task.pk, user_id=alice.pk, date=MONDAY)
    day = DailyLimit.objects.filter(user=alice).values_list("wanted", "maximum", "taken")

    with commit():
        rule = limit_rules.create_rule(actor=taskmaster, maximum=0)
    assert day.get() == (0, 3, 3)
    with commit():
        limit_rules.update_rule(actor=taskmaster, rule_id=rule.pk, maximum=4)
    assert day.get() == (4, 4, 3)


def test_only_taskmasters_change_rules(taskmaster: User, alice: User) -> None:
    rule = limit_rules.create_rule(actor=taskmaster, maximum=2)
    version = picking.current_version()

    for refused in (
        lambda: limit_rules.create_rule(actor=alice, maximum=9),
        lambda: limit_rules.update_rule(actor=alice, rule_id=rule.pk, maximum=9),
        lambda: limit_rules.delete_rule(actor=alice, rule_id=rule.pk),
        # Others don't learn which rules exist.
        lambda: limit_rules.update_rule(actor=alice, rule_id=2**62, maximum=9),
        lambda: limit_rules.delete_rule(actor=alice, rule_id=2**62),
    ):
        with pytest.raises(NotAllowed):
            refused()

    assert LimitRule.objects.get().maximum == 2
    assert picking.current_version() == version


def test_an_unknown_rule_can_be_neither_changed_nor_deleted(taskmaster: User) -> None:
    version = picking.current_version()

    with pytest.raises(NotFound):
        limit_rules.update_rule(actor=taskmaster, rule_id=2**62, maximum=9)
    with pytest.raises(NotFound):
        limit_rules.delete_rule(actor=taskmaster, rule_id=2**62)

    assert picking.current_version() == version


def test_a_rule_that_is_deleted_while_it_is_changed_does_not_come_back(taskmaster: User) -> None:
    rule = limit_rules.create_rule(actor=taskmaster, maximum=2)

    with (
        meanwhile("SAVEPOINT", lambda: limit_rules.delete_rule(actor=taskmaster, rule_id=rule.pk)),
        pytest.raises(NotFound),
    ):
        limit_rules.update_rule(actor=taskmaster, rule_id=rule.pk, maximum=9)

    assert not LimitRule.objects.exists()


def test_two_changes_of_a_rule_at_once_are_both_kept(taskmaster: User) -> None:
    rule = limit_rules.create_rule(actor=taskmaster, maximum=2, reason="Spring")

    with meanwhile("SAVEPOINT", lambda: limit_rules.update_rule(actor=taskmaster, rule_id=rule.pk, reason="Summer")):
        limit_rules.update_rule(actor=taskmaster, rule_id=rule.pk, maximum=9)

    rule.refresh_from_db()
    assert (rule.maximum, rule.reason) == (9, "Summer")


# --- many days --------------------------------------------------------------------------------------------------


def test_a_change_of_many_days_is_left_to_the_job(
    taskmaster: User, alice: User, commit: Commit, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(jobs.apply_rules, "delay", lambda: asked.append("apply_rules"))
    monkeypatch.setattr(repicking, "DAYS_AT_ONCE", 1)
    set_days(alice, MONDAY, TUESDAY)

    with commit():
        rule = limit_rules.create_rule(actor=taskmaster, maximum=2)
    assert asked == ["apply_rules"]
    assert days_of(alice) == {MONDAY: (5, "default"), TUESDAY: (5, "default")}
    rule.refresh_from_db()
    assert rule.applied_at is None

    jobs.apply_rules()

    assert days_of(alice) == {MONDAY: (2, "everyone"), TUESDAY: (2, "everyone")}
    rule.refresh_from_db()
    assert rule.applied_at is not None


def test_a_job_that_is_killed_half_way_continues_where_it_stopped(
    taskmaster: User, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repicking, "DAYS_PER_CHUNK", 1)
    set_days(alice, MONDAY, TUESDAY)
    rule = limit_rules.create_rule(actor=taskmaster, maximum=2)
    updates = iter([None, DatabaseError("killed")])

    def fail_at_the_second(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("UPDATE") and (error := next(updates, None)):
            raise error
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail_at_the_second), pytest.raises(DatabaseError, match="killed"):
        jobs.apply_rules()
    rule.refresh_from_db()
    assert (days_of(alice), rule.applied_at) == ({MONDAY: (2, "everyone"), TUESDAY: (5, "default")}, None)

    jobs.apply_rules()

    assert days_of(alice) == {MONDAY: (2, "everyone"), TUESDAY: (2, "everyone")}


def test_a_rule_costs_the_same_for_few_and_many_days(
    taskmaster: User, alice: User, stranger: User, commit: Commit
) -> None:
    def queries_of_a_change() -> int:
        limit_rules.create_rule(actor=taskmaster, maximum=2)
        with CaptureQueriesContext(connection) as queries:
            repicking.apply_rules()
        return len(queries)

    people = [alice, stranger, taskmaster]
    for person in people[:1]:
        set_days(person, MONDAY)
    few = queries_of_a_change()
    for person in people[1:]:
        set_days(person, MONDAY)
    assert queries_of_a_change() == few

    assert set(DailyLimit.objects.values_list("maximum", flat=True)) == {2}


def test_days_of_the_same_date_with_different_limits_are_all_picked_again(
    taskmaster: User, people: list[User], commit: Commit
) -> None:
    for person in people:
        set_days(person, *(MONDAY + timedelta(days=offset) for offset in range(7)))
    with commit():
        for wanted, person in enumerate(people):
            limit_rules.create_rule(actor=taskmaster, user_id=person.pk, maximum=wanted)
        limit_rules.create_rule(actor=taskmaster, weekday=6, maximum=9)

    for wanted, person in enumerate(people):
        sunday = MONDAY + timedelta(days=6)
        assert {day: limit for day, limit in days_of(person).items() if day != sunday} == {
            MONDAY + timedelta(days=offset): (wanted, "person") for offset in range(6)
        }
        assert days_of(person)[sunday] == (9, "everyone_weekday")


@pytest.fixture
def people(alice: User, stranger: User) -> list[User]:
    return [alice, stranger]


# --- input and history ------------------------------------------------------------------------------------------


def test_dates_out_of_order_are_refused_even_if_only_one_of_them_changes(taskmaster: User) -> None:
    rule = limit_rules.create_rule(actor=taskmaster, maximum=0, date_from=MONDAY, date_to=TUESDAY)
    version, told = picking.current_version(), Event.objects.count()

    for refused in (
        lambda: limit_rules.create_rule(actor=taskmaster, maximum=0, date_from=TUESDAY, date_to=MONDAY),
        lambda: limit_rules.update_rule(actor=taskmaster, rule_id=rule.pk, date_to=SUNDAY),
        lambda: limit_rules.update_rule(actor=taskmaster, rule_id=rule.pk, date_from=date(2026, 3, 4)),
    ):
        with pytest.raises(InvalidRequest) as refusal:
            refused()
        assert [error["field"] for error in refusal.value.data["errors"]] == ["date_to"]

    assert LimitRule.objects.values_list("date_from", "date_to").get() == (MONDAY, TUESDAY)
    assert (picking.current_version(), Event.objects.count()) == (version, told)


def test_a_rule_for_an_unknown_person_is_refused(taskmaster: User) -> None:
    rule = limit_rules.create_rule(actor=taskmaster, maximum=0)
    version = picking.current_version()

    for refused in (
        lambda: limit_rules.create_rule(actor=taskmaster, maximum=0, user_id=2**62),
        lambda: limit_rules.update_rule(actor=taskmaster, rule_id=rule.pk, user_id=2**62),
    ):
        with pytest.raises(UserNotFound):
            refused()

    assert LimitRule.objects.get().user_id is None
    assert picking.current_version() == version


def test_a_change_that_changes_nothing_writes_nothing(taskmaster: User, alice: User, commit: Commit) -> None:
    with commit():
        rule = limit_rules.create_rule(actor=taskmaster, user_id=alice.pk, maximum=2, reason="Part time")
    before = LimitRule.objects.values().get()
    version, told = picking.current_version(), Event.objects.count()

    limit_rules.update_rule(actor=taskmaster, rule_id=rule.pk)
    same = limit_rules.update_rule(actor=taskmaster, rule_id=rule.pk, maximum=2, weekday=None, user_id=alice.pk)

    assert same.applied_at is not None
    assert LimitRule.objects.values().get() == before
    assert (picking.current_version(), Event.objects.count()) == (version, told)


def test_each_change_of_a_rule_is_in_the_history_once(taskmaster: User, alice: User, stranger: User) -> None:
    limits.create_days([(alice.pk, MONDAY), (stranger.pk, MONDAY)])
    rule = limit_rules.create_rule(actor=taskmaster, user_id=alice.pk, date_from=MONDAY, maximum=0, reason="Off")
    limit_rules.update_rule(actor=taskmaster, rule_id=rule.pk, maximum=2)
    limit_rules.update_rule(actor=taskmaster, rule_id=rule.pk, user_id=stranger.pk, weekday=0)
    limit_rules.delete_rule(actor=taskmaster, rule_id=rule.pk)

    made = {
        "id": rule.pk,
        "user": alice.pk,
        "weekday": None,
        "date_from": "2026-03-02",
        "date_to": None,
        "maximum": 0,
        "reason": "Off",
    }
    raised = {**made, "maximum": 2}
    moved = {**raised, "user": stranger.pk, "weekday": 0}
    told = Event.objects.order_by("pk").values_list("kind", "actor", "user", "from_user", "date", "data")
    assert list(told) == [
        ("rule_created", taskmaster.pk, alice.pk, None, None, {"rule": made}),
        ("rule_changed", taskmaster.pk, alice.pk, None, None, {"rule": raised, "before": made}),
        ("rule_changed", taskmaster.pk, stranger.pk, alice.pk, None, {"rule": moved, "before": raised}),
        ("rule_deleted", taskmaster.pk, stranger.pk, None, None, {"rule": moved}),
    ]


def test_only_taskmasters_read_rules(taskmaster: User, alice: User) -> None:
    rule = limit_rules.create_rule(actor=taskmaster, maximum=2)

    assert list(limit_rules.all_rules(actor=taskmaster)) == [limit_rules.get(actor=taskmaster, rule_id=rule.pk)]
    with pytest.raises(NotAllowed):
        limit_rules.all_rules(actor=alice)
    for rule_id in (rule.pk, 2**62):
        with pytest.raises(NotAllowed):
            limit_rules.get(actor=alice, rule_id=rule_id)
    with pytest.raises(NotFound):
        limit_rules.get(actor=taskmaster, rule_id=2**62)
