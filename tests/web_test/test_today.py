"""The page of a person's day without scripts, and the fragments that its script requests."""

import datetime
import json
import re
from typing import Any
from urllib.parse import urljoin

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.models import Assignment, ReturnedTask, Task, User
from apps.services import assignments, limit_rules, limits
from tests.api_test.test_problems import nothing_written
from tests.conftest import TODAY

TOMORROW = TODAY + datetime.timedelta(days=1)


@pytest.fixture
def page(alice: User, client: Client) -> Client:
    """A browser in which alice is signed in."""
    client.force_login(alice)
    return client


@pytest.fixture
def given(taskmaster: User, alice: User, cooking: Task) -> Assignment:
    """Cooking, assigned to Alice today."""
    return give(taskmaster, alice, cooking, TODAY)


def give(taskmaster: User, person: User, task: Task, date: datetime.date) -> Assignment:
    return assignments.assign(actor=taskmaster, task_id=task.pk, user_id=person.pk, date=date)


def text_of(response: Any) -> str:
    """The text of the page, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def changes(page: Client, day: Any) -> Any:
    [since] = re.findall(r'data-since="([^"]*)"', day.content.decode())
    return page.get("/today/changes/", {"since": since})


def test_the_page_shows_todays_tasks_the_next_ones_and_the_limit(
    page: Client, taskmaster: User, alice: User, stranger: User, tasks: list[Task]
) -> None:
    for number, date in enumerate([TODAY, TODAY, TOMORROW, TODAY + datetime.timedelta(days=7)]):
        give(taskmaster, alice, tasks[number], date)
    give(taskmaster, alice, tasks[4], TODAY + datetime.timedelta(days=8))
    give(taskmaster, stranger, tasks[5], TODAY)
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TODAY, maximum=3, reason="Training")

    text = text_of(page.get("/today/"))

    assert "Monday 2 March 0 of 2 done task 1 Can’t task 2 Can’t" in text
    assert "You have 2 of at most 3 tasks today. That limit comes from “Training”, set by hand for this day." in text
    assert "Tomorrow Tuesday 3 March task 3 Can’t The days after Mon 9 Mar task 4 To see your tasks in" in text
    assert "task 5" not in text
    assert "task 6" not in text


def test_the_page_says_that_there_is_nothing_to_do(page: Client, taskmaster: User, alice: User, cooking: Task) -> None:
    text = text_of(page.get("/today/"))
    assert "Nothing to do today New tasks appear here by themselves." in text
    assert "Nothing is planned for you yet." in text

    give(taskmaster, alice, cooking, TOMORROW)
    assert "Nothing to do today More is planned for the next days." in text_of(page.get("/today/"))
    limit_rules.create_rule(
        actor=taskmaster, user_id=alice.pk, date_from=TODAY, date_to=TODAY, maximum=0, reason="Holiday"
    )
    assert "You are off today" in text_of(page.get("/today/"))


def test_a_task_is_checked_off_and_opened_again(page: Client, given: Assignment) -> None:
    for status, text in (("done", "cooking is done."), ("open", "cooking is open again.")):
        response = page.post(f"/today/{given.pk}/", {"status": status, "back": "/today/"}, follow=True)

        assert response.redirect_chain == [("/today/", 302)]
        assert [str(message) for message in response.context["messages"]] == [text]
        assert Assignment.objects.get().status == status

    fragment = page.post(f"/today/{given.pk}/", {"status": "done"}, headers={"HX-Request": "true"})
    assert "1 of 1 done" in text_of(fragment)
    assert "<html" not in fragment.content.decode()


def test_nobody_checks_off_a_task_of_somebody_else(
    page: Client, taskmaster: User, stranger: User, cooking: Task, client: Client
) -> None:
    other = give(taskmaster, stranger, cooking, TODAY)
    with nothing_written():
        assert page.post(f"/today/{other.pk}/", {"status": "done"}).status_code == 404
        assert page.post(f"/today/{other.pk}/", {"status": "lost"}).status_code == 400
        assert page.get(f"/today/{other.pk}/").status_code == 405
    client.logout()
    for path in ("/today/", "/today/changes/"):
        assert client.get(path)["Location"] == f"/sign-in/?next={path}"
    path = f"/today/{other.pk}/"
    assert client.post(path, {"status": "done"})["Location"] == f"/sign-in/?next={path}"
    assert Assignment.objects.get().status == "open"


def test_a_task_is_handed_back_with_a_reason_and_taken_back(page: Client, given: Assignment) -> None:
    asked = page.get(f"/today/{given.pk}/return/")
    assert "I can’t on Monday 2 March This task goes back." in text_of(asked)
    for reason in ("", " ", "x" * 201):
        with nothing_written():
            assert page.post(f"/today/{given.pk}/return/", {"reason": reason}).status_code == 400

    response = page.post(f"/today/{given.pk}/return/", {"reason": "I am ill.", "back": "/today/"}, follow=True)

    assert [str(message) for message in response.context["messages"]] == ["cooking is handed back."]
    assert "Handed back Until somebody places them again, you can take them back. Mon 2 Mar cooking “ I am ill. ”" in (
        text_of(response)
    )
    returned = ReturnedTask.objects.get()
    page.post(f"/today/returned/{returned.pk}/", {"back": "/today/"})
    assert not ReturnedTask.objects.exists()
    assert Assignment.objects.get().taskmaster == returned.taskmaster


def test_the_rest_of_the_day_is_handed_back(page: Client, taskmaster: User, alice: User, tasks: list[Task]) -> None:
    for task in tasks[:3]:
        give(taskmaster, alice, task, TODAY)
    assignments.change(actor=alice, assignment_id=Assignment.objects.first().pk, status="done")  # type: ignore[union-attr]
    path = "/today/return/2026-03-02/"
    assert "task 2 task 3" in text_of(page.get(path))

    shown = page.post(path, {"reason": "I am ill."}, headers={"HX-Request": "true"})

    assert "2 tasks are handed back." in text_of(shown)
    assert [one.task for one in Assignment.objects.all()] == tasks[:1]
    assert page.get(path).status_code == page.post(path, {"reason": "x"}).status_code == 404


@pytest.mark.every_database
def test_the_notes_of_todays_and_tomorrows_tasks_are_read_at_once(
    page: Client, taskmaster: User, alice: User, tasks: list[Task], django_assert_num_queries: Any
) -> None:
    Task.objects.update(note="Wash your hands.")
    give(taskmaster, alice, tasks[0], TODAY)
    page.get("/today/")
    with CaptureQueriesContext(connection) as few:
        page.get("/today/")
    for task in tasks[1:4]:
        for date in (TODAY, TOMORROW):
            give(taskmaster, alice, task, date)

    with django_assert_num_queries(len(few)):
        shown = page.get("/today/")
    assert text_of(shown).count("Wash your hands.") == 7


def test_only_changes_of_the_persons_own_days_are_sent(
    page: Client, taskmaster: User, alice: User, stranger: User, tasks: list[Task]
) -> None:
    day = page.get("/today/")
    assert changes(page, day).status_code == 204
    give(taskmaster, stranger, tasks[0], TODAY)
    assert changes(page, day).status_code == 204

    give(taskmaster, alice, tasks[1], TODAY)

    changed = changes(page, day)
    assert "0 of 1 done task 2" in text_of(changed)
    assert changes(page, changed).status_code == 204
    assert page.get("/today/changes/?since=x").status_code == 400


def test_togo_can_be_installed_on_a_phone_and_opens_ones_own_day(client: Client) -> None:
    [address] = re.findall(r'rel="manifest" href="([^"]*)"', client.get("/sign-in/").content.decode())

    response = client.get(address)

    assert response["Content-Type"].startswith("application/json")
    manifest = json.loads(b"".join(response.streaming_content))  # type: ignore[arg-type]
    assert urljoin(f"https://example.org{address}", manifest["start_url"]) == "https://example.org/today/"
    for icon in manifest["icons"]:
        assert client.get(urljoin(address, icon["src"])).status_code == 200


def test_the_styleguide_shows_every_component_to_those_who_build_pages_only(client: Client, settings: Any) -> None:
    assert client.get("/styleguide/").status_code == 404
    settings.DEBUG = True
    shown = client.get("/styleguide/").content.decode()
    assert {"Buttons", "Fields", "Chips, faces and bars", "Notes and messages", "Tables"} <= set(
        re.findall(r"<h2>([^<]*)</h2>", shown)
    )
