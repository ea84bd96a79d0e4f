"""A person and an address may send only so many wrong passwords; then none is checked."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection

from apps.exceptions.base import TooManyRequests, TryAgain
from apps.exceptions.tokens import InvalidCredentials, TooManyAttempts
from apps.models import PasswordTries, User
from apps.services import tokens, users
from apps.services.shared import attempts
from apps.tasks.tokens import remove_old_tries
from tests.api_test.test_problems import nothing_written
from tests.clock import freeze_time, stop_rate_limits

HERE, ELSEWHERE = "192.0.2.1", "198.51.100.7"
PASSWORD = "of my own choice"

pytestmark = pytest.mark.django_db


class Verifier:
    """Checks passwords, and counts the checks."""

    def __init__(self) -> None:
        self.count = 0

    def wrong(self) -> bool:
        self.count += 1
        return False

    def right(self) -> bool:
        self.count += 1
        return True


@pytest.fixture
def verifier() -> Verifier:
    return Verifier()


def try_wrong(verifier: Verifier, times: int = 1, username: str = "bob", address: str = HERE) -> None:
    for _ in range(times):
        assert not attempts.verified(username=username, address=address, verify=verifier.wrong)


def assert_waits(seconds: int, verifier: Verifier, username: str = "bob", address: str = HERE) -> None:
    """Even the right password isn't checked, and nothing is written."""
    before = verifier.count
    with nothing_written(), pytest.raises(TooManyAttempts) as refusal:
        attempts.verified(username=username, address=address, verify=verifier.right)
    assert refusal.value.data == {"retry_after": seconds}
    assert verifier.count == before


def test_checks_five_wrong_passwords_and_then_none(verifier: Verifier) -> None:
    try_wrong(verifier, 5)

    assert_waits(900, verifier)


def test_a_wrong_password_counts_for_15_minutes(verifier: Verifier) -> None:
    with freeze_time("2026-03-02T12:00:00Z"):
        try_wrong(verifier)
    with freeze_time("2026-03-02T12:10:00Z"):
        try_wrong(verifier, 4)
    with freeze_time("2026-03-02T12:14:59Z"):
        assert_waits(1, verifier)
    with freeze_time("2026-03-02T12:15:00Z"):
        try_wrong(verifier)
        assert_waits(600, verifier)


def test_a_right_password_neither_counts_nor_clears_the_wrong_ones(verifier: Verifier) -> None:
    try_wrong(verifier, 4)
    for _ in range(100):
        assert attempts.verified(username="bob", address=HERE, verify=verifier.right)
    try_wrong(verifier)

    assert_waits(900, verifier)


def test_other_addresses_and_other_people_are_not_locked_out(verifier: Verifier) -> None:
    try_wrong(verifier, 5)

    assert attempts.verified(username="bob", address=ELSEWHERE, verify=verifier.right)
    assert attempts.verified(username="carol", address=HERE, verify=verifier.right)


def test_an_address_has_fifty_wrong_passwords_for_all_accounts(verifier: Verifier) -> None:
    for number in range(50):
        try_wrong(verifier, username=f"person{number}")

    assert_waits(900, verifier, username="carol")
    assert attempts.verified(username="carol", address=ELSEWHERE, verify=verifier.right)


@pytest.mark.parametrize("spelling", [" bob ", "\uff42\uff4f\uff42", "bob"])
def test_spellings_that_sign_in_the_same_person_share_their_tries(verifier: Verifier, spelling: str) -> None:
    try_wrong(verifier, 5, username=spelling)

    assert_waits(900, verifier)


@pytest.mark.parametrize("other", ["BOB", "b\u00f6b"])
def test_a_spelling_that_signs_in_nobody_takes_no_tries_from_the_person(verifier: Verifier, other: str) -> None:
    bob = users.create_user(actor=None, username="bob", password=PASSWORD)
    with pytest.raises(InvalidCredentials):
        tokens.authenticated(username=other, password=PASSWORD, address=HERE)
    try_wrong(verifier, 4, username=other)

    assert tokens.authenticated(username="bob", password=PASSWORD, address=HERE) == bob


def test_a_name_that_only_the_databases_collation_matches_signs_in_nobody() -> None:
    """In MariaDB's default collation "BOB" equals "bob", so each spelling would have tries of its own."""
    users.create_user(actor=None, username="bob", password=PASSWORD)

    def match_any_case(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        return execute(sql, tuple("bob" if value == "BOB" else value for value in params or ()), many, context)

    with connection.execute_wrapper(match_any_case):
        assert User.objects.filter(username="BOB").exists()
        with pytest.raises(InvalidCredentials):
            tokens.authenticated(username="BOB", password=PASSWORD, address=HERE)


# --- undecided tries --------------------------------------------------------------------------------------------


def kill_while_checking(times: int, username: str = "bob") -> None:
    """Kill the web process while it checks a password."""

    def die() -> bool:
        raise SystemExit

    for _ in range(times):
        with pytest.raises(SystemExit):
            attempts.verified(username=username, address=HERE, verify=die)


def test_undecided_tries_get_another_refusal_than_wrong_passwords(verifier: Verifier) -> None:
    try_wrong(verifier, 2)
    kill_while_checking(3)

    with nothing_written(), pytest.raises(TooManyRequests, match="being checked; try again in a moment") as refusal:
        attempts.verified(username="bob", address=HERE, verify=verifier.right)
    assert refusal.value.data == {"retry_after": 1}
    assert verifier.count == 2


def test_a_killed_process_causes_refusals_for_ten_seconds_at_most(verifier: Verifier) -> None:
    with freeze_time("2026-03-02T12:00:00Z"):
        kill_while_checking(5)
    with freeze_time("2026-03-02T12:00:09.9Z"), pytest.raises(TooManyRequests):
        attempts.verified(username="bob", address=HERE, verify=verifier.right)
    with freeze_time("2026-03-02T12:00:10Z"):
        assert attempts.verified(username="bob", address=HERE, verify=verifier.right)
        # The killed checks don't count as wrong passwords.
        try_wrong(verifier, 5)


def test_right_passwords_at_the_same_moment_keep_each_others_reservations(verifier: Verifier) -> None:
    def check_another_meanwhile() -> bool:
        return attempts.verified(username="bob", address=HERE, verify=verifier.right)

    kill_while_checking(1)
    assert attempts.verified(username="bob", address=HERE, verify=check_another_meanwhile)

    assert {len(row.pending or []) for row in PasswordTries.objects.all()} == {1}


@pytest.mark.parametrize("right", [True, False])
def test_a_check_that_outlasts_its_lease_asks_to_try_again(verifier: Verifier, right: bool) -> None:
    """Otherwise callers who start in the meantime would make more than five guesses."""
    with freeze_time("2026-03-02T12:00:00Z") as clock:

        def check_slowly() -> bool:
            clock.shift(10)
            return right

        with pytest.raises(TryAgain):
            attempts.verified(username="bob", address=HERE, verify=check_slowly)
        try_wrong(verifier, 5 if right else 4)
        assert_waits(900 if right else 890, verifier)


def test_a_row_of_an_older_version_has_no_undecided_tries(verifier: Verifier) -> None:
    try_wrong(verifier, 4)
    PasswordTries.objects.update(pending=None)

    try_wrong(verifier)

    assert_waits(900, verifier)


def test_a_person_signs_in_120_times_a_minute_and_others_are_not_limited(
    verifier: Verifier, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.TOGO_HOME, settings.TOGO_RATE_LIMIT = tmp_path, (200, 1)
    stop_rate_limits(monkeypatch)
    for _ in range(120):
        attempts.verified(username="bob", address=HERE, verify=verifier.right)

    with nothing_written(), pytest.raises(TooManyRequests, match="120 sign-ins in a minute"):
        attempts.verified(username="bob", address=HERE, verify=verifier.right)
    assert verifier.count == 120
    assert attempts.verified(username="carol", address=HERE, verify=verifier.right)
    assert attempts.verified(username="bob", address=ELSEWHERE, verify=verifier.right)


def test_no_name_and_no_address_is_stored_in_clear(verifier: Verifier) -> None:
    try_wrong(verifier)

    stored = repr(list(PasswordTries.objects.values_list()))
    assert PasswordTries.objects.count() == 2
    assert "bob" not in stored
    assert HERE not in stored


def test_the_job_removes_only_tries_that_no_longer_count(verifier: Verifier) -> None:
    with freeze_time("2026-03-02T11:44:59Z"):
        try_wrong(verifier, username="carol", address=ELSEWHERE)
    with freeze_time("2026-03-02T11:46:00Z"):
        try_wrong(verifier, 5)

    remove_old_tries()

    assert PasswordTries.objects.count() == 2
    assert_waits(60, verifier)


# --- no hints about accounts ------------------------------------------------------------------------------------


class CountingHasher(MD5PasswordHasher):
    """Counts how often a password is hashed, which takes most of the time."""

    count = 0

    def encode(self, password: str, salt: str) -> str:
        CountingHasher.count += 1
        return super().encode(password, salt)


@pytest.mark.parametrize("username", ["bob", "gone", "tokens only", "nobody"])
def test_every_name_is_refused_alike_after_the_same_work(settings: Any, username: str) -> None:
    settings.PASSWORD_HASHERS = ["tests.unit_test.test_attempts.CountingHasher"]
    users.create_user(actor=None, username="bob", password=PASSWORD)
    users.create_user(actor=None, username="gone", password=PASSWORD, is_active=False)
    User.objects.create(username="tokens only", password="!")

    for _ in range(5):
        before = CountingHasher.count
        with pytest.raises(InvalidCredentials, match="No active person has this username and password"):
            tokens.authenticated(username=username, password="wrong", address=HERE)
        assert CountingHasher.count == before + 1
    before = CountingHasher.count
    with pytest.raises(TooManyAttempts):
        tokens.authenticated(username=username, password=PASSWORD, address=HERE)
    assert CountingHasher.count == before


def test_changing_the_password_does_not_bypass_the_limit() -> None:
    bob = users.create_user(actor=None, username="bob", password=PASSWORD)
    for _ in range(5):
        with pytest.raises(InvalidCredentials):
            tokens.obtain(username="bob", password="wrong", address=HERE)

    with nothing_written(), pytest.raises(TooManyAttempts):
        users.change_password(actor=bob, old_password=PASSWORD, new_password="of another choice", address=HERE)
