"""`POST /api/users/token/` of people who have turned a second factor on."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.models import User
from apps.models.api_keys import Scope
from apps.services import api_keys, users
from tests.api_test.test_problems import assert_problem, nothing_written
from tests.second_factors import App, turn_on

pytestmark = [pytest.mark.no_db, pytest.mark.django_db]

PASSWORD = "of my own choice"


@pytest.fixture
def bob(db: None) -> User:
    return users.create_user(actor=None, username="bob", password=PASSWORD)


@pytest.fixture
def app(bob: User) -> App:
    return turn_on(bob)


@pytest.fixture
def client() -> APIClient:
    return APIClient()


def sign_in(client: APIClient, **more: Any) -> Any:
    return client.post("/api/users/token/", {"username": "bob", "password": PASSWORD, **more}, format="json")


@pytest.mark.every_database
def test_a_code_is_required_and_works_once(client: APIClient, app: App) -> None:
    problem = assert_problem(sign_in(client), 401, "otp_required")
    assert set(problem) == {"type", "title", "status", "detail", "code"}

    answer = sign_in(client, otp=app.code())
    assert answer.status_code == 200
    me = client.get("/api/users/me/", HTTP_AUTHORIZATION=f"Bearer {answer.json()['access']}")
    assert me.json()["username"] == "bob"

    problem = assert_problem(sign_in(client, otp=app.code()), 401, "invalid_credentials")
    assert problem["detail"] == "No active person has this username, password and code."


def test_a_recovery_code_is_taken_too(client: APIClient, app: App) -> None:
    assert sign_in(client, otp=app.recovery_codes[0]).status_code == 200
    assert_problem(sign_in(client, otp=app.recovery_codes[0]), 401, "invalid_credentials")


def test_a_wrong_password_is_answered_alike_with_and_without_a_second_factor(client: APIClient, app: App) -> None:
    """So nobody learns who has one without knowing the password; and no code is used up."""
    for otp in ({}, {"otp": app.code()}):
        with_one, nobody = (sign_in(client, username=name, password="x", **otp) for name in ("bob", "nobody"))
        assert_problem(with_one, 401, "invalid_credentials")
        assert with_one.json() == nobody.json()
    assert sign_in(client, otp=app.code()).status_code == 200


def test_five_wrong_codes_are_held_like_passwords_and_right_passwords_do_not_undo_them(
    client: APIClient, app: App
) -> None:
    for _ in range(5):
        assert_problem(sign_in(client), 401, "otp_required")
        assert_problem(sign_in(client, otp="000000"), 401, "invalid_credentials")

    for otp in ({}, {"otp": app.code()}):
        with nothing_written():
            assert assert_problem(sign_in(client, **otp), 429, "too_many_attempts")["retry_after"] == 900
    # Only from this address: whoever guesses locks nobody out elsewhere.
    client.credentials(REMOTE_ADDR="198.51.100.7")
    assert sign_in(client, otp=app.code()).status_code == 200


@pytest.mark.parametrize("otp", ["", None, 123456, ["123456"], "x" * 101, "\x00"])
def test_a_code_that_is_no_text_is_an_invalid_request(client: APIClient, app: App, otp: Any) -> None:
    problem = assert_problem(sign_in(client, otp=otp), 400, "invalid_request")
    assert [error["field"] for error in problem["errors"]] == ["otp"]


def test_without_a_second_factor_a_code_is_ignored_and_the_call_costs_no_statement_more(
    client: APIClient, bob: User
) -> None:
    assert sign_in(client, otp="123456").status_code == 200

    with CaptureQueriesContext(connection) as queries:
        assert sign_in(client).status_code == 200
    asked = [query["sql"] for query in queries if "secondfactor" in query["sql"]]
    assert (len(asked), "LEFT OUTER JOIN" in asked[0]) == (1, True)
    assert not any("recoverycode" in query["sql"] for query in queries)


def test_refresh_tokens_and_api_keys_go_on_without_a_code(client: APIClient, bob: User) -> None:
    pair = sign_in(client).json()
    key = api_keys.create(actor=bob, name="program", scope=Scope.READ)[1]
    turn_on(bob)

    for token in (pair["access"], key):
        assert client.get("/api/users/me/", HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 200
    assert client.post("/api/users/token/refresh/", {"refresh": pair["refresh"]}, format="json").status_code == 200
