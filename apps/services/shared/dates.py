"""Dates in words, as the reader's language writes them."""

import datetime
from functools import lru_cache

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, pgettext_lazy

from apps.services.shared import languages

# How dates are written, in the letters of Django's filter `date`. A translation has the order, the dots and the little
# words of its language: German writes "D j M" as "D, j. M".
# Translators: https://docs.djangoproject.com/en/5.2/ref/templates/builtins/#date
FORMS = {
    "D": pgettext_lazy("date format", "D"),
    "D j": pgettext_lazy("date format", "D j"),
    "D j M": pgettext_lazy("date format", "D j M"),
    "D j M Y": pgettext_lazy("date format", "D j M Y"),
    "j": pgettext_lazy("date format", "j"),
    "j F": pgettext_lazy("date format", "j F"),
    "j F Y": pgettext_lazy("date format", "j F Y"),
    "j F Y, H:i": pgettext_lazy("date format", "j F Y, H:i"),
    "j M": pgettext_lazy("date format", "j M"),
    "j M, H:i": pgettext_lazy("date format", "j M, H:i"),
    "j M, H:i:s": pgettext_lazy("date format", "j M, H:i:s"),
    "j M Y": pgettext_lazy("date format", "j M Y"),
    "j M Y, H:i:s": pgettext_lazy("date format", "j M Y, H:i:s"),
    "l": pgettext_lazy("date format", "l"),
    "l j F": pgettext_lazy("date format", "l j F"),
    "l j F Y": pgettext_lazy("date format", "l j F Y"),
    "F Y": pgettext_lazy("date format", "F Y"),
    "M": pgettext_lazy("date format", "M"),
}


def written(date: datetime.date, form: str) -> str:
    """A date or a time in one of the `FORMS`, such as "D j M" for Mon 23 Nov."""
    # A time is written as of TIME_ZONE now; a date is always written alike.
    return _written(date, form, get_language()) if type(date) is datetime.date else _in_form(date, form)


def _in_form(date: datetime.date, form: str) -> str:
    return date_format(date, str(FORMS[form]))


# Pages have few dates, each in many places.
@lru_cache(maxsize=4096)
def _written(date: datetime.date, form: str, language: str | None) -> str:
    return _in_form(date, form)


def in_text(date: datetime.date) -> str:
    """A date within a refusal: for people as Thu 3 Dec, with the year if it is another one than now; for programs as
    2026-12-03."""
    if not languages.are_to_people():
        return date.isoformat()
    return written(date, "D j M" if date.year == timezone.localdate().year else "D j M Y")
