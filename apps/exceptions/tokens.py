"""Errors about signing in."""

from django.utils.translation import gettext_lazy as _

from apps.exceptions.base import ToGoError


class InvalidCredentials(ToGoError):
    """No active person has this name and password, or the code of their second factor is wrong. The answer doesn't say
    which of them it is."""

    code, status, title = "invalid_credentials", 401, _("The username, the password or the code is wrong")


class TooManyAttempts(ToGoError):
    """Too many wrong passwords or codes came from one address within 15 minutes, or too many wrong codes of one app
    from all addresses; `retry_after` says how many seconds to wait."""

    code, status, title = "too_many_attempts", 429, _("Too many wrong passwords")


class PasswordsOff(ToGoError):
    """`TOGO_PASSWORDS` doesn't let this person use a password."""

    code, status, title = "passwords_off", 403, _("Passwords are off")


class TokenNotValid(ToGoError):
    """The token is forged, expired, used or revoked, or was made before its person's password changed or the person was
    deactivated. Or the API key is unknown, expired or deleted, or its person was deactivated."""

    code, status, title = "token_not_valid", 401, _("The token is not valid")
