"""`/api/users/series/`: tasks that come again."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.models import Assignment, Occurrence, Series, Task, User
from apps.services import assignments, limit_rules
from tests.api_test.test_problems import assert_problem, nothing_written
from tests.conftest import TODAY

SERIES = "/api/users/series/"
SignIn = Callable[[User], APIClient]


@pytest.fixture
def caller(taskmaster: User, signed_in: SignIn, settings: Any) -> APIClient:
    settings.TOGO_SERIES_DAYS = 14
    return signed_in(taskmaster)


def make(caller: APIClient, task: Task, **body: Any) -> Any:
    fields = {"task": task.pk, "rrule": "FREQ=WEEKLY;BYDAY=TH,TU", "date_from": "2026-03-02", **body}
    return caller.post(SERIES, fields, format="json")


def statuses(caller: APIClient, number: int) -> list[tuple[str, str]]:
    rows = caller.get(f"{SERIES}{number}/occurrence/").json()["results"]
    return [(row["date"], row["status"]) for row in rows]


def test_a_series_is_made_read_and_its_dates_are_told(
    caller: APIClient, taskmaster: User, alice: User, stranger: User, cooking: Task
) -> None:
    response = make(caller, cooking, users=[alice.pk, stranger.pk], effort=2, date_to="2026-04-30")

    assert response.status_code == 201, response.json()
    one = Series.objects.get()
    assert response["Location"] == f"http://testserver{SERIES}{one.pk}/"
    assert response.json() == {
        "id": one.pk,
        "task": cooking.pk,
        "users": [alice.pk, stranger.pk],
        "rrule": "FREQ=WEEKLY;BYDAY=TU,TH",
        "text": "Every Tuesday and Thursday, from 2 March 2026 to 30 April 2026",
        "date_from": "2026-03-02",
        "date_to": "2026-04-30",
        "effort": 2,
        "on_full": "skip",
        "taskmaster": taskmaster.pk,
        "created_at": "2026-03-02T12:00:00Z",
        "next_date": "2026-03-03",
        "filled_to": "2026-03-16",
        "paused": "",
    }
    assert caller.get(response["Location"]).json() == response.json()
    page = caller.get(f"{response['Location']}occurrence/").json()
    first = Assignment.objects.order_by("pk").first()
    assert page["results"][0] == {
        "date": "2026-03-03",
        "user": alice.pk,
        "status": "assigned",
        "assignment": first.pk,
        "assigned_to": alice.pk,
        "assigned_on": "2026-03-03",
        "waiting": None,
        "code": "",
        "detail": "",
    }
    assert [(row["date"], row["user"]) for row in page["results"]] == [
        ("2026-03-03", alice.pk),
        ("2026-03-05", stranger.pk),
        ("2026-03-10", alice.pk),
        ("2026-03-12", stranger.pk),
    ]


@pytest.mark.parametrize(
    ("on_full", "status", "assigned_on"),
    [("skip", "skipped", None), ("next_free", "moved", "2026-03-04"), ("wait", "waiting", None)],
)
def test_on_full_says_what_happens_on_a_full_day(
    caller: APIClient,
    taskmaster: User,
    alice: User,
    tasks: list[Task],
    on_full: str,
    status: str,
    assigned_on: str | None,
) -> None:
    limit_rules.create_rule(actor=taskmaster, maximum=1)
    assignments.assign(actor=taskmaster, task_id=tasks[1].pk, user_id=alice.pk, date=TODAY.replace(day=3))

    number = make(caller, tasks[0], user=alice.pk, on_full=on_full).json()["id"]

    row = caller.get(f"{SERIES}{number}/occurrence/").json()["results"][0]
    assert (row["status"], row["assigned_on"], row["code"]) == (status, assigned_on, "daily_limit_reached")
    assert row["detail"].startswith("1 of 1 task is taken on 2026-03-03;")
    assert (row["waiting"] is not None) == (on_full == "wait")


def test_a_series_is_changed_from_a_date_on(caller: APIClient, alice: User, stranger: User, cooking: Task) -> None:
    path = make(caller, cooking, user=alice.pk)["Location"]

    changed = caller.patch(path, {"user": stranger.pk, "from": "2026-03-10", "date_to": "2026-03-10"}, format="json")

    assert changed.status_code == 200, changed.json()
    assert (changed.json()["users"], changed.json()["date_to"]) == ([stranger.pk], "2026-03-10")
    days = Assignment.objects.order_by("daily_limit__date").values_list("daily_limit__date", "daily_limit__user")
    assert [(day.day, user) for day, user in days] == [(3, alice.pk), (5, alice.pk), (10, stranger.pk)]


def test_a_series_ends(caller: APIClient, alice: User, cooking: Task) -> None:
    path = make(caller, cooking, user=alice.pk)["Location"]
    first = Assignment.objects.order_by("pk").first()
    caller.patch(f"/api/users/assignment/{first.pk}/", {"status": "done"}, format="json")

    assert caller.delete(f"{path}?from=2026-03-11").status_code == 204
    assert caller.get(path).json()["date_to"] == "2026-03-10"
    assert Assignment.objects.count() == 3
    assert caller.delete(path).status_code == 204

    assert_problem(caller.get(path), 404, "series_not_found")
    assert_problem(caller.delete(path), 404, "series_not_found")
    assert list(Assignment.objects.all()) == [first]
    assert_problem(caller.delete(f"{path}?to=2026-03-11"), 400, "invalid_request")


def test_lists_are_filtered_and_paged(
    caller: APIClient, alice: User, stranger: User, tasks: list[Task], signed_in: SignIn
) -> None:
    for task, people in ((tasks[0], [alice]), (tasks[1], [alice, stranger]), (tasks[1], [stranger])):
        make(caller, task, users=[person.pk for person in people], rrule="FREQ=DAILY")
    first, second, third = Series.objects.order_by("pk").values_list("pk", flat=True)

    def ids(query: str, client: APIClient = caller) -> list[int]:
        return [one["id"] for one in client.get(f"{SERIES}{query}").json()["results"]]

    assert ids("") == [first, second, third]
    assert ids(f"?user={alice.pk}") == [first, second]
    assert ids(f"?user={alice.pk}&task={tasks[1].pk}") == [second]
    assert ids("", signed_in(alice)) == [first, second]
    page = caller.get(f"{SERIES}?page_size=2").json()
    assert [one["id"] for one in caller.get(page["next"]).json()["results"]] == [third]

    path = f"{SERIES}{second}/occurrence/"
    page = caller.get(f"{path}?page_size=2&date_from=2026-03-04&date_to=2026-03-06").json()
    assert [row["date"] for row in page["results"]] == ["2026-03-04", "2026-03-05"]
    assert [row["date"] for row in caller.get(page["next"]).json()["results"]] == ["2026-03-06"]
    assert {row["user"] for row in signed_in(alice).get(path).json()["results"]} == {alice.pk}
    assert_problem(caller.get(f"{path}?status=skipped"), 400, "invalid_request")


@pytest.mark.parametrize(
    ("body", "field", "said"),
    [
        ({"rrule": "FREQ=WEEKLY;BYSETPOS=1"}, "rrule", "BYSETPOS is not supported"),
        ({"rrule": "FREQ=HOURLY"}, "rrule", "FREQ must be one of DAILY, WEEKLY, MONTHLY, YEARLY."),
        ({"rrule": "FREQ=DAILY;INTERVAL=7;BYDAY=TU"}, "rrule", "The rule has no date from 2026-03-02 on."),
        ({"rrule": "FREQ=DAILY;UNTIL=20260301"}, "rrule", "The rule has no date"),
        ({"rrule": "FREQ=DAILY;COUNT=1001"}, "rrule", "COUNT must be a whole number from 1 to 1000."),
        ({"rrule": 7}, "rrule", "This must be text."),
        ({"users": []}, "users", ""),
        ({"users": ["1"]}, "users.0", "This must be a whole number."),
        ({"user": None}, "user", ""),
        ({"user": 1, "users": [1]}, "user", "Give user or users."),
        ({}, "user", "Give user or users."),
        ({"user": 1, "effort": 0}, "effort", ""),
        ({"user": 1, "date_to": "2026-03-01"}, "date_to", "This must not be before date_from."),
        ({"user": 1, "date_from": "2026-3-2"}, "date_from", ""),
        ({"user": 1, "on_full": "refuse"}, "on_full", ""),
        ({"user": 1, "from": "2026-03-02"}, "from", "This field is not known"),
    ],
)
def test_names_the_field_and_the_part_that_is_wrong(
    caller: APIClient, alice: User, cooking: Task, body: dict[str, Any], field: str, said: str
) -> None:
    whose = {} if {"user", "users"} & set(body) or not body else {"user": alice.pk}
    with nothing_written():
        problem = assert_problem(make(caller, cooking, **whose, **body), 400, "invalid_request")

    [error] = problem["errors"]
    assert error["field"] == field
    assert error["message"].startswith(said)


def test_the_same_key_makes_one_series(caller: APIClient, alice: User, cooking: Task) -> None:
    caller.credentials(**caller._credentials, HTTP_IDEMPOTENCY_KEY="once")

    first, again = (make(caller, cooking, user=alice.pk, on_full="wait") for _ in range(2))

    assert (first.status_code, again.status_code, again["Idempotent-Replayed"]) == (201, 201, "true")
    assert again.json() == first.json()
    assert (Series.objects.count(), Occurrence.objects.count(), Assignment.objects.count()) == (1, 4, 4)


def test_refuses_people_tasks_and_dates_as_a_single_call_does(caller: APIClient, alice: User, cooking: Task) -> None:
    assert_problem(make(caller, cooking, users=[alice.pk, 999]), 404, "user_not_found")
    assert_problem(make(caller, Task(pk=999), user=alice.pk), 404, "task_not_found")
    assert_problem(make(caller, cooking, user=alice.pk, date_from="2027-03-04"), 400, "date_out_of_range")
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert_problem(make(caller, cooking, user=alice.pk), 409, "user_inactive")
    assert not Series.objects.exists()


def test_a_date_taken_away_by_hand_is_told(caller: APIClient, alice: User, cooking: Task) -> None:
    number = make(caller, cooking, user=alice.pk).json()["id"]
    caller.delete(f"/api/users/assignment/{Assignment.objects.order_by('pk').first().pk}/")

    assert statuses(caller, number)[0] == ("2026-03-03", "taken_away")
    assert caller.patch(f"{SERIES}{number}/", {}, format="json").status_code == 200
    assert [status for _, status in statuses(caller, number)] == ["taken_away", *3 * ["assigned"]]
