"""Puts sentences that jobs stored in English into the words of a page: its language, and dates as it writes them."""

import re
from functools import cache

from django.conf import settings
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from apps.exceptions.base import title_of
from apps.services.shared import dates, stored
from apps.services.shared.formats import DATE_PATTERN, parse_date

# Codes that no error has.
_ENDINGS = {"date_past": _("The date has passed"), "": _("In place of somebody who is deactivated")}
_DATE = re.compile(rf"\b{DATE_PATTERN}\b", re.ASCII)


def retold(text: str) -> str:
    """A sentence of `stored`, translated together with the reasons in it. Others stay as they are: they are a server's
    own words."""
    for pattern, sentence in _patterns():
        if found := pattern.fullmatch(text):
            return gettext(sentence) % {name: retold(part) for name, part in found.groupdict().items()}
    return text


def refusal_retold(detail: str, code: str) -> str:
    """A refusal. In languages other than English it is what its code is about."""
    if get_language() == settings.LANGUAGE_CODE:
        return _DATE.sub(_in_words, detail)
    return str(_ENDINGS[code]) if code in _ENDINGS else title_of(code)


def _in_words(found: re.Match[str]) -> str:
    try:
        return dates.in_text(parse_date(found[0]))
    except ValueError:
        return found[0]


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """The sentences, each with the pattern that finds its parts."""
    return [
        (re.compile(re.sub(r"%\\\((\w+)\\\)s", r"(?P<\1>.+)", re.escape(sentence)), re.DOTALL), sentence)
        for sentence in stored.SENTENCES
    ]
