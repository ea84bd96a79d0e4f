"""The languages of pages, mails and messages.

A text is translated when it is written: Django's `gettext` asks which language is active. A page activates its reader's
language, and a mail its recipient's. API answers, logs and jobs activate none, so they are English.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from apps.exceptions.base import title_of
from apps.models import User

# The languages by their codes, each with its own name for itself.
NAMES: dict[str, str] = dict(settings.LANGUAGES)
# Codes that no error has.
_ENDINGS = {"date_past": _("The date has passed"), "": _("In place of somebody who is deactivated")}


def speaking(language: str) -> AbstractContextManager[None]:
    """Within it, texts are written in this language."""
    return translation.override(language)


# A generator, because as a decorator `translation.override` keeps one language to return to for all threads.
@contextmanager
def in_english() -> Iterator[None]:
    """Within it, or in a function that it decorates, texts are English: those that are stored for programs, too."""
    with translation.override(settings.LANGUAGE_CODE):
        yield


def retold(detail: str, code: str) -> str:
    """A sentence that a job stored in English, for a page. In other languages it is what its code is about."""
    if translation.get_language() == settings.LANGUAGE_CODE:
        return detail
    return str(_ENDINGS[code]) if code in _ENDINGS else title_of(code)


def language_of(person: User) -> str:
    """The language of what is sent to a person: the one that they chose, or English."""
    return person.language if person.language in NAMES else settings.LANGUAGE_CODE
