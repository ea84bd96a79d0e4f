"""Authentication: the person of the access token or API key, read from the database for every call.

A call that assigns may use what an earlier call read: the statement that writes checks that it still holds. So who may
call, and what, is decided here and in `permissions.py` alone, and still takes no round trip of its own.
"""

import functools
import time
from typing import Any, NamedTuple

from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import AuthenticationFailed, InvalidToken
from rest_framework_simplejwt.tokens import Token

from apps.models import User
from apps.models.api_keys import KeyInUse
from apps.models.users import PERSON_COLUMNS, remembered_person
from apps.services import api_keys
from apps.views.http import jwt

_tokens = jwt.JsonWebTokens()
_KEY = api_keys.BEGINNING.encode()
# How many callers and signatures are remembered at most, and callers for how long.
_MOST, _SECONDS = 10_000, 60.0


class TokenAuthentication(JWTAuthentication):
    """`Authorization: Bearer <access token or API key>`. Both stop working at once when their person is deactivated,
    and a token when the person changes the password; they never work again."""

    def authenticate(self, request: Request) -> tuple[User, Token | KeyInUse] | None:  # type: ignore[override]  # the library knows no keys
        """The person, and the token or key by which they are known; None if neither was sent. Raises `InvalidToken`
        and `AuthenticationFailed`."""
        header = self.get_header(request)
        sent = None if header is None else self.get_raw_token(header)
        if sent is None:
            return None
        if not getattr(request, "may_remember", False):
            return self._read(sent)
        if (known := _remembered.get(sent)) and time.time() < known.until:
            key_id = known.auth.key_id if isinstance(known.auth, KeyInUse) else 0
            return remembered_person(known.columns, key_id=key_id), known.auth
        person, auth = self._read(sent)
        _remember(sent, person, auth)
        return person, auth

    def _read(self, sent: bytes) -> tuple[User, Token | KeyInUse]:
        if sent.startswith(_KEY):
            return self._person_with_key(sent)
        token = self.get_validated_token(sent)
        return self.get_user(token), token

    def get_raw_token(self, header: bytes) -> bytes | None:
        """The token of an `Authorization` header; None for another scheme. Case doesn't count (RFC 9110, 11.1)."""
        scheme, _, token = header.strip().partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        if not token.strip() or b" " in token.strip():
            raise AuthenticationFailed("Authorization must be: Bearer, a space, and the token.")
        return token.strip()

    def get_validated_token(self, raw_token: bytes) -> Token:
        """The claims of the token. Raises `InvalidToken`.

        The signature of a token is checked once and remembered; its expiry is checked at every call.
        """
        token = _signed(raw_token)
        if token["exp"] <= time.time():
            raise InvalidToken("The token has expired.")
        return token

    def get_user(self, validated_token: Token) -> Any:
        """The person of the token. Raises `InvalidToken` and `AuthenticationFailed`."""
        user_id = jwt.person_id(validated_token)
        if user_id is None:
            raise InvalidToken("The token names nobody.")
        person = User.objects.by_id(user_id)
        if person is None or not person.is_active:
            raise AuthenticationFailed("There is no such person any more.")
        if jwt.stamp_in(validated_token) != _tokens.stamp_of(person):
            raise AuthenticationFailed("The password was changed, or the person was deactivated meanwhile.")
        return person

    def _person_with_key(self, sent: bytes) -> tuple[User, KeyInUse]:
        key = api_keys.in_use(key=sent.decode("latin-1"))
        if key is None:
            raise InvalidToken("There is no such key any more.")
        return key.person, key


class _Remembered(NamedTuple):
    """A caller, and until when to remember them: at most a minute, after which the use of a key has to be noted."""

    until: float
    columns: dict[str, Any]
    auth: Token | KeyInUse


_remembered: dict[bytes, _Remembered] = {}


def _remember(sent: bytes, person: User, auth: Token | KeyInUse) -> None:
    if len(_remembered) >= _MOST:
        _remembered.clear()
    until = time.time() + _SECONDS
    if not isinstance(auth, KeyInUse):
        until = min(until, auth["exp"])
    _remembered[sent] = _Remembered(until, {name: getattr(person, name) for name in PERSON_COLUMNS}, auth)


@functools.lru_cache(maxsize=_MOST)
def _signed(raw_token: bytes) -> Token:
    try:
        token: Token = JWTAuthentication().get_validated_token(raw_token)
    except jwt.MALFORMED:
        raise InvalidToken("ToGo did not issue this token.") from None
    return token
