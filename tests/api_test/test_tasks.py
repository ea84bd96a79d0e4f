"""`/api/tasks/`"""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from apps.models import Assignment, Task, User
from apps.services import assignments
from tests.api_test.test_problems import assert_problem, nothing_written
from tests.conftest import TODAY

SignIn = Callable[[User], APIClient]
# What a task carries beside its name: nothing, and everything.
NOTHING: dict[str, Any] = {"note": "", "color": "", "label": "", "url": "", "deadline": None}
EVERYTHING = {
    "note": "Mind the knives.\nThen wash up.",
    "color": "teal",
    "label": "Kitchen",
    "url": "https://wiki.example.org/cooking#knives",
    "deadline": "2026-03-31",
}


def test_a_taskmaster_creates_reads_changes_and_deletes_a_task(taskmaster: User, signed_in: SignIn) -> None:
    caller = signed_in(taskmaster)

    made = caller.post("/api/tasks/", {"name": " Water the \U0001f335 "}, format="json")
    task = Task.objects.get()
    assert (made.status_code, made["Location"]) == (201, f"http://testserver/api/tasks/{task.pk}/")
    assert made.json() == {"id": task.pk, "name": "Water the \U0001f335", "is_active": True, "effort": 1, **NOTHING}
    assert caller.get(made["Location"]).json() == made.json()

    changed = caller.patch(f"/api/tasks/{task.pk}/", {"name": "cooking", "is_active": False}, format="json")
    assert (changed.status_code, changed.json()) == (
        200,
        {"id": task.pk, "name": "cooking", "is_active": False, "effort": 1, **NOTHING},
    )
    assert Task.objects.values_list("name", "is_active").get() == ("cooking", False)
    with nothing_written():
        assert caller.patch(f"/api/tasks/{task.pk}/", {}, format="json").json() == changed.json()

    assert caller.delete(f"/api/tasks/{task.pk}/").status_code == 204
    assert not Task.objects.exists()
    assert_problem(caller.get(f"/api/tasks/{task.pk}/"), 404, "task_not_found")


def test_a_task_carries_a_note_a_color_a_label_a_link_and_a_deadline(taskmaster: User, signed_in: SignIn) -> None:
    caller = signed_in(taskmaster)

    made = caller.post("/api/tasks/", {"name": "cooking", **EVERYTHING}, format="json").json()
    assert made == {"id": made["id"], "name": "cooking", "is_active": True, "effort": 1, **EVERYTHING}
    assert Task.objects.values(*EVERYTHING).get() == {**EVERYTHING, "deadline": date(2026, 3, 31)}

    # Each is changed and emptied by itself.
    for field, empty in NOTHING.items():
        made[field] = empty
        assert caller.patch(f"/api/tasks/{made['id']}/", {field: empty}, format="json").json() == made
    assert Task.objects.values(*NOTHING).get() == NOTHING
    assert caller.post("/api/tasks/", {"name": "b", "note": " a\r\nb "}, format="json").json()["note"] == "a\nb"


def test_tasks_are_found_by_their_label(taskmaster: User, alice: User, signed_in: SignIn) -> None:
    for name, label in (("cooking", "Kitchen"), ("washing", "Kitchen"), ("moving", "Kitchen 2"), ("reading", "")):
        Task.objects.create(name=name, label=label)

    def found(query: str) -> list[str]:
        return [task["name"] for task in signed_in(alice).get(f"/api/tasks/?{query}").json()["results"]]

    assert found("label=Kitchen") == ["cooking", "washing"]
    assert found("label=Kitchen&q=cook") == ["cooking"]
    assert found("label=") == ["reading"]
    assert found("label=Cellar") == []


@pytest.mark.parametrize(
    "url", ["http://wiki/", "HTTPS://example.org:8443/a?b=c#d", "https://[::1]/", "https://b\u00fccher.example/"]
)
def test_a_link_leads_to_a_page_of_the_web(taskmaster: User, signed_in: SignIn, url: str) -> None:
    answer = signed_in(taskmaster).post("/api/tasks/", {"name": "cooking", "url": url}, format="json")

    assert (answer.status_code, Task.objects.get().url) == (201, url)


def test_a_duplicate_task_is_refused_and_the_existing_task_is_named(
    taskmaster: User, cooking: Task, signed_in: SignIn
) -> None:
    with nothing_written():
        answer = signed_in(taskmaster).post("/api/tasks/", {"name": " COOKING"}, format="json")

    assert assert_problem(answer, 409, "task_exists")["task"] == cooking.pk


def test_everyone_who_is_signed_in_finds_tasks_by_name(taskmaster: User, alice: User, signed_in: SignIn) -> None:
    for name, is_active in (("Cooking", True), ("booking", True), ("cook the books", False), ("moving", True)):
        Task.objects.create(name=name, is_active=is_active)

    def found(query: str = "") -> set[str]:
        return {task["name"] for task in signed_in(alice).get(f"/api/tasks/{query}").json()["results"]}

    assert found() == {"Cooking", "booking", "cook the books", "moving"}
    assert found("?q=COOK") == {"Cooking", "cook the books"}
    assert found("?q=cook&is_active=true") == {"Cooking"}
    assert found("?is_active=false") == {"cook the books"}
    assert found("?q=") == found()


@pytest.mark.parametrize(
    "name", ["a.c", "100%", "under_score", "back\\slash", "(x)", "[y]*", "^z$", "a|b", "?", "\U0001f335 #1"]
)
def test_special_characters_are_searched_literally(taskmaster: User, signed_in: SignIn, name: str) -> None:
    for one in ("abc", "1000", "under score", name, f"<{name}>"):
        Task.objects.create(name=one)

    page = signed_in(taskmaster).get("/api/tasks/", {"q": name}).json()

    assert [task["name"] for task in page["results"]] == sorted([name, f"<{name}>"])


@pytest.mark.skipif(connection.vendor == "postgresql", reason="PostgreSQL folds case by its locale")
def test_search_ignores_case_in_every_script(taskmaster: User, signed_in: SignIn) -> None:
    Task.objects.create(name="\u00dcbung \u0434\u043b\u044f")

    for q in ("\u00fcBUNG", "\u0414\u041b\u042f"):
        (task,) = signed_in(taskmaster).get("/api/tasks/", {"q": q}).json()["results"]
        assert task["name"] == "\u00dcbung \u0434\u043b\u044f"


def test_tasks_of_the_same_name_are_split_into_pages(taskmaster: User, signed_in: SignIn) -> None:
    Task.objects.bulk_create([Task(name="same") for _ in range(7)] + [Task(name="a"), Task(name="z")])
    expected = list(Task.objects.order_by("name", "pk").values_list("pk", flat=True))
    caller = signed_in(taskmaster)

    pages = [caller.get("/api/tasks/?page_size=4").json()]
    while address := pages[-1]["next"]:
        pages.append(caller.get(address).json())

    assert [task["id"] for page in pages for task in page["results"]] == expected
    assert [len(page["results"]) for page in pages] == [4, 4, 1]
    assert caller.get(pages[1]["previous"]).json()["results"] == pages[0]["results"]


def test_an_assigned_task_can_be_deactivated_but_not_deleted(
    taskmaster: User, alice: User, cooking: Task, signed_in: SignIn
) -> None:
    given = assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=TODAY)
    caller = signed_in(taskmaster)

    with nothing_written():
        problem = assert_problem(caller.delete(f"/api/tasks/{cooking.pk}/"), 409, "task_in_use")
    assert problem["task"] == cooking.pk
    assert caller.patch(f"/api/tasks/{cooking.pk}/", {"is_active": False}, format="json").status_code == 200
    body = {"task": cooking.pk, "user": alice.pk, "date": "2026-03-03"}
    assert_problem(caller.post("/api/users/assignment/", body, format="json"), 409, "task_inactive")
    assert Assignment.objects.get() == given


def test_a_key_creates_a_task_once(taskmaster: User, signed_in: SignIn) -> None:
    caller = signed_in(taskmaster)

    answers = [
        caller.post("/api/tasks/", {"name": "cooking"}, format="json", HTTP_IDEMPOTENCY_KEY="k") for _ in range(2)
    ]

    assert answers[0].content == answers[1].content
    assert answers[1]["Idempotent-Replayed"] == "true"
    assert Task.objects.count() == 1


def test_only_taskmasters_change_the_catalogue(alice: User, admin: User, cooking: Task, signed_in: SignIn) -> None:
    path = f"/api/tasks/{cooking.pk}/"

    with nothing_written():
        for caller, status, code in ((signed_in(alice), 403, "not_allowed"), (APIClient(), 401, "not_authenticated")):
            assert_problem(caller.post("/api/tasks/", {"name": "x"}, format="json"), status, code)
            assert_problem(caller.patch(path, {"name": "x"}, format="json"), status, code)
            assert_problem(caller.delete(path), status, code)
            # A refusal doesn't reveal whether the task exists.
            assert_problem(caller.delete("/api/tasks/9223372036854775807/"), status, code)
        assert_problem(APIClient().get("/api/tasks/"), 401, "not_authenticated")
        assert_problem(APIClient().get(path), 401, "not_authenticated")
    assert signed_in(alice).get(path).status_code == 200
    assert signed_in(admin).patch(path, {"name": "baking"}, format="json").json()["name"] == "baking"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "  "),
        ("name", None),
        ("name", 7),
        ("name", ["cooking"]),
        ("name", "x" * 256),
        ("name", " " + "x" * 255),
        ("name", "a\nb"),
        ("name", "a\x00b"),
        ("is_active", "true"),
        ("is_active", 1),
        ("is_active", None),
        ("id", 7),
        ("note", None),
        ("note", "x" * 2001),
        ("note", "a\x00b"),
        ("note", "a\tb"),
        ("color", "crimson"),
        ("color", "Red"),
        ("color", None),
        ("color", ["red"]),
        ("label", None),
        ("label", "x" * 51),
        ("label", "a\nb"),
        ("url", None),
        ("url", "example.org"),
        ("url", "javascript:alert(1)"),
        ("url", "ftp://example.org/"),
        ("url", "https://"),
        ("url", "https://exa mple.org/"),
        ("url", "https://example.org:port/"),
        ("url", "https://[::1/"),
        ("url", "https://example.org/" + "x" * 1981),
        ("deadline", ""),
        ("deadline", "31.3.2026"),
        ("deadline", "2026-02-30"),
        ("deadline", 20260331),
    ],
)
def test_bad_input_is_named_and_writes_nothing(
    taskmaster: User, cooking: Task, signed_in: SignIn, field: str, value: Any
) -> None:
    caller = signed_in(taskmaster)

    with nothing_written():
        for refused in (
            caller.post("/api/tasks/", {"name": "cooking", field: value}, format="json"),
            caller.patch(f"/api/tasks/{cooking.pk}/", {field: value}, format="json"),
        ):
            problem = assert_problem(refused, 400, "invalid_request")
            assert [error["field"] for error in problem["errors"]] == [field]
        assert_problem(caller.post("/api/tasks/", {}, format="json"), 400, "invalid_request")
        for query in ("q=a%00b", "is_active=yes", "is_active=1", "name=x", "cursor=x", f"q={'x' * 256}"):
            assert_problem(caller.get(f"/api/tasks/?{query}"), 400, "invalid_request")


def test_a_name_of_255_characters_fits(taskmaster: User, signed_in: SignIn) -> None:
    name = "\u0634" * 255

    assert signed_in(taskmaster).post("/api/tasks/", {"name": name}, format="json").status_code == 201
    assert Task.objects.get().name == name
