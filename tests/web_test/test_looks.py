"""What the board shows: over a day, a week or two, by person or by task, and with filters, as its address says."""

import datetime
import html
import re
from typing import Any

import pytest
from django.test import Client

from apps.models import Assignment, Task, User
from apps.models.assignments import Status
from apps.services import assignments, limit_rules, limits
from tests.conftest import TODAY, make_person
from tests.web_test.test_board import links, page, text_of

__all__ = ["page"]

pytestmark = pytest.mark.no_db


def day(number: int) -> datetime.date:
    """Days from Monday, 2 March 2026, which is today."""
    return TODAY + datetime.timedelta(days=number)


def people_of(response: Any) -> list[str]:
    """The usernames of the rows."""
    return re.findall(r'aria-label="Choose all days of ([^"]*)"', response.content.decode())


def dates_of(response: Any) -> list[str]:
    """The dates in the head."""
    return re.findall(r'data-choose aria-label="Choose everyone on ([^"]*)"', response.content.decode())


@pytest.fixture
def give(taskmaster: User) -> Any:
    def give(task: Task, person: User, number: int) -> Assignment:
        return assignments.assign(actor=taskmaster, task_id=task.pk, user_id=person.pk, date=day(number))

    return give


def test_the_board_goes_over_a_day_a_week_or_two_weeks_and_each_leads_to_the_others(page: Client, alice: User) -> None:
    one = page.get("/board/?span=day")
    assert dates_of(one) == ["Monday 2 March"]
    assert "Monday 2 March 2026, Week 10" in text_of(one)
    assert {"?date=2026-03-01&span=day", "?date=2026-03-03&span=day"} <= set(links(one, r"^\?date="))

    two = page.get("/board/?week=2026-W10&span=two-weeks")
    assert len(dates_of(two)) == 14
    assert "Weeks 10 and 11 2 Mar – 15 Mar 2026" in text_of(two)
    assert "?week=2026-W12&span=two-weeks" in links(two, r"^\?week=")
    # A week that has today leads to today, another one to its Monday.
    assert "/board/?date=2026-03-02&span=day" in links(page.get("/board/"), r"span=day")
    assert "/board/?date=2026-11-23&span=day" in links(page.get("/board/?week=2026-W48"), r"span=day")
    assert "/board/?week=2026-W48" in links(page.get("/board/?date=2026-11-27&span=day"), r"/board/\?week=")
    for nonsense in ("date=0001-01-01&span=day", "date=9999-12-31", "span=x", "by=x", "task=x", "show=x"):
        assert page.get(f"/board/?{nonsense}").status_code == 400, nonsense


@pytest.mark.every_database
def test_filters_leave_the_people_who_have_such_tasks_or_days_and_one_link_takes_each_away(
    page: Client, taskmaster: User, alice: User, stranger: User, cooking: Task, give: Any
) -> None:
    baking = Task.objects.create(name="baking")
    give(cooking, alice, 0)
    done = give(baking, stranger, 1)
    assignments.change(actor=taskmaster, assignment_id=done.pk, status=Status.DONE)
    limits.set_by_hand(actor=taskmaster, user_id=stranger.pk, date=day(1), maximum=1)
    for number in range(7):
        limits.set_by_hand(actor=taskmaster, user_id=taskmaster.pk, date=day(number), maximum=0)

    for query, expected in {
        f"task={cooking.pk}": ["alice"],
        "show=open": ["alice"],
        "show=done": ["stranger"],
        f"show=open&task={baking.pk}": [],
        "show=free": ["alice", "stranger"],
        "show=full": ["stranger"],
        "show=off": ["taskmaster"],
        "show=off&q=ali": [],
        "show=open&week=2026-W11": [],
    }.items():
        assert people_of(page.get(f"/board/?{query}")) == expected, query

    shown = page.get(f"/board/?q=ali&task={cooking.pk}&show=open")
    chips = re.findall(r'<a class="button filter" href="([^"]*)"', shown.content.decode())
    assert [html.unescape(address) for address in chips] == [
        f"?week=2026-W10&task={cooking.pk}&show=open",
        "?week=2026-W10&q=ali&show=open",
        f"?week=2026-W10&q=ali&task={cooking.pk}",
    ]
    nothing = page.get("/board/?show=full&q=ali")
    assert "Nobody fits the filters on these days" in text_of(nothing)
    assert "A deleted task" in text_of(page.get("/board/?task=999"))
    csv = b"".join(page.get("/board/export.csv?show=done"))
    assert [b"baking" in csv, b"cooking" in csv] == [True, False]


def test_people_with_room_come_in_pages_too(page: Client, taskmaster: User) -> None:
    for number in range(30):
        make_person(f"p{number:02}")

    first = page.get("/board/?show=free")
    [more] = re.findall(r'hx-get="([^"]*/rows/[^"]*)"', first.content.decode())

    assert people_of(first) == [f"p{number:02}" for number in range(25)]
    assert people_of(page.get(html.unescape(more))) == ["p25", "p26", "p27", "p28", "p29", "taskmaster"]


@pytest.mark.every_database
def test_by_task_the_board_shows_who_does_what_when_and_gives_it_to_somebody_free(
    page: Client, taskmaster: User, alice: User, stranger: User, cooking: Task, give: Any
) -> None:
    User.objects.filter(pk=alice.pk).update(first_name="Alice", last_name="Liddell")
    audit = Task.objects.create(name="Night audit")
    give(cooking, alice, 0)
    give(audit, alice, 1)
    one = give(audit, stranger, 1)

    board = page.get("/board/?by=tasks")

    rows = re.findall(r'<tr><th scope="row">.*?</tr>', board.content.decode())
    assert [" ".join(re.sub("<[^>]+>", " ", row).split()) for row in rows] == [
        "Night audit Mon 2 Mar + Tue 3 Mar + Alice Liddell stranger Wed 4 Mar + Thu 5 Mar + Fri 6 Mar + Sat 7 Mar +"
        " Sun 8 Mar +",
        "cooking Mon 2 Mar + Alice Liddell Tue 3 Mar + Wed 4 Mar + Thu 5 Mar + Fri 6 Mar + Sat 7 Mar + Sun 8 Mar +",
    ]
    assert f"/board/assignment/{one.pk}/" in links(board, "/board/assignment/")
    assert "Night audit" not in text_of(page.get("/board/?by=tasks&q=cook"))
    assert "No task fits the filters on these days" in text_of(page.get("/board/?by=tasks&show=done"))
    assert "Nothing is assigned on these days" in text_of(page.get("/board/?by=tasks&week=2026-W20"))

    free = page.get(f"/board/free/2026-03-04/?task={audit.pk}")
    assert "Night audit on Wednesday 4 March" in text_of(free)
    assert f'name="task" value="{audit.pk}"' in free.content.decode()
    assert page.get("/board/free/2026-03-04/?task=999").status_code == 404
    assert page.get("/board/?by=tasks&after=x").status_code == 400


def test_a_script_gets_the_table_of_tasks_again_only_if_something_has_changed(
    page: Client, alice: User, cooking: Task, give: Any
) -> None:
    give(cooking, alice, 0)
    board = page.get("/board/?by=tasks").content.decode()
    [(look, since)] = re.findall(r'data-look="([^"]*)" data-since="([^"]*)"', board)
    address = f"/board/{html.unescape(look)}&since={since}"

    assert page.get(address, headers={"HX-Request": "true"}).status_code == 204
    give(cooking, alice, 3)
    again = page.get(address, headers={"HX-Request": "true"}).content.decode()
    assert again.lstrip().startswith("<table")
    assert again.count("/board/assignment/") == 2


def test_many_people_with_a_task_are_counted_and_lead_to_the_day(
    page: Client, taskmaster: User, cooking: Task, give: Any
) -> None:
    for number in range(13):
        give(cooking, make_person(f"p{number:02}"), 0)

    board = page.get("/board/?by=tasks")

    assert "3 more" in text_of(board)
    [address] = links(board, "span=day&amp;task=")
    assert len(people_of(page.get(address))) == 13


def test_a_task_to_filter_by_is_searched_for(page: Client, cooking: Task) -> None:
    Task.objects.create(name="baking")

    found = page.get("/board/filter/?week=2026-W11&span=two-weeks&text=cook")

    assert links(found, r"/board/\?") == [f"/board/?week=2026-W11&span=two-weeks&task={cooking.pk}"]


def test_holidays_and_other_named_days_of_everyone_have_their_names_in_the_head(
    page: Client, taskmaster: User, alice: User
) -> None:
    def rule(name: str, first: int, last: int, maximum: int, **more: Any) -> None:
        limit_rules.create_rule(
            actor=taskmaster, date_from=day(first), date_to=day(last), maximum=maximum, reason=name, **more
        )

    rule("Tết", 1, 2, 0)
    rule("Stocktaking", 3, 3, 2)
    rule("Winter hours", 0, 30, 4)
    rule("Dentist", 4, 4, 0, user_id=alice.pk)

    for address in ("/board/", "/board/?by=tasks", "/board/?show=free"):
        heads = re.findall(
            r'id="name-(2026-03-0\d)" class="holiday" title="([^"]+)"', page.get(address).content.decode()
        )
        assert heads == [("2026-03-03", "Tết"), ("2026-03-04", "Tết"), ("2026-03-05", "Stocktaking")], address
    assert "Week of Tuesday 3 March, Tết" in page.get("/board/month/").content.decode()
