"""The second factor on the pages: set up, asked for at the sign-in, and ended."""

import re
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from apps.models import Event, RecoveryCode, User
from apps.services import second_factors, users
from tests.api_test.test_problems import nothing_written
from tests.api_test.test_secrets import Logs
from tests.second_factors import App, code_of, turn_on
from tests.web_test.test_account import browser_of, text_of

pytestmark = [pytest.mark.no_db, pytest.mark.django_db]

PASSWORD = "of my own choice"
PAGE = "/account/second-factor/"


@pytest.fixture
def bob(db: None) -> User:
    return users.create_user(actor=None, username="bob", password=PASSWORD)


@pytest.fixture
def app(bob: User) -> App:
    return turn_on(bob)


def first_step(client: Client, **more: str) -> Any:
    return client.post("/sign-in/", {"username": "bob", "password": PASSWORD, **more})


def second_step(client: Client, asked: Any, code: str, **more: str) -> Any:
    ticket = asked.context["form"]["ticket"].value()
    return client.post("/sign-in/code/", {"ticket": ticket, "code": code, "next": asked.context["next"], **more})


def is_signed_in(client: Client) -> bool:
    return client.get("/today/").status_code == 200


# --- signing in ---------------------------------------------------------------------------------------------------


def test_the_sign_in_asks_for_a_code_and_leads_to_the_wanted_page(client: Client, app: App) -> None:
    asked = first_step(client, next="/today/?x=1")
    assert (asked.status_code, "Enter a code" in text_of(asked)) == (200, True)
    assert "no-store" in asked["Cache-Control"]
    assert not is_signed_in(client)

    answer = second_step(client, asked, app.code())

    assert (answer.status_code, answer["Location"]) == (302, "/today/?x=1")
    assert is_signed_in(client)


def test_the_admins_sign_in_asks_for_a_code_too(client: Client, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_admin=True)
    app = turn_on(bob)
    asked = client.get("/admin/", follow=True)
    assert asked.redirect_chain[-1][0] == "/sign-in/?next=%2Fadmin%2F"

    asked = first_step(client, next="/admin/")
    assert second_step(client, asked, app.code())["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_no_code_leads_to_another_site(client: Client, app: App) -> None:
    asked = first_step(client, next="https://example.org/")

    assert second_step(client, asked, app.code(), next="https://example.org/")["Location"] == "/"


def test_a_wrong_code_is_asked_for_again_and_a_used_one_signs_in_nobody(client: Client, app: App) -> None:
    asked = first_step(client)
    for code in ("000000", "nonsense", ""):
        again = second_step(client, asked, code)
        assert (again.status_code, "Enter a code" in text_of(again)) == (401, True)
    assert "This code is wrong or was used already." in text_of(second_step(client, asked, "000000"))
    assert not is_signed_in(client)

    assert second_step(client, again, app.recovery_codes[0]).status_code == 302
    client.post("/sign-out/")
    assert second_step(client, again, app.recovery_codes[0]).status_code == 401
    assert not is_signed_in(client)


def test_five_wrong_codes_hold_both_steps(client: Client, app: App) -> None:
    asked = first_step(client)
    for _ in range(5):
        assert second_step(client, asked, "000000").status_code == 401

    for answer in (second_step(client, asked, app.code()), first_step(client)):
        assert (answer.status_code, answer["Retry-After"]) == (429, "900")
        assert "too many wrong passwords" in text_of(answer)
    assert not is_signed_in(client)


def test_a_ticket_that_is_forged_or_ended_leads_back_to_the_first_step(client: Client, app: App, bob: User) -> None:
    asked = first_step(client, next="/today/")
    User.objects.filter(pk=bob.pk).update(password="argon2$another")
    sent = {"code": app.code(), "next": "/today/"}
    for ticket in (asked.context["form"]["ticket"].value(), "x"):
        answer = client.post("/sign-in/code/", {"ticket": ticket, **sent}, follow=True)
        assert answer.redirect_chain == [("/sign-in/?next=%2Ftoday%2F", 302)]
        assert "That took too long; sign in again." in text_of(answer)
    assert client.post("/sign-in/code/", {"ticket": "\x00", **sent}).status_code == 401
    assert not is_signed_in(client)


# --- turning it on ------------------------------------------------------------------------------------------------


def test_it_is_turned_on_with_a_code_and_ends_all_other_sessions(bob: User) -> None:
    page, elsewhere = browser_of(bob), browser_of(bob)
    offered = page.get(PAGE)
    secret, signed = offered.context["offer"].secret, offered.context["offer"].signed
    assert "no-store" in offered["Cache-Control"]
    assert "<svg" in offered.content.decode()
    assert "style=" not in offered.content.decode()

    wrong = page.post(PAGE, {"offer": signed, "code": "000000"})
    assert (wrong.status_code, wrong.context["offer"].secret) == (400, secret)
    assert not second_factors.is_on(bob)

    logs = Logs()
    shown = page.post(PAGE, {"offer": signed, "code": code_of(secret)})

    codes = re.findall(r"\b[a-z2-7]{4}(?:-[a-z2-7]{4}){3}\b", shown.content.decode())
    assert (shown.status_code, len(codes)) == (200, 10)
    assert "no-store" in shown["Cache-Control"]
    assert is_signed_in(page)
    assert not is_signed_in(elsewhere)
    assert [event.kind for event in Event.objects.all()] == ["otp_on"]
    kept = logs.text() + str([session.get_decoded() for session in Session.objects.all()])
    kept += str(list(RecoveryCode.objects.values_list())) + str(shown.cookies)
    assert not any(secret in kept or code in kept for code in codes)
    assert not any(code in page.get(path).content.decode() for path in (PAGE, "/account/") for code in codes)
    assert second_factors.accepts(bob, codes[0])


def test_reloading_the_codes_makes_no_new_ones(bob: User) -> None:
    page = browser_of(bob)
    offer = page.get(PAGE).context["offer"]
    sent = {"offer": offer.signed, "code": code_of(offer.secret)}
    page.post(PAGE, sent)

    with nothing_written():
        assert page.post(PAGE, sent)["Location"] == PAGE


def test_an_offer_of_another_person_is_worth_nothing(bob: User) -> None:
    eve = users.create_user(actor=None, username="eve", password=PASSWORD)
    offer = second_factors.offer(actor=eve)

    answer = browser_of(bob).post(PAGE, {"offer": offer.signed, "code": code_of(offer.secret)})

    assert answer.status_code == 400
    assert answer.context["offer"].secret != offer.secret
    assert not second_factors.is_on(bob)


# --- new codes, and the end ---------------------------------------------------------------------------------------


def test_new_codes_take_a_code_and_replace_the_old_ones(bob: User, app: App) -> None:
    page = browser_of(bob)
    assert "10 recovery codes left." in text_of(page.get("/account/"))
    refused = page.post(f"{PAGE}codes/", {"code": "000000"})
    assert (refused.status_code, list(refused.context["new_codes"].errors)) == (400, ["code"])

    shown = page.post(f"{PAGE}codes/", {"code": app.code()})

    assert shown.status_code == 200
    assert "The old recovery codes have stopped working." in text_of(shown)
    assert not second_factors.accepts(bob, app.recovery_codes[0])
    assert RecoveryCode.objects.count() == 10


def test_it_ends_with_the_password_and_a_code_and_the_page_stays_signed_in(bob: User, app: App) -> None:
    page = browser_of(bob)
    for wrong in ({"password": "x"}, {"code": "000000"}, {"code": ""}):
        sent = {"password": PASSWORD, "code": app.code(), **wrong}
        assert page.post(f"{PAGE}end/", sent).status_code == 400
    assert second_factors.is_on(bob)

    sent = {"password": PASSWORD, "code": app.code(), "back": "/account/"}
    answer = page.post(f"{PAGE}end/", sent, follow=True)

    assert "Your second factor is off." in text_of(answer)
    assert not second_factors.is_on(bob)
    assert first_step(Client()).status_code == 302


def test_wrong_codes_on_the_page_are_held_too(bob: User, app: App) -> None:
    page = browser_of(bob)
    for _ in range(5):
        page.post(f"{PAGE}end/", {"password": PASSWORD, "code": "000000"})

    refused = page.post(f"{PAGE}codes/", {"code": app.code()})

    assert (refused.status_code, refused["Retry-After"]) == (429, "900")


def test_an_admin_turns_it_off_on_the_page_of_the_person(bob: User, app: App, admin: User) -> None:
    boss, path = browser_of(admin), f"/admin/togo/user/{bob.pk}"
    assert "Second factor On since 2 March 2026." in text_of(boss.get(f"{path}/change/"))

    answer = boss.post(f"{path}/access/", {"reset_second_factor": "1"}, follow=True)

    assert "The second factor is off" in text_of(answer)
    assert first_step(Client()).status_code == 302
    assert Event.objects.order_by("-pk").values_list("kind", "actor", "user").first() == ("otp_reset", admin.pk, bob.pk)
