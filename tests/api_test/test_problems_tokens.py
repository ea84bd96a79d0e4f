"""A caller without a valid token gets 401 and writes nothing."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.conf import settings
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, SlidingToken

from apps.models import Task, User
from apps.services import assignments, users
from tests.api_test.test_problems import ASSIGNMENT, assert_problem, nothing_written
from tests.clock import freeze_time
from tests.conftest import TODAY, token_of

pytestmark = pytest.mark.no_db


def call_all(authorization: str | None, alice: User, cooking: Task) -> list[Any]:
    """The answers of the calls that need a token."""
    client = APIClient(enforce_csrf_checks=True)
    if authorization is not None:
        client.credentials(HTTP_AUTHORIZATION=authorization)
    body = {"task": cooking.pk, "user": alice.pk, "date": "2026-03-03"}
    return [
        client.post(ASSIGNMENT, body, format="json"),
        # The token is checked before everything else.
        client.post(ASSIGNMENT, "no JSON", content_type="text/plain"),
        client.get(f"{ASSIGNMENT}?nothing=1"),
        client.get(f"{ASSIGNMENT}9223372036854775807/"),
        client.delete(f"{ASSIGNMENT}9223372036854775807/"),
        client.get("/api/users/limit/"),
        client.get("/api/users/me/"),
        client.get("/api/users/availability/"),
        client.get("/api/users/availability/?date=2026-03-03"),
        client.get("/api/users/event/"),
        # Calls for taskmasters.
        client.get("/api/users/limit-rule/"),
        client.post("/api/users/limit-rule/", {"maximum": 9}, format="json"),
        client.put(f"/api/users/limit/{alice.pk}/2026-03-03/", {"maximum": 9}, format="json"),
        client.delete(f"/api/users/limit/{alice.pk}/2026-03-03/"),
    ]


def assert_refused(authorization: str | None, code: str, alice: User, cooking: Task) -> None:
    with nothing_written():
        for response in call_all(authorization, alice, cooking):
            assert_problem(response, 401, code)


@pytest.fixture(autouse=True)
def _assignment(taskmaster: User, alice: User, cooking: Task) -> None:
    assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=TODAY)


@pytest.mark.parametrize("authorization", [None, "", "   ", "Basic YWxpY2U6MQ==", "bearer-ish x", "Token x"])
def test_refuses_callers_without_a_token(alice: User, cooking: Task, authorization: str | None) -> None:
    assert_refused(authorization, "not_authenticated", alice, cooking)


def b64(text: str | bytes) -> str:
    return base64.urlsafe_b64encode(text.encode() if isinstance(text, str) else text).decode().rstrip("=")


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a b",
        "..",
        "a.b.c",
        "\xe9\xe9",
        "a.b.\0",
        "x" * 100_000,
        *(
            f"{b64(header)}.{b64('{}')}.{b64('x')}"
            for header in (
                '{"alg":"none"}',
                '{"alg":["HS256"]}',
                '{"alg":{}}',
                '{"alg":null}',
                '{"alg":"HS256","kid":5}',
                '{"alg":"HS256","crit":["x"]}',
                '{"alg":"HS256","b64":false}',
                "[]",
                "{}",
                "1" * 5000,
                "[" * 5000,
                '{"a":' * 5000,
                b"\xff\xfe",
            )
        ),
    ],
    ids=lambda token: token[:40],
)
def test_refuses_an_invalid_token(alice: User, cooking: Task, token: str) -> None:
    assert_refused(f"Bearer {token}", "token_not_valid", alice, cooking)


def forged(person: User, key: str, algorithm: str, **claims: Any) -> str:
    return jwt.encode({**AccessToken.for_user(person).payload, **claims}, key, algorithm=algorithm)


def test_refuses_forged_tokens_and_other_algorithms(alice: User, cooking: Task) -> None:
    good = token_of(alice)
    head, body, signature = good.split(".")
    admin = b64(json.dumps({**AccessToken.for_user(alice).payload, "user_id": "1"}))
    for token in (
        forged(alice, "another key that is long enough to sign with it", "HS256"),
        forged(alice, settings.SECRET_KEY, "HS384"),
        forged(alice, settings.SECRET_KEY, "HS512"),
        forged(alice, "", "none"),
        f"{b64(json.dumps({'alg': 'none', 'typ': 'JWT'}))}.{body}.",
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{head}.{admin}.{signature}",
        good[:-4] + "AAAA",
    ):
        assert_refused(f"Bearer {token}", "token_not_valid", alice, cooking)


def test_refuses_tokens_that_we_signed_for_something_else(alice: User, cooking: Task) -> None:
    nobody, without_person = AccessToken.for_user(alice), AccessToken()
    nobody["user_id"] = "9223372036854775807"
    for token in (RefreshToken.for_user(alice), SlidingToken.for_user(alice), nobody, without_person):
        assert_refused(f"Bearer {token}", "token_not_valid", alice, cooking)


def test_refuses_a_token_after_15_minutes(alice: User, cooking: Task) -> None:
    token = token_of(alice)

    with freeze_time("2026-03-02T12:15:00Z"):
        assert_refused(f"Bearer {token}", "token_not_valid", alice, cooking)
    with freeze_time("2026-03-02T12:14:59Z"):
        statuses = [answer.status_code for answer in call_all(f"Bearer {token}", alice, cooking)]
        assert statuses == [201, 415, 400, 404, 404, 200, 200, 200, 200, 200, 403, 403, 403, 403]


def test_refuses_a_token_that_is_not_valid_yet(alice: User, cooking: Task) -> None:
    token = AccessToken.for_user(alice)
    token["nbf"] = int((token.current_time + timedelta(minutes=5)).timestamp())

    assert_refused(f"Bearer {token}", "token_not_valid", alice, cooking)


def _deactivate(admin: User, alice: User) -> None:
    users.update_user(actor=admin, user_id=alice.pk, is_active=False)


def _change_the_password(admin: User, alice: User) -> None:
    users.set_password(actor=admin, user_id=alice.pk, password="of another choice")


@pytest.mark.parametrize("invalidate", [_deactivate, _change_the_password])
def test_a_token_ends_at_once(
    admin: User, alice: User, cooking: Task, invalidate: Callable[[User, User], None]
) -> None:
    token = token_of(alice)

    invalidate(admin, alice)

    assert_refused(f"Bearer {token}", "token_not_valid", alice, cooking)
