"""Who may do what."""

from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from apps.exceptions.assignments import DateOutOfRange
from apps.exceptions.base import NotAllowed, NotAuthenticated
from apps.exceptions.users import UserNotFound
from apps.models import Task, User
from apps.services import assignments
from apps.services.shared import permissions

SUNDAY, MONDAY = date(2026, 3, 1), date(2026, 3, 2)


def allowed(check: Any, *args: Any) -> bool:
    try:
        check(*args)
    except NotAllowed:
        return False
    return True


def test_admins_are_taskmasters_and_taskmasters_are_no_admins(admin: User, taskmaster: User, alice: User) -> None:
    people = (admin, taskmaster, alice)

    assert [allowed(permissions.require_taskmaster, person) for person in people] == [True, True, False]
    assert [allowed(permissions.require_admin, person) for person in people] == [True, False, False]


def test_everyone_assigns_to_themselves_and_taskmasters_to_all(
    admin: User, taskmaster: User, alice: User, stranger: User
) -> None:
    people = (admin, taskmaster, alice)

    assert all(allowed(permissions.require_may_assign, person, person.pk, MONDAY) for person in people)
    assert [allowed(permissions.require_may_assign, person, stranger.pk, MONDAY) for person in people] == [
        True,
        True,
        False,
    ]


def test_only_taskmasters_plan_the_past(taskmaster: User, alice: User) -> None:
    assert allowed(permissions.require_may_assign, taskmaster, alice.pk, SUNDAY)
    with pytest.raises(DateOutOfRange):
        permissions.require_may_assign(alice, alice.pk, SUNDAY)


def test_nobody_plans_further_ahead_than_is_configured(taskmaster: User, settings: Any) -> None:
    settings.TOGO_ASSIGN_DAYS_AHEAD = 1

    permissions.require_may_assign(taskmaster, taskmaster.pk, date(2026, 3, 3))
    with pytest.raises(DateOutOfRange, match="until 2026-03-03, 1 days ahead"):
        permissions.require_may_assign(taskmaster, taskmaster.pk, date(2026, 3, 4))


def test_today_begins_at_midnight_in_the_configured_time_zone(alice: User, settings: Any) -> None:
    settings.TIME_ZONE = "Pacific/Kiritimati"  # 14 hours ahead: it is Tuesday there already

    assert permissions.today() == date(2026, 3, 3)
    assert permissions.last_date() == date(2027, 3, 4)
    with pytest.raises(DateOutOfRange):
        permissions.require_may_assign(alice, alice.pk, MONDAY)


def test_people_see_their_own_days_and_taskmasters_all_and_others_are_not_found(
    taskmaster: User, alice: User, stranger: User
) -> None:
    check = permissions.require_may_see_days_of

    check(alice, [alice.pk])
    check(taskmaster, [alice.pk, stranger.pk])
    for actor, people, missing in (
        (alice, [stranger.pk], stranger.pk),
        (alice, [alice.pk, stranger.pk], stranger.pk),
        (taskmaster, [2**62, alice.pk], 2**62),
    ):
        with pytest.raises(UserNotFound) as unknown:
            check(actor, people)
        assert unknown.value.data == {"user": missing}


def test_may_plan_accepts_the_dates_that_a_person_may_assign_on(taskmaster: User, alice: User, settings: Any) -> None:
    settings.TOGO_ASSIGN_DAYS_AHEAD = 1

    for actor, possible in ((alice, [False, True, True, False]), (taskmaster, [True, True, True, False])):
        days = [date(2026, 3, day) for day in range(1, 5)]
        assert [permissions.may_plan(actor, day) for day in days] == possible


def test_a_person_unassigns_what_they_assigned_themselves_from_today_on(
    admin: User, taskmaster: User, alice: User, tasks: list[Task]
) -> None:
    def assign(actor: User, number: int, person: User, day: date) -> Any:
        return assignments.assign(actor=actor, task_id=tasks[number].pk, user_id=person.pk, date=day)

    own, given = assign(alice, 0, alice, MONDAY), assign(taskmaster, 1, alice, MONDAY)
    past, for_another = assign(taskmaster, 2, alice, SUNDAY), assign(taskmaster, 3, taskmaster, MONDAY)
    past.taskmaster = for_another.taskmaster = alice
    check = permissions.require_may_unassign

    assert [allowed(check, alice, one) for one in (own, given, past, for_another)] == [True, False, False, False]
    for person in (taskmaster, admin):
        assert all(allowed(check, person, one) for one in (own, given, past, for_another))


def test_an_anonymous_user_is_not_authenticated(alice: User) -> None:
    assert permissions.require_person(alice) is alice
    with pytest.raises(NotAuthenticated):
        permissions.require_person(AnonymousUser())
