"""The language of a page: the one that the person chose, or else the one that their browser asks for."""

import datetime
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import translation
from django.utils.formats import date_format

from apps.forms.series import SeriesForm
from apps.models import Task, User
from apps.services import assignments, limits
from apps.services.shared import dates, languages, retelling, stored
from apps.services.shared.retelling import refusal_retold, retold
from tests.clock import freeze_time

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


@pytest.mark.every_database
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


def test_the_errors_are_named_in_the_readers_language_and_explained_in_english(db: None) -> None:
    page = Client().get("/errors/", headers={"accept-language": "de"}).content.decode()
    assert (
        '<h2 id="task_in_use">task_in_use</h2><p lang="de" dir="auto"><b>Diese Aufgabe ist jemandem zugewiesen</b></p>'
        in page
    )
    assert "Die Erklärungen sind für Programmierer" in page
    english = Client().get("/errors/").content.decode()
    assert '<h2 id="task_in_use">task_in_use</h2><p lang="en" dir="auto"><b>' in english
    assert "for programmers" not in english


def test_a_program_is_answered_in_english_whatever_it_asks_for(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(language="de")
    german = Client(headers={"accept-language": "de"})
    answer = german.get("/api/users/me/")
    assert answer.json() == Client().get("/api/users/me/").json()
    assert "Accept-Language" not in answer.get("Vary", "")
    german.force_login(alice)
    assert german.get("/api/users/me/").json()["title"] == "Sign in first"


def test_dates_within_refusals_are_words_on_pages_and_iso_for_programs(
    taskmaster: User, alice: User, cooking: Task, client: Client, signed_in: Callable[[User], Any]
) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=datetime.date(2026, 12, 31), maximum=0)
    sent = {"cell": f"{alice.pk}:2026-12-31", "task": cooking.pk}
    client.force_login(taskmaster)
    one = assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=datetime.date(2026, 12, 30))
    for language, says in [
        ("en", "Thu 31 Dec is off; the next day with room is Fri 1 Jan 2027."),
        ("de", "Do, 31. Dez ist frei; der nächste Tag mit Platz ist Fr, 1. Jan 2027."),
    ]:
        User.objects.filter(pk=taskmaster.pk).update(language=language)
        page = client.post(f"/board/assignment/{one.pk}/", sent, headers={"HX-Request": "true"})
        assert page.context["toast"]["text"] == says
    answer = signed_in(taskmaster).patch(f"/api/users/assignment/{one.pk}/", {"date": "2026-12-31"}, format="json")
    assert answer.json()["detail"] == "2026-12-31 is off; the next day with room is 2027-01-01."


def test_what_jobs_stored_in_english_is_retold_with_the_reasons_in_it() -> None:
    refused = stored.NO_CONNECTION % {"why": "Connection refused"}
    certificate = stored.BAD_CERTIFICATE % {"why": stored.OTHER_HOST % {"host": "example.org"}}
    full = "5 of 5 tasks are taken on 2026-03-02; the next day with room is 2027-03-03."
    with translation.override("de"):
        assert retold(refused) == "Es gibt keine Verbindung: Verbindung abgelehnt."
        assert retold(certificate) == ("Das Zertifikat ist ungültig: es gilt für einen anderen Host als example.org.")
        assert retold("550 No such user") == "550 No such user"
        assert refusal_retold("A sentence of an older version.", "daily_limit_reached") == "Das Tageslimit ist erreicht"
    with languages.speaking("de"), freeze_time("2026-03-02T12:00:00Z"):
        assert refusal_retold(full, "daily_limit_reached") == (
            "5 von 5 Aufgaben sind am Mo, 2. Mär vergeben; der nächste Tag mit Platz ist Mi, 3. Mär 2027."
        )
        assert "„x%(y)s“" in refusal_retold("There is nobody called 'x%(y)s'.", "user_not_found")
    assert retold(refused) == "There is no connection: Connection refused."
    with languages.speaking("en"), freeze_time("2026-03-02T12:00:00Z"):
        assert refusal_retold(full, "daily_limit_reached") == (
            "5 of 5 tasks are taken on Mon 2 Mar; the next day with room is Wed 3 Mar 2027."
        )
        with languages.in_english():
            assert dates.in_text(datetime.date(2026, 3, 2)) == "2026-03-02"


@pytest.mark.parametrize("sentence", [*retelling._REFUSALS, retelling._AMOUNT])
def test_every_sentence_that_is_retold_is_still_one_that_a_refusal_says(sentence: str) -> None:
    # The catalogues hold only what the sources of refusals mark, so a sentence that was changed there is not in them.
    with translation.override("de"):
        assert translation.gettext(sentence) != sentence


@pytest.mark.parametrize(("one", "many"), [texts[:2] for texts in retelling._COUNTED])
def test_so_is_every_sentence_that_counts(one: str, many: str) -> None:
    with translation.override("de"):
        assert translation.ngettext(one, many, 1) != one
        assert translation.ngettext(one, many, 2) != many


def test_a_time_in_arabic_has_the_day_before_the_month() -> None:
    with translation.override("ar"):
        assert (
            date_format(datetime.datetime(2026, 3, 2, 8, 13, tzinfo=datetime.UTC), "DATETIME_FORMAT")
            == "2 مارس 2026، 08:13"
        )


@pytest.mark.parametrize(("language", "first"), [("ar", "SA"), ("de", "MO")])
def test_the_weekdays_of_a_form_begin_as_the_readers_weeks_do(language: str, first: str) -> None:
    with translation.override(language):
        assert SeriesForm()["weekdays"].field.choices[0][0] == first
