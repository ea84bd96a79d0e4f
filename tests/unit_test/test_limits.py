"""Setting limits: for a person when they are first needed, by hand, and for everyone."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection

from apps.exceptions.assignments import DateOutOfRange
from apps.exceptions.base import NotAllowed, TryAgain
from apps.exceptions.limits import LimitBelowTaken
from apps.exceptions.users import UserNotFound
from apps.models import DailyLimit, Event, LimitDay, Task, User
from apps.services import assignments, limit_rules, limits, users
from apps.tasks import limits as jobs
from tests.unit_test.meanwhile import meanwhile

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)


def set_by_hand(actor: User, person: User, maximum: int, day: date = MONDAY, reason: str = "") -> DailyLimit:
    return limits.set_by_hand(actor=actor, user_id=person.pk, date=day, maximum=maximum, reason=reason)


def assign(actor: User, task: Task, person: User, day: date = MONDAY) -> None:
    assignments.assign(actor=actor, task_id=task.pk, user_id=person.pk, date=day)


def day_of(person: User, day: date = MONDAY) -> tuple[int, int, int, str]:
    return (
        DailyLimit.objects.filter(user=person, date=day).values_list("wanted", "maximum", "taken", "source_kind").get()
    )


# --- by hand ----------------------------------------------------------------------------------------------------


def test_a_day_is_set_by_hand_and_given_back_to_the_rules(taskmaster: User, alice: User) -> None:
    day = set_by_hand(taskmaster, alice, 9, reason="Inventory")
    assert day_of(alice) == (9, 9, 0, "hand")
    assert day.source == {"kind": "hand", "rule": None, "reason": "Inventory"}
    # Nobody else's limit is requested.
    assert not LimitDay.objects.exists()

    given_back = limits.give_back(actor=taskmaster, user_id=alice.pk, date=MONDAY)

    assert (given_back.maximum, given_back.source) == (5, {"kind": "default", "rule": None, "reason": ""})
    assert day_of(alice) == (5, 5, 0, "default")


def test_giving_back_a_day_that_is_not_set_by_hand_returns_it_and_changes_nothing(
    taskmaster: User, alice: User
) -> None:
    limit_rules.create_rule(actor=taskmaster, user_id=alice.pk, maximum=4)
    limits.create_days([(alice.pk, TUESDAY)])
    events = Event.objects.count()

    for day in (MONDAY, TUESDAY, date.max):
        told = limits.give_back(actor=taskmaster, user_id=alice.pk, date=day)
        assert (told.maximum, told.source_kind, told.date) == (4, "person", day)

    assert DailyLimit.objects.get().date == TUESDAY
    assert Event.objects.count() == events


def test_limits_set_by_hand_and_given_back_are_in_the_history(taskmaster: User, alice: User, tasks: list[Task]) -> None:
    set_by_hand(taskmaster, alice, 9, reason="Inventory")
    set_by_hand(taskmaster, alice, 9, reason="Inventory")
    set_by_hand(taskmaster, alice, 8, reason="Half of it")
    limits.give_back(actor=taskmaster, user_id=alice.pk, date=MONDAY)
    limits.give_back(actor=taskmaster, user_id=alice.pk, date=MONDAY)

    told = Event.objects.order_by("pk").values_list("kind", "actor", "user", "date", "data")
    default = {"maximum": 5, "source": {"kind": "default", "rule": None, "reason": ""}}
    nine = {"maximum": 9, "source": {"kind": "hand", "rule": None, "reason": "Inventory"}}
    eight = {"maximum": 8, "source": {"kind": "hand", "rule": None, "reason": "Half of it"}}
    day = (taskmaster.pk, alice.pk, MONDAY)
    assert list(told) == [
        ("limit_set", *day, {"maximum": 9, "reason": "Inventory", "before": default}),
        ("limit_set", *day, {"maximum": 8, "reason": "Half of it", "before": nine}),
        ("limit_given_back", *day, {"maximum": 5, "before": eight}),
    ]


def test_a_refused_limit_is_not_in_the_history(taskmaster: User, alice: User, cooking: Task) -> None:
    assign(taskmaster, cooking, alice)

    with pytest.raises(LimitBelowTaken):
        set_by_hand(taskmaster, alice, 0)

    assert not Event.objects.filter(kind__startswith="limit").exists()


def test_a_day_given_back_to_a_lower_rule_keeps_its_taken_slots(
    taskmaster: User, alice: User, tasks: list[Task]
) -> None:
    limit_rules.create_rule(actor=taskmaster, maximum=1)
    set_by_hand(taskmaster, alice, 3)
    for task in tasks[:2]:
        assign(taskmaster, task, alice)

    limits.give_back(actor=taskmaster, user_id=alice.pk, date=MONDAY)

    assert day_of(alice) == (1, 2, 2, "everyone")


def test_refuses_a_limit_below_taken(taskmaster: User, alice: User, tasks: list[Task]) -> None:
    for task in tasks[:3]:
        assign(taskmaster, task, alice)

    with pytest.raises(LimitBelowTaken) as refusal:
        set_by_hand(taskmaster, alice, 2)

    assert refusal.value.data == {"user": alice.pk, "date": MONDAY, "taken": 3}
    assert day_of(alice) == (5, 5, 3, "default")
    set_by_hand(taskmaster, alice, 3)
    assert day_of(alice) == (3, 3, 3, "hand")


def test_only_taskmasters_set_days_of_people_who_exist_up_to_366_days_ahead(taskmaster: User, alice: User) -> None:
    for work in (
        lambda actor, person, day: limits.set_by_hand(actor=actor, user_id=person, date=day, maximum=9),
        lambda actor, person, day: limits.give_back(actor=actor, user_id=person, date=day),
    ):
        with pytest.raises(NotAllowed):
            work(alice, alice.pk, MONDAY)
        with pytest.raises(UserNotFound) as unknown:
            work(taskmaster, 2**62, MONDAY)
        assert unknown.value.data == {"user": 2**62}
    with pytest.raises(DateOutOfRange):
        set_by_hand(taskmaster, alice, 9, date(2027, 3, 4))
    assert not DailyLimit.objects.exists()

    set_by_hand(taskmaster, alice, 9, date(2027, 3, 3))
    set_by_hand(taskmaster, alice, 9, date(1, 1, 1))
    assert DailyLimit.objects.filter(maximum=9).count() == 2


# --- reading ----------------------------------------------------------------------------------------------------


def test_a_day_that_is_not_set_reads_as_it_would_be_set_and_is_not_written(
    taskmaster: User, alice: User, cooking: Task
) -> None:
    limit_rules.create_rule(actor=taskmaster, weekday=1, maximum=2, reason="Short Tuesdays")
    set_by_hand(taskmaster, alice, 9)

    monday, tuesday = limits.read_range(actor=alice, first=MONDAY, last=TUESDAY)

    assert (monday.date, monday.maximum, tuesday.date, tuesday.maximum) == (MONDAY, 9, TUESDAY, 2)
    assert DailyLimit.objects.get().date == MONDAY
    assign(taskmaster, cooking, alice, TUESDAY)
    written = DailyLimit.objects.get(date=TUESDAY)
    assert (written.maximum, written.source) == (tuesday.maximum, tuesday.source)


def test_days_are_read_by_person_and_date(taskmaster: User, alice: User, stranger: User) -> None:
    days = limits.read_range(
        actor=taskmaster, user_ids=[stranger.pk, alice.pk, stranger.pk], first=MONDAY, last=TUESDAY
    )

    assert [(day.user_id, day.date) for day in days] == [
        (stranger.pk, MONDAY),
        (stranger.pk, TUESDAY),
        (alice.pk, MONDAY),
        (alice.pk, TUESDAY),
    ]


def test_without_people_and_dates_the_callers_today_is_read(alice: User) -> None:
    (day,) = limits.read_range(actor=alice)
    assert (day.user_id, day.date) == (alice.pk, MONDAY)
    assert [day.date for day in limits.read_range(actor=alice, last=TUESDAY)] == [TUESDAY]


def test_refuses_other_people_unknown_people_and_more_than_92_days(
    taskmaster: User, alice: User, stranger: User
) -> None:
    with pytest.raises(UserNotFound):
        limits.read_range(actor=alice, user_ids=[stranger.pk])
    with pytest.raises(UserNotFound):
        limits.read_range(actor=alice, user_ids=[alice.pk, stranger.pk])
    with pytest.raises(UserNotFound) as unknown:
        limits.read_range(actor=taskmaster, user_ids=[2**62, alice.pk])
    assert unknown.value.data == {"user": 2**62}
    with pytest.raises(DateOutOfRange):
        limits.read_range(actor=alice, first=date(2026, 1, 1), last=date(2026, 4, 3))
    assert len(limits.read_range(actor=alice, first=date(2026, 1, 1), last=date(2026, 4, 2))) == 92


def test_today_is_the_date_in_the_configured_time_zone(alice: User, settings: Any) -> None:
    assert limits.today_of(alice).date == MONDAY
    settings.TIME_ZONE = "Pacific/Kiritimati"  # 14 hours ahead: it is Tuesday there already
    assert limits.today_of(alice).date == TUESDAY


# --- everyone's day ---------------------------------------------------------------------------------------------


def set_everyone(day: date) -> list[int]:
    return [limits.set_chunk(day, *chunk) for chunk in limits.missing_chunks(day)]


def test_everyone_who_is_active_gets_a_limit_in_chunks(
    admin: User, taskmaster: User, alice: User, stranger: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PEOPLE_PER_CHUNK", 2)
    users.update_user(actor=admin, user_id=stranger.pk, is_active=False)
    limit_rules.create_rule(actor=taskmaster, user_id=alice.pk, maximum=1)

    assert limits.count_missing(MONDAY) == 3
    assert set_everyone(MONDAY) == [2, 1]

    assert dict(DailyLimit.objects.values_list("user", "maximum")) == {admin.pk: 5, taskmaster.pk: 5, alice.pk: 1}
    assert limits.count_missing(MONDAY) == 0
    assert set_everyone(MONDAY) == []


def test_days_that_are_set_stay_as_they_are_and_do_not_stop_the_others(
    taskmaster: User, alice: User, cooking: Task
) -> None:
    set_by_hand(taskmaster, alice, 2)
    assign(taskmaster, cooking, alice)

    assert set_everyone(MONDAY) == [1]

    assert day_of(alice) == (2, 2, 1, "hand")
    # A second worker sets the same chunk again.
    assert limits.set_chunk(MONDAY, 1, 2**62) == 0
    assert day_of(alice) == (2, 2, 1, "hand")


def test_a_date_is_done_when_everybody_has_a_limit(taskmaster: User, alice: User, cooking: Task) -> None:
    assign(taskmaster, cooking, alice)
    assert limits.finish_date(MONDAY) == 1
    assert LimitDay.objects.get(date=MONDAY).done_at is None

    set_everyone(MONDAY)

    assert limits.finish_date(MONDAY) == 2
    done = LimitDay.objects.get(date=MONDAY).done_at
    assert done is not None
    assert done.isoformat() == "2026-03-02T12:00:00+00:00"


def test_today_tomorrow_and_requested_dates_are_due(taskmaster: User, alice: User, tasks: list[Task]) -> None:
    christmas, easter = date(2026, 12, 25), date(2026, 4, 5)
    for day in (christmas, easter, MONDAY):
        assign(taskmaster, tasks[0], alice, day)
    set_everyone(easter)
    limits.finish_date(easter)

    assert limits.due_dates() == [MONDAY, TUESDAY, christmas]


def test_the_job_is_requested_once_and_after_the_commit(
    taskmaster: User,
    alice: User,
    tasks: list[Task],
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(jobs.set_daily_limits, "delay", asked.append)

    with django_capture_on_commit_callbacks(execute=True):
        assign(taskmaster, tasks[0], alice)
        assert asked == []
    with django_capture_on_commit_callbacks(execute=True):
        assign(taskmaster, tasks[1], alice)
        assign(taskmaster, tasks[1], taskmaster)

    assert asked == ["2026-03-02"]


def test_two_requests_of_a_date_at_once_ask_for_one_job(
    taskmaster: User, alice: User, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    with (
        django_capture_on_commit_callbacks() as waiting,
        meanwhile("SAVEPOINT", lambda: LimitDay.objects.create(pk=MONDAY)),
    ):
        limits.request_date(MONDAY)

    assert waiting == []
    assert LimitDay.objects.count() == 1


# --- races and errors -------------------------------------------------------------------------------------------


def test_a_day_made_while_the_rules_change_gets_the_new_limit(taskmaster: User, alice: User) -> None:
    def change_the_rules() -> None:
        limit_rules.create_rule(actor=taskmaster, maximum=1)

    with meanwhile("SAVEPOINT", change_the_rules):
        limits.create_days([(alice.pk, MONDAY)])

    assert day_of(alice) == (1, 1, 0, "everyone")


def test_a_rule_that_is_created_while_everybody_is_set_is_applied(
    taskmaster: User, alice: User, stranger: User
) -> None:
    def change_the_rules() -> None:
        limit_rules.create_rule(actor=taskmaster, user_id=alice.pk, maximum=1)

    with meanwhile("SAVEPOINT", change_the_rules):
        assert limits.set_chunk(MONDAY, 1, 2**62) == 3

    assert day_of(alice) == (1, 1, 0, "person")
    assert day_of(stranger) == (5, 5, 0, "default")


def test_a_limit_that_could_not_be_inserted_raises_an_error(taskmaster: User, alice: User) -> None:
    def swallow_inserts(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """Like INSERT IGNORE on SQLite and MySQL, which ignores errors of any kind."""
        return None if sql.startswith("INSERT") else execute(sql, params, many, context)

    with connection.execute_wrapper(swallow_inserts):
        with pytest.raises(IntegrityError, match=f"id {alice.pk}"):
            limits.set_chunk(MONDAY, alice.pk, alice.pk)
        with pytest.raises(TryAgain):
            set_by_hand(taskmaster, alice, 9)
