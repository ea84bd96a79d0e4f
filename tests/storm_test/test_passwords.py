"""Many who guess a password, or use one refresh token, at the same moment."""

import http.client
import json
from typing import Any

import pytest

from apps.models import User
from apps.services import tokens, users
from lab.processes import Client, Server
from tests.storm_test.storms import Crowd, count

pytestmark = [pytest.mark.real_time, pytest.mark.django_db(transaction=True)]

PASSWORD = "of my own choice"


@pytest.fixture
def bob(transactional_db: None) -> User:
    return users.create_user(actor=None, username="bob", password=PASSWORD)


@pytest.mark.parametrize("username", ["bob", "nobody"])
def test_of_200_wrong_passwords_at_once_five_are_looked_at(server: Server, bob: User, username: str) -> None:
    crowd = Crowd(server, bob, size=200)

    def guess(client: Client, number: int) -> tuple[int, Any]:
        return client.call("POST", "/api/users/token/", {"username": username, "password": f"guess {number}"})

    answers = crowd.all_at_once(guess)

    assert count(answers) == {401: 5, 429: 195}
    assert {problem["code"] for _, problem in answers} == {"invalid_credentials", "too_many_attempts"}
    assert all(0 < problem["retry_after"] <= 900 for status, problem in answers if status == 429)
    assert count(crowd.all_at_once(guess)) == {429: 200}


def test_the_address_that_counts_is_that_of_the_connection(server: Server, bob: User) -> None:
    """Nobody is trusted to say another one."""
    statuses = []
    for number in range(7):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        headers = {"Content-Type": "application/json", "X-Forwarded-For": f"198.51.100.{number}"}
        body = json.dumps({"username": "bob", "password": "wrong"})
        connection.request("POST", "/api/users/token/", body, headers)
        statuses.append(connection.getresponse().status)

    assert statuses == [401] * 5 + [429] * 2


def test_of_100_who_use_a_refresh_token_at_once_one_succeeds(server: Server, bob: User) -> None:
    token = tokens.obtain(username="bob", password=PASSWORD, address="192.0.2.1")["refresh"]
    crowd = Crowd(server, bob, size=100)

    answers = crowd.all_at_once(lambda client, _: client.call("POST", "/api/users/token/refresh/", {"refresh": token}))

    assert count(answers) == {200: 1, 401: 99}
    assert {problem["code"] for status, problem in answers if status == 401} == {"token_not_valid"}
