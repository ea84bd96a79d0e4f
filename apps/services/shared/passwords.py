"""Decides who may use a password: every service that takes one asks here, so that `TOGO_PASSWORDS` closes all doors."""

from django.conf import settings
from django.utils.translation import gettext

from apps.exceptions.tokens import PasswordsOff
from apps.models import User


def are_on() -> bool:
    """Whether anybody may use a password."""
    return bool(settings.TOGO_PASSWORDS != "off")


def allowed_for(*, is_admin: bool) -> bool:
    """Whether people of this kind may use a password."""
    return are_on() and (is_admin or settings.TOGO_PASSWORDS == "on")


def require_on() -> None:
    """Raise `PasswordsOff` if nobody may use a password."""
    if not are_on():
        raise PasswordsOff(gettext("Nobody signs in here with a password."))


def require_allowed_for(person: User) -> None:
    """Raise `PasswordsOff` unless this person may use a password."""
    require_on()
    if not allowed_for(is_admin=person.is_admin):
        raise PasswordsOff(gettext("Only admins sign in here with a password."))


def is_way_in_for(person: User) -> bool:
    """Whether this person has a password with which they can sign in."""
    return person.has_usable_password() and allowed_for(is_admin=person.is_admin)
