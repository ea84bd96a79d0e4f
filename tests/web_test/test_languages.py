"""The language of a page: the one that the person chose, or else the one that their browser asks for."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from apps.models import User

pytestmark = pytest.mark.no_db


def html_of(response: Any) -> str:
    """The tag `html` of a page, which says its language and direction."""
    found = re.search(r"<html[^>]*>", response.content.decode())
    assert found
    return found[0]


@pytest.mark.parametrize(
    ("asked", "tag"),
    [
        ("", '<html lang="en">'),
        ("de-CH, en;q=0.5", '<html lang="de">'),
        ("ar-EG", '<html lang="ar" dir="rtl">'),
        ("tlh", '<html lang="en">'),
    ],
)
def test_the_sign_in_is_in_the_language_that_the_browser_asks_for(asked: str, tag: str, db: None) -> None:
    response = Client().get("/sign-in/", headers={"accept-language": asked})
    assert html_of(response) == tag
    assert "Accept-Language" in response["Vary"]
    assert translation.get_language() == "en"


def test_a_person_chooses_the_language_of_their_pages(alice: User) -> None:
    page = Client(headers={"accept-language": "fr"})
    page.force_login(alice)
    assert html_of(page.get("/today/")) == '<html lang="fr">'

    assert page.post("/account/language/", {"language": "de"}).status_code == 302
    alice.refresh_from_db()
    assert alice.language == "de"
    assert html_of(page.get("/today/")) == '<html lang="de">'
    assert html_of(page.get("/nowhere/")) == '<html lang="de">'

    page.post("/account/language/", {"language": ""})
    assert html_of(page.get("/today/")) == '<html lang="fr">'
    assert page.post("/account/language/", {"language": "tlh"}).status_code == 400


def test_a_program_is_answered_in_english_whatever_it_asks_for(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(language="de")
    german = Client(headers={"accept-language": "de"})
    answer = german.get("/api/users/me/")
    assert answer.json() == Client().get("/api/users/me/").json()
    assert "Accept-Language" not in answer.get("Vary", "")
    german.force_login(alice)
    assert german.get("/api/users/me/").json()["title"] == "Sign in first"
