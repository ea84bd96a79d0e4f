"""Django's admin: it goes through the services, shows their refusals, and can't break a limit."""

from datetime import date
from typing import Any

import pytest
from django.contrib.admin import site
from django.contrib.admin.models import LogEntry
from django.test import Client

from apps.exceptions.tasks import TaskInUse
from apps.models import Assignment, DailyLimit, LimitRule, Task, User
from apps.services import assignments, users
from tests.api_test.test_problems import nothing_written
from tests.conftest import TODAY

# Django's admin makes statements of its own.
pytestmark = pytest.mark.every_database
MODELS = ("user", "task", "limitrule", "dailylimit")


@pytest.fixture
def page(admin: User, client: Client) -> Client:
    """A browser in which the admin is signed in."""
    client.force_login(admin)
    return client


@pytest.fixture
def given(taskmaster: User, alice: User, cooking: Task) -> Assignment:
    """Cooking, assigned to Alice today."""
    return assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=TODAY)


def messages_of(response: Any) -> list[str]:
    """The messages on the page."""
    return [str(message) for message in response.context["messages"]]


def refused(response: Any) -> dict[str, list[str]]:
    """The form's errors by field."""
    assert response.status_code == 200
    return dict(response.context["adminform"].form.errors)


def send(page: Client, path: str, **fields: Any) -> Any:
    return page.post(f"/admin/togo/{path}", fields, follow=True)


# --- permissions ------------------------------------------------------------------------------------------------


def test_the_admin_pages_are_for_admins_only(taskmaster: User, alice: User, given: Assignment, client: Client) -> None:
    paths = ["/admin/", *(f"/admin/togo/{model}/{rest}" for model in MODELS for rest in ("", "add/", "1/change/"))]
    for person in (None, alice, taskmaster):
        if person:
            client.force_login(person)
        with nothing_written():
            for path in paths:
                for response in (client.get(path), client.post(path, {"name": "baking"})):
                    if person is None:
                        assert response.status_code == 302
                        assert response["Location"].startswith("/admin/login/?next=")
                        continue
                    # People who are signed in get a page with the reason, and no form to sign in.
                    assert response.status_code == 403
                    assert "The admin pages are for admins." in response.content.decode()
                    assert 'type="password"' not in response.content.decode()


def test_filters_do_not_reveal_a_password_hash(page: Client, admin: User, given: Assignment) -> None:
    users.set_password(actor=admin, user_id=given.user_id, password="of my own choice")
    hash_begins = User.objects.get(pk=given.user_id).password[:20]

    for query in (
        f"user/?password__startswith={hash_begins}",
        f"user/?password__contains={hash_begins[5:]}",
        "user/?password=!",
        "user/?epoch=0",
        "user/?last_login__isnull=1",
        f"limitrule/?user__password__startswith={hash_begins}",
        f"dailylimit/?user__password__startswith={hash_begins}",
        f"dailylimit/?assignments__task__name__startswith={hash_begins}",
        f"task/?assignment__daily_limit__user__password__startswith={hash_begins}",
    ):
        assert page.get(f"/admin/togo/{query}").status_code == 400, query
    # The filters that the lists show still work.
    for query in ("user/?is_active__exact=1", "limitrule/?weekday=0", "dailylimit/?date__gte=2026-03-02"):
        assert page.get(f"/admin/togo/{query}").status_code == 200, query


def test_a_name_is_found_in_any_unicode_form(page: Client) -> None:
    Task.objects.create(name="caf\u00e9")

    response = page.get("/admin/togo/task/", {"q": "cafe\u0301"})

    assert [task.name for task in response.context["cl"].queryset] == ["caf\u00e9"]


@pytest.mark.django_db
def test_an_admin_signs_in_with_their_password_and_others_do_not(client: Client) -> None:
    for username, fields in (("boss", {"is_admin": True}), ("master", {"is_taskmaster": True})):
        users.create_user(actor=None, username=username, password="of my own choice", **fields)

    def sign_in(username: str, password: str) -> Any:
        asked = client.get("/admin/", follow=True)
        assert asked.redirect_chain[-1][0] == "/sign-in/?next=%2Fadmin%2F"
        sent = {"username": username, "password": password, "next": asked.context["next"]}
        return client.post("/sign-in/", sent, follow=True)

    refused = sign_in("master", "of my own choice")
    assert refused.status_code == 403
    assert "You are signed in as <bdi>master</bdi>." in refused.content.decode()
    client.post("/sign-out/")
    assert sign_in("boss", "of another choice").status_code == 401
    assert sign_in("boss", "of my own choice").redirect_chain == [("/admin/", 302)]
    assert client.get("/admin/").status_code == 200


def test_every_page_opens(page: Client, taskmaster: User, given: Assignment) -> None:
    rule = LimitRule.objects.create(maximum=1, user=taskmaster, version=1)
    rows = {"user": taskmaster, "task": given.task, "limitrule": rule, "dailylimit": given.daily_limit}

    assert page.get("/admin/").status_code == 200
    for model, row in rows.items():
        for rest in ("", "?q=o", "add/", f"{row.pk}/change/", f"{row.pk}/history/"):
            assert page.get(f"/admin/togo/{model}/{rest}").status_code == 200, (model, rest)


@pytest.mark.parametrize("model", ["assignment", "limitday", "rulesversion", "jobrun", "group", "outstandingtoken"])
def test_other_tables_have_no_admin_pages(page: Client, given: Assignment, model: str) -> None:
    with nothing_written():
        for app in ("togo", "auth", "token_blacklist"):
            for rest in ("", "add/", f"{given.pk}/change/", f"{given.pk}/delete/"):
                assert page.post(f"/admin/{app}/{model}/{rest}", {"post": "yes"}).status_code == 404


# --- people -----------------------------------------------------------------------------------------------------


def test_a_person_is_created_who_can_sign_in(page: Client) -> None:
    response = send(page, "user/add/", username="bob", password="of my own choice", is_active="on", first_name="Bob")

    bob = User.objects.get(username="bob")
    assert response.redirect_chain[0][0] == "/admin/togo/user/"
    assert (bob.first_name, bob.is_active, bob.is_taskmaster, bob.is_admin) == ("Bob", True, False, False)
    assert bob.check_password("of my own choice")


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"username": "", "password": "of my own choice"}, "username"),
        ({"username": "no blanks", "password": "of my own choice"}, "username"),
        ({"username": "admin", "password": "of my own choice"}, "username"),
        ({"username": "bob", "password": ""}, "password"),
        ({"username": "bob", "password": "short"}, "password"),
        ({"username": "bob", "password": "12345678901"}, "password"),
        ({"username": "bobthebuilder", "password": "bobthebuilder1"}, "password"),
    ],
)
def test_an_invalid_person_is_refused(page: Client, fields: dict[str, str], wrong: str) -> None:
    with nothing_written():
        assert list(refused(send(page, "user/add/", **fields))) == [wrong]


def test_a_person_is_changed_and_keeps_password_and_name(page: Client, admin: User) -> None:
    bob = users.create_user(actor=admin, username="bob", password="of my own choice")

    send(page, f"user/{bob.pk}/change/", username="robert", last_name="Builder", is_taskmaster="on", password="")

    bob.refresh_from_db()
    assert (bob.username, bob.last_name, bob.is_active, bob.is_taskmaster) == ("bob", "Builder", False, True)
    assert bob.check_password("of my own choice")


def test_a_new_password_is_set_if_it_is_good(page: Client, admin: User) -> None:
    bob = users.create_user(actor=admin, username="bobthebuilder", password="of my own choice")
    kept = {"username": "bobthebuilder", "is_active": "on"}

    for bad in ("short", "bobthebuilder1"):
        assert list(refused(send(page, f"user/{bob.pk}/change/", password=bad, **kept))) == ["password"]
    send(page, f"user/{bob.pk}/change/", password="of another choice", **kept)

    bob.refresh_from_db()
    assert bob.check_password("of another choice")


def test_the_last_active_admin_stays_admin(page: Client, admin: User) -> None:
    with nothing_written():
        for kept in ({"is_active": "on"}, {"is_admin": "on"}):
            refused_again = send(page, f"user/{admin.pk}/change/", username="admin", password="", **kept)
            assert messages_of(refused_again) == ["This is the last active admin; make somebody else an admin first."]

    User.objects.create(username="second", password="!", is_admin=True)
    send(page, f"user/{admin.pk}/change/", username="admin", password="", is_active="on")
    admin.refresh_from_db()
    assert (admin.is_active, admin.is_admin) == (True, False)


def test_a_refused_change_leaves_the_password_unchanged(page: Client, admin: User) -> None:
    with nothing_written():
        send(page, f"user/{admin.pk}/change/", username="admin", password="of another choice", is_active="on")


def test_nobody_is_deleted(page: Client, alice: User) -> None:
    with nothing_written():
        assert page.post(f"/admin/togo/user/{alice.pk}/delete/", {"post": "yes"}).status_code == 403
        send(page, "user/", action="delete_selected", _selected_action=alice.pk, post="yes")


# --- tasks ------------------------------------------------------------------------------------------------------


def test_a_task_is_created_changed_and_deleted(page: Client) -> None:
    send(page, "task/add/", name="coking", is_active="on", effort="1")
    task = Task.objects.get()
    assert (task.name, task.is_active, task.effort) == ("coking", True, 1)

    carried = {"note": "Mind\r\nthe knives.", "color": "red", "url": "https://example.org/", "deadline": "2026-03-31"}
    send(page, f"task/{task.pk}/change/", name="cooking", effort="3", **carried)
    assert Task.objects.values_list("name", "is_active", "effort").get() == ("cooking", False, 3)
    kept = Task.objects.values_list("note", "color", "url", "deadline").get()
    assert kept == ("Mind\nthe knives.", "red", "https://example.org/", date(2026, 3, 31))

    send(page, f"task/{task.pk}/delete/", post="yes")
    assert not Task.objects.exists()
    assert [entry.action_flag for entry in LogEntry.objects.order_by("pk")] == [1, 2, 3]


def test_saving_an_unchanged_form_changes_nothing(page: Client, given: Assignment) -> None:
    before = Task.objects.values().get(), DailyLimit.objects.values().get()

    send(page, f"task/{given.task_id}/change/", name="cooking", is_active="on")
    send(page, f"dailylimit/{given.daily_limit_id}/change/", maximum=5, reason="")

    # In particular, the day still follows the rules.
    assert (Task.objects.values().get(), DailyLimit.objects.values().get()) == before


def test_an_assigned_task_is_not_deleted(page: Client, given: Assignment, tasks: list[Task]) -> None:
    with nothing_written():
        alone = send(page, f"task/{given.task_id}/delete/", post="yes")
        together = send(
            page,
            "task/",
            action="delete_selected",
            _selected_action=[given.task_id, tasks[0].pk],
            post="yes",
        )

    for response in (alone, together):
        assert "Cannot delete" in response.content.decode()
        # Counted, and not listed by their ids.
        assert "<li>Assignments: 1</li>" in response.content.decode()


def test_a_refused_deletion_rolls_back_the_others_of_the_selection(
    given: Assignment, admin: User, tasks: list[Task], rf: Any
) -> None:
    """The task was assigned between Django's own check and the deletion."""
    request = rf.post("/admin/togo/task/")
    request.user = admin

    with nothing_written(), pytest.raises(TaskInUse):
        site.get_model_admin(Task).delete_queryset(request, Task.objects.order_by("-pk"))


# --- one's own password -----------------------------------------------------------------------------------------


def test_an_admin_changes_their_own_password(page: Client, admin: User) -> None:
    admin.set_password("the one that I have")
    admin.save()
    page.force_login(admin)
    new = {"new_password1": "the one that I want", "new_password2": "the one that I want"}

    answer = page.post("/admin/password_change/", {"old_password": "the one that I have", **new})

    assert (answer.status_code, answer["Location"]) == (302, "/admin/password_change/done/")
    admin.refresh_from_db()
    assert admin.check_password("the one that I want")


def test_no_more_than_five_wrong_passwords_are_checked(page: Client, admin: User) -> None:
    admin.set_password("the one that I have")
    admin.save()
    page.force_login(admin)
    new = {"new_password1": "the one that I want", "new_password2": "the one that I want"}

    found = [page.post("/admin/password_change/", {"old_password": "a guess", **new}) for _ in range(5)]
    found.append(page.post("/admin/password_change/", {"old_password": "the one that I have", **new}))

    errors = [answer.context["form"].errors["old_password"] for answer in found]
    assert all("incorrect" in error[0] for error in errors[:5])
    assert errors[5] == ["There were too many wrong passwords from here; wait before you try again."]
    admin.refresh_from_db()
    assert admin.check_password("the one that I have")
