"""People."""

import datetime
import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import connections, models
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from apps.models.base import ReadOften, holds, object_of
from apps.models.names import NameField, UsernameField, tidy
from apps.models.passwords import normal
from apps.models.prepared_statements import first_row

# The columns that every call needs of its caller; Django loads the others when they are used.
_FLAGS = ["is_active", "is_taskmaster", "is_admin"]
PERSON_COLUMNS = ["id", "password", "username", "first_name", "last_name", *_FLAGS, "epoch"]
_BY_ID = f"SELECT {', '.join(PERSON_COLUMNS)} FROM togo_user WHERE id = %(id)s"  # noqa: S608 - only our own names
# Those that every page needs of its person.
_ON_PAGES = [*PERSON_COLUMNS, "language", "session_epoch"]
_ON_PAGES_BY_ID = f"SELECT {', '.join(_ON_PAGES)} FROM togo_user WHERE id = %(id)s"  # noqa: S608 - only our own names

# The columns that decide what a person may do. While they are the same, so is every decision about the person.
_DECIDING = ["password", "epoch", *_FLAGS]
# Whether the caller of a call is still as remembered. `togo_apikey` counts if the call was sent with a key; else its id
# is 0.
IS_AS_REMEMBERED = f"""EXISTS (
    SELECT 1 FROM togo_user AS caller
    WHERE caller.id = %(actor)s AND {" AND ".join(f"caller.{name} = %(caller_{name})s" for name in _DECIDING)}
) AND (%(caller_key)s = 0 OR EXISTS (
    SELECT 1 FROM togo_apikey AS sent
    WHERE sent.id = %(caller_key)s AND (sent.expires_at IS NULL OR sent.expires_at > %(now)s)
))"""  # noqa: S608 - only our own names
_NAME = re.compile(r"%\((\w+)\)s", re.ASCII)
_CONFIRM = f"SELECT 1 FROM (SELECT 1) AS one WHERE {IS_AS_REMEMBERED}"  # noqa: S608


class CallerChanged(Exception):
    """A remembered caller isn't as remembered any more."""


def is_as_remembered(values: Mapping[str, Any]) -> RawSQL:
    """`IS_AS_REMEMBERED` as the condition of a QuerySet, for values of `User.as_remembered`."""
    names = _NAME.findall(IS_AS_REMEMBERED)
    condition = _NAME.sub("%s", IS_AS_REMEMBERED)
    return RawSQL(condition, [values[name] for name in names], models.BooleanField())  # noqa: S611 - only our own names


class UserQuerySet(models.QuerySet["User"]):
    """Reads of people."""

    def active(self) -> "UserQuerySet":
        """People who can sign in and be given tasks."""
        return self.filter(is_active=True)

    def locked(self) -> "UserQuerySet":
        """These rows, locked in the order of their ids. On SQLite the transaction itself is the lock."""
        no_key = connections[self.db].features.has_select_for_no_key_update
        return self.order_by("pk").select_for_update(no_key=no_key)

    def visible_to(self, person: "User") -> "UserQuerySet":
        """Everyone for a taskmaster, only themselves for anyone else."""
        return self if person.may_assign_to_all else self.filter(pk=person.pk)

    def search(self, text: str) -> "UserQuerySet":
        """People for whom every word of the text is in the username, the first or the last name. Case is ignored."""
        found = self
        for word in tidy(text).split():
            found = found.filter(holds("username", word) | holds("first_name", word) | holds("last_name", word))
        return found


class UserManager(BaseUserManager["User"]):
    """Makes people for Django's own commands; everything else calls `apps.services.users`."""

    def get_queryset(self) -> UserQuerySet:
        """All people."""
        return UserQuerySet(self.model, using=self._db)

    def active(self) -> UserQuerySet:
        """People who can sign in and be given tasks."""
        return self.get_queryset().active()

    def by_id(self, user_id: int) -> "User | None":
        """The person with this id, or None. Every call runs this, so it is a prepared statement and not a query."""
        row = first_row(_BY_ID, {"id": user_id})
        return None if row is None else person_from(row)

    def get(self, *args: Any, **lookups: Any) -> "User":
        """The only person that fits. Raises `DoesNotExist` and `MultipleObjectsReturned`.

        Django reads the person of every page's session by `pk` alone: that is a prepared statement and not a query.
        """
        if args or lookups.keys() != {"pk"} or type(lookups["pk"]) is not int:
            return self.get_queryset().get(*args, **lookups)
        row = first_row(_ON_PAGES_BY_ID, {"id": lookups["pk"]})
        if row is None:
            raise self.model.DoesNotExist
        return person_from(row, _ON_PAGES)

    def visible_to(self, person: "User") -> UserQuerySet:
        """Everyone for a taskmaster, only themselves for anyone else."""
        return self.get_queryset().visible_to(person)

    def search(self, text: str) -> UserQuerySet:
        """People for whom every word of the text is in the username, the first or the last name. Case is ignored."""
        return self.get_queryset().search(text)

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "User":
        """Make a person. Without a password nobody can sign in as this person."""
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> "User":
        """Make an admin: `manage.py createsuperuser` calls this."""
        return self.create_user(username, password, is_admin=True, **fields)


class User(ReadOften, AbstractBaseUser):
    """A person, who is given tasks. A taskmaster also gives tasks to others; an admin also keeps the people.

    People are deactivated, never deleted, because the history names them.
    """

    username = UsernameField(
        max_length=150,
        unique=True,
        validators=[UnicodeUsernameValidator()],
        error_messages={"unique": _("A person with this username exists already.")},
    )
    first_name = NameField(max_length=150, blank=True)
    last_name = NameField(max_length=150, blank=True)
    is_active = models.BooleanField(default=True, help_text=_("Can sign in and be given tasks."))
    is_taskmaster = models.BooleanField(default=False, help_text=_("Assigns tasks to everyone and sets limits."))
    is_admin = models.BooleanField(default=False, help_text=_("Keeps the people; a taskmaster too."))
    # The code of the language of pages and mails; empty for the one that the browser asks for.
    language = models.CharField(max_length=16, blank=True, default="", db_default="")
    created_at = models.DateTimeField(auto_now_add=True)
    # When the person was made, or activated last. Limits are set for them from then on.
    active_since = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)
    # Rises each time the person is deactivated or activated. Tokens, sessions, API keys and the link to the calendar
    # name it, so that those of an earlier epoch stay dead.
    epoch = models.PositiveIntegerField(default=0, db_default=0, editable=False)

    # Rises each time all sessions of the person are ended. Tokens and API keys don't name it.
    session_epoch = models.PositiveIntegerField(default=0, db_default=0, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    # The id of the key that a remembered caller sent, 0 for none; None for a person who was read for this call. Nothing
    # may be done or answered for a remembered caller before a statement found them to be as remembered.
    remembered_with_key: int | None = None

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = "person"
        verbose_name_plural = "people"
        # Finds the people who came after a date's limits were set for everybody.
        indexes = [models.Index(fields=["active_since"], name="togo_user_active_since")]

    def __str__(self) -> str:
        return self.username

    @property
    def display_name(self) -> str:
        """The first and the last name, or, if the person has neither, the username."""
        return f"{self.first_name} {self.last_name}".strip() or self.username

    @property
    def may_assign_to_all(self) -> bool:
        """Whether this person is a taskmaster; every admin is one."""
        return self.is_taskmaster or self.is_admin

    @property
    def confined_to(self) -> int | None:
        """The only person (id) whose assignments this person sees and to whom they give tasks: themselves. None for a
        taskmaster."""
        return None if self.may_assign_to_all else self.pk

    # --- signing in ---------------------------------------------------------------------------------------------

    @property
    def stamp(self) -> str:
        """A text that changes with the password and with the epoch. A token or session made under another one is dead.

        In epoch 0 it is the password's hash alone, as in versions without epochs, so that an upgrade signs nobody out.
        """
        return f"{self.password}/{self.epoch}" if self.epoch else self.password

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What Django compares to decide whether a session still belongs to this person."""
        # The salt is Django's own, so that sessions outlive an upgrade.
        salt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
        stamp = f"{self.stamp}#{self.session_epoch}" if self.session_epoch else self.stamp
        return salted_hmac(salt, stamp, secret=secret, algorithm="sha256").hexdigest()

    def set_password(self, raw_password: str | None) -> None:
        """Hash a new password in its normal form. None means that nobody can sign in with a password."""
        super().set_password(raw_password if raw_password is None else normal(raw_password))

    def check_password(self, raw_password: str | None) -> bool:
        """Whether this is the password, as it was sent or in its normal form.

        As it was sent first: older versions hashed passwords in whatever form they came.
        """
        if raw_password is None:
            return False
        forms = dict.fromkeys((raw_password, normal(raw_password)))
        return any(super(User, self).check_password(form) for form in forms)

    def as_remembered(self, now: datetime.datetime) -> dict[str, Any]:
        """The values for `IS_AS_REMEMBERED`."""
        seen = {f"caller_{name}": getattr(self, name) for name in _DECIDING}
        return {"actor": self.pk, "now": now, "caller_key": self.remembered_with_key, **seen}

    def confirm(self) -> None:
        """Read whether a remembered caller is as remembered. Raises `CallerChanged`."""
        if self.remembered_with_key is None:
            return
        if first_row(_CONFIRM, self.as_remembered(timezone.now())) is None:
            raise CallerChanged
        self.remembered_with_key = None

    # --- what Django's admin asks of a person: it is for admins, and all of it is ---------------------------------

    @property
    def is_staff(self) -> bool:
        """Whether this person may use the admin pages."""
        return self.is_admin

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Whether this person may do `perm` on the admin pages."""
        return self.is_active and self.is_admin

    def has_module_perms(self, app_label: str) -> bool:
        """Whether this person sees the admin pages of an app."""
        return self.is_active and self.is_admin


def person_from(row: Sequence[Any], names: Sequence[str] = PERSON_COLUMNS) -> User:
    """The person whose columns of these names the row has."""
    columns = dict(zip(names, row, strict=True))
    # SQLite and MySQL return booleans as numbers.
    return object_of(User, columns | {name: bool(columns[name]) for name in _FLAGS})


def remembered_person(columns: Mapping[str, Any], *, key_id: int) -> User:
    """The person with these `PERSON_COLUMNS`, who was read for an earlier call."""
    person = object_of(User, columns)
    person.remembered_with_key = key_id
    return person
