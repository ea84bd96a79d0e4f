"""Signs people in and out. A refresh token works once; every token dies with the person's password or epoch.

How tokens are written, signed and kept is the business of `settings.TOGO_TOKENS`, a class that has the methods of
`Tokens`: services know no library of the web.
"""

import functools
from dataclasses import dataclass
from typing import Protocol, TypedDict

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.utils.module_loading import import_string
from django.utils.translation import gettext

from apps.exceptions.second_factors import OtpRequired
from apps.exceptions.tokens import InvalidCredentials, TokenNotValid
from apps.models import User
from apps.models.names import tidy_username
from apps.services import second_factors, unit_of_work
from apps.services.shared import attempts, passwords


class TokenPair(TypedDict):
    """An `access` token for the calls, and a `refresh` token for the next pair."""

    access: str
    refresh: str


@dataclass(frozen=True)
class RefreshClaims:
    """The content of a refresh token whose signature is good and which has not expired."""

    token_id: str
    user_id: int | None
    stamp: str | None


class Tokens(Protocol):
    """How tokens are written, signed and kept."""

    def issue(self, person: User) -> TokenPair:
        """A pair for this person; its refresh token is kept."""

    def read(self, refresh: str) -> RefreshClaims:
        """The content of a refresh token. Raises `TokenNotValid`."""

    def stamp_of(self, person: User) -> str:
        """The `stamp` that the person's tokens have now: it changes with `User.stamp`."""

    def use_up(self, token_id: str) -> bool:
        """Mark a refresh token as used. Of many callers at once one is answered True."""

    def remove_expired(self) -> int:
        """Delete the refresh tokens that have expired; returns how many."""


@functools.cache
def _tokens() -> Tokens:
    tokens: Tokens = import_string(settings.TOGO_TOKENS)()
    return tokens


def authenticated(*, username: str, password: str, address: str, otp: str | None = None) -> User:
    """The active person with this name and password, who signs in from `address`. `otp` is a code of their second
    factor; it is used up if the password is right, and ignored if they have none.

    Raises `PasswordsOff`, `InvalidCredentials`, whichever is wrong, `OtpRequired` if only a code is missing, and what
    `attempts.verified` raises.
    """
    passwords.require_on()
    person = attempts.verified(
        username=username, address=address, verify=lambda: _person_with(tidy_username(username), password, otp)
    )
    if person is None:
        if otp is None:
            raise InvalidCredentials(gettext("No active person has this username and password."))
        raise InvalidCredentials(gettext("No active person has this username, password and code."))
    # Only now: who is an admin is nobody's business who doesn't know the password.
    passwords.require_allowed_for(person)
    if otp is None and _has_second_factor(person):
        raise OtpRequired(
            gettext("Send a code of your app, or a recovery code, too."), ticket=second_factors.ticket_for(person)
        )
    return person


def confirmed(*, ticket: str, code: str, address: str) -> User:
    """The person of an `OtpRequired`, who sends the code in a second step.

    Raises `TokenNotValid` for a ticket older than 10 minutes, `PasswordsOff`, `InvalidCredentials` for a wrong code,
    and what `attempts.verified` raises.
    """
    person = second_factors.person_of(ticket)
    passwords.require_allowed_for(person)
    if not attempts.verified(
        username=person.username, address=address, verify=lambda: second_factors.accepts(person, code)
    ):
        raise InvalidCredentials(gettext("This code is wrong or was used already."))
    return person


def obtain(*, username: str, password: str, address: str, otp: str | None = None) -> TokenPair:
    """A pair of tokens for an active person. Raises what `authenticated` raises."""
    person = authenticated(username=username, password=password, address=address, otp=otp)
    return unit_of_work.run(lambda: _tokens().issue(person))


def refresh(*, token: str) -> TokenPair:
    """A new pair for a refresh token, which is used up: of many callers at once one succeeds.

    Raises `TokenNotValid`, and `PasswordsOff`: tokens are given for passwords only, and end with them.
    """
    old = _tokens().read(token)
    person = User.objects.active().filter(pk=old.user_id or 0).first()
    if person is None or old.stamp != _tokens().stamp_of(person):
        raise not_valid()
    passwords.require_allowed_for(person)

    def work() -> TokenPair:
        _use_up(old)
        return _tokens().issue(person)

    return unit_of_work.run(work)


def revoke(*, token: str) -> None:
    """Sign out: the refresh token no longer works. Raises `TokenNotValid`."""
    old = _tokens().read(token)
    unit_of_work.run(lambda: _use_up(old))


def remove_expired() -> int:
    """Delete the refresh tokens that have expired; returns how many."""
    return unit_of_work.run(_tokens().remove_expired)


def not_valid() -> TokenNotValid:
    """The one refusal of every token that does not work."""
    return TokenNotValid(gettext("The token is forged, expired, used, or no longer good; sign in again."))


def _person_with(username: str, password: str, otp: str | None) -> User | None:
    """The active person with this name and password and, if `otp` is given and they have a second factor, this code."""
    person = User.objects.filter(username=username).select_related("second_factor").first()
    # Some databases find other spellings of the name, too. Each spelling would have its own password tries.
    if person is not None and person.username != username:
        person = None
    # A person with no usable password costs the same hash, so that the time doesn't tell whether there is an account.
    right = (person or User(password=UNUSABLE_PASSWORD_PREFIX)).check_password(password)
    if person is None or not right or not person.is_active:
        return None
    if otp is None or not _has_second_factor(person) or second_factors.accepts(person, otp):
        return person
    return None


def _has_second_factor(person: User) -> bool:
    """Whether the person, who was read with it, has one."""
    return hasattr(person, "second_factor")


def _use_up(old: RefreshClaims) -> None:
    if not _tokens().use_up(old.token_id):
        raise not_valid()
