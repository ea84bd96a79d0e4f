"""Where a person is signed in, and how sessions end."""

import datetime
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.exceptions.base import NotAllowed, NotFound
from apps.exceptions.users import UserNotFound
from apps.models import BrowserSession, User
from apps.services import sessions, users
from apps.services.shared.devices import device_of
from apps.tasks.sessions import remove_ended_sessions
from tests.clock import NOON, freeze_time

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


def browser_of(person: User, user_agent: str = FIREFOX) -> Client:
    """A browser in which the person is signed in and has opened a page."""
    client = Client(headers={"user-agent": user_agent})
    client.force_login(person)
    client.get("/today/")
    return client


def key_of(client: Client) -> str:
    key: str = client.cookies["sessionid"].value
    return key


def is_signed_in(client: Client) -> bool:
    return client.get("/today/").status_code == 200


def test_a_session_is_listed_with_its_device_address_and_times(alice: User, stranger: User) -> None:
    with freeze_time(NOON) as clock:
        browser = browser_of(alice)
        browser_of(stranger)
        clock.shift(400)
        browser.get("/today/", REMOTE_ADDR="2001:db8::7")

    [shown] = sessions.sessions_of(actor=alice, session_key=key_of(browser))
    assert (shown.device, shown.address, shown.is_this) == ("Firefox on Linux", "2001:db8::/64", True)
    assert str(shown.created_at) == "2026-03-02 12:00:00+00:00"
    assert str(shown.last_used_at) == "2026-03-02 12:06:40+00:00"


def test_of_what_a_browser_calls_itself_only_printable_ascii_is_kept(alice: User) -> None:
    """PostgreSQL can't store a NUL."""
    browser_of(alice, "Firefox/145.0 \x00ü\n" + "x" * 300)

    assert BrowserSession.objects.get().user_agent == "Firefox/145.0 ???" + "x" * 238


def test_uses_within_five_minutes_cost_no_statement(alice: User) -> None:
    with freeze_time(NOON) as clock:
        browser = browser_of(alice)
        for seconds, wrote in ((0, False), (299, False), (2, True), (0, False)):
            clock.shift(seconds)
            with CaptureQueriesContext(connection) as queries:
                browser.get("/today/")
            assert any("togo_browsersession" in query["sql"] for query in queries) == wrote, seconds


def test_another_process_writes_a_use_only_if_none_was_written_lately(alice: User) -> None:
    browser = browser_of(alice)
    before = BrowserSession.objects.get()
    sessions._noted.clear()
    with freeze_time("2026-03-02T12:04:00Z"):
        browser.get("/today/")

    assert BrowserSession.objects.get().last_used_at == before.last_used_at


def test_a_page_does_not_fail_when_its_use_cannot_be_noted(alice: User, caplog: pytest.LogCaptureFixture) -> None:
    def full(execute: Any, sql: str, *rest: Any) -> Any:
        if "togo_browsersession" in sql:
            raise DatabaseError("the disk is full")
        return execute(sql, *rest)

    browser = Client()
    browser.force_login(alice)
    with connection.execute_wrapper(full):
        assert browser.get("/today/").status_code == 200
    assert "The use of a session could not be noted: the disk is full" in caplog.text


@pytest.mark.parametrize("change", [{"password": "argon2$another"}, {"epoch": 1}, {"session_epoch": 1}])
def test_only_sessions_that_work_are_listed(alice: User, change: dict[str, Any]) -> None:
    browser = browser_of(alice)
    assert len(sessions.sessions_of(actor=alice)) == 1

    User.objects.filter(pk=alice.pk).update(**change)
    alice.refresh_from_db()

    assert sessions.sessions_of(actor=alice) == []
    assert not is_signed_in(browser)


def test_one_session_ends_and_the_others_stay(alice: User, stranger: User) -> None:
    here, there = browser_of(alice), browser_of(alice)
    row = BrowserSession.objects.get(session_key=key_of(there))
    with pytest.raises(NotFound):
        sessions.end(actor=stranger, session_id=row.pk)

    sessions.end(actor=alice, session_id=row.pk)

    assert (is_signed_in(here), is_signed_in(there)) == (True, False)
    assert not Session.objects.filter(session_key=row.session_key).exists()
    with pytest.raises(NotFound):
        sessions.end(actor=alice, session_id=row.pk)


def test_all_sessions_end_also_those_that_were_never_noted(admin: User, alice: User) -> None:
    noted, before_the_upgrade = browser_of(alice), browser_of(alice)
    BrowserSession.objects.filter(session_key=key_of(before_the_upgrade)).delete()

    sessions.end_all(actor=admin, user_id=alice.pk)

    assert not is_signed_in(noted)
    assert not is_signed_in(before_the_upgrade)
    assert browser_of(User.objects.get(pk=alice.pk)).get("/today/").status_code == 200


def test_only_admins_see_and_end_the_sessions_of_others(taskmaster: User, alice: User, stranger: User) -> None:
    browser = browser_of(alice)
    for actor, refusal in ((taskmaster, NotAllowed), (stranger, UserNotFound)):
        with pytest.raises(refusal):
            sessions.sessions_of(actor=actor, user_id=alice.pk)
        with pytest.raises(refusal):
            sessions.end_all(actor=actor, user_id=alice.pk)
    assert is_signed_in(browser)


def test_a_token_lives_on_when_sessions_end(alice: User, signed_in: Any) -> None:
    program = signed_in(alice)
    sessions.end_all(actor=alice, user_id=alice.pk)

    assert program.get("/api/users/me/").status_code == 200


def test_sessions_from_before_the_upgrade_live_on(db: None) -> None:
    """The hash is that of the version before, as long as a person has not ended their sessions."""
    bob = users.create_user(actor=None, username="bob", password="of my own choice")
    before = bob.get_session_auth_hash()
    bob.session_epoch = 1
    assert bob.get_session_auth_hash() != before
    bob.session_epoch = 0
    assert super(User, bob).get_session_auth_hash() == before


def test_what_was_noted_of_ended_sessions_is_removed(alice: User) -> None:
    expired, ended, alive = (browser_of(alice) for _ in range(3))
    Session.objects.filter(session_key=key_of(expired)).update(expire_date="2026-03-02T11:00Z")
    ended.post("/sign-out/")

    remove_ended_sessions()
    assert BrowserSession.objects.count() == 3, "a session of the last minutes may be being written"
    with freeze_time("2026-03-02T13:00:00Z"):
        remove_ended_sessions()

    assert [row.session_key for row in BrowserSession.objects.all()] == [key_of(alive)]
    assert [row.session_key for row in Session.objects.all()] == [key_of(alive)]


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        (FIREFOX, "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) … Chrome/142.0.0.0 Safari/537.36 Edg/142.0", "Edge on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) … Chrome/142.0.0.0 Safari/537.36", "Chrome on a Mac"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) … Version/18.6 Safari/604.1", "Safari on an iPhone"),
        ("Mozilla/5.0 (Linux; Android 10; K) … Chrome/142.0.0.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.5.0", "Another program"),
        ("", "Another program"),
    ],
)
def test_a_device_is_named_in_words(user_agent: str, device: str) -> None:
    assert device_of(user_agent) == device


def test_a_browser_whose_session_has_expired_is_signed_out(alice: User, settings: Any) -> None:
    browser = browser_of(alice)
    assert is_signed_in(browser)

    with freeze_time(timezone.now() + datetime.timedelta(seconds=settings.SESSION_COOKIE_AGE + 1)):
        assert not is_signed_in(browser)
        # Not by its own cookie, which a thief would keep: the row is too old.
        thief = Client()
        thief.cookies["sessionid"] = key_of(browser)
        assert not is_signed_in(thief)
