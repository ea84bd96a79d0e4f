"""The page and the CSV files of the insights."""

import csv
import io
import re
from typing import Any

import pytest
from django.test import Client

from apps.models import Task, User
from apps.services import assignments, limits
from tests.conftest import TODAY, make_person


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

    assert re.search(r'<td class="full of10">2/2', html)
    assert html.count("<canvas") == 3
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
        return re.findall(r"<bdi>([^<]*)</bdi>", response.content.decode())

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
