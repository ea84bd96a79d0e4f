"""Rules and daily limits in Django's admin."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from typing import Any

import pytest
from django.test import Client

from apps.models import Assignment, DailyLimit, LimitRule, User
from apps.services import limits
from tests.api_test.test_problems import nothing_written
from tests.conftest import TODAY, make_person
from tests.web_test.test_admin import given, messages_of, page, refused, send

__all__ = ["given", "page"]

# --- rules ------------------------------------------------------------------------------------------------------


@pytest.fixture
def commit(django_capture_on_commit_callbacks: Callable[..., Any]) -> Callable[[], AbstractContextManager[Any]]:
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.mark.every_database
def test_a_rule_is_created_changed_and_deleted_and_the_days_follow(
    page: Client, alice: User, given: Assignment, commit: Callable[[], AbstractContextManager[Any]]
) -> None:
    day = DailyLimit.objects.filter(user=alice).values_list("wanted", "maximum", "source_kind")
    holiday = {"date_from": "2026-03-02", "date_to": "2026-03-06", "reason": "Holiday"}

    with commit():
        send(page, "limitrule/add/", maximum=0, **holiday)
    rule = LimitRule.objects.get()
    assert (rule.user, rule.weekday, rule.date_from, rule.reason) == (None, None, TODAY, "Holiday")
    assert rule.applied_at is not None
    assert day.get() == (0, 1, "everyone_range")

    with commit():
        send(page, f"limitrule/{rule.pk}/change/", maximum=2, user=alice.pk, weekday=0, **holiday)
    assert day.get() == (2, 2, "person_range")

    with commit():
        send(page, f"limitrule/{rule.pk}/delete/", post="yes")
    assert day.get() == (5, 5, "default")
    assert not LimitRule.objects.exists()


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, "maximum"),
        ({"maximum": "-1"}, "maximum"),
        ({"maximum": "10001"}, "maximum"),
        ({"maximum": "1", "weekday": "7"}, "weekday"),
        ({"maximum": "1", "user": "9223372036854775807"}, "user"),
        ({"maximum": "1", "date_from": "2026-02-30"}, "date_from"),
        ({"maximum": "1", "date_from": "2026-03-03", "date_to": "2026-03-02"}, "__all__"),
        ({"maximum": "1", "reason": "x" * 256}, "reason"),
    ],
)
def test_an_invalid_rule_is_refused(page: Client, fields: dict[str, str], wrong: str) -> None:
    with nothing_written():
        assert list(refused(send(page, "limitrule/add/", **fields))) == [wrong]


# --- limits -----------------------------------------------------------------------------------------------------


@pytest.mark.every_database
def test_a_day_is_set_by_hand_changed_and_given_back(page: Client, alice: User) -> None:
    day = DailyLimit.objects.filter(user=alice, date=TODAY).values_list("maximum", "source_kind", "source_reason")

    send(page, "dailylimit/add/", user=alice.pk, date="2026-03-02", maximum=9, reason="Inventory")
    assert day.get() == (9, "hand", "Inventory")
    row = DailyLimit.objects.get()
    # As the other pages write it, not as Django does in America.
    assert "2 Mar 2026" in page.get("/admin/togo/dailylimit/").content.decode()

    send(page, f"dailylimit/{row.pk}/change/", maximum=8, reason="Inventory")
    assert day.get() == (8, "hand", "Inventory")
    send(page, f"dailylimit/{row.pk}/change/", maximum=8, reason="Half of it")
    assert day.get() == (8, "hand", "Half of it")

    send(page, "dailylimit/", action="give_back", _selected_action=row.pk)
    assert day.get() == (5, "default", "")


@pytest.mark.every_database
def test_a_limit_below_taken_is_refused_with_a_message(page: Client, given: Assignment, alice: User) -> None:
    path = f"dailylimit/{given.daily_limit_id}/change/"

    with nothing_written():
        response = page.post(f"/admin/togo/{path}", {"maximum": 0, "reason": "Holiday"})
    assert response["Location"] == f"/admin/togo/{path}"

    assert messages_of(page.get(response["Location"])) == ["1 task is taken on Mon 2 Mar; take it away first."]
    assert DailyLimit.objects.values_list("maximum", "taken", "source_kind").get() == (5, 1, "default")


def test_the_form_of_a_day_changes_nothing_but_its_limit(page: Client, given: Assignment, taskmaster: User) -> None:
    send(
        page,
        f"dailylimit/{given.daily_limit_id}/change/",
        maximum=3,
        reason="",
        user=taskmaster.pk,
        date="2026-03-09",
        taken=0,
        wanted=9,
    )

    day = DailyLimit.objects.get()
    assert (day.user_id, day.date, day.wanted, day.maximum, day.taken) == (given.user_id, TODAY, 3, 3, 1)


def test_an_invalid_day_is_refused(page: Client, given: Assignment, stranger: User) -> None:
    good = {"user": stranger.pk, "date": "2026-03-02", "maximum": 5}
    with nothing_written():
        for fields, wrong in (
            ({"maximum": 10001}, "maximum"),
            ({"maximum": -1}, "maximum"),
            ({"maximum": ""}, "maximum"),
            ({"date": "2026-02-30"}, "date"),
            ({"user": 2**63 - 1}, "user"),
            ({"user": given.user_id}, "__all__"),
        ):
            assert list(refused(send(page, "dailylimit/add/", **{**good, **fields}))) == [wrong]
        response = page.post("/admin/togo/dailylimit/add/", {**good, "date": "2027-03-04"})
        assert response.status_code == 302
    (message,) = messages_of(page.get(response["Location"]))
    assert message.startswith("Dates can be planned until Wed 3 Mar 2027")


def test_days_are_not_deleted(page: Client, given: Assignment, taskmaster: User) -> None:
    empty = limits.set_by_hand(actor=taskmaster, user_id=taskmaster.pk, date=date(2026, 3, 3), maximum=1)

    with nothing_written():
        for day in (empty, given.daily_limit):
            assert page.post(f"/admin/togo/dailylimit/{day.pk}/delete/", {"post": "yes"}).status_code == 403
        send(page, "dailylimit/", action="delete_selected", _selected_action=empty.pk, post="yes")


def test_the_list_of_days_costs_the_same_for_few_and_many(
    page: Client, django_assert_max_num_queries: Callable[[int], AbstractContextManager[Any]]
) -> None:
    limits.create_days([(make_person(f"person {number}").pk, TODAY) for number in range(60)])

    with django_assert_max_num_queries(10):
        assert page.get("/admin/togo/dailylimit/").status_code == 200
