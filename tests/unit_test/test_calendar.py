"""Calendars and their links."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.signing import Signer
from django.db import connection
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar, Component

from apps.exceptions.base import NotFound
from apps.models import Assignment, CalendarLink, Event, Task, User
from apps.services import assignments, calendar, users
from tests.clock import freeze_time
from tests.unit_test.meanwhile import meanwhile

MONDAY = date(2026, 3, 2)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def give(actor: User, task: Task, person: User, day: date = MONDAY) -> Assignment:
    return assignments.assign(actor=actor, task_id=task.pk, user_id=person.pk, date=day)


def read(person: User) -> Component:
    return Calendar.from_ical(calendar.feed(token=calendar.token_of(actor=person)).body)


def events(person: User) -> list[Component]:
    return read(person).walk("VEVENT")


def titles(person: User) -> list[tuple[str, date]]:
    return [(str(event["SUMMARY"]), event.decoded("DTSTART")) for event in events(person)]


# --- events -----------------------------------------------------------------------------------------------------


def test_an_assignment_is_a_whole_day(taskmaster: User, alice: User, cooking: Task) -> None:
    given = give(taskmaster, cooking, alice)

    (event,) = events(alice)

    assert (event["DTSTART"].to_ical(), event["DTSTART"].params["VALUE"]) == (b"20260302", "DATE")
    assert (event["DTEND"].to_ical(), event["DTEND"].params["VALUE"]) == (b"20260303", "DATE")
    # Nothing in it depends on a setting, so it outlives a renewed secret key.
    assert event["UID"] == f"{given.pk}.20260302T120000.000000Z@togo"
    assert (event["SUMMARY"], event["TRANSP"]) == ("cooking", "TRANSPARENT")
    assert event["DTSTAMP"].to_ical() == event["LAST-MODIFIED"].to_ical() == b"20260302T120000Z"


def test_the_calendar_has_its_name_and_its_refresh_interval(alice: User) -> None:
    lines = calendar.feed(token=calendar.token_of(actor=alice)).body.decode().split("\r\n")

    assert lines[0] == "BEGIN:VCALENDAR"
    assert {
        "VERSION:2.0",
        "PRODID:-//ToGo//ToGo//EN",
        "NAME:ToGo (alice)",
        "X-WR-CALNAME:ToGo (alice)",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
    } <= set(lines)
    assert lines[-2:] == ["END:VCALENDAR", ""]
    # With a METHOD, the Content-Type would have to name it too, and DTSTAMP would be the time of the request.
    assert not [line for line in lines if line.startswith("METHOD")]


def test_an_empty_calendar_has_a_component_that_shows_nothing(alice: User) -> None:
    """A calendar without any component would not be valid."""
    (component,) = read(alice).subcomponents

    assert (component.name, component["TZID"]) == ("VTIMEZONE", "UTC")


def test_events_are_in_order_and_go_back_31_days(
    taskmaster: User, alice: User, stranger: User, tasks: list[Task]
) -> None:
    days = [date(2027, 3, 3), date(2026, 1, 29), date(2026, 1, 30), date(2026, 3, 2)]
    for task, day in zip(tasks, days, strict=False):
        give(taskmaster, task, alice, day)
    give(taskmaster, tasks[0], alice, MONDAY)
    give(taskmaster, tasks[0], stranger, MONDAY)

    assert titles(alice) == [
        ("task 3", date(2026, 1, 30)),
        ("task 4", date(2026, 3, 2)),
        ("task 1", date(2026, 3, 2)),
        ("task 1", date(2027, 3, 3)),
    ]
    with freeze_time("2026-03-03T12:00:00Z"):
        assert len(titles(alice)) == 3


def test_a_done_assignment_has_a_tick(taskmaster: User, alice: User, cooking: Task) -> None:
    given = give(taskmaster, cooking, alice)

    for status, title in (("done", "\u2713 cooking"), ("open", "cooking")):
        assignments.change(actor=alice, assignment_id=given.pk, status=status)
        assert titles(alice) == [(title, MONDAY)]


def test_a_moved_assignment_stays_the_same_event(taskmaster: User, alice: User, stranger: User, cooking: Task) -> None:
    given = give(taskmaster, cooking, alice)
    (before,) = events(alice)

    assignments.change(actor=taskmaster, assignment_id=given.pk, user_id=stranger.pk, date=date(2026, 3, 5))

    (after,) = events(stranger)
    assert events(alice) == []
    assert after["UID"] == before["UID"]
    assert after.decoded("DTSTART") == date(2026, 3, 5)


def test_an_unassigned_task_is_gone(taskmaster: User, alice: User, cooking: Task) -> None:
    given = give(taskmaster, cooking, alice)
    assignments.unassign(actor=taskmaster, assignment_id=given.pk)

    assert titles(alice) == []


def test_every_change_has_a_later_time(taskmaster: User, alice: User, cooking: Task) -> None:
    given = give(taskmaster, cooking, alice)
    stamps = []
    for hours, change in enumerate(
        ({"date": date(2026, 3, 3)}, {"status": "done"}, {"status": "open"}, {"user_id": taskmaster.pk}), start=1
    ):
        with freeze_time(NOON + timedelta(hours=hours)):
            assignments.change(actor=taskmaster, assignment_id=given.pk, **change)  # type: ignore[arg-type]
        (event,) = events(taskmaster if "user_id" in change else alice)
        assert event["DTSTAMP"].to_ical() == event["LAST-MODIFIED"].to_ical()
        stamps.append(event.decoded("LAST-MODIFIED"))

    assert stamps == [NOON + timedelta(hours=hours) for hours in (1, 2, 3, 4)]


def test_an_assignment_without_a_history_has_the_time_of_its_creation(
    taskmaster: User, alice: User, cooking: Task
) -> None:
    give(taskmaster, cooking, alice)
    Event.objects.all().delete()

    (event,) = events(alice)
    assert event.decoded("LAST-MODIFIED") == NOON


def test_the_same_data_gives_the_same_bytes(taskmaster: User, alice: User, tasks: list[Task]) -> None:
    for task in tasks[:5]:
        give(taskmaster, task, alice)
    token = calendar.token_of(actor=alice)
    before = calendar.feed(token=token).body

    with freeze_time("2026-03-02T23:59:59Z"):
        assert calendar.feed(token=token).body == before


@pytest.mark.parametrize(
    "name",
    [
        "a, b; c: d\\n \\, \\;",
        "BEGIN:VEVENT",
        "\U0001f335" * 255,
        "x" * 255,
        '"quoted" <b>',
        "a\u2028line\u2029b",
        "\u202eright to left",
    ],
    ids=lambda name: name[:12],
)
def test_a_name_can_hold_anything(taskmaster: User, alice: User, name: str) -> None:
    give(taskmaster, Task.objects.create(name=name), alice)

    assert titles(alice) == [(name, MONDAY)]
    content = calendar.feed(token=calendar.token_of(actor=alice)).body
    assert content.count(b"\r\nBEGIN:VEVENT\r\n") == 1
    # RFC 5545, 3.1: lines of at most 75 bytes, each of them whole characters.
    lines = content.split(b"\r\n")
    assert max(len(line) for line in lines) <= 75
    assert all(line.decode() is not None and b"\n" not in line for line in lines)


def test_control_characters_of_an_old_name_are_left_out(taskmaster: User, alice: User) -> None:
    give(taskmaster, Task.objects.create(name="a\r\nEND:VEVENT\tb\x01"), alice)

    assert titles(alice) == [("a  END:VEVENT b ", MONDAY)]


def test_a_calendar_is_read_with_five_queries(taskmaster: User, alice: User, tasks: list[Task]) -> None:
    for task in tasks[:5]:
        give(taskmaster, task, alice)
    token = calendar.renew(actor=alice)

    with CaptureQueriesContext(connection) as queries:
        calendar.feed(token=token)

    assert len(queries) == 5


# --- the link ---------------------------------------------------------------------------------------------------


def refused(token: str) -> bool:
    try:
        calendar.feed(token=token)
    except NotFound:
        return True
    return False


def test_a_token_stays_the_same_until_it_is_renewed(alice: User, stranger: User) -> None:
    first = calendar.token_of(actor=alice)
    assert calendar.token_of(actor=alice) == first
    assert not CalendarLink.objects.exists()

    second = calendar.renew(actor=alice)
    assert calendar.token_of(actor=alice) == second
    third = calendar.renew(actor=alice)

    assert len({first, second, third, calendar.token_of(actor=stranger)}) == 4
    assert [refused(token) for token in (first, second, third)] == [True, True, False]
    assert not refused(calendar.token_of(actor=stranger))
    assert CalendarLink.objects.values_list("user", "version").get() == (alice.pk, 2)


def test_two_first_renewals_at_once_leave_one_link_that_works(alice: User) -> None:
    old = calendar.token_of(actor=alice)
    tokens = []
    with meanwhile("UPDATE", lambda: tokens.append(calendar.renew(actor=alice)), table="calendarlink"):
        tokens.append(calendar.renew(actor=alice))

    assert [refused(token) for token in (old, *tokens)] == [True, True, False]


def test_neither_the_token_nor_the_database_holds_a_secret(alice: User) -> None:
    token = calendar.renew(actor=alice)

    assert token.split("~")[0] == f"{alice.pk}.1"
    assert {field.name for field in CalendarLink._meta.get_fields()} == {"user", "version"}


def test_a_link_from_before_a_deactivation_never_works_again(admin: User, alice: User) -> None:
    old = calendar.token_of(actor=alice)

    users.update_user(actor=admin, user_id=alice.pk, is_active=False)
    assert refused(old)
    users.update_user(actor=admin, user_id=alice.pk, is_active=True)
    assert refused(old)

    alice.refresh_from_db()
    new = calendar.token_of(actor=alice)
    assert new != old
    assert not refused(new)


def test_a_value_that_was_signed_for_something_else_is_refused(alice: User) -> None:
    for salt in ("", "apps.other"):
        assert refused(Signer(salt=salt, sep="~").sign(f"{alice.pk}.0"))
    assert not refused(Signer(salt="togo.calendar", sep="~").sign(f"{alice.pk}.0"))
    assert refused(Signer(salt="togo.calendar", sep="~").sign(f"{alice.pk}.1"))
