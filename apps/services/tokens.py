"""Signs people in and out. A refresh token works once; every token dies with the person's password."""

import re
from typing import TypedDict

from django.contrib.auth import authenticate
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import RefreshToken, Token
from rest_framework_simplejwt.utils import aware_utcnow, get_md5_hash_password

from apps.exceptions.tokens import InvalidCredentials, TokenNotValid
from apps.models import User
from apps.services import unit_of_work
from apps.services.shared import attempts

# What the library raises for a signed token whose claims are none that it writes, such as an `exp` that is no time.
MALFORMED = (TypeError, ValueError, OverflowError, OSError)
_ID = re.compile(r"[0-9]{1,19}")


class TokenPair(TypedDict):
    """An `access` token for the calls, and a `refresh` token for the next pair."""

    access: str
    refresh: str


class _Refresh(RefreshToken):
    """A refresh token that was sent."""

    def check_blacklist(self) -> None:
        """Raises `TokenError` for one that is used up, or has a name that a database can't even look for: ours are
        hexadecimal digits."""
        if not str(self.payload.get(api_settings.JTI_CLAIM, "")).isalnum():
            raise TokenError("The token has no name.")
        super().check_blacklist()


def authenticated(*, username: str, password: str, address: str) -> User:
    """The active person with this name and password, who calls from `address`.

    Raises `InvalidCredentials`, whichever of the two is wrong, and `TooManyAttempts`.
    """
    person = attempts.verified(
        username=username, address=address, verify=lambda: authenticate(username=username, password=password)
    )
    if not isinstance(person, User):
        raise InvalidCredentials("No active person has this username and password.")
    return person


def obtain(*, username: str, password: str, address: str) -> TokenPair:
    """A pair of tokens for an active person. Raises `InvalidCredentials` and `TooManyAttempts`."""
    person = authenticated(username=username, password=password, address=address)
    return unit_of_work.run(lambda: _pair(person))


def refresh(*, token: str) -> TokenPair:
    """A new pair for a refresh token, which is used up by it. Raises `TokenNotValid`; of many at once, one succeeds."""
    old = _read(token)
    person = User.objects.active().filter(pk=person_id(old) or 0).first()
    if person is None or old.get(api_settings.REVOKE_TOKEN_CLAIM) != get_md5_hash_password(person.password):
        raise _not_valid()

    def work() -> TokenPair:
        _use_up(old)
        return _pair(person)

    return unit_of_work.run(work)


def revoke(*, token: str) -> None:
    """Sign out: the refresh token works no more. Raises `TokenNotValid`."""
    old = _read(token)
    unit_of_work.run(lambda: _use_up(old))


def remove_expired() -> int:
    """Forget the refresh tokens that have expired anyway; returns how many."""
    return unit_of_work.run(lambda: OutstandingToken.objects.filter(expires_at__lt=aware_utcnow()).delete()[0])


def _pair(person: User) -> TokenPair:
    token = RefreshToken.for_user(person)
    return {"access": str(token.access_token), "refresh": str(token)}


def person_id(claims: Token) -> int | None:
    """The id of a token's person; None where it is none that a database can hold."""
    named = str(claims.get(api_settings.USER_ID_CLAIM, ""))
    return int(named) if _ID.fullmatch(named) and int(named) < 2**63 else None


def _read(token: str) -> RefreshToken:
    try:
        return _Refresh(token)  # type: ignore[arg-type]  # the library's hint says Token, its code takes text
    except (TokenError, *MALFORMED):
        raise _not_valid() from None


def _use_up(token: RefreshToken) -> None:
    """Of many that try at once, one gets past this: the blacklist holds a token once."""
    issued = OutstandingToken.objects.filter(jti=token[api_settings.JTI_CLAIM]).first()
    if issued is None or not BlacklistedToken.objects.get_or_create(token=issued)[1]:
        raise _not_valid()


def _not_valid() -> TokenNotValid:
    return TokenNotValid("The token is forged, expired, used, or no longer good; sign in again.")
