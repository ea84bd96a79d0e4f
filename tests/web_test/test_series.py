"""The pages of series without scripts."""

import html
import re
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.models import Assignment, Series, Task, User
from apps.services import assignments, series, users
from tests.clock import freeze_time
from tests.conftest import TODAY, make_person


@pytest.fixture
def page(taskmaster: User, client: Client, settings: Any) -> Client:
    """A browser in which the taskmaster is signed in."""
    settings.TOGO_SERIES_DAYS = 27
    client.force_login(taskmaster)
    return client


def text_of(response: Any) -> str:
    """The text of the page, without its tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def sent(**changed: Any) -> dict[str, Any]:
    """The fields of the form as a browser sends them."""
    fields = {
        "task": "cooking",
        "effort": "",
        "who": "alice",
        "interval": "1",
        "frequency": "WEEKLY",
        "weekdays": ["TU", "TH"],
        "which": "",
        "month_days": "",
        "rrule": "",
        "date_from": "2026-03-02",
        "date_to": "",
        "count": "",
        "on_full": "skip",
    }
    return {**fields, **changed}


def make(page: Client, **changed: Any) -> Any:
    return page.post("/series/new/", sent(**changed), follow=True)


@pytest.mark.every_database
def test_a_series_is_made_and_its_dates_are_shown_with_what_was_skipped_and_why(
    page: Client, taskmaster: User, alice: User, stranger: User, cooking: Task
) -> None:
    for number in range(5):
        other = Task.objects.create(name=f"other {number}")
        assignments.assign(actor=taskmaster, task_id=other.pk, user_id=alice.pk, date=date(2026, 3, 10))

    shown = make(page, who="alice, stranger")

    one = Series.objects.get()
    assert shown.redirect_chain[-1][0] == f"/series/{one.pk}/"
    told = text_of(shown)
    assert "cooking comes again: every Tuesday and Thursday, from 2 March 2026." in told
    assert "alice , stranger , in turns · given by taskmaster" in told
    assert (
        "Tue 3 Mar alice assigned Thu 5 Mar stranger assigned Tue 10 Mar alice skipped 5 of 5 tasks are taken" in told
    )
    assert "The dates up to Sunday 29 March 2026 are assigned; more follow day by day." in told
    listed = text_of(page.get("/series/"))
    assert (
        "cooking Every Tuesday and Thursday, from 2 March 2026 alice , stranger Next: Tue 3 Mar · 1 skipped" in listed
    )


def test_an_assignment_on_the_board_is_made_a_series(
    page: Client, taskmaster: User, alice: User, cooking: Task
) -> None:
    first = assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=date(2026, 3, 5), effort=2)
    link = f"/series/new/?assignment={first.pk}"
    assert f'href="{link}"' in page.get(f"/board/assignment/{first.pk}/").content.decode()

    form = page.get(link).content.decode()

    for field in ('value="cooking"', 'value="alice"', 'value="2026-03-05"', 'name="effort" value="2"'):
        assert field in form
    assert re.findall(r'value="(\w\w)"[^>]*checked', form) == ["TH"]
    fields = sent(weekdays=["TH"], date_from="2026-03-05", effort="2", assignment=str(first.pk))
    page.post("/series/new/", fields)
    assert Series.objects.get().occurrences.order_by("date").first().assignment == first.pk
    assert Assignment.objects.count() == 4
    # It is one of a series now.
    assert page.get(link)["Location"] == f"/series/{Series.objects.get().pk}/"


@pytest.mark.parametrize(
    ("fields", "rrule"),
    [
        ({"weekdays": []}, "FREQ=WEEKLY"),
        ({"frequency": "DAILY", "weekdays": [], "interval": "3", "count": "5"}, "FREQ=DAILY;INTERVAL=3;COUNT=5"),
        ({"frequency": "MONTHLY", "which": "-1", "weekdays": ["FR"]}, "FREQ=MONTHLY;BYDAY=-1FR"),
        (
            {"frequency": "MONTHLY", "weekdays": [], "month_days": "1, 15 -1", "interval": "2"},
            "FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=-1,1,15",
        ),
        ({"frequency": "YEARLY", "weekdays": []}, "FREQ=YEARLY"),
        ({"rrule": "FREQ=MONTHLY;BYDAY=2TU,-1FR"}, "FREQ=MONTHLY;BYDAY=-1FR,2TU"),
        ({"rrule": "FREQ=DAILY;UNTIL=20260309"}, "FREQ=DAILY;UNTIL=20260309"),
    ],
)
def test_the_form_makes_a_rule_and_shows_it_again(
    page: Client, alice: User, cooking: Task, fields: dict[str, Any], rrule: str
) -> None:
    shown = make(page, **fields)

    one = Series.objects.get()
    assert one.rrule == rrule
    # Saved as the form shows it, the rule stays the same.
    initial = {name: value for name, value in shown.context["form"].initial.items() if value is not None}
    again = page.post(f"/series/{one.pk}/", {**sent(rrule="", weekdays=[]), **initial}, follow=True)
    assert "The series is changed." in text_of(again)
    one.refresh_from_db()
    assert (one.rrule, one.anchor) == (rrule, TODAY)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"task": "sewing"}, "There is no task called 'sewing'."),
        ({"who": "nobody"}, "There is nobody called 'nobody'."),
        ({"who": " , "}, "Name one person, or up to 100 who take turns."),
        ({"who": "alice " * 101}, "Name one person, or up to 100 who take turns."),
        ({"interval": "0"}, "Ensure this value is greater than or equal to 1."),
        ({"which": "2"}, "This goes with months and years only."),
        ({"month_days": "3"}, "These go with months and years only."),
        ({"frequency": "MONTHLY", "month_days": "tomorrow"}, "BYMONTHDAY must list days from 1 to 31"),
        ({"rrule": "FREQ=SECONDLY"}, "FREQ must be one of DAILY, WEEKLY, MONTHLY, YEARLY."),
        ({"frequency": "DAILY", "interval": "7", "weekdays": ["TU"]}, "The rule has no date from 2026-03-02 on."),
        ({"date_to": "2026-03-01"}, "This must not be before date_from."),
        ({"date_from": "2024-03-01"}, "You may plan from today"),
    ],
)
def test_names_what_is_wrong_and_keeps_what_was_written(
    page: Client, alice: User, cooking: Task, fields: dict[str, Any], said: str
) -> None:
    response = page.post("/series/new/", sent(**fields))

    assert response.status_code == 400
    assert said in text_of(response)
    assert 'value="2026-03-02"' in response.content.decode() or "date_from" in fields
    assert not Series.objects.exists()


def test_a_series_is_changed_and_ended(page: Client, alice: User, stranger: User, cooking: Task) -> None:
    make(page)
    one = Series.objects.get()
    path = f"/series/{one.pk}/"

    changed = page.post(path, sent(who="stranger", effort="2", since="2026-03-12"), follow=True)

    assert "The series is changed." in text_of(changed)
    assert "Tue 10 Mar alice assigned Thu 12 Mar stranger assigned" in text_of(changed)
    refused = page.post(path, sent(who="nobody", since="2026-03-12"))
    assert (refused.status_code, "There is nobody called" in text_of(refused)) == (400, True)
    later = page.post(f"{path}end/", {"since": "2026-03-24"}, follow=True)
    assert "The series ends before Tue 24 Mar." in text_of(later)
    ended = page.post(f"{path}end/", {"since": "2026-03-02"}, follow=True)
    assert "The series has ended." in text_of(ended)
    assert "Nothing repeats yet" in text_of(ended)
    assert not Assignment.objects.exists()


def test_says_why_a_series_is_paused_and_what_happened_by_hand(
    page: Client, taskmaster: User, admin: User, alice: User, stranger: User, cooking: Task
) -> None:
    shown = make(page, weekdays=["TU"])
    one = Series.objects.get()
    ids = list(Assignment.objects.order_by("pk").values_list("pk", flat=True))
    assignments.change(actor=taskmaster, assignment_id=ids[0], status="done")
    assignments.change(actor=taskmaster, assignment_id=ids[1], user_id=stranger.pk, date=date(2026, 3, 11))
    assignments.unassign(actor=taskmaster, assignment_id=ids[2])

    shown = text_of(page.get(f"/series/{one.pk}/"))

    assert "Tue 3 Mar alice ✓ done Tue 10 Mar alice moved to Wed 11 Mar , stranger Tue 17 Mar alice taken away" in shown
    users.update_user(actor=admin, user_id=taskmaster.pk, is_taskmaster=False)
    page.force_login(admin)
    assert "Paused: taskmaster, who gives its tasks, is no taskmaster any more." in text_of(
        page.get(f"/series/{one.pk}/")
    )
    assert "Paused" in text_of(page.get("/series/"))
    with freeze_time("2026-03-20T12:00:00Z"):
        page.force_login(admin)
        assert "Past dates Tue 17 Mar alice taken away Tue 10 Mar" in text_of(page.get(f"/series/{one.pk}/"))


@pytest.mark.every_database
def test_many_series_are_listed_page_by_page_with_few_queries(page: Client, taskmaster: User, alice: User) -> None:
    def add(number: int) -> None:
        for place in range(number):
            task = Task.objects.create(name=f"task {place:02}")
            series.create_series(
                actor=taskmaster,
                task_id=task.pk,
                user_ids=[alice.pk],
                rrule="FREQ=YEARLY",
                date_from=TODAY,
                on_full="skip",
            )

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            page.get("/series/")
        return len(captured)

    add(2)
    queries()
    few = queries()
    add(51)

    assert queries() == few
    first = page.get("/series/")
    assert "More series" in text_of(first)
    assert "Previous series" not in text_of(first)
    second = page.get(f"/series/?after={first.context['page'].following}")
    assert second.content.decode().count('class="name"') == 3
    assert "More series" not in text_of(second)
    back = page.get(f"/series/?before={second.context['page'].preceding}")
    assert back.context["page"] == first.context["page"]


def test_is_for_taskmasters(client: Client, alice: User) -> None:
    client.force_login(alice)

    assert client.get("/series/").status_code == 403
    assert client.post("/series/new/", sent()).status_code == 403
    assert client.post("/series/1/end/", {"since": "2026-03-02"}).status_code == 403
    assert "/series/" not in client.get("/today/").content.decode()


def test_a_person_is_named_as_elsewhere(page: Client, cooking: Task) -> None:
    make_person("bea", first_name="Bea", last_name="Baker")

    assert "Bea Baker" in text_of(make(page, who="bea"))
