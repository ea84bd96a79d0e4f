"""`/api/users/calendar/token/` and `/api/users/calendar/{token}.ics`"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.signing import Signer
from django.db import connection
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar
from rest_framework.test import APIClient

from apps.models import CalendarLink, Task, User
from apps.services import assignments, users
from tests.api_test.test_problems import assert_problem, nothing_written
from tests.clock import freeze_time
from tests.conftest import TODAY

pytestmark = pytest.mark.no_db

SignIn = Callable[[User], APIClient]
TOKEN = "/api/users/calendar/token/"


@pytest.fixture
def link(alice: User, signed_in: SignIn) -> str:
    """The address of Alice's calendar."""
    url: str = signed_in(alice).get(TOKEN).json()["url"]
    return url


def give(taskmaster: User, task: Task, alice: User, day: date = TODAY) -> int:
    return assignments.assign(actor=taskmaster, task_id=task.pk, user_id=alice.pk, date=day).pk


def events(link: str) -> list[Any]:
    return Calendar.from_ical(APIClient().get(link).content).walk("VEVENT")


@pytest.mark.every_database
def test_the_calendar_shows_each_assignment_as_a_whole_day(
    taskmaster: User, alice: User, stranger: User, tasks: list[Task], link: str
) -> None:
    ids = [give(taskmaster, tasks[0], alice), give(taskmaster, tasks[1], alice, date(2026, 3, 9))]
    give(taskmaster, tasks[0], stranger)
    assignments.change(actor=alice, assignment_id=ids[0], status="done")

    response = APIClient().get(link)

    assert (response.status_code, response["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    assert response["Cache-Control"] == "private, no-cache"
    calendar = Calendar.from_ical(response.content)
    assert (calendar["VERSION"], calendar["X-WR-CALNAME"]) == ("2.0", "ToGo (alice)")
    assert calendar.errors == []
    found = calendar.walk("VEVENT")
    assert [(str(event["SUMMARY"]), event["DTSTART"].dt, event["DTEND"].dt) for event in found] == [
        ("\u2713 task 1", TODAY, TODAY + timedelta(days=1)),
        ("task 2", date(2026, 3, 9), date(2026, 3, 10)),
    ]
    assert found[0]["DTSTAMP"].dt == datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert b"DTSTART;VALUE=DATE:20260302" in response.content


def test_an_assignment_keeps_its_uid_wherever_it_moves(taskmaster: User, alice: User, cooking: Task, link: str) -> None:
    given = give(taskmaster, cooking, alice)
    (before,) = events(link)

    assignments.change(actor=taskmaster, assignment_id=given, date=date(2026, 3, 5))

    (after,) = events(link)
    assert (after["UID"], after["DTSTART"].dt) == (before["UID"], date(2026, 3, 5))


def test_the_calendar_goes_back_31_days(taskmaster: User, alice: User, cooking: Task, link: str) -> None:
    for days in (31, 32):
        give(taskmaster, cooking, alice, TODAY - timedelta(days=days))

    assert [event["DTSTART"].dt for event in events(link)] == [date(2026, 1, 30)]


@pytest.mark.parametrize(
    "name", ['a, b; c\\n: "d"', "\U0001f335" * 60, "\u0645\u0637\u0628\u062e" * 60, "x" * 255, "<b>&amp;"]
)
def test_names_arrive_as_they_are_in_short_lines(taskmaster: User, alice: User, link: str, name: str) -> None:
    give(taskmaster, Task.objects.create(name=name), alice)

    (event,) = events(link)

    assert str(event["SUMMARY"]) == name
    lines = APIClient().get(link).content.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert b"\n" not in b"".join(lines)


@pytest.mark.parametrize(("unit", "summary"), [("", "cooking (3)"), ("h", "cooking (3 h)")])
def test_an_effort_other_than_1_stands_behind_the_name(
    taskmaster: User, alice: User, cooking: Task, link: str, settings: Any, unit: str, summary: str
) -> None:
    settings.TOGO_EFFORT_UNIT = unit
    given = give(taskmaster, cooking, alice)
    assert [str(event["SUMMARY"]) for event in events(link)] == ["cooking"]

    assignments.change(actor=taskmaster, assignment_id=given, effort=3)

    assert [str(event["SUMMARY"]) for event in events(link)] == [summary]
    assignments.change(actor=alice, assignment_id=given, status="done")
    assert [str(event["SUMMARY"]) for event in events(link)] == [f"\u2713 {summary}"]


def test_an_unchanged_calendar_is_not_sent_again(taskmaster: User, alice: User, cooking: Task, link: str) -> None:
    give(taskmaster, cooking, alice)
    first = APIClient().get(link)
    etag = first["ETag"]
    assert APIClient().get(link).content == first.content

    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        response = APIClient().get(link, HTTP_IF_NONE_MATCH=known)
        assert (response.status_code, response.content, response["ETag"]) == (304, b"", etag)
    assert APIClient().get(link, HTTP_IF_NONE_MATCH='"other"').status_code == 200

    give(taskmaster, cooking, alice, date(2026, 3, 3))
    changed = APIClient().get(link, HTTP_IF_NONE_MATCH=etag)
    assert (changed.status_code, changed["ETag"] != etag) == (200, True)


def test_any_accept_header_gets_the_calendar(alice: User, link: str) -> None:
    for accept in ("text/calendar", "text/calendar, */*;q=0.1", "*/*", "text/*", "text/html", "application/pdf", ""):
        answer = APIClient().get(link, HTTP_ACCEPT=accept)
        assert (answer.status_code, answer["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    # People add a query to get past a cache.
    assert APIClient().get(f"{link}?x=1").content == APIClient().get(link).content
    head = APIClient().head(link)
    assert (head.status_code, head.content, bool(head["ETag"])) == (200, b"", True)


@pytest.mark.every_database
def test_renewing_the_link_disables_the_old_one(alice: User, stranger: User, link: str, signed_in: SignIn) -> None:
    others = signed_in(stranger).get(TOKEN).json()["url"]
    with nothing_written():
        assert signed_in(alice).get(TOKEN).json() == {"url": link}

    renewed = signed_in(alice).post(TOKEN)

    assert (renewed.status_code, renewed.json()["url"] != link) == (200, True)
    assert CalendarLink.objects.get().version == 1
    assert_problem(APIClient().get(link), 404, "not_found")
    assert APIClient().get(renewed.json()["url"]).status_code == 200
    assert APIClient().get(others).status_code == 200
    assert signed_in(alice).get(TOKEN).json() == renewed.json()
    assert signed_in(alice).post(TOKEN).json() != renewed.json()


def test_a_deactivated_person_has_no_calendar(admin: User, alice: User, link: str) -> None:
    users.update_user(actor=admin, user_id=alice.pk, is_active=False)

    assert_problem(APIClient().get(link), 404, "not_found")


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "~",
        "1.0~forged",
        "1.0",
        Signer(sep="~", salt="another").sign("1.0"),
        Signer(sep="~", salt="togo.calendar").sign("9223372036854775807.0"),
        "%00",
        "%ff",
        "%ed%a0%80",
        "x" * 10_000,
        "..%2f..%2f",
        "\u0661.0~x",
    ],
    ids=lambda token: token[:20],
)
def test_an_invalid_token_finds_nothing(alice: User, token: str) -> None:
    with nothing_written():
        assert_problem(APIClient().get(f"/api/users/calendar/{token}.ics"), 404, "not_found")


def test_an_anonymous_caller_has_no_link(alice: User, link: str) -> None:
    with nothing_written():
        assert_problem(APIClient().get(TOKEN), 401, "not_authenticated")
        assert_problem(APIClient().post(TOKEN), 401, "not_authenticated")


def test_many_assignments_cost_as_few_queries_as_one(
    taskmaster: User, alice: User, tasks: list[Task], link: str
) -> None:
    for task in tasks[:5]:
        give(taskmaster, task, alice)

    with CaptureQueriesContext(connection) as queries:
        assert len(events(link)) == 5

    assert len(queries) == 5


def test_renewing_refuses_fields_and_parameters(alice: User, signed_in: SignIn) -> None:
    caller = signed_in(alice)

    with nothing_written():
        for body, field in (({"user": 1}, "user"), ({"url": "x"}, "url"), ([], "")):
            problem = assert_problem(caller.post(TOKEN, body, format="json"), 400, "invalid_request")
            assert [error["field"] for error in problem["errors"]] == [field]
        broken = caller.generic("POST", TOKEN, "{", content_type="application/json")
        assert_problem(broken, 400, "invalid_request")
        assert_problem(caller.generic("POST", TOKEN, "x=1", content_type="text/plain"), 415, "unsupported_media_type")
        for method in ("GET", "POST"):
            assert_problem(caller.generic(method, f"{TOKEN}?user=1"), 400, "invalid_request")
    assert caller.post(TOKEN, {}, format="json").status_code == 200
    assert CalendarLink.objects.values_list("user", "version").get() == (alice.pk, 1)


def test_head_has_the_same_headers_without_the_calendar(link: str) -> None:
    whole, head = APIClient().get(link), APIClient().head(link)

    assert (head.status_code, head.content) == (200, b"")
    for name in ("ETag", "Content-Type", "Content-Length", "Cache-Control"):
        assert head[name] == whole[name]
    assert APIClient().head(link, HTTP_IF_NONE_MATCH=whole["ETag"]).status_code == 304


def test_only_the_current_etag_gets_304(link: str) -> None:
    etag = APIClient().get(link)["ETag"]

    for same in (f'"other",W/{etag} , "x"', " * "):
        response = APIClient().get(link, HTTP_IF_NONE_MATCH=same)
        assert (response.status_code, response["Cache-Control"]) == (304, "private, no-cache")
        assert "Content-Type" not in response
    for other in ("", '""', "other", "w/*", '"*"', "W/", ",", '"', "\xe9", "x" * 5000, etag.strip('"'), f'"{etag}"'):
        assert APIClient().get(link, HTTP_IF_NONE_MATCH=other).status_code == 200
    # If-Match is for writes, and a calendar has none.
    assert APIClient().get(link, HTTP_IF_MATCH='"other"').status_code == 200


def test_the_authorization_header_is_ignored(link: str) -> None:
    for authorization in ("Bearer nonsense", "Basic YTox"):
        assert APIClient().get(link, HTTP_AUTHORIZATION=authorization).status_code == 200


def test_a_token_can_not_be_altered(alice: User, stranger: User, link: str) -> None:
    token = link.rpartition("/")[2].removesuffix(".ics")
    signature = token.rpartition("~")[2]

    for forged in (
        f"{stranger.pk}.0~{signature}",
        f"{alice.pk}.1~{signature}",
        f"{alice.pk}.00~{signature}",
        f"0{token}",
        token[:-1],
        f"{token}A",
        token.swapcase(),
        f" {token}",
    ):
        response = APIClient().get(f"/api/users/calendar/{forged}.ics", HTTP_ACCEPT="text/calendar")
        assert_problem(response, 404, "not_found")


def test_a_calendar_can_only_be_read(link: str) -> None:
    with nothing_written():
        for method in ("POST", "PUT", "PATCH", "DELETE", "PROPFIND"):
            assert_problem(APIClient().generic(method, link), 405, "method_not_allowed")
        for path in (link.removesuffix(".ics"), f"{link}/", TOKEN.removesuffix("/"), "/api/users/calendar/"):
            assert_problem(APIClient().get(path), 404, "not_found")


def test_a_calendar_that_is_unchanged_since_a_time_is_not_sent_again(
    taskmaster: User, alice: User, tasks: list[Task], link: str
) -> None:
    given = give(taskmaster, tasks[0], alice)
    first = APIClient().get(link)
    since = first["Last-Modified"]

    assert since == "Mon, 02 Mar 2026 12:00:00 GMT"
    assert APIClient().get(link, HTTP_IF_MODIFIED_SINCE=since).status_code == 304
    # If-None-Match overrides If-Modified-Since.
    assert APIClient().get(link, HTTP_IF_MODIFIED_SINCE=since, HTTP_IF_NONE_MATCH='"other"').status_code == 200
    with freeze_time("2026-03-02T12:00:05Z"):
        assignments.unassign(actor=taskmaster, assignment_id=given)
    assert APIClient().get(link, HTTP_IF_MODIFIED_SINCE=since).status_code == 200
