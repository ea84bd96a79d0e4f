"""`/api/users/distribution/`: a plan for many tasks, and applying it."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.models import Assignment, DailyLimit, Distribution, Event, Import, LimitDay, Task, User
from apps.services import assignments, distributions, limit_rules, limits, users
from apps.services import tasks as catalogue
from apps.services.imports import blocks
from apps.services.planner import child
from tests.api_test.test_problems import assert_problem
from tests.conftest import TODAY, make_person

SignIn = Callable[[User], APIClient]
PLAN = "/api/users/distribution/"
WEEK = {"date_from": "2026-03-02", "date_to": "2026-03-06"}


@pytest.fixture
def caller(taskmaster: User, signed_in: SignIn) -> APIClient:
    return signed_in(taskmaster)


def ask(caller: APIClient, items: list[Any], **more: Any) -> Any:
    return caller.post(PLAN, {"items": items, **WEEK, **more}, format="json")


def planning_tables() -> list[Any]:
    models = (Assignment, DailyLimit, LimitDay, Event, Import)
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_shares_tasks_out_evenly_and_changes_no_planning_table(
    caller: APIClient, taskmaster: User, alice: User, stranger: User, tasks: list[Task]
) -> None:
    assignments.assign(actor=taskmaster, task_id=tasks[0].pk, user_id=alice.pk, date=TODAY)
    before = planning_tables()

    items = [{"task": tasks[0].pk, "count": 2}, {"task": tasks[1].pk}]
    response = ask(caller, items, users=[alice.pk, stranger.pk])

    assert response.status_code == 200, response.json()
    plan = response.json()
    assert set(plan) == {"id", "assignments", "left", "shortages", "load", "optimal", "at_most", "expires_at"}
    assert [one["task"] for one in plan["assignments"]] == [tasks[0].pk, tasks[0].pk, tasks[1].pk]
    assert sorted(one["user"] for one in plan["assignments"]) == [alice.pk, stranger.pk, stranger.pk]
    assert plan["load"] == [
        {"user": alice.pk, "before": 1, "after": 2, "maximum": 25},
        {"user": stranger.pk, "before": 0, "after": 2, "maximum": 25},
    ]
    assert (plan["left"], plan["shortages"], plan["optimal"], plan["at_most"]) == ([], [], True, 3)
    assert plan["expires_at"] == "2026-03-03T12:00:00Z"
    assert {one["why"] for one in plan["assignments"]} == {
        "8% busy with it; anybody else with room would be 12% busy or more."
    }
    assert planning_tables() == before
    assert ask(caller, items, users=[alice.pk, stranger.pk]).json() == {**plan, "id": plan["id"] + 1}


def test_plans_as_early_as_possible_and_says_so(caller: APIClient, alice: User, tasks: list[Task]) -> None:
    limit_rules.create_rule(actor=caller_of(caller), maximum=1, reason="")

    items = [{"task": tasks[number].pk} for number in range(2)]
    plan = ask(caller, items, users=[alice.pk], objective="earliest").json()

    assert [(one["date"], one["why"]) for one in plan["assignments"]] == [
        ("2026-03-02", "It is the first date that it may have."),
        ("2026-03-03", "No earlier day has room left for it."),
    ]


def test_says_what_is_left_with_a_proof(caller: APIClient, alice: User, stranger: User, tasks: list[Task]) -> None:
    limit_rules.create_rule(actor=caller_of(caller), maximum=1, reason="")

    items = [
        {"task": tasks[0].pk, "count": 4, "users": [alice.pk], "date_to": "2026-03-04"},
        {"task": tasks[1].pk, "count": 3, "users": [alice.pk], "date_to": "2026-03-04"},
        {"task": tasks[2].pk},
    ]
    plan = ask(caller, items, users=[stranger.pk]).json()

    assert sum(one["count"] for one in plan["left"]) == 4
    assert {one["why"] for one in plan["left"]} == {"7 tasks may only go to 3 days, with room for 3."}
    assert {one["shortage"] for one in plan["left"]} == {0}
    dates = ["2026-03-02", "2026-03-03", "2026-03-04"]
    assert plan["shortages"] == [
        {"items": [0, 1], "wanted": 7, "days": [{"user": alice.pk, "dates": dates}], "room": 3, "once": 0}
    ]


def test_days_off_rules_and_tasks_that_are_there_count(
    caller: APIClient, taskmaster: User, alice: User, stranger: User, cooking: Task
) -> None:
    limit_rules.create_rule(
        actor=taskmaster, user_id=alice.pk, maximum=0, date_from=TODAY, date_to=date(2026, 3, 4), reason="Holiday"
    )
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=date(2026, 3, 5), maximum=2)
    assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=date(2026, 3, 5))
    # The plan isn't about this person, whose task counts for nothing.
    assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=stranger.pk, date=date(2026, 3, 6))

    plan = ask(caller, [{"task": cooking.pk, "count": 3}], users=[alice.pk]).json()

    assert [one["date"] for one in plan["assignments"]] == ["2026-03-06"]
    assert [(one["count"], one["why"]) for one in plan["left"]] == [
        (2, "3 tasks find only 1 place, because nobody gets the same task twice a day.")
    ]


def test_efforts_are_the_tasks_or_the_items_and_a_mixed_plan_claims_no_proof(
    caller: APIClient, alice: User, tasks: list[Task]
) -> None:
    catalogue.update_task(actor=caller_of(caller), task_id=tasks[0].pk, effort=3)

    items = [{"task": tasks[0].pk, "count": 9}, {"task": tasks[1].pk, "effort": 2, "count": 9}]
    plan = ask(caller, items, users=[alice.pk]).json()

    assert [one["effort"] for one in plan["assignments"]] == 5 * [3] + 5 * [2]
    assert (plan["optimal"], plan["at_most"]) == (False, 10)
    assert plan["left"][0]["why"] == "None of the 5 days of the people who may do it has 3 tasks left."
    assert plan["load"] == [{"user": alice.pk, "before": 0, "after": 25, "maximum": 25}]


@pytest.mark.parametrize(
    ("item", "code", "status"),
    [
        ({"task": 999}, "task_not_found", 404),
        ({"task": "retired"}, "task_inactive", 409),
        ({"users": [999]}, "user_not_found", 404),
        ({"users": ["gone"]}, "user_inactive", 409),
    ],
)
def test_refuses_an_item_as_the_single_call_does_and_names_it(
    caller: APIClient, admin: User, tasks: list[Task], item: dict[str, Any], code: str, status: int
) -> None:
    gone = make_person("gone")
    users.update_user(actor=admin, user_id=gone.pk, is_active=False)
    catalogue.update_task(actor=admin, task_id=tasks[7].pk, is_active=False)
    if item.get("task") == "retired":
        item = {"task": tasks[7].pk}
    if item.get("users") == ["gone"]:
        item = {"users": [gone.pk]}

    response = ask(caller, [{"task": tasks[0].pk}, {"task": tasks[0].pk, **item}])

    assert_problem(response, status, code)
    assert response.json()["item"] == 1
    assert not Distribution.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"items": []}, "items"),
        ({"items": [{"task": 1, "count": 0}]}, "items"),
        ({"items": [{"task": 1, "count": 1.5}]}, "items"),
        ({"items": [{"task": 1, "effort": 1001}]}, "items"),
        ({"items": [{"task": 1, "users": []}]}, "items"),
        ({"items": [{"task": 1, "surprise": 1}]}, "items"),
        ({"items": [{"task": 1, "date_from": "2026-03-01"}]}, "items.0.date_from"),
        ({"items": [{"task": 1, "date_to": "2026-03-07"}]}, "items.0.date_to"),
        ({"items": [{"task": 1, "date_from": "2026-03-05", "date_to": "2026-03-04"}]}, "items.0.date_to"),
        ({"date_to": "2026-03-01"}, "date_to"),
        ({"date_from": None}, "date_from"),
        ({"objective": "cheap"}, "objective"),
        ({"users": []}, "users"),
        ({"users": "all"}, "users"),
        ({"more": 1}, "more"),
    ],
)
def test_names_the_wrong_field(caller: APIClient, cooking: Task, body: dict[str, Any], field: str) -> None:
    response = caller.post(PLAN, {"items": [{"task": cooking.pk}], **WEEK, **body}, format="json")

    assert_problem(response, 400, "invalid_request")
    assert response.json()["errors"][0]["field"].startswith(field)


@pytest.mark.parametrize(
    ("body", "field", "limit"),
    [
        ({"items": [{"task": 1, "count": 6000}, {"task": 1, "count": 4001}]}, "items", 10_000),
        ({"date_to": "2026-06-02"}, "date_to", 92),
    ],
)
def test_refuses_what_is_too_large(
    caller: APIClient, cooking: Task, body: dict[str, Any], field: str, limit: int
) -> None:
    response = caller.post(PLAN, {"items": [{"task": cooking.pk}], **WEEK, **body}, format="json")

    assert_problem(response, 400, "distribution_too_large")
    assert (response.json()["field"], response.json()["limit"]) == (field, limit)


def test_a_plan_that_takes_too_long_is_to_be_asked_for_later(
    caller: APIClient, alice: User, cooking: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "_SMALL_DAYS", 0)
    monkeypatch.setattr(child, "_SECONDS", 0)

    problem = assert_problem(ask(caller, [{"task": cooking.pk}]), 503, "try_again")

    assert (problem["detail"], problem["retry_after"]) == (
        "This plan takes more than a minute; ask for a smaller one.",
        60,
    )
    assert not Distribution.objects.exists()


def test_refuses_dates_that_cannot_be_planned(caller: APIClient, cooking: Task) -> None:
    assert_problem(ask(caller, [{"task": cooking.pk}], date_to="2036-03-02"), 400, "date_out_of_range")


# --- applying a plan ------------------------------------------------------------------------------------------------


def test_assigns_a_plan_once(caller: APIClient, taskmaster: User, alice: User, tasks: list[Task]) -> None:
    plan = ask(caller, [{"task": task.pk} for task in tasks[:3]], users=[alice.pk]).json()
    path = f"{PLAN}{plan['id']}/apply/"

    response = caller.post(path, {"mode": "all"}, format="json")

    assert response.status_code == 201, response.json()
    made = response.json()["assignments"]
    wanted = [(one["task"], one["user"], one["date"], one["effort"]) for one in plan["assignments"]]
    assert [(one["task"], one["user"], one["date"], one["effort"]) for one in made] == wanted
    assert Assignment.objects.filter(taskmaster=taskmaster).count() == 3

    again = caller.post(path, {"mode": "each"}, format="json")

    assert_problem(again, 409, "plan_applied")
    assert again.json()["applied_at"] == "2026-03-02T12:00:00Z"
    assert Assignment.objects.count() == 3


def test_repeats_the_answer_to_the_same_key(caller: APIClient, alice: User, cooking: Task) -> None:
    plan = ask(caller, [{"task": cooking.pk}], users=[alice.pk]).json()

    first, second = (
        caller.post(f"{PLAN}{plan['id']}/apply/", {}, format="json", headers={"Idempotency-Key": "once"})
        for _ in range(2)
    )

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert Assignment.objects.count() == 1


def test_leaves_out_what_nobody_wants(caller: APIClient, alice: User, tasks: list[Task]) -> None:
    plan = ask(caller, [{"task": task.pk} for task in tasks[:3]], users=[alice.pk]).json()

    wrong = caller.post(f"{PLAN}{plan['id']}/apply/", {"without": [3]}, format="json")
    response = caller.post(f"{PLAN}{plan['id']}/apply/", {"without": [1]}, format="json")

    assert_problem(wrong, 400, "invalid_request")
    assert response.status_code == 201
    assert set(Assignment.objects.values_list("task", flat=True)) == {tasks[0].pk, tasks[2].pk}


def test_refuses_an_outdated_plan_as_a_whole_and_assigns_the_rest_one_by_one(
    caller: APIClient, taskmaster: User, alice: User, tasks: list[Task]
) -> None:
    plan = ask(caller, [{"task": tasks[0].pk}, {"task": tasks[1].pk}], users=[alice.pk]).json()
    taken = plan["assignments"][1]
    assignments.assign(
        actor=taskmaster, task_id=taken["task"], user_id=alice.pk, date=date.fromisoformat(taken["date"])
    )

    refused = caller.post(f"{PLAN}{plan['id']}/apply/", {"mode": "all"}, format="json")

    assert_problem(refused, 409, "plan_outdated")
    [failure] = refused.json()["failures"]
    assert (failure["index"], failure["code"], failure["task"]) == (1, "already_assigned", tasks[1].pk)
    assert Assignment.objects.count() == 1

    each = caller.post(f"{PLAN}{plan['id']}/apply/", {"mode": "each"}, format="json")

    assert each.status_code == 207
    assert [one["status"] for one in each.json()["results"]] == [201, 409]
    assert Assignment.objects.filter(task=tasks[0]).count() == 1


def test_only_the_taskmaster_who_asked_and_admins_apply_a_plan(
    caller: APIClient, alice: User, admin: User, cooking: Task, signed_in: SignIn
) -> None:
    plan = ask(caller, [{"task": cooking.pk}], users=[alice.pk]).json()
    other = make_person("other", is_taskmaster=True)
    path = f"{PLAN}{plan['id']}/apply/"

    assert_problem(signed_in(alice).post(path, {}, format="json"), 403, "not_allowed")
    assert_problem(signed_in(other).post(path, {}, format="json"), 404, "not_found")
    assert signed_in(admin).post(path, {}, format="json").status_code == 201


def test_a_plan_expires_and_is_deleted(caller: APIClient, alice: User, cooking: Task) -> None:
    kept, expired = (ask(caller, [{"task": cooking.pk}], users=[alice.pk]).json()["id"] for _ in range(2))
    Distribution.objects.filter(pk=expired).update(expires_at=timezone.now() - timedelta(seconds=1))

    assert_problem(caller.post(f"{PLAN}{expired}/apply/", {}, format="json"), 404, "not_found")
    assert distributions.remove_old() == 1
    assert list(Distribution.objects.values_list("pk", flat=True)) == [kept]


def test_a_job_assigns_a_large_plan(caller: APIClient, taskmaster: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distributions, "MOST_AT_ONCE", 4)
    people = [make_person(f"person {number}") for number in range(2)]
    task = Task.objects.create(name="watching")
    plan = ask(caller, [{"task": task.pk, "count": 6}], users=[person.pk for person in people]).json()
    first = plan["assignments"][0]

    response = caller.post(f"{PLAN}{plan['id']}/apply/", {"mode": "all"}, format="json")

    assert response.status_code == 202, response.json()
    assert response.json()["rows"] == 6
    assert response.headers["Location"].endswith(f"/api/users/assignment/import/{response.json()['id']}/")
    assert not Assignment.objects.exists()
    while blocks.do_next_block(response.json()["id"]):
        pass
    assert Assignment.objects.count() == 6
    report = caller.get(response.json()["url"]).json()
    assert (report["accepted"], report["refused"]) == (6, 0)
    assert (
        Assignment.objects.get(
            task=first["task"], daily_limit__user=first["user"], daily_limit__date=first["date"]
        ).effort
        == first["effort"]
    )


def test_no_job_starts_for_a_large_plan_that_is_outdated(
    caller: APIClient, taskmaster: User, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distributions, "MOST_AT_ONCE", 2)
    task = Task.objects.create(name="watching")
    plan = ask(caller, [{"task": task.pk, "count": 3}], users=[alice.pk]).json()
    assignments.assign(
        actor=taskmaster,
        task_id=task.pk,
        user_id=alice.pk,
        date=date.fromisoformat(plan["assignments"][2]["date"]),
    )
    before = planning_tables()

    response = caller.post(f"{PLAN}{plan['id']}/apply/", {"mode": "all"}, format="json")

    assert_problem(response, 409, "plan_outdated")
    assert [one["index"] for one in response.json()["failures"]] == [2]
    assert planning_tables() == before


def caller_of(caller: APIClient) -> User:
    """The taskmaster whose client it is."""
    return User.objects.get(username="taskmaster")
