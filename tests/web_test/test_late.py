"""Open tasks of past days, on the board and on one's own day."""

import datetime
import re

import pytest
from django.test import Client

from apps.models import Assignment, Task, User
from apps.models.assignments import Status
from apps.services import assignments, limits
from tests.clock import freeze_time
from tests.conftest import TODAY
from tests.web_test.test_board import text_of

YESTERDAY = TODAY - datetime.timedelta(days=1)


@pytest.fixture
def late(taskmaster: User, alice: User, cooking: Task) -> Assignment:
    """Cooking, assigned to Alice for yesterday, and still open."""
    with freeze_time("2026-03-01T12:00:00Z"):
        return assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=YESTERDAY)


def test_late_tasks_move_to_the_first_day_with_room_or_say_why_not(
    taskmaster: User, alice: User, stranger: User, late: Assignment, cooking: Task, client: Client
) -> None:
    client.force_login(taskmaster)
    with freeze_time("2026-03-01T12:00:00Z"):
        other = assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=stranger.pk, date=YESTERDAY)
    assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=stranger.pk, date=TODAY)
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TODAY, maximum=0, reason="Dentist")
    page = client.get("/board/late/")
    assert "Move all 2" in text_of(page)
    assert "cooking , alice , Sun 1 Mar" in text_of(page)

    answer = text_of(client.post("/board/late/", {"assignment": [late.pk, other.pk]}))

    assert "1 of 2 moved" in answer
    assert "cooking , alice , Tue 3 Mar : moved here" in answer
    assert "has this task already" in answer
    dates = {one.pk: one.date for one in Assignment.objects.with_day()}
    assert (dates[late.pk], dates[other.pk]) == (datetime.date(2026, 3, 3), YESTERDAY)


@pytest.mark.every_database
def test_late_tasks_go_back_to_their_days_where_these_still_have_room(
    taskmaster: User, alice: User, stranger: User, late: Assignment, cooking: Task, client: Client
) -> None:
    client.force_login(taskmaster)
    with freeze_time("2026-03-01T12:00:00Z"):
        other = assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=stranger.pk, date=YESTERDAY)
    undo = client.post("/board/late/", {"assignment": [late.pk, other.pk]}).context["undo"]
    limits.set_by_hand(actor=taskmaster, user_id=stranger.pk, date=YESTERDAY, maximum=0)

    answer = text_of(client.post(undo["path"], undo["fields"]))

    assert "1 task is back on its day." in answer
    assert "cooking , stranger , Mon 2 Mar : This day is off." in answer
    dates = {one.pk: one.date for one in Assignment.objects.with_day()}
    assert dates == {late.pk: YESTERDAY, other.pk: TODAY}
    assert undo["fields"] == {"move": [f"{late.pk}:{alice.pk}:2026-03-01", f"{other.pk}:{stranger.pk}:2026-03-01"]}


@pytest.mark.every_database
def test_a_page_of_late_tasks_says_how_many_more_there_are(
    taskmaster: User, late: Assignment, stranger: User, cooking: Task, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.views.board.late.MOST", 1)
    client.force_login(taskmaster)
    assert "Move it" in text_of(client.get("/board/late/"))
    with freeze_time("2026-03-01T12:00:00Z"):
        assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=stranger.pk, date=YESTERDAY)

    page = text_of(client.get("/board/late/"))

    assert "These are the latest 1 of 2." in page


def test_nothing_is_late_that_is_done_old_or_of_somebody_who_left(
    taskmaster: User, alice: User, late: Assignment, client: Client
) -> None:
    client.force_login(taskmaster)
    assert "1 late" in text_of(client.get("/people/"))
    assert "1 late" in text_of(client.get("/tasks/"))
    for change, back in [({"status": Status.DONE}, {"status": Status.OPEN})]:
        Assignment.objects.filter(pk=late.pk).update(**change)
        assert "Nothing is late." in text_of(client.get("/board/late/"))
        Assignment.objects.filter(pk=late.pk).update(**back)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert "Nothing is late." in text_of(client.get("/board/late/"))
    User.objects.filter(pk=alice.pk).update(is_active=True)
    with freeze_time("2026-05-02T12:00:00Z"):
        client.force_login(taskmaster)
        assert "Nothing is late." in text_of(client.get("/board/late/"))
        # The pages that count what is late go by the same rule.
        assert "1 late" not in text_of(client.get("/people/"))
        assert "1 late" not in text_of(client.get("/tasks/"))


@pytest.mark.every_database
def test_late_tasks_are_for_taskmasters(alice: User, late: Assignment, client: Client) -> None:
    client.force_login(alice)
    assert client.get("/board/late/").status_code == 403
    assert client.post("/board/late/", {"assignment": [late.pk]}).status_code == 403
    assert Assignment.objects.with_day().get().date == YESTERDAY


@pytest.mark.every_database
def test_my_day_begins_with_what_is_late_and_shows_the_note_and_link_of_a_task(
    taskmaster: User, alice: User, late: Assignment, cooking: Task, client: Client
) -> None:
    Task.objects.filter(pk=cooking.pk).update(note="Knives are in the\nsecond drawer", url="https://example.org/menu")
    client.force_login(alice)

    page = client.get("/today/")

    assert text_of(page).index("Late cooking Sun 1 Mar") < text_of(page).index("Nothing to do today")
    assert "Knives are in the second drawer https://example.org/menu" in text_of(page)
    assert re.search(r'href="https://example.org/menu" rel="noopener noreferrer"', page.content.decode())
    client.post(f"/today/{late.pk}/", {"status": "done"})
    assert "Late" not in text_of(client.get("/today/"))
    assert Assignment.objects.get().status == "done"
