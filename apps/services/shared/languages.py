"""The languages of pages, mails and messages.

A text is translated when it is written: Django's `gettext` asks which language is active. A page activates its reader's
language, and a mail its recipient's. API answers, logs and jobs activate none, so they are English.
"""

from contextlib import AbstractContextManager

from django.conf import settings
from django.utils import translation

from apps.models import User

# The languages by their codes, each with its own name for itself.
NAMES: dict[str, str] = dict(settings.LANGUAGES)


def speaking(language: str) -> AbstractContextManager[None]:
    """Within it, texts are written in this language."""
    return translation.override(language)


def language_of(person: User) -> str:
    """The language of what is sent to a person: the one that they chose, or English."""
    return person.language if person.language in NAMES else settings.LANGUAGE_CODE
