"""`/api/users/` and `/api/users/{id}/`: creating and changing people; `/api/users/me/password/`."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from apps.models import User
from apps.services import tokens, users
from tests.api_test.test_problems import assert_problem, nothing_written
from tests.conftest import make_person

SignIn = Callable[[User], APIClient]
BOB = {"username": "bob", "password": "of my own choice"}


def test_an_admin_creates_a_person_who_can_sign_in(admin: User, signed_in: SignIn) -> None:
    body = {**BOB, "first_name": "Bob", "is_taskmaster": True}

    response = signed_in(admin).post("/api/users/", body, format="json")

    bob = User.objects.get(username="bob")
    assert response.status_code == 201
    assert response["Location"] == f"http://testserver/api/users/{bob.pk}/"
    assert response.json() == {
        "id": bob.pk,
        "username": "bob",
        "first_name": "Bob",
        "last_name": "",
        "is_active": True,
        "is_taskmaster": True,
        "is_admin": False,
    }
    assert signed_in(admin).get(response["Location"]).json() == response.json()
    credentials = {"username": "bob", "password": "of my own choice"}
    assert APIClient().post("/api/users/token/", credentials, format="json").status_code == 200


def test_an_admin_changes_a_person(admin: User, alice: User, signed_in: SignIn) -> None:
    changes = {"first_name": "Alice", "last_name": "O\u2019Hara", "is_active": False, "is_taskmaster": True}

    response = signed_in(admin).patch(f"/api/users/{alice.pk}/", changes, format="json")

    assert response.status_code == 200
    assert response.json() == {"id": alice.pk, "username": "alice", "is_admin": False, **changes}
    alice.refresh_from_db()
    assert (alice.last_name, alice.is_active, alice.is_taskmaster) == ("O\u2019Hara", False, True)


def test_an_empty_change_and_an_unknown_person_change_nothing(admin: User, alice: User, signed_in: SignIn) -> None:
    caller = signed_in(admin)

    with nothing_written():
        response = caller.patch(f"/api/users/{alice.pk}/", {}, format="json")
        missing = caller.patch("/api/users/9223372036854775807/", {"first_name": "x"}, format="json")

    assert (response.status_code, response.json()) == (200, caller.get(f"/api/users/{alice.pk}/").json())
    assert_problem(missing, 404, "user_not_found")


def test_the_last_active_admin_stays_admin(admin: User, signed_in: SignIn) -> None:
    caller = signed_in(admin)

    with nothing_written():
        for change in ({"is_admin": False}, {"is_active": False}):
            problem = assert_problem(caller.patch(f"/api/users/{admin.pk}/", change, format="json"), 403, "not_allowed")
            assert "last active admin" in problem["detail"]


def test_taskmasters_find_everyone_and_others_only_themselves(
    taskmaster: User, alice: User, stranger: User, signed_in: SignIn
) -> None:
    make_person("zed", first_name="Alice", last_name="Cooper", is_active=False)

    def found(person: User, query: str = "") -> list[str]:
        return [one["username"] for one in signed_in(person).get(f"/api/users/{query}").json()["results"]]

    assert found(taskmaster) == ["alice", "stranger", "taskmaster", "zed"]
    assert found(taskmaster, "?q=ALICE") == ["alice", "zed"]
    assert found(taskmaster, "?q=cooper%20alice") == ["zed"]
    assert found(taskmaster, "?q=alice&is_active=true") == ["alice"]
    assert found(taskmaster, "?is_active=false") == ["zed"]
    assert found(alice) == ["alice"]
    assert found(alice, "?q=stranger") == []
    page = signed_in(taskmaster).get("/api/users/?page_size=3").json()
    assert [one["username"] for one in signed_in(taskmaster).get(page["next"]).json()["results"]] == ["zed"]


def test_a_person_is_read_by_taskmasters_and_by_themselves(
    taskmaster: User, alice: User, stranger: User, signed_in: SignIn
) -> None:
    path = f"/api/users/{alice.pk}/"

    for person in (taskmaster, alice):
        assert signed_in(person).get(path).json()["username"] == "alice"
    assert_problem(signed_in(stranger).get(path), 404, "user_not_found")
    assert_problem(signed_in(taskmaster).get("/api/users/9223372036854775807/"), 404, "user_not_found")


def test_only_admins_create_and_change_people(taskmaster: User, alice: User, signed_in: SignIn) -> None:
    with nothing_written():
        for caller, status, code in (
            (signed_in(taskmaster), 403, "not_allowed"),
            (signed_in(alice), 403, "not_allowed"),
            (APIClient(), 401, "not_authenticated"),
        ):
            assert_problem(caller.post("/api/users/", BOB, format="json"), status, code)
            assert_problem(caller.patch(f"/api/users/{alice.pk}/", {"is_admin": True}, format="json"), status, code)
        # People whom the caller may not see are not found.
        for user_id in (taskmaster.pk, 2**63 - 1):
            refused = signed_in(alice).patch(f"/api/users/{user_id}/", {"is_admin": True}, format="json")
            assert assert_problem(refused, 404, "user_not_found")["user"] == user_id
        assert_problem(APIClient().get("/api/users/"), 401, "not_authenticated")
        assert_problem(APIClient().get(f"/api/users/{alice.pk}/"), 401, "not_authenticated")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", ""),
        ("username", "alice"),
        ("username", "no blanks"),
        ("username", "<script>"),
        ("username", "x" * 151),
        # 100 characters, which are stored as 300.
        ("username", "\ufb03" * 100),
        ("username", 7),
        ("username", None),
        ("password", "short"),
        ("password", "password1234"),
        ("password", "92837465928374"),
        ("password", "bob_the_builder"),
        ("password", None),
        ("first_name", "a\x00b"),
        ("last_name", "x" * 151),
        ("is_admin", "true"),
        ("is_active", None),
        ("id", 7),
        ("email", "bob@example.org"),
    ],
)
def test_bad_input_is_named_and_writes_nothing(
    admin: User, alice: User, signed_in: SignIn, field: str, value: Any
) -> None:
    body = {**BOB, "username": "bob_the_builder", field: value}

    with nothing_written():
        problem = assert_problem(signed_in(admin).post("/api/users/", body, format="json"), 400, "invalid_request")

    assert {error["field"] for error in problem["errors"]} == {field}
    assert all(error["message"] for error in problem["errors"])


def test_patch_refuses_a_username_and_a_password(admin: User, alice: User, signed_in: SignIn) -> None:
    with nothing_written():
        for field in ("username", "password", "id"):
            refused = signed_in(admin).patch(f"/api/users/{alice.pk}/", {field: "x"}, format="json")
            problem = assert_problem(refused, 400, "invalid_request")
            assert [error["field"] for error in problem["errors"]] == [field]


# --- the own password -------------------------------------------------------------------------------------------


def change(caller: APIClient, old: Any, new: Any, **more: Any) -> Any:
    body = {"old_password": old, "new_password": new, **more}
    return caller.post("/api/users/me/password/", body, format="json")


def test_a_new_password_ends_every_token_of_the_old_one(admin: User, signed_in: SignIn) -> None:
    signed_in(admin).post("/api/users/", BOB, format="json")
    pair = tokens.obtain(**BOB, address="192.0.2.1")
    caller = APIClient()
    caller.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['access']}")

    response = change(caller, "of my own choice", "of another choice")

    assert (response.status_code, response.content) == (204, b"")
    assert "ToGo-Keys-Left" not in response
    assert_problem(caller.get("/api/users/me/"), 401, "token_not_valid")
    refused = APIClient().post("/api/users/token/refresh/", {"refresh": pair["refresh"]}, format="json")
    assert_problem(refused, 401, "token_not_valid")
    for password, status in (("of my own choice", 401), ("of another choice", 200)):
        credentials = {"username": "bob", "password": password}
        assert APIClient().post("/api/users/token/", credentials, format="json").status_code == status


def test_a_wrong_or_too_easy_password_changes_nothing(admin: User, signed_in: SignIn) -> None:
    signed_in(admin).post("/api/users/", BOB, format="json")
    caller = signed_in(User.objects.get(username="bob"))
    # The first try of a password writes a row.
    change(caller, "of my own choice", "short")

    with nothing_written():
        for old, new, field in (
            ("of my own choice", "short", "new_password"),
            ("of my own choice", "1234567890", "new_password"),
            (None, "of another choice", "old_password"),
            ("of my own choice", 7, "new_password"),
        ):
            problem = assert_problem(change(caller, old, new), 400, "invalid_request")
            assert {error["field"] for error in problem["errors"]} == {field}
        assert_problem(change(caller, "of my own choice", "of another choice", user=1), 400, "invalid_request")
        assert_problem(change(APIClient(), "of my own choice", "of another choice"), 401, "not_authenticated")


def test_the_old_password_can_not_be_guessed(admin: User, signed_in: SignIn) -> None:
    signed_in(admin).post("/api/users/", BOB, format="json")
    bob = User.objects.get(username="bob")
    caller = signed_in(bob)

    for _ in range(5):
        problem = assert_problem(change(caller, "of my own Choice", "of another choice"), 400, "invalid_request")
        assert [error["field"] for error in problem["errors"]] == ["old_password"]
    with nothing_written():
        response = change(caller, "of my own choice", "of another choice")
        assert_problem(response, 429, "too_many_attempts")
        assert response["Retry-After"] == "900"

    assert User.objects.get(username="bob").password == bob.password


def test_a_reactivated_person_has_to_sign_in_again(admin: User, alice: User) -> None:
    """Tokens, sessions and the calendar link from before the deactivation never work again."""
    users.set_password(actor=admin, user_id=alice.pk, password=BOB["password"])
    credentials = {"username": "alice", "password": BOB["password"]}
    browser, caller = Client(), APIClient()
    browser.post("/sign-in/", credentials)
    pair = caller.post("/api/users/token/", credentials, format="json").json()
    caller.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['access']}")
    link = caller.get("/api/users/calendar/token/").json()["url"]

    def statuses() -> list[int]:
        return [
            caller.get("/api/users/me/").status_code,
            APIClient().post("/api/users/token/refresh/", {"refresh": pair["refresh"]}, format="json").status_code,
            browser.get("/today/").status_code,
            APIClient().get(link).status_code,
        ]

    for is_active in (False, True):
        users.update_user(actor=admin, user_id=alice.pk, is_active=is_active)
        assert statuses() == [401, 401, 302, 404]

    pair = APIClient().post("/api/users/token/", credentials, format="json").json()
    caller.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['access']}")
    link = caller.get("/api/users/calendar/token/").json()["url"]
    browser.post("/sign-in/", credentials)
    assert statuses() == [200, 200, 200, 200]


def test_other_changes_of_a_person_leave_their_tokens_valid(admin: User, alice: User, signed_in: SignIn) -> None:
    caller = signed_in(alice)

    users.update_user(actor=admin, user_id=alice.pk, is_active=True, first_name="Alice", is_taskmaster=True)

    assert caller.get("/api/users/me/").status_code == 200
    assert User.objects.get(pk=alice.pk).epoch == 0


@pytest.mark.parametrize("form", ["j\u00f6rg", "jo\u0308rg", " jo\u0308rg "])
def test_a_username_is_unique_and_found_in_any_unicode_form(admin: User, signed_in: SignIn, form: str) -> None:
    made = signed_in(admin).post("/api/users/", {**BOB, "username": form}, format="json")

    assert (made.status_code, made.json()["username"]) == (201, "j\u00f6rg")
    assert User.objects.filter(username="j\u00f6rg").exists()
    with nothing_written():
        again = signed_in(admin).post("/api/users/", {**BOB, "username": "jo\u0308rg"}, format="json")
        assert_problem(again, 400, "invalid_request")
    for spelled in ("j\u00f6rg", "jo\u0308rg", " jo\u0308rg "):
        credentials = {**BOB, "username": spelled}
        assert APIClient().post("/api/users/token/", credentials, format="json").status_code == 200
        assert Client().post("/sign-in/", credentials).status_code == 302
