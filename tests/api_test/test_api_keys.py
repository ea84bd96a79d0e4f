"""`/api/users/api-key/`, and calls that programs make with a key."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.models import ApiKey, Assignment, CalendarLink, Task, User
from apps.services import api_keys, calendar, users
from tests.api_test.test_problems import assert_problem, nothing_written
from tests.api_test.test_secrets import Logs
from tests.clock import freeze_time

KEYS = "/api/users/api-key/"
ASSIGNMENTS = "/api/users/assignment/"
PASSWORD = "of my own choice"


def with_key(key: str) -> APIClient:
    """A program that sends this key."""
    client = APIClient(raise_request_exception=True)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")
    return client


def make_key(person: User, scope: str = "all", **more: Any) -> str:
    """A new key, as it is sent with calls."""
    return api_keys.create(actor=person, **{"name": "nightly import", "scope": scope, **more})[1]


@pytest.fixture
def caller(taskmaster: User, signed_in: Callable[[User], APIClient]) -> APIClient:
    return signed_in(taskmaster)


# --- making, listing and deleting -------------------------------------------------------------------------------


def test_a_key_is_made_and_shown_once(caller: APIClient, taskmaster: User) -> None:
    body = {"name": "nightly import", "scope": "assign", "expires_at": "2026-03-09T12:00:00+02:00"}

    response = caller.post(KEYS, body, format="json")

    made = response.json()
    key = made.pop("key")
    row = ApiKey.objects.get()
    assert response.status_code == 201
    assert response["Location"].endswith(f"{KEYS}{row.pk}/")
    assert made == {
        "id": row.pk,
        "name": "nightly import",
        "scope": "assign",
        "prefix": key[:11],
        "created_at": "2026-03-02T12:00:00Z",
        "expires_at": "2026-03-09T10:00:00Z",
        "last_used_at": None,
    }
    assert (row.user, row.expires_at.isoformat()) == (taskmaster, "2026-03-09T10:00:00+00:00")
    assert caller.get(KEYS).json() == {"next": None, "previous": None, "results": [made]}
    assert with_key(key).get("/api/users/me/").json()["id"] == taskmaster.pk


def test_no_table_holds_a_key_that_works(caller: APIClient, taskmaster: User) -> None:
    sent = {"HTTP_IDEMPOTENCY_KEY": "make-it-once"}
    key = caller.post(KEYS, {"name": "a", "scope": "all"}, format="json", **sent).json()["key"]
    assert with_key(key).get(KEYS).status_code == 200

    dump = repr([list(model._base_manager.values_list()) for model in apps.get_models(include_auto_created=True)])
    assert key[:11] in dump
    assert key[11:] not in dump
    assert key[5:-6] not in dump
    assert_problem(with_key(ApiKey.objects.get().digest).get(KEYS), 401, "token_not_valid")


def test_one_sees_ones_own_keys_the_newest_first(caller: APIClient, taskmaster: User, alice: User) -> None:
    make_key(alice, name="of alice")
    for day, name in ((2, "old"), (3, "new")):
        with freeze_time(f"2026-03-0{day}T12:00:00Z"):
            make_key(taskmaster, name=name)

    first = caller.get(f"{KEYS}?page_size=1").json()
    second = caller.get(first["next"]).json()

    assert [row["name"] for row in first["results"] + second["results"]] == ["new", "old"]
    assert second["next"] is None
    assert all("key" not in row for row in first["results"])


def test_a_deleted_key_works_no_more(caller: APIClient, taskmaster: User) -> None:
    key, other = make_key(taskmaster), make_key(taskmaster)
    first = ApiKey.objects.order_by("pk").first().pk

    response = caller.delete(f"{KEYS}{first}/")

    assert (response.status_code, response.content) == (204, b"")
    assert_problem(with_key(key).get("/api/users/me/"), 401, "token_not_valid")
    assert with_key(other).get("/api/users/me/").status_code == 200
    assert_problem(caller.delete(f"{KEYS}{first}/"), 404, "not_found")


def test_another_persons_key_is_not_found(caller: APIClient, alice: User) -> None:
    key = make_key(alice)

    with nothing_written():
        assert_problem(caller.delete(f"{KEYS}{ApiKey.objects.get().pk}/"), 404, "not_found")
    assert caller.get(KEYS).json()["results"] == []
    assert with_key(key).get("/api/users/me/").status_code == 200


def test_an_admin_sees_and_deletes_anyones_keys(
    admin: User, alice: User, signed_in: Callable[[User], APIClient]
) -> None:
    key, caller = make_key(alice), signed_in(admin)
    theirs = f"?user={alice.pk}"
    [row] = caller.get(KEYS + theirs).json()["results"]
    assert (row["name"], row["prefix"]) == ("nightly import", key[:11])
    assert_problem(caller.delete(f"{KEYS}{row['id']}/"), 404, "not_found")

    assert caller.delete(f"{KEYS}{row['id']}/{theirs}").status_code == 204

    assert_problem(with_key(key).get("/api/users/me/"), 401, "token_not_valid")
    assert_problem(caller.get(f"{KEYS}?user=999999"), 404, "user_not_found")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\u0000b"}, "name"),
        ({"name": 256 * "x"}, "name"),
        ({"name": None}, "name"),
        ({"scope": "write"}, "scope"),
        ({"scope": None}, "scope"),
        ({"scope": ["read"]}, "scope"),
        ({"expires_at": "2026-03-02T12:00:00Z"}, "expires_at"),
        ({"expires_at": "2026-03-02T13:30:00+02:00"}, "expires_at"),
        ({"expires_at": "2026-03-09"}, "expires_at"),
        ({"expires_at": "2026-03-09T12:00:00"}, "expires_at"),
        ({"expires_at": "2026-02-30T12:00:00Z"}, "expires_at"),
        ({"expires_at": "9999-12-31T23:59:59Z"}, "expires_at"),
        ({"expires_at": 1900000000}, "expires_at"),
        ({"expires_at": ""}, "expires_at"),
        ({"key": "togo_mine"}, "key"),
    ],
)
def test_a_key_that_is_not_as_documented_is_refused(caller: APIClient, wrong: dict[str, Any], field: str) -> None:
    body = {"name": "nightly import", "scope": "read", **wrong}

    with nothing_written():
        problem = assert_problem(caller.post(KEYS, body, format="json"), 400, "invalid_request")
    assert [error["field"] for error in problem["errors"]] == [field]


def test_the_51st_key_is_refused(caller: APIClient, taskmaster: User) -> None:
    for _ in range(50):
        make_key(taskmaster)

    with nothing_written():
        refused = caller.post(KEYS, {"name": "one more", "scope": "read"}, format="json")
        assert assert_problem(refused, 409, "too_many_keys")["maximum"] == 50


# --- whether a key works ----------------------------------------------------------------------------------------


def test_every_key_that_does_not_work_gets_the_same_answer(taskmaster: User, alice: User, admin: User) -> None:
    working = make_key(taskmaster)
    expired, deleted, of_deactivated = make_key(taskmaster), make_key(taskmaster), make_key(alice)
    ApiKey.objects.filter(prefix=expired[:11]).update(expires_at="2026-03-02T12:00:00Z")
    ApiKey.objects.filter(prefix=deleted[:11]).delete()
    users.update_user(actor=admin, user_id=alice.pk, is_active=False)

    problems = [
        assert_problem(with_key(key).get("/api/users/me/"), 401, "token_not_valid")
        for key in (expired, deleted, of_deactivated, working[:-1], working + "x", "togo_", "togo_" + "x" * 5000)
    ]

    assert problems == [problems[0]] * len(problems)
    assert with_key(working).get("/api/users/me/").status_code == 200


def test_a_key_costs_as_many_statements_as_a_token(caller: APIClient, taskmaster: User, cooking: Task) -> None:
    program = with_key(make_key(taskmaster))

    def statements(client: APIClient, date: str) -> list[int]:
        body = {"task": cooking.pk, "user": taskmaster.pk, "date": date}
        counts = []
        for call in (
            lambda: client.get("/api/users/me/"),
            lambda: client.get(ASSIGNMENTS),
            lambda: client.post(ASSIGNMENTS, body, format="json"),
        ):
            with CaptureQueriesContext(connection) as queries:
                assert call().status_code in (200, 201)
            counts.append(len(queries))
        return counts

    program.get("/api/users/me/")  # Its use is noted, which the next ones of this minute aren't.
    assert statements(program, "2026-03-03") == statements(caller, "2026-03-04")


def test_a_key_with_a_wrong_checksum_costs_no_statement(taskmaster: User) -> None:
    key = make_key(taskmaster)
    program = with_key(key[:-1] + ("0" if key[-1] != "0" else "1"))

    with CaptureQueriesContext(connection) as queries:
        assert_problem(program.get("/api/users/me/"), 401, "token_not_valid")
    assert len(queries) == 0


def test_the_list_shows_when_a_key_was_used(caller: APIClient, taskmaster: User) -> None:
    program = with_key(make_key(taskmaster))
    for time in ("12:05:00", "12:05:59", "12:06:30"):
        with freeze_time(f"2026-03-02T{time}Z"):
            program.get("/api/users/me/")
            shown = caller.get(KEYS).json()["results"][0]["last_used_at"]
            assert shown == {"12:05:59": "2026-03-02T12:05:00Z"}.get(time, f"2026-03-02T{time}Z")


def test_another_password_ends_tokens_but_no_key_and_names_those_that_are_left(
    db: None, signed_in: Callable[[User], APIClient]
) -> None:
    bob = users.create_user(actor=None, username="bob", password=PASSWORD)
    body = {"old_password": PASSWORD, "new_password": "a swim in the sea"}
    expired, key, other = (make_key(bob) for _ in range(3))
    ApiKey.objects.filter(prefix=expired[:11]).update(expires_at="2026-03-02T12:00:00Z")

    changed = signed_in(bob).post("/api/users/me/password/", body, format="json")

    assert (changed.status_code, changed["ToGo-Keys-Left"]) == (204, f"{other[:11]}, {key[:11]}")
    assert with_key(key).get("/api/users/me/").json()["username"] == "bob"


def test_idempotency_keys_belong_to_the_person(caller: APIClient, taskmaster: User, cooking: Task) -> None:
    program = with_key(make_key(taskmaster, "assign"))
    body = {"task": cooking.pk, "user": taskmaster.pk, "date": "2026-03-03"}
    sent = {"format": "json", "HTTP_IDEMPOTENCY_KEY": "one-name"}

    first, again = caller.post(ASSIGNMENTS, body, **sent), program.post(ASSIGNMENTS, body, **sent)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again["Idempotent-Replayed"] == "true"
    assert again.json() == first.json()
    assert Assignment.objects.count() == 1


# --- what a key may do ------------------------------------------------------------------------------------------


def assert_outside(response: Any, scope: str) -> None:
    problem = assert_problem(response, 403, "key_not_allowed")
    assert problem["scope"] == scope


def test_a_key_that_reads_only_reads(taskmaster: User, alice: User, cooking: Task) -> None:
    reader = with_key(make_key(taskmaster, "read"))
    reader.get("/api/users/me/")
    body = {"task": cooking.pk, "user": alice.pk, "date": "2026-03-03"}

    for path in ("/api/users/me/", "/api/users/", ASSIGNMENTS, "/api/tasks/", KEYS, "/api/users/limit-rule/"):
        assert reader.get(path).status_code == 200
    assert reader.options(ASSIGNMENTS).status_code == 200
    with nothing_written():
        assert_outside(reader.post(ASSIGNMENTS, body, format="json"), "read")
        assert_outside(reader.post("/api/tasks/", {"name": "baking"}, format="json"), "read")
        assert_outside(reader.delete(f"/api/tasks/{cooking.pk}/"), "read")


def test_a_key_that_assigns_makes_every_call_about_assignments(taskmaster: User, alice: User, cooking: Task) -> None:
    program = with_key(make_key(taskmaster, "assign"))
    body = {"task": cooking.pk, "user": alice.pk, "date": "2026-03-03"}

    made = program.post(ASSIGNMENTS, body, format="json")
    one = f"{ASSIGNMENTS}{made.json()['id']}/"
    assert made.status_code == 201
    assert program.patch(one, {"date": "2026-03-04"}, format="json").status_code == 200
    assert program.post(f"{ASSIGNMENTS}bulk/", {"assignments": [body]}, format="json").status_code == 201
    later = {"task": cooking.pk, "user": alice.pk}
    assert program.post(f"{ASSIGNMENTS}earliest/", later, format="json").json()["date"] == "2026-03-02"
    assert program.delete(one).status_code == 204
    assert program.get("/api/users/limit-rule/").status_code == 200
    with nothing_written():
        assert_outside(program.post("/api/users/limit-rule/", {"maximum": 1}, format="json"), "assign")
        assert_outside(program.put(f"/api/users/limit/{alice.pk}/2026-03-03/", {"maximum": 1}, format="json"), "assign")
        assert_outside(program.post("/api/tasks/", {"name": "baking"}, format="json"), "assign")


def test_a_key_may_not_do_what_its_person_may_not(alice: User, taskmaster: User, cooking: Task) -> None:
    program = with_key(make_key(alice))
    program.get("/api/users/me/")
    body = {"task": cooking.pk, "user": taskmaster.pk, "date": "2026-03-03"}

    with nothing_written():
        assert_problem(program.post(ASSIGNMENTS, body, format="json"), 403, "not_allowed")
        assert_problem(program.post("/api/tasks/", {"name": "baking"}, format="json"), 403, "not_allowed")


@pytest.mark.parametrize("scope", ["read", "assign", "all"])
def test_no_key_reaches_secrets_or_roles(admin: User, alice: User, scope: str) -> None:
    program = with_key(make_key(admin, scope))
    program.get("/api/users/me/")
    new_key = {"name": "another", "scope": "read"}
    passwords = {"old_password": "x", "new_password": "a swim in the sea"}
    person = {"username": "eve", "password": "a swim in the sea", "is_admin": True}
    one = f"/api/users/{alice.pk}/"

    with nothing_written():
        assert_outside(program.post(KEYS, new_key, format="json"), scope)
        assert_outside(program.delete(f"{KEYS}{ApiKey.objects.get().pk}/"), scope)
        assert_outside(program.post("/api/users/me/password/", passwords, format="json"), scope)
        assert_outside(program.get("/api/users/calendar/token/"), scope)
        assert_outside(program.post("/api/users/calendar/token/"), scope)
        assert_outside(program.post("/api/users/", person, format="json"), scope)
        for role in ("is_taskmaster", "is_admin"):
            for value in (True, False, None):
                assert_outside(program.patch(one, {"first_name": "Al", role: value}, format="json"), scope)
    assert not CalendarLink.objects.exists()


def test_a_key_for_all_keeps_people_but_not_their_roles(admin: User, alice: User) -> None:
    program = with_key(make_key(admin))
    person = {"username": "eve", "password": "a swim in the sea"}

    assert program.post("/api/users/", person, format="json").status_code == 201
    changed = program.patch(f"/api/users/{alice.pk}/", {"first_name": "Al", "is_active": False}, format="json")

    assert (changed.status_code, changed.json()["first_name"]) == (200, "Al")
    alice.refresh_from_db()
    assert (alice.is_active, User.objects.get(username="eve").is_admin) == (False, False)


def test_a_key_can_not_be_refreshed_or_revoked_and_opens_no_page(taskmaster: User, client: Any) -> None:
    key = make_key(taskmaster)

    for path in ("/api/users/token/refresh/", "/api/users/token/revoke/"):
        assert_problem(APIClient().post(path, {"refresh": key}, format="json"), 401, "token_not_valid")
    assert client.get("/board/", headers={"authorization": f"Bearer {key}"}).status_code == 302
    assert with_key(key).get("/api/users/me/").status_code == 200


# --- logs -------------------------------------------------------------------------------------------------------


def test_no_key_gets_into_a_log(
    taskmaster: User, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    logs, key = Logs(), make_key(taskmaster)

    def fail(**_: Any) -> Any:
        raise RuntimeError("a mistake")

    program = with_key(key)
    program.raise_request_exception = False
    monkeypatch.setattr(calendar, "feed", fail)
    assert program.get(f"/api/users/calendar/{key}.ics").status_code == 500
    assert program.get(f"/api/users/me/?key={key}").status_code == 400
    assert program.post(ASSIGNMENTS, json.dumps({"task": key}), content_type="application/json").status_code == 400

    logging.getLogger("apps.test").error("a mistake with %s in /api/nothing/%s", key, key)

    written = logs.text() + "".join(capfd.readouterr())
    assert "a mistake with" in written
    assert key not in written
    assert key[5:] not in written
