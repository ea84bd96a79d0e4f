"""The page and the CSV files of the insights."""

import csv
import datetime
import io
import re
from typing import Any

import pytest
from django.test import Client

from apps.models import Task, User
from apps.services import assignments, limit_rules, limits
from tests.clock import freeze_time
from tests.conftest import TODAY, make_person
from tests.web_test.test_board import text_of


@pytest.fixture
def page(taskmaster: User, client: Client) -> Client:
    """A browser in which the taskmaster is signed in."""
    client.force_login(taskmaster)
    return client


def rows_of(response: Any) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    text = b"".join(response.streaming_content).decode().removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(text)))


def test_numbers_are_shown_and_sent_as_csv(page: Client, taskmaster: User, alice: User, tasks: list[Task]) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TODAY, maximum=2)
    for task in tasks[:2]:
        assignments.assign(actor=taskmaster, task_id=task.pk, user_id=alice.pk, date=TODAY)

    html = page.get("/insights/").content.decode()

    assert re.search(r'<td class="full of10"><a [^>]*>2/2', html)
    assert html.count('<svg class="bars"') == 3
    # Each bar leads to its week on the board.
    assert '<a href="/board/?week=2026-W10" tabindex="-1"><title>Mon 2 Mar: 2 / 2</title>' in html
    assert rows_of(page.get("/insights/room.csv"))[0] == {"date": "2026-03-02", "free": "5"}
    assert rows_of(page.get("/insights/load.csv"))[-1] == {"date": "2026-03-02", "taken": "2", "limit": "2"}
    assert rows_of(page.get("/insights/full.csv"))[-1] == {"date": "2026-03-02", "full_days": "1", "days": "1"}
    assert rows_of(page.get("/insights/people.csv"))[0] == {
        "username": "alice",
        "date": "2026-03-02",
        "taken": "2",
        "limit": "2",
    }


def test_the_number_of_weeks_can_be_chosen(page: Client) -> None:
    assert len(rows_of(page.get("/insights/full.csv"))) == 4
    assert len(rows_of(page.get("/insights/full.csv?weeks=12"))) == 12
    assert '<option value="12" selected>' in page.get("/insights/?weeks=12").content.decode()
    assert page.get("/insights/?weeks=13").status_code == 400


def test_people_come_in_pages(page: Client) -> None:
    for number in range(30):
        make_person(f"p{number:02}")

    def names(response: Any) -> list[str]:
        return re.findall(r'<th scope="row"><bdi>([^<]*)</bdi>', response.content.decode())

    assert names(page.get("/insights/")) == [f"p{number:02}" for number in range(25)]
    assert names(page.get("/insights/?after=p24")) == [*(f"p{number:02}" for number in range(25, 30)), "taskmaster"]
    assert len(rows_of(page.get("/insights/people.csv?after=p24"))) == 6 * 14


def test_a_name_is_no_formula_in_the_file(page: Client) -> None:
    make_person("=1+1")

    assert rows_of(page.get("/insights/people.csv"))[0]["username"] == "'=1+1"


def test_insights_are_for_taskmasters_only(alice: User, client: Client) -> None:
    paths = ["/insights/", *(f"/insights/{name}.csv" for name in ("room", "load", "full", "people"))]
    for path in paths:
        assert client.get(path)["Location"] == f"/sign-in/?next={path}"
    client.force_login(alice)
    assert [client.get(path).status_code for path in paths] == [403] * 5


def test_insights_begin_with_what_matters_in_a_sentence(
    taskmaster: User, alice: User, cooking: Task, client: Client
) -> None:
    client.force_login(taskmaster)
    tuesday = TODAY + datetime.timedelta(days=1)
    with freeze_time("2026-03-01T12:00:00Z"):
        assignments.assign(
            actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=TODAY - datetime.timedelta(days=1)
        )
    assert "1 task is late. Nothing is planned for the next seven days." in text_of(client.get("/insights/"))
    assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=tuesday)

    said = text_of(client.get("/insights/"))

    assert "Tuesday 3 March is the fullest of the next seven days: 1 of 5 tasks." in said
    assert "In the next two weeks there is room for 139 tasks more." in said
    assert "Away" not in said
    for person in [alice, *(make_person(f"p{number}") for number in range(4))]:
        dates = {"date_from": TODAY + datetime.timedelta(days=6), "date_to": TODAY + datetime.timedelta(days=9)}
        limit_rules.create_rule(actor=taskmaster, user_id=person.pk, maximum=0, reason="Leave", **dates)
    limit_rules.create_rule(actor=taskmaster, user_id=taskmaster.pk, maximum=0, date_from=TODAY, date_to=None)
    assert "Away within the next seven days: alice , p0 , p1 , and 2 more." in text_of(client.get("/insights/"))
    assert f'href="/board/day/{alice.pk}/2026-03-03/"' in client.get("/insights/").content.decode()


@pytest.mark.every_database
def test_over_and_underload_and_tasks_lead_to_the_board(
    page: Client, taskmaster: User, alice: User, stranger: User, tasks: list[Task]
) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TODAY, maximum=2)
    for task in tasks[:2]:
        assignments.assign(actor=taskmaster, task_id=task.pk, user_id=alice.pk, date=TODAY)
    one = assignments.assign(actor=taskmaster, task_id=tasks[0].pk, user_id=stranger.pk, date=TODAY)
    assignments.change(actor=stranger, assignment_id=one.pk, status="done")

    shown = page.get("/insights/")

    text = text_of(shown)
    assert "The fullest next two weeks alice 2 of 2 tasks stranger 1 of 5 tasks" in text
    assert "The least to do taskmaster nothing yet" in text
    assert "task 1 1 done, 0 late, 1 to come task 2 0 done, 0 late, 1 to come" in text
    html = shown.content.decode()
    assert 'href="/board/?span=two-weeks&amp;q=alice"' in html
    assert f'href="/board/?by=tasks&amp;span=two-weeks&amp;task={tasks[0].pk}"' in html
    assert page.get(f"/board/?by=tasks&span=two-weeks&task={tasks[0].pk}").status_code == 200
