"""Decides when two names are the same. All code that writes, looks up or searches names, or signs in, uses this.

One letter can be written in several ways: "ö" as one code point (NFC), or as "o" and two dots (NFD), which macOS types
and stores. Databases compare code points, so a name must have one form before it gets to the database.
"""

import unicodedata
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models


def tidy(name: str) -> str:
    """The form in which the names of tasks, and people's first and last names, are stored and looked up: NFC, without
    blanks around it."""
    return unicodedata.normalize("NFC", name).strip()


def tidy_username(name: str) -> str:
    """The form in which usernames are stored and looked up: NFKC, as in Django, without blanks around it.

    Capitals count: "Bob" and "bob" are two people.
    """
    return AbstractBaseUser.normalize_username(name).strip()


def folded(name: str) -> str:
    """A key that is equal for two names that differ only in their form, in capitals, or in blanks."""
    return " ".join(tidy(unicodedata.normalize("NFD", name).casefold()).split())


class NameField(models.CharField[str, str]):
    """A column of names. It tidies each name before it is written or compared."""

    def to_python(self, value: Any) -> Any:
        """The tidy name, before it is validated."""
        value = super().to_python(value)
        return self.tidied(value) if isinstance(value, str) else value

    def get_prep_value(self, value: Any) -> Any:
        """The tidy name, for the database."""
        return self.to_python(super().get_prep_value(value))

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """The tidy name, which is also set on the object."""
        value = self.to_python(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value

    def deconstruct(self) -> Any:
        """A plain column for migrations, because the database doesn't tidy names."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs

    def tidied(self, name: str) -> str:
        """The name as it is stored."""
        return tidy(name)


class UsernameField(NameField):
    """The column of usernames."""

    def tidied(self, name: str) -> str:
        """The username as it is stored."""
        return tidy_username(name)
