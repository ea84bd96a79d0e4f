"""`/api/users/availability/`: who is free, and when. A date is free exactly if an assignment on it is accepted."""

import base64
import itertools
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.models import DailyLimit, Task, User
from apps.services import assignments, availability, limit_rules, limits, users
from tests.api_test.test_problems import assert_problem, nothing_written
from tests.conftest import TODAY, make_person

SignIn = Callable[[User], APIClient]
AVAILABILITY = "/api/users/availability/"
TUESDAY = date(2026, 3, 3)


def set_for_everybody(day: date) -> None:
    for chunk in limits.missing_chunks(day):
        limits.set_chunk(day, *chunk)
    limits.finish_date(day)


def names(answer: Any) -> list[tuple[str, int]]:
    return [(row["username"], row["remaining"]) for row in answer["results"]]


# --- who is free on a day ---------------------------------------------------------------------------------------


def test_free_people_are_ordered_by_name_until_the_day_is_set_for_everybody(
    taskmaster: User, alice: User, stranger: User, tasks: list[Task], signed_in: SignIn
) -> None:
    limit_rules.create_rule(actor=taskmaster, user_id=stranger.pk, maximum=7)
    assignments.assign(actor=taskmaster, task_id=tasks[0].pk, user_id=alice.pk, date=TODAY)
    caller = signed_in(taskmaster)

    with nothing_written():
        by_name = caller.get(f"{AVAILABILITY}?date=2026-03-02").json()

    assert by_name == {
        "results": [
            {"user": alice.pk, "username": "alice", "date": "2026-03-02", "maximum": 5, "taken": 1, "remaining": 4},
            {
                "user": stranger.pk,
                "username": "stranger",
                "date": "2026-03-02",
                "maximum": 7,
                "taken": 0,
                "remaining": 7,
            },
            {
                "user": taskmaster.pk,
                "username": "taskmaster",
                "date": "2026-03-02",
                "maximum": 5,
                "taken": 0,
                "remaining": 5,
            },
        ],
        "next": None,
        "previous": None,
        "ordered_by": "name",
    }
    set_for_everybody(TODAY)
    by_remaining = caller.get(f"{AVAILABILITY}?date=2026-03-02").json()
    assert by_remaining["ordered_by"] == "remaining"
    assert names(by_remaining) == [("stranger", 7), ("taskmaster", 5), ("alice", 4)]
    assert sorted(by_remaining["results"], key=repr) == sorted(by_name["results"], key=repr)


@pytest.mark.parametrize("everybody", [False, True], ids=["by name", "by remaining"])
def test_full_days_days_off_and_deactivated_people_are_left_out(
    admin: User, taskmaster: User, alice: User, stranger: User, cooking: Task, signed_in: SignIn, everybody: bool
) -> None:
    away, gone = make_person("away"), make_person("gone")
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TODAY, maximum=1)
    assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=TODAY)
    limit_rules.create_rule(actor=taskmaster, user_id=away.pk, maximum=0, date_from=TODAY, date_to=TODAY)
    limits.create_days([(gone.pk, TODAY)])
    users.update_user(actor=admin, user_id=gone.pk, is_active=False)
    if everybody:
        set_for_everybody(TODAY)

    answer = signed_in(taskmaster).get(f"{AVAILABILITY}?date=2026-03-02").json()

    assert answer["ordered_by"] == ("remaining" if everybody else "name")
    assert {name for name, _ in names(answer)} == {"admin", "stranger", "taskmaster"}


def test_a_person_created_after_the_day_was_set_is_listed(taskmaster: User, alice: User, signed_in: SignIn) -> None:
    set_for_everybody(TODAY)
    make_person("newcomer")
    caller = signed_in(taskmaster)

    answer = caller.get(f"{AVAILABILITY}?date=2026-03-02").json()
    assert (answer["ordered_by"], len(answer["results"])) == ("name", 3)

    set_for_everybody(TODAY)
    answer = caller.get(f"{AVAILABILITY}?date=2026-03-02").json()
    assert (answer["ordered_by"], len(answer["results"])) == ("remaining", 3)


def test_people_who_are_not_taskmasters_see_only_themselves(
    taskmaster: User, alice: User, stranger: User, signed_in: SignIn
) -> None:
    caller = signed_in(alice)
    for _ in range(2):
        assert names(caller.get(f"{AVAILABILITY}?date=2026-03-02").json()) == [("alice", 5)]
        set_for_everybody(TODAY)

    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TODAY, maximum=0)
    assert names(caller.get(f"{AVAILABILITY}?date=2026-03-02").json()) == []


@pytest.mark.parametrize("everybody", [False, True], ids=["by name", "by remaining"])
def test_nobody_is_free_on_dates_that_can_not_be_planned(
    taskmaster: User, alice: User, signed_in: SignIn, everybody: bool
) -> None:
    past, last, beyond = date(2026, 3, 1), date(2027, 3, 3), date(2027, 3, 4)
    if everybody:
        for day in (past, last, beyond):
            set_for_everybody(day)

    def free(person: User, day: date) -> int:
        return len(signed_in(person).get(f"{AVAILABILITY}?date={day}").json()["results"])

    assert [free(taskmaster, day) for day in (past, last, beyond, date.min, date.max)] == [2, 2, 0, 2, 0]
    assert [free(alice, day) for day in (past, TODAY, last, beyond, date.min, date.max)] == [0, 1, 1, 0, 0, 0]


# --- pages ------------------------------------------------------------------------------------------------------


@pytest.fixture
def crowd(taskmaster: User) -> list[User]:
    """25 people. Every fifth is full, and many have the same number of free slots."""
    people = [make_person(f"person {number * 7 % 25:02}") for number in range(25)]
    for number, person in enumerate(people):
        limits.set_by_hand(actor=taskmaster, user_id=person.pk, date=TODAY, maximum=number % 5)
    return people


def pages(caller: APIClient, address: str, direction: str) -> list[list[tuple[str, int]]]:
    found = []
    while address:
        page = caller.get(address).json()
        found.append(names(page))
        address = page[direction]
        assert len(found) < 50
    return found


@pytest.mark.parametrize("size", [1, 4, 20, 21, 200])
@pytest.mark.parametrize("everybody", [False, True], ids=["by name", "by remaining"])
def test_every_free_person_is_on_one_page_forwards_and_backwards(
    taskmaster: User, crowd: list[User], signed_in: SignIn, size: int, everybody: bool
) -> None:
    caller = signed_in(taskmaster)
    if everybody:
        set_for_everybody(TODAY)
    days = [day for day in DailyLimit.objects.select_related("user").filter(date=TODAY) if day.remaining]
    expected = {(day.user.username, day.remaining): (-day.remaining, day.user_id) for day in days}
    if not everybody:
        expected[taskmaster.username, 5] = (0, 0)
    ordered = sorted(expected, key=expected.__getitem__ if everybody else None)

    first = f"{AVAILABILITY}?date=2026-03-02&page_size={size}"
    forwards = pages(caller, first, "next")
    assert list(itertools.chain(*forwards)) == ordered
    assert all(len(page) == size for page in forwards[:-1])

    last = first
    while following := caller.get(last).json()["next"]:
        last = following
    backwards = pages(caller, last, "previous")
    assert list(itertools.chain(*backwards[::-1])) == ordered


def test_a_page_by_name_reads_a_bounded_number_of_people_and_links_to_the_rest(
    taskmaster: User, crowd: list[User], signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(availability, "_PEOPLE_PER_PAGE", 4)
    for person in crowd:
        if person.username < "person 20":
            limits.set_by_hand(actor=taskmaster, user_id=person.pk, date=TODAY, maximum=0)
    caller = signed_in(taskmaster)

    first = f"{AVAILABILITY}?date=2026-03-02"
    forwards = pages(caller, first, "next")

    free = [day.user.username for day in DailyLimit.objects.with_room(1).order_by("user__username")]
    assert [[name for name, _ in page] for page in forwards[:5]] == [[]] * 5
    assert [name for page in forwards for name, _ in page] == [*free, "taskmaster"]
    last = first
    while following := caller.get(last).json()["next"]:
        last = following
    assert list(itertools.chain(*pages(caller, last, "previous")[::-1])) == list(itertools.chain(*forwards))


def test_the_order_stays_from_page_to_page(taskmaster: User, crowd: list[User], signed_in: SignIn) -> None:
    caller = signed_in(taskmaster)
    first = caller.get(f"{AVAILABILITY}?date=2026-03-02&page_size=10").json()
    set_for_everybody(TODAY)

    following = caller.get(first["next"]).json()

    assert (first["ordered_by"], following["ordered_by"]) == ("name", "name")
    both = [name for name, _ in names(first) + names(following)]
    assert len(both) == 20
    assert both == sorted(both)


@pytest.mark.parametrize("everybody", [False, True], ids=["by name", "by remaining"])
def test_a_page_costs_the_same_for_few_and_many_people(
    taskmaster: User, crowd: list[User], signed_in: SignIn, everybody: bool
) -> None:
    caller = signed_in(taskmaster)
    if everybody:
        # Nobody is new.
        User.objects.update(active_since=datetime(2026, 2, 1, tzinfo=UTC))
        set_for_everybody(TODAY)
    counts = []
    for size in (1, 20):
        with CaptureQueriesContext(connection) as queries:
            caller.get(f"{AVAILABILITY}?date=2026-03-02&page_size={size}")
        counts.append(len(queries))

    assert counts[0] == counts[1]
    # The caller, whether the day is set for everybody, and the page: by name, the people, their days and their rules.
    assert counts[0] == (3 if everybody else 5)


def cursor(*values: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "forged",
    [
        "x",
        "\xe9",
        cursor(),
        cursor(0, 1),
        cursor(0, None, 1),
        cursor(0, 1.5, 1),
        cursor(0, -1, 1),
        cursor(*[0, True, 1]),
        cursor(0, 2**63, 1),
        cursor(0, "a\0", 1),
        cursor(0, "\ud800", 1),
        cursor(0, "a", "1"),
        cursor(2, "a", 1),
    ],
)
def test_refuses_an_invalid_cursor(taskmaster: User, signed_in: SignIn, forged: str) -> None:
    refused = signed_in(taskmaster).get(AVAILABILITY, {"date": "2026-03-02", "cursor": forged})

    assert [error["field"] for error in assert_problem(refused, 400, "invalid_request")["errors"]] == ["cursor"]


def test_a_cursor_past_everybody_is_an_empty_page(taskmaster: User, signed_in: SignIn) -> None:
    set_for_everybody(TODAY)
    for forged in (cursor(0, "zzz", 1), cursor(0, 0, 2**63 - 1), cursor(1, 2**63 - 1, 1), cursor(1, "", 1)):
        answer = signed_in(taskmaster).get(AVAILABILITY, {"date": "2026-03-02", "cursor": forged}).json()
        assert (answer["results"], answer["next"], answer["previous"]) == ([], None, None)


# --- when a person is free --------------------------------------------------------------------------------------


def test_a_person_is_free_on_the_days_with_room(
    taskmaster: User, alice: User, tasks: list[Task], signed_in: SignIn
) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TODAY, maximum=1)
    for task, day in zip(tasks, (2, 3, 3), strict=False):
        assignments.assign(actor=taskmaster, task_id=task.pk, user_id=alice.pk, date=date(2026, 3, day))
    limit_rules.create_rule(actor=taskmaster, weekday=2, maximum=0)

    with nothing_written():
        response = signed_in(taskmaster).get(f"{AVAILABILITY}?user={alice.pk}&date_from=2026-03-02&days=4")

    assert response.status_code == 200
    assert response.json() == {
        "user": alice.pk,
        "next_free_date": "2026-03-03",
        "results": [
            {"date": "2026-03-03", "maximum": 5, "taken": 2, "remaining": 3},
            {"date": "2026-03-05", "maximum": 5, "taken": 0, "remaining": 5},
        ],
    }


def test_without_parameters_it_covers_the_caller_for_14_days_from_today(alice: User, signed_in: SignIn) -> None:
    answer = signed_in(alice).get(AVAILABILITY).json()

    assert (answer["user"], answer["next_free_date"]) == (alice.pk, "2026-03-02")
    assert [row["date"] for row in answer["results"]] == [str(TODAY + timedelta(days=offset)) for offset in range(14)]
    assert len(signed_in(alice).get(f"{AVAILABILITY}?days=366").json()["results"]) == 366


@pytest.mark.parametrize(
    ("until", "expected"), [("2026-03-15", "2026-03-16"), ("2027-03-01", "2027-03-02"), ("2027-03-02", None)]
)
def test_the_next_free_day_may_be_past_the_days_that_were_asked_for(
    taskmaster: User, alice: User, signed_in: SignIn, until: str, expected: str | None
) -> None:
    limit_rules.create_rule(actor=taskmaster, maximum=0, date_to=date.fromisoformat(until))

    for query in ("", "?days=1", "?days=13"):
        assert signed_in(alice).get(f"{AVAILABILITY}{query}").json() == {
            "user": alice.pk,
            "next_free_date": expected,
            "results": [],
        }


def test_days_that_can_not_be_planned_have_no_room(taskmaster: User, alice: User, signed_in: SignIn) -> None:
    def days(person: User, query: str) -> list[str]:
        answer = signed_in(person).get(f"{AVAILABILITY}?{query}").json()
        found = [row["date"] for row in answer["results"]]
        assert answer["next_free_date"] == (found[0] if found else None)
        return found

    assert days(taskmaster, f"user={alice.pk}&date_from=2027-03-02&days=9") == ["2027-03-02", "2027-03-03"]
    for beyond in ("2027-03-04", "9999-12-31"):
        assert days(taskmaster, f"date_from={beyond}") == []
    # The past is for taskmasters.
    assert days(taskmaster, f"user={alice.pk}&date_from=2026-02-28&days=3") == [
        "2026-02-28",
        "2026-03-01",
        "2026-03-02",
    ]
    assert days(taskmaster, "date_from=0001-01-01&days=2") == ["0001-01-01", "0001-01-02"]
    assert days(alice, "date_from=2026-02-28&days=4") == ["2026-03-02", "2026-03-03"]
    assert days(alice, "date_from=0001-01-01") == []


def test_a_deactivated_person_has_no_free_days(admin: User, taskmaster: User, alice: User, signed_in: SignIn) -> None:
    users.update_user(actor=admin, user_id=alice.pk, is_active=False)

    answer = signed_in(taskmaster).get(f"{AVAILABILITY}?user={alice.pk}").json()

    assert answer == {"user": alice.pk, "next_free_date": None, "results": []}


def test_only_taskmasters_find_other_people(taskmaster: User, alice: User, stranger: User, signed_in: SignIn) -> None:
    assert signed_in(alice).get(f"{AVAILABILITY}?user={alice.pk}").status_code == 200
    for caller, user_id in ((alice, stranger.pk), (alice, 2**63 - 1), (taskmaster, 2**63 - 1)):
        refused = signed_in(caller).get(f"{AVAILABILITY}?user={user_id}&date_from=9999-12-31")
        assert assert_problem(refused, 404, "user_not_found")["user"] == user_id


def test_exactly_the_free_dates_can_be_assigned(
    taskmaster: User, alice: User, tasks: list[Task], signed_in: SignIn
) -> None:
    limit_rules.create_rule(actor=taskmaster, user_id=alice.pk, maximum=1)
    limit_rules.create_rule(actor=taskmaster, weekday=3, maximum=0, date_from=TODAY, date_to=date(2026, 4, 2))
    for day in (date(2026, 3, 4), date(2026, 2, 27)):
        assignments.assign(actor=taskmaster, task_id=tasks[0].pk, user_id=alice.pk, date=day)
    first = date(2026, 2, 26)
    for caller in (signed_in(alice), signed_in(taskmaster)):
        said = {
            row["date"] for row in caller.get(f"{AVAILABILITY}?user={alice.pk}&date_from={first}").json()["results"]
        }
        for offset in range(14):
            date_text = str(first + timedelta(days=offset))
            on_the_day = caller.get(f"{AVAILABILITY}?date={date_text}").json()["results"]
            assert (alice.pk in {row["user"] for row in on_the_day}) is (date_text in said)

            body = {"task": tasks[1].pk, "user": alice.pk, "date": date_text}
            made = caller.post("/api/users/assignment/", body, format="json")
            assert (made.status_code == 201) is (date_text in said), (date_text, made.content)
            if made.status_code == 201:
                caller.delete(f"/api/users/assignment/{made.json()['id']}/")


# --- bad queries ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("date=2026-03-02&user=1", {"user"}),
        ("date=2026-03-02&date_from=2026-03-02&days=2", {"date_from", "days"}),
        ("page_size=3", {"page_size"}),
        ("user=1&cursor=x", {"cursor"}),
        ("days=0", {"days"}),
        ("days=367", {"days"}),
        ("days=1.0", {"days"}),
        ("days=", {"days"}),
        ("user=me", {"user"}),
        ("user=1&user=2", {"user"}),
        ("date=2026-02-30", {"date"}),
        ("date=", {"date"}),
        ("date_from=today", {"date_from"}),
        ("from=2026-03-02", {"from"}),
        ("date_to=2026-03-02", {"date_to"}),
    ],
)
def test_refuses_a_bad_query(alice: User, signed_in: SignIn, query: str, fields: set[str]) -> None:
    problem = assert_problem(signed_in(alice).get(f"{AVAILABILITY}?{query}"), 400, "invalid_request")

    assert {error["field"] for error in problem["errors"]} == fields
