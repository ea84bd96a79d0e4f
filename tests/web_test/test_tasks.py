"""The pages of the catalogue without scripts."""

import re
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.models import Assignment, DailyLimit, Event, Series, Task, User, WaitingEntry
from apps.models.events import Kind
from apps.services import assignments, limit_rules, limits, series
from apps.services.tasks import catalogue
from tests.api_test.test_problems import nothing_written
from tests.clock import freeze_time
from tests.conftest import TODAY, make_person

NEXT = date(2026, 3, 5)


@pytest.fixture
def page(taskmaster: User, client: Client) -> Client:
    """A browser in which the taskmaster is signed in."""
    client.force_login(taskmaster)
    return client


def text_of(response: Any) -> str:
    """The text of the page, without its tags."""
    return " ".join(re.sub(r"<[^>]+>|&nbsp;", " ", response.content.decode()).split())


def names_on(response: Any) -> list[str]:
    """The names of the tasks that are listed."""
    return re.findall(r'class="name" href="[^"]+"><span[^>]+></span><bdi>([^<]+)</bdi>', response.content.decode())


def sent(task: Task, **changed: str) -> dict[str, str]:
    """The fields of a task's form as a browser sends them."""
    return {
        "name": task.name,
        "effort": "1",
        "note": "",
        "color": "",
        "label": "",
        "url": "",
        "deadline": "",
        **changed,
    }


# --- the list ---------------------------------------------------------------------------------------------------


@pytest.mark.every_database
def test_the_list_shows_each_task_and_where_it_is_used(
    page: Client, taskmaster: User, alice: User, cooking: Task
) -> None:
    with freeze_time("2026-02-27T12:00:00Z"):
        for day in (27, 28):
            assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=date(2026, 2, day))
    done = assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=TODAY)
    assignments.change(actor=taskmaster, assignment_id=done.pk, status="done")
    assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=NEXT)
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=date(2026, 3, 6), maximum=0)
    assignments.assign_or_wait(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=date(2026, 3, 6))
    Task.objects.create(name="baking", color="teal", label="Kitchen", deadline=date(2026, 3, 31))
    Task.objects.create(name="old", is_active=False)

    shown = page.get("/tasks/")

    assert '<option value="Kitchen">' in page.get("/tasks/new/").content.decode()
    assert names_on(shown) == ["baking", "cooking"]
    assert "cooking 1 open, next Thu 5 Mar · 2 late · 1 waiting · 1 done" in text_of(shown)
    assert "baking Kitchen never assigned · until Tue 31 Mar" in text_of(shown)
    assert '<span class="dot c-teal" title="Teal"' in shown.content.decode()
    assert names_on(page.get("/tasks/?show=retired")) == ["old"]


@pytest.mark.every_database
def test_tasks_are_searched_by_name_and_label(page: Client) -> None:
    for name, label in (("Wash up", "Kitchen"), ("Wash cars", "Yard"), ("Cook", "Kitchen"), ("a.b", "")):
        Task.objects.create(name=name, label=label)

    assert names_on(page.get("/tasks/?q=WASH")) == ["Wash cars", "Wash up"]
    assert names_on(page.get("/tasks/?q=kitchen+wash")) == ["Wash up"]
    assert names_on(page.get("/tasks/?label=Kitchen")) == ["Cook", "Wash up"]
    assert names_on(page.get("/tasks/?q=.")) == ["a.b"]
    nothing = page.get("/tasks/", {"q": "Sing <b>"})
    assert "Make the task “Sing &lt;b&gt;”" in text_of(nothing)
    assert 'value="Sing &lt;b&gt;"' in page.get("/tasks/new/", {"name": "Sing <b>"}).content.decode()


@pytest.mark.every_database
def test_pages_of_tasks_lead_on_and_back_through_tasks_of_one_name(page: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(catalogue, "PER_PAGE", 2)
    for name in ("a", "same", "same", "same", "z"):
        Task.objects.create(name=name)
    ids = list(Task.objects.order_by("name", "pk").values_list("pk", flat=True))

    def listed(path: str) -> tuple[list[int], dict[str, str]]:
        text = page.get(path).content.decode()
        links = {name: link.replace("&amp;", "&") for link, name in re.findall(r'href="(\?[^"]+)">(‹ Prev|More)', text)}
        return [int(pk) for pk in re.findall(r'class="name" href="/tasks/(\d+)/"', text)], links

    pages = [listed("/tasks/")]
    while more := pages[-1][1].get("More"):
        pages.append(listed(f"/tasks/{more}"))
    assert [shown for shown, _ in pages] == [ids[:2], ids[2:4], ids[4:]]
    assert "‹ Prev" not in pages[0][1]
    assert listed(f"/tasks/{pages[2][1]['‹ Prev']}")[0] == ids[2:4]
    assert listed(f"/tasks/{pages[1][1]['‹ Prev']}") == (ids[:2], pages[0][1])


def test_the_list_costs_as_many_queries_for_many_tasks_as_for_one(
    page: Client, taskmaster: User, alice: User, cooking: Task
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as ran:
            assert page.get("/tasks/").status_code == 200
        return len(ran)

    page.get("/tasks/")
    alone = queries()
    for number in range(4):
        task = Task.objects.create(name=f"task {number}")
        assignments.assign(actor=taskmaster, task_id=task.pk, user_id=alice.pk, date=TODAY)

    assert queries() == alone


# --- one task ---------------------------------------------------------------------------------------------------


@pytest.mark.every_database
def test_a_task_is_made_with_all_that_it_carries(page: Client) -> None:
    fields = {
        "name": " Cooking ",
        "effort": "3",
        "note": "Mind the knives.\r\nThen wash up.",
        "color": "red",
        "label": "Kitchen",
        "url": "https://wiki.example.org/",
        "deadline": "2026-03-31",
    }
    answer = page.post("/tasks/new/", fields, follow=True)

    assert "The task “Cooking” is made." in text_of(answer)
    kept = {
        **fields,
        "name": "Cooking",
        "effort": 3,
        "note": "Mind the knives.\nThen wash up.",
        "deadline": date(2026, 3, 31),
    }
    assert Task.objects.values(*fields).get() == kept


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("name", "", "This field is required."),
        ("name", "COOKING", "There is a task “cooking” already."),
        ("effort", "0", "greater than or equal to 1"),
        ("note", "x" * 2001, "at most 2000 characters"),
        ("color", "crimson", "crimson is not one of the available choices"),
        ("label", "x" * 51, "at most 50 characters"),
        ("url", "javascript:alert(1)", "This must be a link that begins with https:// or http://."),
        ("deadline", "tomorrow", "Enter a valid date."),
    ],
)
def test_what_cannot_be_used_is_said_beside_its_field_and_nothing_changes(
    page: Client, cooking: Task, field: str, value: str, says: str
) -> None:
    other = Task.objects.create(name="baking")

    for path, task in (("/tasks/new/", other), (f"/tasks/{other.pk}/", other)):
        with nothing_written():
            answer = page.post(path, sent(task, **{"name": "frying", field: value}))
        assert answer.status_code == 400
        assert re.search(
            rf'name="{field}".*?class="error" role="alert">[^<]*{re.escape(says)}', answer.content.decode(), re.S
        )
    assert "<h1" in answer.content.decode()
    assert "baking" in text_of(answer)


@pytest.mark.every_database
def test_a_task_is_changed_retired_and_brought_back(page: Client, taskmaster: User, alice: User, cooking: Task) -> None:
    assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=NEXT)
    path = f"/tasks/{cooking.pk}/"

    answer = page.post(path, sent(cooking, name="Cook", label="Kitchen"), follow=True)
    assert "The task “Cook” is saved." in text_of(answer)
    assert Task.objects.values_list("name", "label").get() == ("Cook", "Kitchen")

    shown = page.get(path)
    assert "Thu 5 Mar alice" in text_of(shown)
    assert f"/board/?week=2026-W10&amp;q={alice.username}" in shown.content.decode()
    assert "Delete" not in text_of(shown)

    assert "Retired" in text_of(page.post(f"{path}active/", follow=True))
    assert not Task.objects.get().is_active
    page.post(f"{path}active/", {"active": "on"})
    assert Task.objects.get().is_active
    assert Assignment.objects.get().task == cooking


def test_a_task_that_was_never_assigned_can_be_deleted(page: Client, cooking: Task) -> None:
    assert "Delete" in text_of(page.get(f"/tasks/{cooking.pk}/"))

    assert "The task “cooking” is deleted." in text_of(page.post(f"/tasks/{cooking.pk}/remove/", follow=True))
    assert not Task.objects.exists()


# --- merging ----------------------------------------------------------------------------------------------------


@pytest.mark.every_database
def test_two_tasks_become_one_in_the_past_and_from_today_on(
    page: Client, taskmaster: User, alice: User, cooking: Task
) -> None:
    typo = Task.objects.create(name="coking", effort=2)
    with freeze_time("2026-02-27T12:00:00Z"):
        assignments.assign(actor=taskmaster, task_id=typo.pk, user_id=alice.pk, date=date(2026, 2, 27))
    done = assignments.assign(actor=taskmaster, task_id=typo.pk, user_id=alice.pk, date=TODAY)
    assignments.change(actor=taskmaster, assignment_id=done.pk, status="done")
    days = list(DailyLimit.objects.order_by("pk").values_list("taken", "maximum"))
    path = f"/tasks/{typo.pk}/merge/"

    assert names_on(page.get(path)) == ["cooking"]
    with nothing_written():
        asked = page.get(path, {"into": cooking.pk})
    assert "2 assignments of “coking”, done or open, become “cooking”." in text_of(asked)

    answer = page.post(path, {"into": cooking.pk}, follow=True)

    assert answer.redirect_chain == [(f"/tasks/{cooking.pk}/", 302)]
    assert "“coking” is retired, and 2 assignments of it are “cooking” now." in text_of(answer)
    assert list(Assignment.objects.order_by("pk").values_list("task", "effort", "status")) == [
        (cooking.pk, 2, "open"),
        (cooking.pk, 2, "done"),
    ]
    assert list(DailyLimit.objects.order_by("pk").values_list("taken", "maximum")) == days
    assert not Task.objects.get(pk=typo.pk).is_active
    changed = Event.objects.filter(kind=Kind.TASK_CHANGED).order_by("pk")
    was = {"from": {"task": typo.pk, "task_name": "coking"}}
    assert [(one.actor, one.user, one.task, one.task_name, one.assignment, one.data) for one in changed] == [
        (taskmaster.pk, alice.pk, cooking.pk, "cooking", pk, was)
        for pk in Assignment.objects.order_by("pk").values_list("pk", flat=True)
    ]


@pytest.mark.every_database
def test_nobody_gets_the_same_task_twice_on_a_day_and_the_page_says_what_stays(
    page: Client, taskmaster: User, alice: User, cooking: Task
) -> None:
    typo = Task.objects.create(name="coking")
    for day in (TODAY, NEXT):
        assignments.assign(actor=taskmaster, task_id=typo.pk, user_id=alice.pk, date=day)
    assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=NEXT)
    path = f"/tasks/{typo.pk}/merge/"
    assert "1 stays as it is, because the person has both tasks on that day: Thu 5 Mar alice" in text_of(
        page.get(path, {"into": cooking.pk})
    )

    answer = page.post(path, {"into": cooking.pk}, follow=True)

    assert answer.redirect_chain == [(f"{path}?into={cooking.pk}", 302)]
    assert "1 assignment stays, because the person has both tasks on that day." in text_of(answer)
    given = Assignment.objects.order_by("daily_limit__date", "task").values_list("daily_limit__date", "task")
    assert sorted(given) == sorted([(TODAY, cooking.pk), (NEXT, cooking.pk), (NEXT, typo.pk)])


@pytest.mark.every_database
def test_what_waits_for_a_full_day_goes_over_too(page: Client, taskmaster: User, alice: User, cooking: Task) -> None:
    typo = Task.objects.create(name="coking")
    for day in (TODAY, NEXT):
        limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=day, maximum=0)
        assignments.assign_or_wait(actor=taskmaster, task_id=typo.pk, user_id=alice.pk, date=day)
    assignments.assign_or_wait(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=NEXT)

    page.post(f"/tasks/{typo.pk}/merge/", {"into": cooking.pk})

    # The one that waits as both keeps its place as the new one; the old one leaves the queue with its task.
    waits = WaitingEntry.objects.order_by("pk").values_list("daily_limit__date", "task")
    assert list(waits) == [(TODAY, cooking.pk), (NEXT, cooking.pk)]
    assert list(DailyLimit.objects.order_by("date").values_list("waiting", flat=True)) == [1, 1]
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TODAY, maximum=1)
    assert Assignment.objects.get().task == cooking


@pytest.mark.every_database
@pytest.mark.parametrize("effort", [None, 7])
def test_series_go_over_with_the_effort_that_they_have(
    page: Client, taskmaster: User, alice: User, cooking: Task, effort: int | None
) -> None:
    typo = Task.objects.create(name="coking", effort=2)
    limit_rules.create_rule(actor=taskmaster, maximum=9, reason="")
    fields = {"task_id": typo.pk, "user_ids": [alice.pk], "rrule": "FREQ=WEEKLY", "date_from": TODAY, "effort": effort}
    series.create_series(actor=taskmaster, on_full="skip", **fields)
    given = Assignment.objects.count()
    assert given > 1
    assert "1 series" in text_of(page.get("/tasks/?q=coking"))

    page.post(f"/tasks/{typo.pk}/merge/", {"into": cooking.pk})

    assert Series.objects.values_list("task", "effort").get() == (cooking.pk, effort or 2)
    assert Assignment.objects.filter(task=cooking, effort=effort or 2).count() == given


@pytest.mark.every_database
def test_a_day_on_which_the_new_task_waits_has_it_only_once(
    page: Client, taskmaster: User, alice: User, cooking: Task
) -> None:
    typo = Task.objects.create(name="coking")
    assignments.assign(actor=taskmaster, task_id=typo.pk, user_id=alice.pk, date=TODAY)
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TODAY, maximum=1)
    assignments.assign_or_wait(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=TODAY)

    page.post(f"/tasks/{typo.pk}/merge/", {"into": cooking.pk})

    assert Assignment.objects.get().task == cooking
    assert not WaitingEntry.objects.exists()
    assert DailyLimit.objects.values_list("taken", "waiting").get() == (1, 0)


def test_many_days_are_merged_in_blocks_and_in_several_calls(
    page: Client, taskmaster: User, cooking: Task, monkeypatch: Any
) -> None:
    typo = Task.objects.create(name="coking")
    for number in range(5):
        person = make_person(f"person{number}")
        assignments.assign(actor=taskmaster, task_id=typo.pk, user_id=person.pk, date=TODAY)
    monkeypatch.setattr("apps.services.tasks.merging._DAYS_PER_BLOCK", 2)
    monkeypatch.setattr("apps.services.tasks.merging._MOST_DAYS", 3)
    path = f"/tasks/{typo.pk}/merge/"

    assert "Merge the rest" in text_of(page.post(path, {"into": cooking.pk}, follow=True))
    assert Assignment.objects.filter(task=typo).count() == 2
    page.post(path, {"into": cooking.pk})
    assert not Assignment.objects.filter(task=typo).exists()


@pytest.mark.parametrize("into", ["itself", "retired", "missing", "none"])
def test_a_task_is_merged_only_into_another_one_in_use(page: Client, cooking: Task, into: str) -> None:
    retired = Task.objects.create(name="old", is_active=False)
    target = {"itself": cooking.pk, "retired": retired.pk, "missing": 2**40, "none": ""}[into]

    with nothing_written():
        answer = page.post(f"/tasks/{cooking.pk}/merge/", {"into": target})

    assert answer.status_code == {"itself": 400, "retired": 409, "missing": 404, "none": 400}[into]


def test_the_pages_are_for_taskmasters(client: Client, alice: User, cooking: Task) -> None:
    client.force_login(alice)

    assert "/tasks/" not in client.get("/today/").content.decode()
    with nothing_written():
        for path in ("", "new/", f"{cooking.pk}/", f"{cooking.pk}/merge/"):
            assert client.get(f"/tasks/{path}").status_code == 403
        for path in ("new/", f"{cooking.pk}/", f"{cooking.pk}/active/", f"{cooking.pk}/remove/"):
            assert client.post(f"/tasks/{path}", {"name": "baking", "effort": 1}).status_code == 403
