"""Makes and changes people."""

from typing import TypedDict, Unpack

from django.contrib.auth import authenticate

from apps.exceptions.base import InvalidRequest
from apps.exceptions.users import UserNotFound
from apps.models import User
from apps.services import permissions, transactions

# The people of the demonstration, known to everyone: for loopback only.
DEMO_PASSWORDS = {"a": "1", "b": "1"}


class UserFields(TypedDict, total=False):
    """What can be said of a person, besides name and password."""

    first_name: str
    last_name: str
    is_active: bool
    is_taskmaster: bool
    is_admin: bool


def create_user(*, actor: User | None, username: str, password: str, **fields: Unpack[UserFields]) -> User:
    """Make a person. `actor` is None where no person asks: the first admin and the demonstration.

    Raises `NotAllowed`, and Django's `IntegrityError` when the username is taken.
    """
    if actor is not None:
        permissions.require_admin(actor)
    return transactions.run(lambda: User.objects.create_user(username, password, **fields))


def update_user(*, actor: User, user_id: int, **fields: Unpack[UserFields]) -> User:
    """Change a person; deactivating leaves what they have. Raises `NotAllowed` and `UserNotFound`."""
    permissions.require_admin(actor)

    def work() -> User:
        person = _get(user_id)
        for name, value in fields.items():
            setattr(person, name, value)
        person.save(update_fields=list(fields))
        return person

    return transactions.run(work)


def set_password(*, actor: User, user_id: int, password: str) -> None:
    """Give a person another password; every token they have is dead. Raises `NotAllowed` and `UserNotFound`."""
    permissions.require_admin(actor)
    transactions.run(lambda: _set_password(_get(user_id), password))


def ensure_admin(*, username: str, password: str) -> bool:
    """Make the first admin if there is none; returns whether one was made. An existing one stays as it is.

    Raises `InvalidRequest` when the username is that of somebody who is no admin: nobody is promoted by it.
    """

    def work() -> bool:
        if User.objects.filter(is_admin=True, is_active=True).exclude(username__in=DEMO_PASSWORDS).exists():
            return False
        if User.objects.filter(username=username).exists():
            raise InvalidRequest(f"There is a person {username} who is no active admin; take another name.")
        User.objects.create_superuser(username, password)
        return True

    return transactions.run(work)


def demo_passwords_work() -> bool:
    """Whether somebody can sign in with a password that everyone knows."""
    return any(authenticate(username=name, password=password) for name, password in DEMO_PASSWORDS.items())


def _get(user_id: int) -> User:
    person = User.objects.filter(pk=user_id).first()
    if person is None:
        raise UserNotFound(f"There is no person with the id {user_id}.", user=user_id)
    return person


def _set_password(person: User, password: str) -> None:
    person.set_password(password)
    person.save(update_fields=["password"])
