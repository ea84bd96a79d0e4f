"""Signing in and out."""

from collections.abc import Callable

import pytest
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from apps.exceptions.tokens import InvalidCredentials, TokenNotValid
from apps.models import User
from apps.services import tokens, users
from apps.tasks.tokens import remove_expired_tokens
from tests.clock import freeze_time
from tests.unit_test.meanwhile import meanwhile

PASSWORD = "of my own choice"


@pytest.fixture
def bob(db: None) -> User:
    return users.create_user(actor=None, username="bob", password=PASSWORD)


def obtain() -> tokens.TokenPair:
    return tokens.obtain(username="bob", password=PASSWORD, address="192.0.2.1")


def rows() -> tuple[int, int]:
    """The number of refresh tokens that were issued, and of those that are used up."""
    return OutstandingToken.objects.count(), BlacklistedToken.objects.count()


def test_a_pair_is_for_the_person_who_signed_in(bob: User) -> None:
    pair = obtain()

    assert AccessToken(pair["access"])["user_id"] == str(bob.pk)
    assert RefreshToken(pair["refresh"])["user_id"] == str(bob.pk)
    assert rows() == (1, 0)


@pytest.mark.parametrize(
    ("username", "password"),
    [("bob", "of my own Choice"), ("bob", ""), ("Bob", PASSWORD), ("nobody", PASSWORD), ("", "")],
)
def test_refuses_a_wrong_name_and_a_wrong_password_alike(bob: User, username: str, password: str) -> None:
    with pytest.raises(InvalidCredentials) as refusal:
        tokens.obtain(username=username, password=password, address="192.0.2.1")

    assert refusal.value.detail == "No active person has this username and password."
    assert rows() == (0, 0)


def test_a_deactivated_person_can_not_sign_in(admin: User, bob: User) -> None:
    users.update_user(actor=admin, user_id=bob.pk, is_active=False)

    with pytest.raises(InvalidCredentials):
        obtain()


def test_a_refresh_token_works_once(bob: User) -> None:
    first = obtain()

    second = tokens.refresh(token=first["refresh"])

    assert second["refresh"] != first["refresh"]
    with pytest.raises(TokenNotValid):
        tokens.refresh(token=first["refresh"])
    assert rows() == (2, 1)
    assert set(tokens.refresh(token=second["refresh"])) == {"access", "refresh"}


def test_one_of_two_uses_of_a_refresh_token_at_once_succeeds(bob: User) -> None:
    pair = obtain()

    # Another call uses the token up after this one has read it.
    with meanwhile("SAVEPOINT", lambda: tokens.refresh(token=pair["refresh"])), pytest.raises(TokenNotValid):
        tokens.refresh(token=pair["refresh"])

    assert rows() == (2, 1)


def test_a_revoked_token_is_refused(bob: User) -> None:
    pair = obtain()

    tokens.revoke(token=pair["refresh"])

    for refused in (tokens.refresh, tokens.revoke):
        with pytest.raises(TokenNotValid):
            refused(token=pair["refresh"])
    assert rows() == (1, 1)


def _deactivate(admin: User, bob: User) -> None:
    users.update_user(actor=admin, user_id=bob.pk, is_active=False)


def _change_the_password(admin: User, bob: User) -> None:
    users.set_password(actor=admin, user_id=bob.pk, password=PASSWORD)


def _delete(admin: User, bob: User) -> None:
    bob.delete()


@pytest.mark.parametrize("invalidate", [_deactivate, _change_the_password, _delete])
def test_a_token_ends_with_the_person_or_the_password(
    admin: User, bob: User, invalidate: Callable[[User, User], None]
) -> None:
    pair = obtain()

    invalidate(admin, bob)

    with pytest.raises(TokenNotValid):
        tokens.refresh(token=pair["refresh"])
    assert rows() == (1, 0)


def test_a_refresh_token_expires_after_7_days(bob: User) -> None:
    pair = obtain()

    with freeze_time("2026-03-09T11:59:59Z"):
        again = tokens.refresh(token=pair["refresh"])
    with freeze_time("2026-03-16T12:00:00Z"), pytest.raises(TokenNotValid):
        tokens.refresh(token=again["refresh"])


@pytest.mark.parametrize("refused", [tokens.refresh, tokens.revoke])
def test_refuses_tokens_that_togo_did_not_issue(bob: User, refused: Callable[..., object]) -> None:
    pair = obtain()
    head, body, signature = pair["refresh"].split(".")
    unknown = RefreshToken.for_user(bob)
    OutstandingToken.objects.filter(jti=unknown["jti"]).delete()

    for token in (
        "",
        "x",
        "a.b.c",
        pair["access"],
        f"{head}.{body}.",
        f"{head}.{body}.{signature[::-1]}",
        str(unknown),
    ):
        with pytest.raises(TokenNotValid):
            refused(token=token)
    assert rows() == (1, 0)


def test_expired_tokens_are_removed_and_others_kept(bob: User) -> None:
    pair = obtain()
    tokens.revoke(token=pair["refresh"])
    with freeze_time("2026-03-05T12:00:00Z"):
        obtain()

    with freeze_time("2026-03-09T12:00:01Z"):
        remove_expired_tokens()

    assert rows() == (1, 0)
    assert OutstandingToken.objects.get().expires_at.isoformat() == "2026-03-12T12:00:00+00:00"
