"""When two names are the same name. Every door uses these functions: writing, looking up, searching, signing in.

One letter can be written in several ways: "ö" as one code point (NFC), or as "o" and two dots (NFD), which macOS types
and stores. Databases compare code points, so a name must have one form before it gets there.
"""

import unicodedata
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models


def tidy(name: str) -> str:
    """The form in which the names of tasks, and people's first and last names, are kept and looked up: NFC, without
    blanks around it."""
    return unicodedata.normalize("NFC", name).strip()


def tidy_username(name: str) -> str:
    """The form in which usernames are kept and looked up: NFKC, as Django has it, without blanks around it.

    Capitals count: "Bob" and "bob" are two people.
    """
    return AbstractBaseUser.normalize_username(name).strip()


def folded(name: str) -> str:
    """Equal for two names which differ only in their form, in capitals, or in blanks: a reader takes them for one."""
    return " ".join(tidy(unicodedata.normalize("NFD", name).casefold()).split())


class NameField(models.CharField[str, str]):
    """A column of names. What is written to it, and what it is compared with, is made tidy first."""

    def to_python(self, value: Any) -> Any:
        """The tidy name, before it is validated."""
        value = super().to_python(value)
        return self.tidied(value) if isinstance(value, str) else value

    def get_prep_value(self, value: Any) -> Any:
        """The tidy name, for the database."""
        return self.to_python(super().get_prep_value(value))

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """The tidy name, which the object has from now on, too."""
        value = self.to_python(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value

    def deconstruct(self) -> Any:
        """A plain column to migrations: the database knows nothing of this."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs

    def tidied(self, name: str) -> str:
        """The name as it is kept."""
        return tidy(name)


class UsernameField(NameField):
    """The column of usernames."""

    def tidied(self, name: str) -> str:
        """The username as it is kept."""
        return tidy_username(name)
