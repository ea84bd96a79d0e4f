"""Many callers guess a password, or use one refresh token, at the same moment."""

import http.client
import json
import re
from pathlib import Path
from typing import Any

import pytest

from apps.models import PasswordTries, User
from apps.services import tokens, users
from lab.processes import PATIENCE, Client, Server, children_of, run_python, wait_until
from tests.second_factors import turn_on
from tests.storm_test.storms import Crowd, count

pytestmark = [pytest.mark.real_time, pytest.mark.django_db(transaction=True)]

PASSWORD = "of my own choice"


@pytest.fixture
def bob(transactional_db: None) -> User:
    return users.create_user(actor=None, username="bob", password=PASSWORD)


@pytest.mark.parametrize("username", ["bob", "nobody"])
def test_five_of_200_wrong_passwords_at_once_are_checked(server: Server, bob: User, username: str) -> None:
    crowd = Crowd(server, bob, size=200)

    def guess(client: Client, number: int) -> tuple[int, Any]:
        return client.call("POST", "/api/users/token/", {"username": username, "password": f"guess {number}"})

    answers = crowd.all_at_once(guess)

    assert count(answers) == {401: 5, 429: 195}
    # While the fifth wrong password is being checked, others are told to wait a moment; after that, for 15 minutes.
    waits = {problem["code"]: problem["retry_after"] for status, problem in answers if status == 429}
    assert set(waits) <= {"too_many_requests", "too_many_attempts"}
    assert waits.get("too_many_requests", 1) == 1
    again = crowd.all_at_once(guess)
    assert count(again) == {429: 200}
    assert {problem["code"] for _, problem in again} == {"too_many_attempts"}
    assert all(0 < problem["retry_after"] <= 900 for _, problem in again)


def test_right_passwords_at_once_do_not_count_as_guesses(server: Server, bob: User) -> None:
    """Twelve windows of one person sign in again at the same moment."""
    crowd = Crowd(server, bob, size=12)
    body = {"username": "bob", "password": PASSWORD}

    def sign_in(client: Client, _: int) -> tuple[int, Any]:
        answer = client.call("POST", "/api/users/token/", body)
        # Two passwords are compared at once in each process; a slow machine asks the last to come again.
        return answer if answer[0] != 503 else client.call("POST", "/api/users/token/", body)

    answers = crowd.all_at_once(sign_in)

    assert count(answers) == {200: 12}
    assert list(PasswordTries.objects.values_list("times", "pending")) == [([], []), ([], [])]


@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_of_five_sign_ins_at_once_with_one_code_one_succeeds(server: Server, bob: User, kind: str) -> None:
    app = turn_on(bob)
    otp = app.code() if kind == "app" else app.recovery_codes[0]
    body = {"username": "bob", "password": PASSWORD, "otp": otp}

    answers = Crowd(server, bob, size=5).all_at_once(lambda client, _: client.call("POST", "/api/users/token/", body))

    assert count(answers) == {200: 1, 401: 4}
    assert {problem["code"] for status, problem in answers if status == 401} == {"invalid_credentials"}


@pytest.mark.no_db
def test_a_crowd_that_signs_in_takes_bounded_memory(server: Server, bob: User) -> None:
    """Argon2 takes 100 MB for each password: eight threads at once would take 800 MB in each of the processes."""
    crowd = Crowd(server, bob, size=32)
    body = {"username": "bob", "password": PASSWORD}

    answers = crowd.all_at_once(lambda client, _: client.call("POST", "/api/users/token/", body))

    # On a slow machine some wait for their turn too long, and are told to try again.
    assert count(answers)[200] > 4
    assert set(count(answers)) <= {200, 503}
    for pid in children_of(server.pid):
        peak = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
        assert peak is not None
        assert int(peak[1]) < 450_000


# Five web processes that are killed while they check a password.
KILLED = """
import os, signal
from apps.services.shared import attempts
for _ in range(5):
    if not os.fork():
        die = lambda: os.kill(os.getpid(), signal.SIGKILL)
        attempts.verified(username="bob", address="127.0.0.1", verify=die)
    assert os.waitstatus_to_exitcode(os.wait()[1]) == -signal.SIGKILL
"""


def test_killed_web_processes_cause_refusals_for_ten_seconds_at_most(server: Server, bob: User) -> None:
    assert run_python("manage.py", "shell", "--no-imports", "-c", KILLED).returncode == 0
    client = Client(server, "")
    refused = []

    def can_sign_in() -> bool:
        status, answer = client.call("POST", "/api/users/token/", {"username": "bob", "password": PASSWORD})
        if status != 200:
            refused.append((status, answer["code"], answer["retry_after"]))
        return bool(status == 200)

    wait_until(can_sign_in, what="the leases to end")

    assert set(refused) == {(429, "too_many_requests", 1)}


def test_tries_are_counted_by_the_address_of_the_connection(server: Server, bob: User) -> None:
    """No caller is trusted to name another address."""
    statuses = []
    for number in range(7):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
        headers = {"Content-Type": "application/json", "X-Forwarded-For": f"198.51.100.{number}"}
        body = json.dumps({"username": "bob", "password": "wrong"})
        connection.request("POST", "/api/users/token/", body, headers)
        statuses.append(connection.getresponse().status)

    assert statuses == [401] * 5 + [429] * 2


def test_one_of_100_uses_of_a_refresh_token_at_once_succeeds(server: Server, bob: User) -> None:
    token = tokens.obtain(username="bob", password=PASSWORD, address="192.0.2.1")["refresh"]
    crowd = Crowd(server, bob, size=100)

    answers = crowd.all_at_once(lambda client, _: client.call("POST", "/api/users/token/refresh/", {"refresh": token}))

    assert count(answers) == {200: 1, 401: 99}
    assert {problem["code"] for status, problem in answers if status == 401} == {"token_not_valid"}
