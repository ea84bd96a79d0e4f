"""The page of plans, without scripts."""

import html
import re
from datetime import date
from typing import Any

import pytest
from django.test import Client

from apps.models import Assignment, Distribution, Import, Task, User
from apps.services import assignments, distributions, limit_rules
from tests.conftest import TODAY, make_person

WHEN = {"date_from": "2026-03-02", "date_to": "2026-03-06", "objective": "even"}


@pytest.fixture
def page(taskmaster: User, client: Client) -> Client:
    """A browser in which the taskmaster is signed in."""
    client.force_login(taskmaster)
    return client


def text_of(response: Any) -> str:
    """The text of the page, without its tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def propose(page: Client, paste: str, **more: Any) -> Any:
    return page.post("/plan/", {"paste": paste, **WHEN, **more}, follow=True)


@pytest.mark.every_database
def test_a_pile_is_pasted_proposed_and_assigned_without_some(page: Client, alice: User, tasks: list[Task]) -> None:
    proposal = propose(page, "task\tcount\neffort\ntask 1\t2\ntask 2\t\t3\talice\t2026-03-04\t2026-03-04", who="alice")

    assert proposal.status_code == 400
    assert "Row 1: There is no task called 'effort'." in text_of(proposal)
    assert "task 2" in proposal.content.decode()  # What was written is still there.

    proposal = propose(page, "task\tcount\ntask 1\t2\ntask 2\t\t3\talice\t2026-03-04\t2026-03-04", who="alice")

    told = text_of(proposal)
    assert "3 tasks for 1 person, shared evenly. Nothing is assigned yet." in told
    assert "Only alice may do it." in told
    assert "0% → 20%" in told
    assert not Assignment.objects.exists()
    plan = Distribution.objects.get()
    assert [item.get("effort") for item in plan.asked["items"]] == [None, 3]

    done = page.post(f"/plan/{plan.pk}/apply/", {"mode": "all", "without": "0"}, follow=True)

    assert "2 tasks assigned." in text_of(done)
    assert done.redirect_chain[-1][0] == "/board/?week=2026-W10"
    assert sorted(Assignment.objects.values_list("task", "effort")) == [(tasks[0].pk, 1), (tasks[1].pk, 3)]
    assert "This plan is carried out" in text_of(page.get(f"/plan/{plan.pk}/"))
    assert page.post(f"/plan/{plan.pk}/apply/", {"mode": "all"}).status_code == 409


def test_rows_of_the_form_name_people_and_more_rows_keep_what_is_written(
    page: Client, alice: User, stranger: User, cooking: Task
) -> None:
    row = {
        "row_task": ["COOKING", ""],
        "row_count": ["2", ""],
        "row_effort": ["", ""],
        "row_who": ["alice, stranger", ""],
        "row_from": ["", ""],
        "row_to": ["2026-03-02", ""],
    }

    more = page.post("/plan/", {**row, **WHEN, "more": "on"})
    proposal = page.post("/plan/", {**row, **WHEN}, follow=True)

    assert more.content.decode().count('name="row_task"') == 4
    assert 'value="COOKING"' in more.content.decode()
    assert "2 tasks for 2 people" in text_of(proposal)


def test_says_what_has_no_place_and_tries_again_with_the_same_pile(
    page: Client, taskmaster: User, alice: User, cooking: Task
) -> None:
    limit_rules.create_rule(actor=taskmaster, maximum=1, reason="", user_id=alice.pk)

    proposal = propose(page, "cooking\t7", who="alice", objective="earliest")

    assert "7 tasks may only go to 5 days, with room for 5." in text_of(proposal)
    again = page.get(f"/plan/?from={Distribution.objects.get().pk}").content.decode()
    for field in ('value="cooking"', 'value="7"', 'value="alice"', 'value="2026-03-06"'):
        assert field in again
    assert re.search(r'value="earliest"[^>]*checked', again)


@pytest.mark.every_database
def test_a_plan_that_changed_says_what_and_offers_the_rest(
    page: Client, taskmaster: User, alice: User, tasks: list[Task]
) -> None:
    propose(page, "task 1\ntask 2", who="alice", date_to="2026-03-02")
    plan = Distribution.objects.get()
    assignments.assign(actor=taskmaster, task_id=tasks[1].pk, user_id=alice.pk, date=TODAY)

    refused = page.post(f"/plan/{plan.pk}/apply/", {"mode": "all"})

    assert refused.status_code == 409
    assert "This person has this task on Mon 2 Mar already." in text_of(refused)
    assert "1 → 3/5" in text_of(refused)
    assert Assignment.objects.count() == 1
    rest = page.post(f"/plan/{plan.pk}/apply/", {"mode": "each"}, follow=True)
    assert "1 task assigned; 1 no longer fit." in text_of(rest)
    assert Assignment.objects.filter(task=tasks[0], daily_limit__date=date(2026, 3, 2)).count() == 1


@pytest.mark.parametrize(
    ("paste", "said"),
    [
        ("", "Write at least one task."),
        ("cooking\t0", "Row 1: '0' is no count, which is a whole number from 1 to 10,000."),
        ("cooking\t1\tx", "Row 1: 'x' is no effort, which is a whole number from 1 to 1,000."),
        ("cooking\t\t\tnobody", "Row 1: There is nobody called 'nobody'."),
        ("cooking\t\t\t\t2026-02-30", "Row 1: '2026-02-30' is not a date that exists, as YYYY-MM-DD."),
        ("cooking\t\t\t\t2026-03-09", "items.0.date_from: This must be from date_from to date_to of the plan."),
        ("\t3", "Row 1: it names no task."),
        ("cooking\n999", "Row 2: There is no task with the id 999."),
        ("cooking\t9999\ncooking\t9999", "A plan may have 10,000 tasks in all, and this one has 19,998"),
    ],
)
def test_names_the_row_that_is_wrong(page: Client, alice: User, cooking: Task, paste: str, said: str) -> None:
    response = propose(page, paste)

    assert response.status_code == 400
    assert said in text_of(response)
    assert not Distribution.objects.exists()


def test_a_long_pile_stays_a_text(page: Client, cooking: Task) -> None:
    response = page.post("/plan/", {"paste": 60 * "cooking\t1\n", **WHEN, "more": "on"})

    assert response.content.decode().count('name="row_task"') == 3
    assert response.content.decode().count("cooking\t1") == 60


@pytest.mark.every_database
def test_many_people_are_shown_page_by_page_and_a_job_assigns_many(
    page: Client, monkeypatch: pytest.MonkeyPatch, cooking: Task
) -> None:
    monkeypatch.setattr(distributions, "MOST_AT_ONCE", 10)
    for number in range(53):
        make_person(f"person{number:02}")
    propose(page, "cooking\t60", date_to="2026-03-02")
    plan = Distribution.objects.get()

    first, second = (text_of(page.get(f"/plan/{plan.pk}/?page={number}")) for number in (1, 2))

    assert "Page 1 of 2" in first
    assert "Page 2 of 2" in second
    assert "taskmaster" in second
    assert "54 tasks may only go to" not in second
    done = page.post(f"/plan/{plan.pk}/apply/", {"mode": "each"})
    assert done["Location"] == f"/import/{Import.objects.get().pk}/"


def test_is_for_taskmasters(client: Client, alice: User) -> None:
    client.force_login(alice)

    assert client.get("/plan/").status_code == 403
    assert client.get("/plan/1/").status_code == 403
    assert client.post("/plan/1/apply/", {"mode": "all"}).status_code == 403
    assert "/plan/" not in client.get("/today/").content.decode()
