"""Signing in and out."""

from rest_framework.permissions import AllowAny
from rest_framework.request import Request

from apps.exceptions.second_factors import OtpRequired
from apps.exceptions.tokens import InvalidCredentials, TokenNotValid, TooManyAttempts
from apps.serializers.tokens import CredentialsSerializer, RefreshSerializer, TokenPairSerializer
from apps.services import tokens
from apps.views.http.addresses import address_of
from apps.views.http.base import ApiView, JsonResponse
from apps.views.http.parsers import CredentialsParser
from apps.views.http.schema import documented


class _OpenView(ApiView):
    """A call that needs no token."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    parser_classes = (CredentialsParser,)


class TokenView(_OpenView):
    """`/api/users/token/`"""

    @documented(
        "Tokens",
        "Sign in",
        request=CredentialsSerializer,
        responses={200: TokenPairSerializer},
        errors=[InvalidCredentials, OtpRequired, TooManyAttempts],
        token=False,
    )
    def post(self, request: Request) -> JsonResponse:
        """An access and a refresh token for a username and password. Who has turned a second factor on also needs a
        code in `otp`; each code works once. Refresh tokens and API keys go on without one."""
        data = CredentialsSerializer.read(request)
        return JsonResponse(TokenPairSerializer(tokens.obtain(**data, address=address_of(request))).data)


class TokenRefreshView(_OpenView):
    """`/api/users/token/refresh/`"""

    @documented(
        "Tokens",
        "Renew the tokens",
        request=RefreshSerializer,
        responses={200: TokenPairSerializer},
        errors=[TokenNotValid],
        token=False,
    )
    def post(self, request: Request) -> JsonResponse:
        """New tokens for a refresh token. It works only once."""
        data = RefreshSerializer.read(request)
        return JsonResponse(TokenPairSerializer(tokens.refresh(token=data["refresh"])).data)


class TokenRevokeView(_OpenView):
    """`/api/users/token/revoke/`"""

    @documented(
        "Tokens", "Sign out", request=RefreshSerializer, responses={204: None}, errors=[TokenNotValid], token=False
    )
    def post(self, request: Request) -> JsonResponse:
        """The refresh token stops working at once; access tokens expire within 15 minutes."""
        data = RefreshSerializer.read(request)
        tokens.revoke(token=data["refresh"])
        return JsonResponse(status=204)
