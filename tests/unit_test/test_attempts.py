"""Looking at passwords, but not at many."""

from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from freezegun import freeze_time

from apps.exceptions.tokens import InvalidCredentials, TooManyAttempts
from apps.models import PasswordTries, User
from apps.services import tokens, users
from apps.services.shared import attempts
from apps.tasks.tokens import remove_old_tries
from tests.api_test.test_problems import nothing_written

HERE, ELSEWHERE = "192.0.2.1", "198.51.100.7"
PASSWORD = "of my own choice"

pytestmark = pytest.mark.django_db


class Looks:
    """Looks at passwords, and counts how often."""

    def __init__(self) -> None:
        self.count = 0

    def wrong(self) -> bool:
        self.count += 1
        return False

    def right(self) -> bool:
        self.count += 1
        return True


@pytest.fixture
def looks() -> Looks:
    return Looks()


def try_wrong(looks: Looks, times: int = 1, username: str = "bob", address: str = HERE) -> None:
    for _ in range(times):
        assert not attempts.verified(username=username, address=address, verify=looks.wrong)


def assert_waits(seconds: int, looks: Looks, username: str = "bob", address: str = HERE) -> None:
    """Even the right password isn't looked at, and nothing is written."""
    before = looks.count
    with nothing_written(), pytest.raises(TooManyAttempts) as refusal:
        attempts.verified(username=username, address=address, verify=looks.right)
    assert refusal.value.data == {"retry_after": seconds}
    assert looks.count == before


def test_looks_at_five_wrong_passwords_and_then_at_none(looks: Looks) -> None:
    try_wrong(looks, 5)

    assert_waits(900, looks)


def test_a_place_is_free_again_15_minutes_after_it_was_taken(looks: Looks) -> None:
    with freeze_time("2026-03-02T12:00:00Z"):
        try_wrong(looks)
    with freeze_time("2026-03-02T12:10:00Z"):
        try_wrong(looks, 4)
    with freeze_time("2026-03-02T12:14:59Z"):
        assert_waits(1, looks)
    with freeze_time("2026-03-02T12:15:00Z"):
        try_wrong(looks)
        assert_waits(600, looks)


def test_a_right_password_takes_no_place_and_frees_none_of_the_wrong_ones(looks: Looks) -> None:
    try_wrong(looks, 4)
    for _ in range(100):
        assert attempts.verified(username="bob", address=HERE, verify=looks.right)
    try_wrong(looks)

    assert_waits(900, looks)


def test_nobody_is_locked_out_from_elsewhere_and_nobody_else_from_here(looks: Looks) -> None:
    try_wrong(looks, 5)

    assert attempts.verified(username="bob", address=ELSEWHERE, verify=looks.right)
    assert attempts.verified(username="carol", address=HERE, verify=looks.right)


def test_an_address_has_fifty_wrong_passwords_for_all_accounts(looks: Looks) -> None:
    for number in range(50):
        try_wrong(looks, username=f"person{number}")

    assert_waits(900, looks, username="carol")
    assert attempts.verified(username="carol", address=ELSEWHERE, verify=looks.right)


@pytest.mark.parametrize("spelling", ["BOB", " bob ", "b\u00f6b", "\uff42\uff4f\uff42"])
def test_spellings_that_a_database_may_take_for_one_have_no_places_of_their_own(looks: Looks, spelling: str) -> None:
    try_wrong(looks, 5, username=spelling)

    assert_waits(900, looks)


def test_a_try_that_fails_half_way_keeps_its_place(looks: Looks) -> None:
    def fails() -> bool:
        raise ZeroDivisionError

    for _ in range(5):
        with pytest.raises(ZeroDivisionError):
            attempts.verified(username="bob", address=HERE, verify=fails)

    assert_waits(900, looks)


def test_no_name_and_no_address_is_kept_in_clear(looks: Looks) -> None:
    try_wrong(looks)

    kept = repr(list(PasswordTries.objects.values_list()))
    assert PasswordTries.objects.count() == 2
    assert "bob" not in kept
    assert HERE not in kept


def test_the_job_forgets_what_counts_no_more_and_nothing_else(looks: Looks) -> None:
    with freeze_time("2026-03-02T11:44:59Z"):
        try_wrong(looks, username="carol", address=ELSEWHERE)
    with freeze_time("2026-03-02T11:46:00Z"):
        try_wrong(looks, 5)

    remove_old_tries()

    assert PasswordTries.objects.count() == 2
    assert_waits(60, looks)


# --- what a stranger learns -------------------------------------------------------------------------------------


class CountingHasher(MD5PasswordHasher):
    """Counts how often a password is hashed, which is what takes the time."""

    count = 0

    def encode(self, password: str, salt: str) -> str:
        CountingHasher.count += 1
        return super().encode(password, salt)


@pytest.mark.parametrize("username", ["bob", "gone", "tokens only", "nobody"])
def test_every_name_is_refused_alike_after_as_much_work(settings: Any, username: str) -> None:
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


def test_changing_the_password_is_no_way_around(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    bob = users.create_user(actor=None, username="bob", password=PASSWORD)
    for _ in range(5):
        with pytest.raises(InvalidCredentials):
            tokens.obtain(username="bob", password="wrong", address=HERE)

    with nothing_written(), pytest.raises(TooManyAttempts):
        users.change_password(actor=bob, old_password=PASSWORD, new_password="of another choice", address=HERE)
