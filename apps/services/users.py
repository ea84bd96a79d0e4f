"""Makes and changes people."""

from typing import TypedDict, Unpack

from django.contrib.auth import authenticate
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils import timezone

from apps.exceptions.base import InvalidRequest, NotAllowed, TryAgain
from apps.exceptions.users import UserNotFound
from apps.models import User
from apps.services import unit_of_work
from apps.services.shared import attempts, permissions

# The people of the demonstration, known to everyone: for loopback only.
DEMO_PASSWORDS = {"a": "1", "b": "1"}


class FieldError(TypedDict):
    """What is wrong with a field."""

    field: str
    code: str
    message: str


class UserFields(TypedDict, total=False):
    """What can be said of a person, besides name and password."""

    first_name: str
    last_name: str
    is_active: bool
    is_taskmaster: bool
    is_admin: bool


def get(*, actor: User, user_id: int) -> User:
    """A person. Raises `UserNotFound` when there is none that `actor` may see."""
    person = User.objects.visible_to(actor).filter(pk=user_id).first()
    if person is None:
        raise _no_person(user_id)
    return person


def get_by_name(*, actor: User, username: str) -> User:
    """The person with exactly this username. Raises `UserNotFound` when there is none that `actor` may see."""
    person = User.objects.visible_to(actor).filter(username=username).first()
    if person is None:
        raise UserNotFound(f"Nobody has the username “{username}”.", username=username)
    return person


def create_user(*, actor: User | None, username: str, password: str, **fields: Unpack[UserFields]) -> User:
    """Make a person. `actor` is None where no person asks, and nobody's password is judged: the demonstration.

    Raises `NotAllowed`, and `InvalidRequest` for a username that is taken or holds what it may not, and a password
    that is too easy.
    """
    username = User.normalize_username(username)
    if actor is not None:
        permissions.require_admin(actor)
        person = User(username=username, **fields)
        _require_valid([*_wrong_fields(person), *_wrong_password(password, person, "password")])
    hashed = make_password(password)
    try:
        return unit_of_work.run(lambda: User.objects.create(username=username, password=hashed, **fields))
    except IntegrityError:
        raise _invalid(
            [{"field": "username", "code": "unique", "message": "A person with this username exists already."}]
        ) from None


def update_user(*, actor: User, user_id: int, **fields: Unpack[UserFields]) -> User:
    """Change a person; deactivating leaves what they have.

    Raises `UserNotFound`, and `NotAllowed` also where nobody would be left to keep the people.
    """
    permissions.require_may_change(actor, user_id)

    def work() -> User:
        admins = User.objects.active().filter(is_admin=True)
        # Locked, in order: of two admins who demote each other at once, one comes second and finds none left.
        left = set(admins.locked().values_list("pk", flat=True)) - {user_id} if _demotes(fields) else set()
        person = _get(user_id)
        if _demotes(fields) and person.is_active and person.is_admin and not left:
            raise NotAllowed("This is the last active admin; make somebody else an admin first.")
        for name, value in fields.items():
            setattr(person, name, value)
        _require_valid([error for error in _wrong_fields(person) if error["field"] in fields])
        if fields.get("is_active"):
            person.active_since = timezone.now()
        person.save(update_fields=[*fields, "active_since"])
        return person

    return unit_of_work.run(work)


def set_password(*, actor: User, user_id: int, password: str) -> None:
    """Give a person another password; every token they have is dead.

    Raises `NotAllowed`, `UserNotFound`, and `InvalidRequest` for a password that is too easy.
    """
    permissions.require_admin(actor)
    person = _get(user_id)
    _require_valid(_wrong_password(password, person, "password"))
    hashed = make_password(password)
    unit_of_work.run(lambda: User.objects.filter(pk=person.pk).update(password=hashed))


def change_password(*, actor: User, old_password: str, new_password: str, address: str) -> None:
    """Give oneself another password; every token that one has is dead.

    Raises `InvalidRequest` when the old one is wrong or the new one too easy, and `TooManyAttempts` when too many wrong
    ones came from `address`.
    """
    if not attempts.verified(
        username=actor.username, address=address, verify=lambda: actor.check_password(old_password)
    ):
        raise _invalid([{"field": "old_password", "code": "wrong", "message": "This is not your password."}])
    _require_valid(_wrong_password(new_password, actor, "new_password"))
    hashed = make_password(new_password)
    same = User.objects.filter(pk=actor.pk, password=actor.password)
    if not unit_of_work.run(lambda: same.update(password=hashed)):
        raise TryAgain("The password is being changed at the same time.", retry_after=1)


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

    return unit_of_work.run(work)


def demo_passwords_work() -> bool:
    """Whether somebody can sign in with a password that everyone knows."""
    return any(authenticate(username=name, password=password) for name, password in DEMO_PASSWORDS.items())


def _get(user_id: int) -> User:
    person = User.objects.filter(pk=user_id).first()
    if person is None:
        raise _no_person(user_id)
    return person


def _no_person(user_id: int) -> UserNotFound:
    return UserNotFound(f"There is no person with the id {user_id}.", user=user_id)


def _demotes(fields: UserFields) -> bool:
    return fields.get("is_active") is False or fields.get("is_admin") is False


def _wrong_fields(person: User) -> list[FieldError]:
    try:
        person.clean_fields(exclude=["password"])
    except ValidationError as error:
        return [
            {"field": field, "code": one.code or "invalid", "message": " ".join(one.messages)}
            for field, errors in error.error_dict.items()
            for one in errors
        ]
    return []


def _wrong_password(password: str, person: User, field: str) -> list[FieldError]:
    try:
        validate_password(password, person)
    except ValidationError as error:
        return [
            {"field": field, "code": one.code or "invalid", "message": " ".join(one.messages)}
            for one in error.error_list
        ]
    return []


def _require_valid(errors: list[FieldError]) -> None:
    if errors:
        raise _invalid(errors)


def _invalid(errors: list[FieldError]) -> InvalidRequest:
    names = ", ".join(sorted({error["field"] for error in errors}))
    return InvalidRequest(f"Look at {names}.", errors=errors)
