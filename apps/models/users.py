"""People."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import connections, models
from django.db.models.functions import Now
from django.utils import timezone

from apps.models.base import holds
from apps.models.names import NameField, UsernameField, tidy
from apps.models.prepared_statements import first_row

# What calls look at of the person who makes them; the rest is read where it is asked for.
_TEXTS = ["id", "password", "username", "first_name", "last_name"]
_FLAGS = ["is_active", "is_taskmaster", "is_admin"]
_BY_ID = f"SELECT {', '.join([*_TEXTS, *_FLAGS])} FROM togo_user WHERE id = %(id)s"  # noqa: S608 - only our own names


class UserQuerySet(models.QuerySet["User"]):
    """Reads of people."""

    def active(self) -> "UserQuerySet":
        """Those who can sign in and be given tasks."""
        return self.filter(is_active=True)

    def locked(self) -> "UserQuerySet":
        """These rows, locked in the order of their ids. On SQLite the transaction itself is the lock."""
        no_key = connections[self.db].features.has_select_for_no_key_update
        return self.order_by("pk").select_for_update(no_key=no_key)

    def visible_to(self, person: "User") -> "UserQuerySet":
        """Everyone for a taskmaster, themselves for anyone else."""
        return self if person.may_assign_to_all else self.filter(pk=person.pk)

    def search(self, text: str) -> "UserQuerySet":
        """Those of whose names one holds each word of the text, in capitals or not."""
        found = self
        for word in tidy(text).split():
            found = found.filter(holds("username", word) | holds("first_name", word) | holds("last_name", word))
        return found


class UserManager(BaseUserManager["User"]):
    """Makes people, for Django's own commands; everything else goes through `apps.services.users`."""

    def get_queryset(self) -> UserQuerySet:
        """All people."""
        return UserQuerySet(self.model, using=self._db)

    def active(self) -> UserQuerySet:
        """Those who can sign in and be given tasks."""
        return self.get_queryset().active()

    def by_id(self, user_id: int) -> "User | None":
        """The person with that id: read for every call, and so without making a query for it each time."""
        row = first_row(_BY_ID, {"id": user_id})
        if row is None:
            return None
        # SQLite and MySQL know no booleans.
        values = [*row[: -len(_FLAGS)], *map(bool, row[-len(_FLAGS) :])]
        return self.model.from_db(self.db, [*_TEXTS, *_FLAGS], values)

    def visible_to(self, person: "User") -> UserQuerySet:
        """Everyone for a taskmaster, themselves for anyone else."""
        return self.get_queryset().visible_to(person)

    def search(self, text: str) -> UserQuerySet:
        """Those of whose names one holds each word of the text, in capitals or not."""
        return self.get_queryset().search(text)

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "User":
        """Make a person; without a password nobody can sign in as them."""
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> "User":
        """Make an admin: what `manage.py createsuperuser` calls."""
        return self.create_user(username, password, is_admin=True, **fields)


class User(AbstractBaseUser):
    """A person, who is given tasks; a taskmaster also gives them, an admin also keeps the people.

    People are deactivated, never deleted: what they did stays told.
    """

    username = UsernameField(
        max_length=150,
        unique=True,
        validators=[UnicodeUsernameValidator()],
        error_messages={"unique": "A person with this username exists already."},
    )
    first_name = NameField(max_length=150, blank=True)
    last_name = NameField(max_length=150, blank=True)
    is_active = models.BooleanField(default=True, help_text="Can sign in and be given tasks.")
    is_taskmaster = models.BooleanField(default=False, help_text="Assigns tasks to everyone and sets limits.")
    is_admin = models.BooleanField(default=False, help_text="Keeps the people; a taskmaster too.")
    created_at = models.DateTimeField(auto_now_add=True)
    # Since when they are given limits: when they were made, or activated again.
    active_since = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = "person"
        verbose_name_plural = "people"
        # Whether somebody came after a date was set for everybody.
        indexes = [models.Index(fields=["active_since"], name="togo_user_active_since")]

    def __str__(self) -> str:
        return self.username

    @property
    def may_assign_to_all(self) -> bool:
        """Whether this person is a taskmaster: admins are, too."""
        return self.is_taskmaster or self.is_admin

    # What Django's admin asks of a person: it is for admins, and for them whole.

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
