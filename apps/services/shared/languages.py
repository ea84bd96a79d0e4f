"""The languages of pages, mails and messages.

A text is translated when it is written: Django's `gettext` asks which language is active. A page activates its reader's
language, and a mail its recipient's. API answers, logs and jobs activate none, so they are English.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.conf import settings
from django.utils import translation

from apps.models import User

# The languages by their codes, each with its own name for itself.
NAMES: dict[str, str] = dict(settings.LANGUAGES)
_to_people: ContextVar[bool] = ContextVar("to_people", default=False)


# Generators, because as a decorator `translation.override` keeps one language to return to for all threads.
@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Within it, texts are written in this language, for people."""
    with translation.override(language), _speaking_to(people=True):
        yield


@contextmanager
def in_english() -> Iterator[None]:
    """Within it, or in a function that it decorates, texts are English and for programs: those that are stored, too."""
    with translation.override(settings.LANGUAGE_CODE), _speaking_to(people=False):
        yield


@contextmanager
def _speaking_to(*, people: bool) -> Iterator[None]:
    before = _to_people.set(people)
    try:
        yield
    finally:
        _to_people.reset(before)


def are_to_people() -> bool:
    """Whether texts are written for a page or a mail, and not for a program."""
    return _to_people.get()


def language_of(person: User) -> str:
    """The language of what is sent to a person: the one that they chose, or English."""
    return person.language if person.language in NAMES else settings.LANGUAGE_CODE
