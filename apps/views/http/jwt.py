"""Issues and reads tokens with SimpleJWT. The services don't import it: `settings.TOGO_TOKENS` names this class."""

import contextlib
from typing import Any

from django.conf import settings
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError, TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token
from rest_framework_simplejwt.utils import aware_utcnow, get_md5_hash_password

from apps.models import User
from apps.services.shared.formats import parse_id
from apps.services.tokens import RefreshClaims, TokenPair, not_valid

# Raised by the library for a signed token with claims of the wrong type, such as an `exp` that is no time.
MALFORMED = (TypeError, ValueError, OverflowError, OSError)


class JsonWebTokens:
    """Signs tokens, and keeps refresh tokens in SimpleJWT's tables; see `apps.services.tokens.Tokens`."""

    def issue(self, person: User) -> TokenPair:
        """An access and a refresh token for this person; the refresh token is stored."""
        token = RefreshToken.for_user(person)
        # The library's own stamp covers only the password.
        token[api_settings.REVOKE_TOKEN_CLAIM] = self.stamp_of(person)
        return {"access": str(token.access_token), "refresh": str(token)}

    def read(self, refresh: str) -> RefreshClaims:
        """The claims of a refresh token. Raises `TokenNotValid`."""
        try:
            token = _SentRefreshToken(refresh)  # type: ignore[arg-type]  # the library's hint says Token, its code takes text
        except (TokenError, *MALFORMED):
            raise not_valid() from None
        return RefreshClaims(
            token_id=str(token[api_settings.JTI_CLAIM]), user_id=person_id(token), stamp=stamp_in(token)
        )

    def stamp_of(self, person: User) -> str:
        """A digest of the person's stamp, which holds the hash of the password."""
        digest: str = get_md5_hash_password(person.stamp)
        return digest

    def use_up(self, token_id: str) -> bool:
        """Mark a refresh token as used. The blacklist is unique by token, so only one of several callers gets True."""
        issued = OutstandingToken.objects.filter(jti=token_id).first()
        return issued is not None and BlacklistedToken.objects.get_or_create(token=issued)[1]

    def remove_expired(self) -> int:
        """Delete the refresh tokens that have expired; returns how many."""
        return OutstandingToken.objects.filter(expires_at__lt=aware_utcnow()).delete()[0]


def person_id(claims: Token) -> int | None:
    """The id of the token's person; None if it is no valid id."""
    named = str(claims.get(api_settings.USER_ID_CLAIM, ""))
    try:
        return parse_id(named)
    except ValueError:
        return None


def stamp_in(claims: Token) -> str | None:
    """The person's stamp at the time when the token was issued; None if the token has none."""
    stamp: str | None = claims.get(api_settings.REVOKE_TOKEN_CLAIM)
    return stamp


class _AnyKeyBackend(TokenBackend):
    """Reads what the secret key signed, or one of its fallbacks."""

    def decode(self, token: Token, verify: bool = True) -> dict[str, Any]:
        """The claims. Raises `TokenBackendError`."""
        claims: dict[str, Any]
        try:
            claims = super().decode(token, verify)
            return claims
        except TokenBackendError:
            for key in settings.SECRET_KEY_FALLBACKS:
                with contextlib.suppress(TokenBackendError):
                    claims = TokenBackend(self.algorithm, key).decode(token, verify)
                    return claims
            raise


_backend = _AnyKeyBackend(api_settings.ALGORITHM, api_settings.SIGNING_KEY)


class SentAccessToken(AccessToken):
    """An access token that a caller sent."""

    _token_backend = _backend


class _SentRefreshToken(RefreshToken):
    _token_backend = _backend

    def check_blacklist(self) -> None:
        """Raises `TokenError` for a used token, and for one whose id has other characters than letters and digits:
        a database can't even look up some texts. Our ids are hexadecimal."""
        if not str(self.payload.get(api_settings.JTI_CLAIM, "")).isalnum():
            raise TokenError("The token has no id.")
        super().check_blacklist()
