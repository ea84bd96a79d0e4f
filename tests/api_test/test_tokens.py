"""`/api/users/token/`, `…/refresh/` and `…/revoke/`"""

import json
import re
from ipaddress import ip_network
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, make_password
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from apps.models import User
from apps.services import users
from tests.api_test.test_problems import assert_problem, nothing_written
from tests.unit_test.test_attempts import CountingHasher

pytestmark = pytest.mark.no_db

PASSWORD = "  of my own choice, with bl\u00e4nks "


@pytest.fixture
def bob(db: None) -> User:
    return users.create_user(actor=None, username="bob", password=PASSWORD)


@pytest.fixture
def client() -> APIClient:
    return APIClient(enforce_csrf_checks=True)


def sign_in(client: APIClient, username: str = "bob", password: str = PASSWORD) -> Any:
    return client.post("/api/users/token/", {"username": username, "password": password}, format="json")


def me(client: APIClient, access: str) -> Any:
    return client.get("/api/users/me/", HTTP_AUTHORIZATION=f"Bearer {access}")


def test_a_person_signs_in_with_a_password_that_has_blanks_around_it(client: APIClient, bob: User) -> None:
    response = sign_in(client)

    assert response.status_code == 200
    assert set(response.json()) == {"access", "refresh"}
    assert me(client, response.json()["access"]).json()["username"] == "bob"
    assert OutstandingToken.objects.get().user == bob


@pytest.mark.every_database
def test_a_wrong_name_and_a_wrong_password_get_the_same_answer(client: APIClient, admin: User, bob: User) -> None:
    for_names = sign_in(client, username="nobody"), sign_in(client, username="BOB")
    for_passwords = sign_in(client, password=PASSWORD.strip()), sign_in(client, password="x" * 1000)
    users.update_user(actor=admin, user_id=bob.pk, is_active=False)

    for response in (*for_names, *for_passwords, sign_in(client)):
        problem = assert_problem(response, 401, "invalid_credentials")
        assert problem["detail"] == "No active person has this username and password."
        assert set(problem) == {"type", "title", "status", "detail", "code"}
    assert not OutstandingToken.objects.exists()


class CountingArgon2(Argon2PasswordHasher):
    """Production's hasher with low costs. Counts the hashes, which take most of the time."""

    time_cost, memory_cost, parallelism = 1, 8, 1
    count = 0

    def encode(self, password: str, salt: str) -> str:
        CountingArgon2.count += 1
        return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        CountingArgon2.count += 1
        return super().verify(password, encoded)


@pytest.mark.parametrize("path", ["/api/users/token/", "/sign-in/"])
def test_neither_the_answer_nor_the_work_tells_which_accounts_exist(
    db: None, client: APIClient, settings: Any, path: str
) -> None:
    settings.PASSWORD_HASHERS = ["tests.api_test.test_tokens.CountingArgon2"]
    users.create_user(actor=None, username="known", password=PASSWORD)
    users.create_user(actor=None, username="left1", password=PASSWORD, is_active=False)
    User.objects.create(username="robot", password="!")
    client.handler.enforce_csrf_checks = False

    def refused(username: str, password: str) -> tuple[Any, ...]:
        # Each call has an address of its own, without earlier tries.
        more: dict[str, Any] = {"REMOTE_ADDR": f"2001:db8:0:{len(seen)}::1"}
        body = {"username": username, "password": password}
        before = CountingArgon2.count
        with CaptureQueriesContext(connection) as queries:
            response = client.post(path, body, format="json" if path.startswith("/api/") else "multipart", **more)
        assert response.status_code == 401
        shown = re.sub(r'name="csrfmiddlewaretoken" value="\w+"|"X-CSRFToken": "\w+"', "", response.content.decode())
        return CountingArgon2.count - before, len(queries), sorted(response.headers), shown.replace(username, "NAME")

    seen: list[tuple[Any, ...]] = []
    cases = [("known", "wrong"), ("nobdy", "wrong"), ("left1", "wrong"), ("left1", PASSWORD), ("robot", "wrong")]
    for username, password in cases:
        seen.append(refused(username, password))

    assert seen == [seen[0]] * len(cases)
    assert seen[0][0] == 1


@pytest.mark.every_database
@pytest.mark.parametrize("username", ["bob", "nobody"])
def test_after_five_wrong_passwords_the_call_and_the_page_refuse(client: APIClient, bob: User, username: str) -> None:
    for _ in range(5):
        assert_problem(sign_in(client, username=username, password="wrong"), 401, "invalid_credentials")

    with nothing_written():
        response = sign_in(client, username=username)
        assert assert_problem(response, 429, "too_many_attempts")["retry_after"] == 900
        assert response["Retry-After"] == "900"
        page = client.get("/sign-in/")
        form = {"username": username, "password": PASSWORD, "csrfmiddlewaretoken": page.cookies["csrftoken"].value}
        shown = client.post("/sign-in/", form)
        assert (shown.status_code, shown["Retry-After"]) == (429, "900")
        assert "too many wrong passwords" in shown.content.decode()


def test_wrong_passwords_on_the_page_count_for_the_call_too(client: APIClient, bob: User) -> None:
    page = client.get("/sign-in/")
    form = {"username": "bob", "password": "wrong", "csrfmiddlewaretoken": page.cookies["csrftoken"].value}
    for _ in range(5):
        assert client.post("/sign-in/", form).status_code == 401

    assert_problem(sign_in(client), 429, "too_many_attempts")


def test_behind_a_proxy_tries_are_counted_for_each_caller(client: APIClient, bob: User, settings: Any) -> None:
    settings.TOGO_TRUSTED_PROXIES = [ip_network("127.0.0.1")]
    body = {"username": "bob", "password": "wrong"}
    for forwarded in ("198.51.100.7", "198.51.100.8"):
        for number in range(6):
            said = f"203.0.113.{number}, {forwarded}"
            response = client.post("/api/users/token/", body, format="json", HTTP_X_FORWARDED_FOR=said)
            assert response.status_code == (401 if number < 5 else 429)


def test_signing_in_ignores_the_authorization_header(client: APIClient, bob: User) -> None:
    client.credentials(HTTP_AUTHORIZATION="Bearer expired")

    assert sign_in(client).status_code == 200


@pytest.mark.every_database
def test_a_refresh_token_gives_a_new_pair_once(client: APIClient, bob: User) -> None:
    first = sign_in(client).json()

    second = client.post("/api/users/token/refresh/", {"refresh": first["refresh"]}, format="json")

    assert second.status_code == 200
    assert set(second.json()) == {"access", "refresh"}
    assert second.json()["refresh"] != first["refresh"]
    assert me(client, second.json()["access"]).status_code == 200
    with nothing_written():
        for path in ("/api/users/token/refresh/", "/api/users/token/revoke/"):
            again = client.post(path, {"refresh": first["refresh"]}, format="json")
            assert_problem(again, 401, "token_not_valid")


def test_a_revoked_token_can_not_be_refreshed(client: APIClient, bob: User) -> None:
    pair = sign_in(client).json()

    response = client.post("/api/users/token/revoke/", {"refresh": pair["refresh"]}, format="json")

    assert (response.status_code, response.content) == (204, b"")
    assert BlacklistedToken.objects.count() == 1
    refused = client.post("/api/users/token/refresh/", {"refresh": pair["refresh"]}, format="json")
    assert_problem(refused, 401, "token_not_valid")


def test_refuses_an_invalid_refresh_token(client: APIClient, bob: User) -> None:
    pair = sign_in(client).json()

    with nothing_written():
        for token in (pair["access"], "x", "a.b.c", pair["refresh"] + "x", "x" * 4000):
            for path in ("/api/users/token/refresh/", "/api/users/token/revoke/"):
                response = client.post(path, {"refresh": token}, format="json")
                assert_problem(response, 401, "token_not_valid")


@pytest.mark.parametrize("value", [None, "", 1, True, [], {}, "x\x00", "x" * 4001])
def test_refuses_a_refresh_token_that_is_not_text(client: APIClient, bob: User, value: Any) -> None:
    with nothing_written():
        for path in ("/api/users/token/refresh/", "/api/users/token/revoke/"):
            response = client.post(path, {"refresh": value}, format="json")
            (error,) = assert_problem(response, 400, "invalid_request")["errors"]
            assert error["field"] == "refresh"


COMPOSED, DECOMPOSED = "Gr\u00f6\u00dfe und L\u00e4nge", "Gro\u0308\u00dfe und La\u0308nge"


@pytest.mark.parametrize("chosen", [COMPOSED, DECOMPOSED])
@pytest.mark.parametrize("typed", [COMPOSED, DECOMPOSED])
def test_a_password_is_the_same_on_every_keyboard(client: APIClient, bob: User, chosen: str, typed: str) -> None:
    users.change_password(actor=bob, old_password=PASSWORD, new_password=chosen, address="192.0.2.1")

    assert sign_in(client, password=typed).status_code == 200


def test_a_password_that_an_older_version_hashed_as_it_was_typed_still_works(client: APIClient, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(password=make_password(DECOMPOSED))

    assert sign_in(client, password=DECOMPOSED).status_code == 200


def test_a_password_in_another_form_takes_as_long_for_every_name(client: APIClient, bob: User, settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["tests.unit_test.test_attempts.CountingHasher"]
    users.set_password(actor=User(is_admin=True), user_id=bob.pk, password=PASSWORD)
    counts = []
    for name in ("bob", "nobody"):
        before = CountingHasher.count
        assert sign_in(client, username=name, password=DECOMPOSED).status_code == 401
        counts.append(CountingHasher.count - before)

    assert counts == [2, 2]


def test_a_sign_in_is_refused_before_a_large_body_is_read(client: APIClient, bob: User) -> None:
    """Parsing a megabyte of 90,000 keys takes 82 ms of processor time, and a caller needs no sign-in for it."""
    body = json.dumps({f"k{number}": 1 for number in range(90_000)})

    for path in ("/api/users/token/", "/api/users/token/refresh/", "/api/users/token/revoke/"):
        with patch.object(json, "loads") as loads, nothing_written():
            response = client.post(path, body, content_type="application/json")
            loads.assert_not_called()
        assert assert_problem(response, 413, "payload_too_large")["limit"] == 20_000


def test_the_longest_name_and_password_can_be_sent(client: APIClient, db: None) -> None:
    name, password = "\U0001d54f" * 150, "\U0001f335" * 1000

    response = sign_in(client, username=name, password=password)

    assert len(json.dumps({"username": name, "password": password})) < 20_000
    assert_problem(response, 401, "invalid_credentials")
