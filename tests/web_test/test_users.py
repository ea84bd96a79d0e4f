"""The pages of people without scripts, and the links with which people choose a password."""

import re
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth import authenticate
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.models import Assignment, DailyLimit, Task, User, WaitingEntry
from apps.services import assignments, limit_rules, limits, users
from apps.services.users import invitations
from tests.api_test.test_problems import nothing_written
from tests.clock import freeze_time
from tests.conftest import TODAY, make_person

NEXT = date(2026, 3, 5)
CHOSEN = "of their own choice"


@pytest.fixture
def page(admin: User, client: Client) -> Client:
    """A browser in which the admin is signed in."""
    client.force_login(admin)
    return client


def text_of(response: Any) -> str:
    """The text of the page, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def names_on(response: Any) -> list[str]:
    """The people who are listed."""
    return re.findall(r'class="name" href="[^"]+"><bdi>([^<]+)</bdi>', response.content.decode())


def path_in(response: Any, origin: str = "http://testserver") -> str:
    """The path of the link that the page shows, which leads to this ToGo."""
    link = re.search(r'readonly value="([^"]+)"', response.content.decode())[1]
    assert link.startswith(f"{origin}/password/")
    return urlsplit(link).path


def rule(actor: User, maximum: int, **fields: Any) -> None:
    limit_rules.create_rule(actor=actor, maximum=maximum, **{"reason": "", **fields})


# --- the list ---------------------------------------------------------------------------------------------------


@pytest.mark.every_database
def test_the_list_shows_everyones_role_usual_week_days_off_and_what_is_late(
    client: Client, taskmaster: User, admin: User, alice: User, cooking: Task
) -> None:
    rule(taskmaster, 4)
    for weekday in (5, 6):
        rule(taskmaster, 0, weekday=weekday)
    rule(taskmaster, 2, weekday=4, user_id=alice.pk)
    rule(taskmaster, 0, user_id=alice.pk, date_from=NEXT, date_to=date(2026, 3, 9), reason="Holiday")
    # Past, and for one day with another limit: neither is a day off to come.
    rule(taskmaster, 0, user_id=alice.pk, date_from=date(2026, 2, 1), date_to=date(2026, 2, 2), reason="Past")
    rule(taskmaster, 1, user_id=alice.pk, date_from=TODAY, date_to=TODAY, reason="Short")
    with freeze_time("2026-02-27T12:00:00Z"):
        assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=date(2026, 2, 27))
    User.objects.filter(pk=alice.pk).update(first_name="Alice", last_name="Adams", password="!")
    client.force_login(taskmaster)

    shown = client.get("/people/")

    assert names_on(shown) == ["admin", "Alice Adams", "taskmaster"]
    text = text_of(shown)
    assert "Alice Adams alice can’t sign in yet Mon–Thu 4, Fri 2, Sat–Sun off off 5 Mar – 9 Mar ( Holiday )" in text
    assert "1 late" in text
    assert "Past" not in text
    assert "taskmaster Taskmaster" in text
    assert "admin Admin" in text
    assert "Add somebody" not in text  # Taskmasters read.


@pytest.mark.parametrize(
    ("rules", "words"),
    [({}, "5 a day"), ({None: 0}, "always off"), ({None: 3, 2: 0}, "Mon–Tue 3, Wed off, Thu–Sun 3")],
)
def test_the_usual_week_in_words(page: Client, taskmaster: User, rules: dict[int | None, int], words: str) -> None:
    for weekday, maximum in rules.items():
        rule(taskmaster, maximum, weekday=weekday)

    assert f"taskmaster Taskmaster can’t sign in yet {words}" in text_of(page.get("/people/"))


def test_a_bar_for_each_day_says_how_full_it_is(page: Client, taskmaster: User, cooking: Task) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=taskmaster.pk, date=TODAY, maximum=2)
    limits.set_by_hand(actor=taskmaster, user_id=taskmaster.pk, date=date(2026, 3, 3), maximum=0)
    assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=taskmaster.pk, date=TODAY)

    shown = page.get("/people/?q=task").content.decode()

    assert 'aria-label="1 of 62 tasks in two weeks"' in shown
    assert '<path class="taken" d="M0 12h8v12h-8z"/>' in shown
    assert "M10 0" not in shown


@pytest.mark.every_database
def test_people_are_searched_and_paged(page: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr("apps.services.users.team.PER_PAGE", 2)
    for number in range(4):
        make_person(f"person{number}", first_name="Zoë" if number == 2 else "")
    gone = make_person("gone")
    users.update_user(actor=User.objects.get(username="admin"), user_id=gone.pk, is_active=False)

    assert names_on(page.get("/people/")) == ["admin", "person0"]
    assert names_on(page.get("/people/?after=person0")) == ["person1", "Zoë"]
    assert names_on(page.get("/people/?before=person1")) == ["admin", "person0"]
    assert names_on(page.get("/people/?q=ZO%C3%AB")) == ["Zoë"]
    assert names_on(page.get("/people/?show=deactivated")) == ["gone"]
    assert "Nobody is called “&lt;b&gt;”" in text_of(page.get("/people/?q=<b>"))


def test_the_list_costs_as_many_queries_for_many_people_as_for_one(page: Client, taskmaster: User) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as ran:
            assert page.get("/people/").status_code == 200
        return len(ran)

    page.get("/people/")
    before = queries()
    for number in range(5):
        rule(taskmaster, 3, user_id=make_person(f"person{number}").pk)

    assert queries() == before


# --- somebody new -----------------------------------------------------------------------------------------------


def test_somebody_is_added_and_chooses_a_password_with_the_link(page: Client) -> None:
    fields = {"username": "newcomer", "first_name": "Noor", "last_name": "Bakker", "role": "taskmaster"}
    answer = page.post("/people/new/", fields)

    made = User.objects.get(username="newcomer")
    assert (made.first_name, made.last_name, made.is_taskmaster, made.is_admin) == ("Noor", "Bakker", True, False)
    assert not made.has_usable_password()
    assert "no-store" in answer["Cache-Control"]
    path = path_in(answer)

    stranger = Client()
    assert "For newcomer , Noor Bakker ." in text_of(stranger.get(path))
    chosen = stranger.post(path, {"new_password": CHOSEN, "again": CHOSEN}, follow=True)
    assert chosen.redirect_chain == [("/sign-in/", 302)]
    assert "Your password is set. Sign in as newcomer." in text_of(chosen)
    assert authenticate(username="newcomer", password=CHOSEN) == made
    assert "_auth_user_id" not in stranger.session  # The second factor is asked for at the sign-in alone.


def test_a_link_leads_to_where_people_reach_togo(page: Client, alice: User, settings: Any) -> None:
    settings.TOGO_ORIGIN = "https://togo.example.org"

    assert path_in(page.post(f"/people/{alice.pk}/link/"), "https://togo.example.org")


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("username", "", "This field is required."),
        ("username", "admin", "A person with this username exists already."),
        ("username", "two words", "Enter a valid username."),
        ("role", "boss", "boss is not one of the available choices."),
        ("first_name", "x" * 151, "at most 150 characters"),
    ],
)
def test_who_cannot_be_added_is_said_beside_the_field(page: Client, field: str, value: str, says: str) -> None:
    with nothing_written():
        answer = page.post("/people/new/", {"username": "newcomer", "role": "person", field: value})

    assert answer.status_code == 400
    assert says in text_of(answer)


def test_a_link_works_once(page: Client, alice: User) -> None:
    first, second = (path_in(page.post(f"/people/{alice.pk}/link/")) for _ in range(2))
    Client().post(first, {"new_password": CHOSEN, "again": CHOSEN})

    with nothing_written():
        for path in (first, second):
            assert Client().get(path).status_code == 404
            refused = Client().post(path, {"new_password": "of another choice", "again": "of another choice"})
            assert "This link has been used, or is too old. Ask an admin for a new one." in text_of(refused)


@pytest.mark.every_database
def test_two_people_with_one_link_set_one_password(page: Client, alice: User, monkeypatch: Any) -> None:
    path = path_in(page.post(f"/people/{alice.pk}/link/"))
    person_of = invitations.person_of

    def meanwhile(*, token: str) -> User:
        person = person_of(token=token)
        User.objects.filter(pk=alice.pk).update(password="!somebody else was faster")
        return person

    monkeypatch.setattr(invitations, "person_of", meanwhile)
    with pytest.raises(invitations.NotFound):
        invitations.choose_password(token=path.split("/")[2], password=CHOSEN)

    assert User.objects.get(pk=alice.pk).password == "!somebody else was faster"


def test_a_link_ends_after_seven_days_with_a_deactivation_and_when_it_is_changed(page: Client, alice: User) -> None:
    path = path_in(page.post(f"/people/{alice.pk}/link/"))
    token = path.split("/")[2]

    assert Client().get(path).status_code == 200
    with freeze_time("2026-03-09T11:00:00Z"):
        assert Client().get(path).status_code == 200
    with freeze_time("2026-03-09T13:00:00Z"):
        assert Client().get(path).status_code == 404
    other = make_person("other")
    for forged in (token[:-1], f"{other.pk}~{token.partition('~')[2]}", "~", "x", f"{2**70}~a~b", token.upper()):
        assert Client().get(f"/password/{forged}/").status_code == 404, forged
    page.post(f"/people/{alice.pk}/deactivate/", {"tasks": "stay"})
    assert Client().get(path).status_code == 404
    page.post(f"/people/{alice.pk}/activate/")
    assert Client().get(path).status_code == 404


@pytest.mark.parametrize(
    ("new", "again", "says"),
    [(CHOSEN, "another", "The two passwords differ."), ("12345678", "12345678", "too common"), ("", "", "required")],
)
def test_a_password_that_cannot_be_used_leaves_the_link_as_it_is(
    page: Client, alice: User, new: str, again: str, says: str
) -> None:
    path = path_in(page.post(f"/people/{alice.pk}/link/"))

    with nothing_written():
        answer = Client().post(path, {"new_password": new, "again": again})

    assert answer.status_code == 400
    assert says in text_of(answer)
    assert Client().get(path).status_code == 200


def test_sessions_and_the_old_password_end_when_a_link_is_used_and_not_before(page: Client, alice: User) -> None:
    users.set_password(actor=User.objects.get(username="admin"), user_id=alice.pk, password="of an earlier choice")
    hers = Client()
    assert hers.login(username="alice", password="of an earlier choice")
    path = path_in(page.post(f"/people/{alice.pk}/link/"))
    assert hers.get("/today/").status_code == 200  # A link alone changes nothing.

    Client().post(path, {"new_password": CHOSEN, "again": CHOSEN})

    assert hers.get("/today/").status_code == 302
    assert authenticate(username="alice", password="of an earlier choice") is None


def test_where_passwords_are_off_nobody_is_added_and_no_link_works(page: Client, alice: User, settings: Any) -> None:
    path = path_in(page.post(f"/people/{alice.pk}/link/"))
    settings.TOGO_PASSWORDS = "off"
    settings.TOGO_OIDC_ISSUER, settings.TOGO_OIDC_NAME = "https://id.example.org", "Example ID"

    assert "People are added when they sign in with Example ID" in text_of(page.get("/people/new/"))
    assert "Make a link" not in text_of(page.get(f"/people/{alice.pk}/"))
    with nothing_written():
        assert page.post("/people/new/", {"username": "newcomer", "role": "person"}).status_code == 403
        assert page.post(f"/people/{alice.pk}/link/").status_code == 403
        assert Client().post(path, {"new_password": CHOSEN, "again": CHOSEN}).status_code == 403


def test_where_only_admins_have_passwords_only_they_get_links(page: Client, alice: User, settings: Any) -> None:
    settings.TOGO_PASSWORDS = "admins"

    with nothing_written():
        refused = page.post("/people/new/", {"username": "newcomer", "role": "person"})
        assert "Only admins sign in here with a password." in text_of(refused)
        assert page.post(f"/people/{alice.pk}/link/").status_code == 403
    assert page.post("/people/new/", {"username": "newcomer", "role": "admin"}).status_code == 200


# --- one person -------------------------------------------------------------------------------------------------


@pytest.mark.every_database
def test_an_admin_changes_names_and_roles(page: Client, alice: User, admin: User) -> None:
    path = f"/people/{alice.pk}/"
    page.post(path, {"first_name": "Alice", "last_name": "", "role": "admin"})
    assert User.objects.values_list("first_name", "is_taskmaster", "is_admin").get(pk=alice.pk) == (
        "Alice",
        False,
        True,
    )

    # Somebody who is both stays a taskmaster while the role isn't changed.
    User.objects.filter(pk=alice.pk).update(is_taskmaster=True)
    page.post(path, {"first_name": "Al", "last_name": "", "role": "admin"})
    assert User.objects.values_list("first_name", "is_taskmaster").get(pk=alice.pk) == ("Al", True)
    page.post(path, {"first_name": "Al", "last_name": "", "role": "person"})
    assert User.objects.values_list("is_taskmaster", "is_admin").get(pk=alice.pk) == (False, False)

    with nothing_written():
        refused = page.post(f"/people/{admin.pk}/", {"first_name": "", "last_name": "", "role": "person"})
    assert refused.status_code == 403
    assert "This is the last active admin" in text_of(refused)


def test_a_taskmaster_reads_what_is_late_and_changes_nobody(
    client: Client, taskmaster: User, alice: User, cooking: Task
) -> None:
    with freeze_time("2026-02-27T12:00:00Z"):
        assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=date(2026, 2, 27))
    client.force_login(taskmaster)

    shown = client.get(f"/people/{alice.pk}/")

    assert "Fri 27 Feb cooking" in text_of(shown)
    assert "/rules/?q=alice" in shown.content.decode()
    assert 'value="alice"' in client.get("/rules/new/?username=alice").content.decode()
    assert "/board/?week=2026-W09&amp;q=alice" in shown.content.decode()
    assert "Deactivate" not in text_of(shown)
    with nothing_written():
        assert client.get("/people/new/").status_code == 403
        for path in ("", "link/", "deactivate/", "activate/"):
            sent = {"first_name": "x", "last_name": "", "role": "admin", "tasks": "stay"}
            assert client.post(f"/people/{alice.pk}/{path}", sent).status_code == 403


def given(taskmaster: User, person: User, task: Task) -> None:
    """A task of the past and two from today on, one of which is done; and one that waits."""
    with freeze_time("2026-02-27T12:00:00Z"):
        assignments.assign(actor=taskmaster, task_id=task.pk, user_id=person.pk, date=date(2026, 2, 27))
    for day in (TODAY, NEXT):
        made = assignments.assign(actor=taskmaster, task_id=task.pk, user_id=person.pk, date=day)
    assignments.change(actor=taskmaster, assignment_id=made.pk, status="done")
    limits.set_by_hand(actor=taskmaster, user_id=person.pk, date=NEXT + timedelta(1), maximum=0)
    assignments.assign_or_wait(actor=taskmaster, task_id=task.pk, user_id=person.pk, date=NEXT + timedelta(1))


@pytest.mark.every_database
def test_the_open_tasks_of_somebody_who_leaves_stay_or_are_taken_away(
    page: Client, taskmaster: User, alice: User, cooking: Task
) -> None:
    given(taskmaster, alice, cooking)
    path = f"/people/{alice.pk}/deactivate/"
    assert "1 open task from today on" in text_of(page.get(path))

    stayed = page.post(path, {"tasks": "stay"}, follow=True)
    assert "alice is deactivated." in text_of(stayed)
    assert "Hand the open tasks on" in text_of(stayed)
    assert not User.objects.get(pk=alice.pk).is_active
    assert Assignment.objects.count() == 3
    assert not WaitingEntry.objects.exists()

    taken = page.post(path, {"tasks": "take_away"}, follow=True)
    assert "1 open task is taken away." in text_of(taken)
    dates = Assignment.objects.order_by("daily_limit__date").values_list("daily_limit__date", "status")
    assert list(dates) == [(date(2026, 2, 27), "open"), (NEXT, "done")]
    assert DailyLimit.objects.get(user=alice, date=TODAY).taken == 0

    page.post(f"/people/{alice.pk}/activate/")
    assert User.objects.get(pk=alice.pk).is_active


def test_a_choice_is_needed_and_the_last_admin_stays(page: Client, alice: User, admin: User) -> None:
    with nothing_written():
        assert page.post(f"/people/{alice.pk}/deactivate/", {"tasks": "burn"}).status_code == 400
        assert page.post(f"/people/{admin.pk}/deactivate/", {"tasks": "stay"}).status_code == 403


def test_a_person_sees_no_page_of_people(client: Client, alice: User, taskmaster: User) -> None:
    client.force_login(alice)

    assert "/people/" not in client.get("/today/").content.decode()
    for path in ("/people/", f"/people/{alice.pk}/", f"/people/{taskmaster.pk}/"):
        assert client.get(path).status_code == 403
