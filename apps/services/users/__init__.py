"""Makes and changes people."""

from typing import TypedDict, Unpack

from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext

from apps.exceptions.base import InvalidRequest, NotAllowed, TryAgain
from apps.exceptions.users import UserNotFound
from apps.models import User
from apps.models.names import tidy_username
from apps.models.passwords import hashed, normal, unusable
from apps.services import unit_of_work, waiting
from apps.services.shared import attempts, passwords, permissions

# The people of the demonstration. Everyone knows their passwords, so they are for loopback only.
DEMO_PASSWORDS = {"a": "1", "b": "1"}


class FieldError(TypedDict):
    """A mistake in a field."""

    field: str
    code: str
    message: str


class Roles(TypedDict, total=False):
    """The roles of a person."""

    is_taskmaster: bool
    is_admin: bool


class UserFields(Roles, total=False):
    """The fields of a person besides username and password."""

    first_name: str
    last_name: str
    is_active: bool


def suggest(*, text: str, most: int) -> list[User]:
    """At most `most` active people whose names contain each word of `text`, by username."""
    return list(User.objects.active().search(text).order_by("username")[:most])


def get(*, actor: User, user_id: int) -> User:
    """The person with this id. Raises `UserNotFound` when there is none that `actor` may see."""
    person = User.objects.visible_to(actor).filter(pk=user_id).first()
    if person is None:
        raise _no_person(user_id)
    return person


def get_by_name(*, actor: User, username: str) -> User:
    """The person with this username, in whatever form it is typed; capitals count.

    Raises `UserNotFound` when there is none that `actor` may see.
    """
    person = User.objects.visible_to(actor).filter(username=username).first()
    if person is None:
        raise UserNotFound(
            gettext("Nobody has the username “%(username)s”.") % {"username": username}, username=username
        )
    return person


def create_user(*, actor: User | None, username: str, password: str | None, **fields: Unpack[UserFields]) -> User:
    """Make a person. `actor` is None for the demonstration, where no person asks and any password will do. Without a
    password they can sign in once they have chosen one: `invitations` makes a link for that.

    Raises `NotAllowed`, `PasswordsOff`, and `InvalidRequest` when the username is taken or holds other characters than
    letters, digits and @ . + - _, or the password is too easy to guess.
    """
    username = tidy_username(username)
    if actor is not None:
        permissions.require_admin(actor)
        person = User(username=username, **fields)
        passwords.require_allowed_for(person)
        wrong = [] if password is None else wrong_password(password, person, "password")
        require_valid([*_wrong_fields(person), *wrong])
    kept = unusable() if password is None else hashed(password)
    try:
        return unit_of_work.run(lambda: User.objects.create(username=username, password=kept, **fields))
    except IntegrityError:
        raise InvalidRequest.of(
            [{"field": "username", "code": "unique", "message": gettext("A person with this username exists already.")}]
        ) from None


def update_user(*, actor: User | None, user_id: int, **fields: Unpack[UserFields]) -> User:
    """Change a person. A deactivated person keeps their assignments, but every task that waits for one of their days
    leaves the queue, and they lose every token, session, API key and the link to the calendar for good: none of them
    works again when the person is activated. `actor` is None for the operator, who may do everything.

    Raises `UserNotFound`, and `NotAllowed`, also when no active admin would be left.
    """
    if actor is not None:
        permissions.require_may_change(actor, user_id)

    def work() -> User:
        left = _other_admins(user_id) if _demotes(fields) else []
        person = _get(user_id)
        if _demotes(fields) and person.is_active and person.is_admin and not left:
            raise NotAllowed(gettext("This is the last active admin; make somebody else an admin first."))
        was_active = person.is_active
        for name, value in fields.items():
            setattr(person, name, value)
        require_valid([error for error in _wrong_fields(person) if error["field"] in fields])
        if fields.get("is_active"):
            person.active_since = timezone.now()
        if person.is_active != was_active:
            waiting.end_for_person(actor=actor, user_id=user_id)
        person.save(update_fields=[*fields, "active_since"])
        if person.is_active != was_active:
            _begin_epoch(person)
        return person

    return unit_of_work.run(work)


def follow_groups(*, user_id: int, roles: Roles) -> Roles:
    """Give a person these roles, which follow their groups at the OpenID provider; returns those that changed.

    The last active admin stays one, and so does the last who has a password: they get in when the provider is down.
    """

    def work() -> Roles:
        left = _other_admins(user_id) if roles.get("is_admin") is False else []
        person = _get(user_id)
        if person.has_usable_password():
            left = [admin for admin in left if admin.has_usable_password()]
        changed = Roles()
        if "is_taskmaster" in roles and roles["is_taskmaster"] != person.is_taskmaster:
            changed["is_taskmaster"] = roles["is_taskmaster"]
        if "is_admin" in roles and roles["is_admin"] != person.is_admin and (roles["is_admin"] or left):
            changed["is_admin"] = roles["is_admin"]
        if changed:
            User.objects.filter(pk=user_id).update(**changed)
        return changed

    return unit_of_work.run(work)


def change_names(*, actor: User, first_name: str, last_name: str) -> None:
    """Change one's own names. Raises `InvalidRequest`."""

    def work() -> None:
        person = _get(actor.pk)
        person.first_name, person.last_name = first_name, last_name
        require_valid([error for error in _wrong_fields(person) if error["field"] in ("first_name", "last_name")])
        person.save(update_fields=["first_name", "last_name"])

    unit_of_work.run(work)


def change_language(*, actor: User, language: str) -> None:
    """Choose the language of one's own pages and mails, one of `languages.NAMES`; empty for the browser's."""
    unit_of_work.run(lambda: User.objects.filter(pk=actor.pk).update(language=language))


def set_password(*, actor: User, user_id: int, password: str) -> None:
    """Give a person another password. All their tokens and sessions end; the link to the calendar stays.

    Raises `NotAllowed`, `UserNotFound`, `PasswordsOff`, and `InvalidRequest` when the password is too easy to guess.
    """
    permissions.require_admin(actor)
    person = _get(user_id)
    passwords.require_allowed_for(person)
    require_valid(wrong_password(password, person, "password"))
    kept = hashed(password)
    unit_of_work.run(lambda: User.objects.filter(pk=person.pk).update(password=kept))


def change_password(*, actor: User, old_password: str, new_password: str, address: str) -> None:
    """Change one's own password. All tokens and sessions of this person end; the link to the calendar stays, and
    `calendar.renew` makes a new one.

    Raises `PasswordsOff`, `InvalidRequest` when the old password is wrong or the new one too easy to guess, and what
    `attempts.verified` raises.
    """
    passwords.require_allowed_for(actor)
    if not attempts.verified(
        username=actor.username, address=address, verify=lambda: actor.check_password(old_password)
    ):
        raise InvalidRequest.of(
            [{"field": "old_password", "code": "wrong", "message": gettext("This is not your password.")}]
        )
    require_valid(wrong_password(new_password, actor, "new_password"))
    kept = hashed(new_password)
    same = User.objects.filter(pk=actor.pk, password=actor.password)
    if not unit_of_work.run(lambda: same.update(password=kept)):
        raise TryAgain(gettext("Someone else is changing this password; try again."), retry_after=1)


def ensure_admin(*, username: str, password: str) -> bool:
    """Make the first admin unless there is an active one; returns whether one was made.

    Raises `PasswordsOff`, and `InvalidRequest` if a person who is not an active admin has this username: this function
    promotes nobody.
    """

    def work() -> bool:
        if User.objects.filter(is_admin=True, is_active=True).exclude(username__in=DEMO_PASSWORDS).exists():
            return False
        passwords.require_on()
        if User.objects.filter(username=username).exists():
            raise InvalidRequest(
                gettext("There is a person %(username)s who is not an active admin; choose another name.")
                % {"username": username}
            )
        User.objects.create_superuser(username, password)
        return True

    return unit_of_work.run(work)


def make_admin(*, username: str) -> User:
    """Make a person an active admin: for the operator, where no admin is left. Raises `UserNotFound`."""

    def work() -> User:
        person = User.objects.filter(username=tidy_username(username)).first()
        if person is None:
            raise UserNotFound(
                gettext("Nobody has the username “%(username)s”.") % {"username": username}, username=username
            )
        fields = UserFields(is_admin=True)
        if not person.is_active:
            fields["is_active"] = True
        return update_user(actor=None, user_id=person.pk, **fields)

    return unit_of_work.run(work)


def demo_passwords_work() -> bool:
    """Whether anyone can sign in with a password of the demonstration, which everyone knows."""
    people = (authenticate(username=name, password=password) for name, password in DEMO_PASSWORDS.items())
    return any(isinstance(person, User) and passwords.is_way_in_for(person) for person in people)


def _get(user_id: int) -> User:
    person = User.objects.filter(pk=user_id).first()
    if person is None:
        raise _no_person(user_id)
    return person


def _no_person(user_id: int) -> UserNotFound:
    return UserNotFound(gettext("There is no person with the id %(user_id)s.") % {"user_id": user_id}, user=user_id)


def _other_admins(user_id: int) -> list[User]:
    """The active admins besides this person, if they are one. Two admins who demote each other at once both lock these
    rows: the second one finds no admin left."""
    return [admin for admin in User.objects.active().filter(is_admin=True).locked() if admin.pk != user_id]


def _begin_epoch(person: User) -> None:
    User.objects.filter(pk=person.pk).update(epoch=F("epoch") + 1)
    person.refresh_from_db(fields=["epoch"])


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


def wrong_password(password: str, person: User, field: str) -> list[FieldError]:
    """Why this can't be the person's password, as mistakes in that field."""
    try:
        validate_password(normal(password), person)
    except ValidationError as error:
        return [
            {"field": field, "code": one.code or "invalid", "message": " ".join(one.messages)}
            for one in error.error_list
        ]
    return []


def require_valid(errors: list[FieldError]) -> None:
    """Raise `InvalidRequest` if there are mistakes."""
    if errors:
        raise InvalidRequest.of(errors)
