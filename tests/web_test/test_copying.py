"""Copying days of the board to others."""

import datetime
from typing import Any

import pytest
from django.test import Client

from apps.models import Assignment, Task, User
from apps.services import assignments, limits
from apps.services.board import copying
from tests.api_test.test_problems import nothing_written
from tests.conftest import TODAY
from tests.web_test.test_board import text_of

TUESDAY = TODAY + datetime.timedelta(days=1)
NEXT_MONDAY = TODAY + datetime.timedelta(days=7)
WEEK = {"date_from": "2026-03-02", "date_to": "2026-03-08", "to": "2026-03-09"}


@pytest.fixture
def page(taskmaster: User, client: Client) -> Client:
    client.force_login(taskmaster)
    return client


@pytest.fixture
def planned(taskmaster: User, alice: User, stranger: User, cooking: Task) -> None:
    """Alice cooks today, and bakes for 3 on Tuesday; the other one cooks on Tuesday."""
    baking = Task.objects.create(name="baking")
    assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=TODAY)
    assignments.assign(actor=taskmaster, task_id=baking.pk, user_id=alice.pk, date=TUESDAY, effort=3)
    assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=stranger.pk, date=TUESDAY)


def copied() -> set[tuple[str, str, str, int]]:
    rows = Assignment.objects.filter(daily_limit__date__gte=NEXT_MONDAY)
    names = "daily_limit__user__username", "task__name", "daily_limit__date", "effort"
    return {(who, task, str(date), effort) for who, task, date, effort in rows.values_list(*names)}


@pytest.mark.every_database
@pytest.mark.usefixtures("planned")
def test_a_week_is_copied_after_it_was_shown_what_fits(page: Client, taskmaster: User, alice: User) -> None:
    limits.set_by_hand(
        actor=taskmaster, user_id=alice.pk, date=NEXT_MONDAY + datetime.timedelta(days=1), maximum=2, reason="Half"
    )
    assert 'value="2026-03-09"' in page.get("/board/copy/?week=2026-W10").content.decode()

    with nothing_written():
        sure = page.post("/board/copy/", WEEK)
    assert "2 of 3 tasks fit" in text_of(sure)
    assert "baking , alice , Tue 10 Mar : " in text_of(sure)

    done = page.post("/board/copy/", {**WEEK, "sure": "on"})

    assert "2 of 3 copied" in text_of(done)
    assert "baking , alice , Tue 10 Mar : " in text_of(done)
    assert copied() == {("alice", "cooking", "2026-03-09", 1), ("stranger", "cooking", "2026-03-10", 1)}
    assert "There is nothing to copy" not in text_of(page.post("/board/copy/", WEEK))
    undo = done.context["undo"]
    page.post(undo["path"], undo["fields"])
    assert copied() == set()


@pytest.mark.every_database
@pytest.mark.usefixtures("planned")
def test_one_day_of_one_person_is_copied_with_its_efforts_and_twice_changes_nothing(page: Client) -> None:
    day = {"date_from": "2026-03-03", "date_to": "2026-03-03", "to": "2026-03-12", "username": "alice", "sure": "on"}

    assert "1 of 1 copied" in text_of(page.post("/board/copy/", day))
    assert copied() == {("alice", "baking", "2026-03-12", 3)}
    again = text_of(page.post("/board/copy/", day))
    assert "0 of 1 copied" in again
    assert "has this task already" in again


@pytest.mark.usefixtures("planned")
def test_people_who_left_and_retired_tasks_are_not_copied(page: Client, alice: User, cooking: Task) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    Task.objects.filter(pk=cooking.pk).update(is_active=False)

    assert "There is nothing to copy" in text_of(page.post("/board/copy/", WEEK))


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"date_to": "2026-03-01"}, "The last day must not be before the first."),
        ({"date_to": "2026-04-02"}, "At most 31 days can be copied at once."),
        ({"to": "2026-03-02"}, "Choose another day to copy to."),
        ({"to": "9999-12-31"}, "The calendar ends before the last copied day."),
        ({"username": "nobody"}, "Nobody has the username “nobody”."),
        ({"to": "x"}, "Enter a valid date."),
        ({"date_from": ""}, "This field is required."),
    ],
)
def test_a_copy_that_makes_no_sense_is_refused_in_plain_words(page: Client, sent: dict[str, str], said: str) -> None:
    with nothing_written():
        response = page.post("/board/copy/", {**WEEK, **sent, "sure": "on"})

    assert (response.status_code, said in text_of(response)) == (400, True), text_of(response)


@pytest.mark.usefixtures("planned")
def test_too_many_tasks_are_refused(page: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "MOST", 2)
    assert "At most 2 tasks can be copied at once" in text_of(page.post("/board/copy/", WEEK))


def test_copying_is_for_taskmasters(alice: User, client: Client) -> None:
    client.force_login(alice)
    calls: list[Any] = [client.get("/board/copy/"), client.post("/board/copy/", {**WEEK, "sure": "on"})]
    assert [call.status_code for call in calls] == [403, 403]
