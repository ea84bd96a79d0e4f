"""`/account/`: names, API keys, sessions and the calendar's link."""

import html
import re
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from apps.models import ApiKey, Assignment, BrowserSession, IdempotencyKey, Task, User
from apps.models.api_keys import Scope
from apps.services import api_keys, assignments, calendar, users
from tests.api_test.test_problems import nothing_written
from tests.api_test.test_secrets import Logs
from tests.conftest import TODAY

pytestmark = pytest.mark.no_db

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"


@pytest.fixture
def page(alice: User) -> Client:
    return browser_of(alice)


def browser_of(person: User) -> Client:
    client = Client(headers={"user-agent": FIREFOX})
    client.force_login(person)
    return client


def text_of(response: Any) -> str:
    """The words of the page, without its tags."""
    text = response.content.decode().replace("<bdi>", "").replace("</bdi>", "")
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())


def test_every_page_leads_to_the_account(page: Client) -> None:
    assert '<a href="/account/">Account</a>' in page.get("/today/").content.decode()
    assert '<a href="/account/" aria-current="page">' in page.get("/account/").content.decode()


# --- names --------------------------------------------------------------------------------------------------------


@pytest.mark.every_database
def test_a_person_changes_their_own_names_and_nothing_else(page: Client, alice: User) -> None:
    sent = {"first_name": " Alice ", "last_name": "Baker", "username": "root", "is_admin": "on", "back": "/account/"}
    answer = page.post("/account/name/", sent, follow=True)

    assert "Your name is saved." in text_of(answer)
    alice.refresh_from_db()
    assert (alice.first_name, alice.last_name, alice.username, alice.is_admin) == ("Alice", "Baker", "alice", False)


def test_a_name_that_is_too_long_is_refused_beside_its_field(page: Client) -> None:
    with nothing_written():
        answer = page.post("/account/name/", {"first_name": "x" * 151})

    assert (answer.status_code, list(answer.context["name_form"].errors)) == (400, ["first_name"])


# --- API keys -----------------------------------------------------------------------------------------------------


def form_of(page: Client) -> str:
    """The hidden text of the form for a key, which is another one each time."""
    [text] = re.findall(r'name="form" value="([\w-]+)"', page.get("/account/").content.decode())
    return str(text)


def make_key(page: Client, **more: Any) -> Any:
    sent = {"name": "nightly import", "scope": "read", "days": "90", **more}
    return page.post("/account/keys/", sent if "form" in sent else {"form": form_of(page), **sent})


def test_a_key_is_shown_once_and_by_no_cache_log_or_session(page: Client, alice: User) -> None:
    logs = Logs()
    answer = make_key(page, name="<nightly>")

    [key] = re.findall(r'value="(togo_\w+)"', answer.content.decode())
    assert api_keys.in_use(key=key).person == alice
    assert "&lt;nightly&gt;: Only read · works until 31 May 2026." in answer.content.decode().replace(
        "</bdi>", ""
    ).replace("<bdi>", "")
    assert "no-store" in answer["Cache-Control"]
    later = page.get("/account/")
    assert key not in later.content.decode()
    assert f"<code>{key[:11]}…</code>" in later.content.decode()
    assert key not in logs.text()
    assert key not in str([session.get_decoded() for session in Session.objects.all()])
    assert key not in str(list(ApiKey.objects.values_list())) + str(answer.cookies) + str(page.cookies)


def test_the_page_of_a_new_key_that_is_loaded_again_makes_no_other_key(page: Client, alice: User) -> None:
    form = form_of(page)
    made = make_key(page, form=form)
    [key] = re.findall(r'value="(togo_\w+)"', made.content.decode())

    again = make_key(page, form=form)

    assert (again.status_code, again["Location"]) == (302, "/account/#keys")
    told = page.get("/account/")
    assert "The key nightly import was made already, and is shown only once." in text_of(told)
    assert key not in told.content.decode()
    assert ApiKey.objects.count() == 1
    kept = str(list(IdempotencyKey.objects.values_list())) + str([one.get_decoded() for one in Session.objects.all()])
    assert key not in kept
    # A form that was changed meanwhile is another one.
    assert make_key(page, form=form, name="backup").status_code == 200
    assert ApiKey.objects.count() == 2


def test_a_key_that_was_ended_is_not_made_again_by_its_form(page: Client, alice: User) -> None:
    form = form_of(page)
    make_key(page, form=form)
    page.post(f"/account/keys/{ApiKey.objects.get().pk}/end/")

    assert make_key(page, form=form).status_code == 302
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize(
    ("days", "words"),
    [("30", "works until 1 April 2026"), ("365", "works until 2 March 2027"), ("0", "works until it is ended")],
)
def test_the_end_of_a_key_is_in_words(page: Client, days: str, words: str) -> None:
    make_key(page, days=days, scope="assign")

    assert f"Read, and assign tasks · {words} · never used" in text_of(page.get("/account/"))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"scope": "root"}, "scope"),
        ({"days": "31"}, "days"),
        ({"form": ""}, "form"),
        ({"form": "x" * 101}, "form"),
    ],
)
def test_a_key_that_cannot_be_made_is_refused_beside_the_field(page: Client, wrong: dict[str, str], field: str) -> None:
    with nothing_written():
        answer = make_key(page, **wrong)

    assert (answer.status_code, list(answer.context["key_form"].errors)) == (400, [field])


def test_fifty_keys_are_the_most(page: Client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_keys, "MOST", 2)
    form = form_of(page)
    make_key(page)
    assert make_key(page).status_code == 200

    with nothing_written():
        refused = make_key(page, form=form)
    assert refused.status_code == 400
    assert "You have 2 keys, the most that a person may have." in text_of(refused)


def test_a_key_ends_at_once_and_only_for_its_owner(page: Client, alice: User, stranger: User) -> None:
    made, key = api_keys.create(actor=alice, name="program", scope=Scope.ALL)
    assert browser_of(stranger).post(f"/account/keys/{made.pk}/end/").status_code == 404
    assert api_keys.in_use(key=key)

    answer = page.post(f"/account/keys/{made.pk}/end/", {"back": "/account/"}, follow=True)

    assert "It has stopped working." in text_of(answer)
    assert api_keys.in_use(key=key) is None


# --- sessions -----------------------------------------------------------------------------------------------------


def test_the_page_lists_this_browser_from_its_first_page_on_and_others(page: Client, alice: User) -> None:
    assert "Firefox on Windows · this one 127.0.0.1 · since 2 Mar" in text_of(page.get("/account/"))
    other = browser_of(alice)
    other.get("/today/", headers={"user-agent": "Mozilla/5.0 (Android 16) <b>Chrome/142.0</b> Safari/537.36"})

    shown = page.get("/account/")

    assert "Chrome on Android 127.0.0.1 · since 2 Mar · last used in the last minutes" in text_of(shown)
    [number] = re.findall(r"/account/sessions/(\d+)/end/", shown.content.decode())
    page.post(f"/account/sessions/{number}/end/")
    assert other.get("/today/").status_code == 302
    assert page.get("/account/").status_code == 200


@pytest.mark.every_database
def test_all_other_sessions_end_and_this_one_keeps_its_place(page: Client, alice: User) -> None:
    others = [browser_of(alice) for _ in range(2)]
    page.get("/account/")
    others[0].get("/today/")
    key, row = page.cookies["sessionid"].value, BrowserSession.objects.order_by("pk").first()

    answer = page.post("/account/sessions/end-others/", {"back": "/account/"}, follow=True)

    assert "You are signed out everywhere else." in text_of(answer)
    assert [other.get("/today/").status_code for other in others] == [302, 302]
    assert page.get("/today/").status_code == 200
    assert page.cookies["sessionid"].value != key
    assert [one.pk for one in BrowserSession.objects.all()] == [row.pk]


# --- the calendar -------------------------------------------------------------------------------------------------


def test_the_calendars_link_works_until_it_is_renewed(page: Client, taskmaster: User, alice: User) -> None:
    def link() -> str:
        [address] = re.findall(r'value="http://testserver([^"]*\.ics)"', page.get("/account/").content.decode())
        return str(address)

    task = Task.objects.create(name="cooking")
    given = assignments.assign(actor=taskmaster, task_id=task.pk, user_id=alice.pk, date=TODAY)
    assert isinstance(given, Assignment)
    old = link()
    assert b"SUMMARY:cooking" in page.get(old).content

    page.post("/account/calendar/")

    assert page.get(old).status_code == 404
    assert b"SUMMARY:cooking" in page.get(link()).content
    assert calendar.token_of(actor=alice) in link()


# --- an admin's page of a person ----------------------------------------------------------------------------------


def test_an_admin_sees_and_ends_what_a_person_signs_in_with(admin: User, alice: User, page: Client) -> None:
    page.get("/today/")
    made, key = api_keys.create(actor=alice, name="program", scope=Scope.READ)
    api_keys.in_use(key=key)
    boss = browser_of(admin)
    path = f"/admin/togo/user/{alice.pk}"

    shown = text_of(boss.get(f"{path}/change/"))
    assert f"program {key[:11]}… reads 2 March 2026, 12:00 works until it is ended" in shown
    assert "Second factor Off." in shown
    assert "Firefox on Windows, 127.0.0.1, since 2 March 2026" in shown
    assert key not in shown

    assert "stopped working" in text_of(boss.post(f"{path}/access/", {"end_key": made.pk}, follow=True))
    assert api_keys.in_use(key=key) is None
    assert "signed out everywhere" in text_of(boss.post(f"{path}/access/", {"end_sessions": "1"}, follow=True))
    assert page.get("/today/").status_code == 302
    assert boss.get("/today/").status_code == 200


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, "Send end_sessions, reset_second_factor, or end_key with the id of a key."),
        ({"end_key": "x"}, "Send end_sessions, reset_second_factor, or end_key with the id of a key."),
        ({"end_key": "9" * 18}, "There is no key with the id"),
        ({"reset_second_factor": "1"}, "This person has no second factor."),
    ],
)
def test_nonsense_on_the_admins_page_is_refused_in_words(
    admin: User, alice: User, sent: dict[str, str], said: str
) -> None:
    boss = browser_of(admin)
    with nothing_written():
        answer = boss.post(f"/admin/togo/user/{alice.pk}/access/", sent, follow=True)
    assert said in text_of(answer)


def test_a_person_without_a_password_is_told_so(page: Client) -> None:
    assert "You don’t sign in with a password here." in text_of(page.get("/account/"))
    assert page.get("/account/second-factor/").status_code == 403
    assert users.User.objects.count() == 1
