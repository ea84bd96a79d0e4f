"""Links with which people choose a password: for somebody new, and for somebody who has forgotten theirs.

A link is signed with what the person signs in with now, so it works once: the new password makes it invalid, and so
does a deactivation. Nothing is stored for it.
"""

import datetime

from django.core.signing import BadSignature, TimestampSigner
from django.utils.translation import gettext

from apps.exceptions.base import NotFound
from apps.exceptions.users import UserInactive
from apps.models import User
from apps.models.passwords import hashed
from apps.services import unit_of_work, users
from apps.services.shared import passwords, permissions
from apps.services.shared.formats import parse_id

WORKS_FOR = datetime.timedelta(days=7)


def token_for(*, actor: User, user_id: int) -> str:
    """The token of a link with which this person chooses a password.

    Raises `NotAllowed`, `UserNotFound`, `UserInactive`, and `PasswordsOff` if the person may not use a password.
    """
    permissions.require_admin(actor)
    person = users.get(actor=actor, user_id=user_id)
    passwords.require_allowed_for(person)
    if not person.is_active:
        raise UserInactive(
            gettext("%(person)s is deactivated; activate them first.") % {"person": person}, user=user_id
        )
    return _signer(person).sign(str(person.pk))


def person_of(*, token: str) -> User:
    """The person who may choose a password with this token. Raises `NotFound` if it is forged, used or expired, and
    `PasswordsOff`."""
    try:
        person = User.objects.active().filter(pk=parse_id(token.partition("~")[0])).first()
        if person is None:
            raise _does_not_work()
        _signer(person).unsign(token, max_age=WORKS_FOR)
    except (BadSignature, ValueError):
        raise _does_not_work() from None
    passwords.require_allowed_for(person)
    return person


def choose_password(*, token: str, password: str) -> User:
    """Give the person of this token a password; returns them. All their tokens and sessions end.

    Raises `NotFound`, `PasswordsOff`, and `InvalidRequest` when the password is too easy to guess.
    """
    person = person_of(token=token)
    users.require_valid(users.wrong_password(password, person, "new_password"))
    kept = hashed(password)
    # Two people with the same link: the second one finds another password, or another epoch, and changes nothing.
    same = User.objects.active().filter(pk=person.pk, password=person.password, epoch=person.epoch)
    if not unit_of_work.run(lambda: same.update(password=kept)):
        raise _does_not_work()
    return person


def _signer(person: User) -> TimestampSigner:
    return TimestampSigner(sep="~", salt=f"togo.users.password {person.stamp}")


def _does_not_work() -> NotFound:
    return NotFound(gettext("This link has been used, or is too old. Ask an admin for a new one."))
