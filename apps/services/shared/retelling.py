"""Puts sentences that jobs stored in English into the words of a page: its language, and dates as it writes them."""

import ast
import re
from functools import cache

from django.conf import settings
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from apps.exceptions.base import title_of
from apps.services.shared import dates, stored
from apps.services.shared.formats import DATE_PATTERN, parse_date

# Codes that no error has.
_ENDINGS = {"date_past": _("The date has passed"), "": _("In place of somebody who is deactivated")}
# What refusals of rows say: as `refusals`, `naming` and `imports` write it, the whole before its parts.
_REFUSALS = (
    "%(state)s; the next day with room is %(date)s.",
    "%(state)s; the next day with room for %(effort)s is %(date)s.",
    "%(state)s; no later day with room was found.",
    "%(state)s; no later day with room for %(effort)s was found.",
    "%(state)s, and it would take %(effort)s",
    "%(state)s, %(effort)s of them by this assignment",
    "%(state)s, and this request asks for %(effort)s more before this one",
    "%(date)s is off (%(reason)s)",
    "%(date)s is off",
    "This person has this task on %(date)s already.",
    "There is no task with the id %(task_id)s.",
    "The task %(name)r is retired; choose another one.",
    "There is no person with the id %(user_id)s.",
    "%(person)s is deactivated and can't be given tasks.",
    "%(len)s tasks are called %(cell)r; write the id of the one that you mean.",
    "There is no task called %(cell)r.",
    "%(cell)r may be one of %(number)s people: %(candidates)s. Write the username or the id.",
    "There is nobody called %(cell)r.",
    "%(value)r is not a date that exists, as YYYY-MM-DD.",
    "%(value)r is not an effort, which is a whole number from 1 to %(highest_effort)s.",
    "The row has no %(columns)s.",
    "The row lacks %(columns)s.",
    "This task waits for %(date)s already, at position %(position)s.",
)
# Those whose words depend on a number, and the part that begins with it.
_COUNTED = (
    ("%(part)s is taken on %(date)s", "%(part)s are taken on %(date)s", "part"),
    ("%(taken)d of %(maximum)d task", "%(taken)d of %(maximum)d tasks", "maximum"),
)
_AMOUNT = "%(taken)d of %(amount)s"
_NUMBER_PLACE = re.compile(r"%\((\w+)\)d")
_FIRST_NUMBER = re.compile(r"\d+")
# Parts that English writes as Python does, in quotation marks.
_QUOTED = ("name", "cell", "value")
# Sentences within others. What people wrote, such as a reason, stays as it is.
_WITHIN = ("state", "part")
_DATE = re.compile(rf"\b{DATE_PATTERN}\b", re.ASCII)


def retold(text: str) -> str:
    """A sentence of `stored`, translated together with the reasons in it. Others stay as they are: they are a server's
    own words."""
    for pattern, sentence in _patterns():
        if found := pattern.fullmatch(text):
            return gettext(sentence) % {name: retold(part) for name, part in found.groupdict().items()}
    return text


def refusal_retold(detail: str, code: str) -> str:
    """A refusal in the reader's language; or what its code is about, if this is no sentence that is known."""
    if get_language() == settings.LANGUAGE_CODE:
        return _DATE.sub(_in_words, detail)
    if code in _ENDINGS:
        return str(_ENDINGS[code])
    return _refusal(detail) or title_of(code)


def _refusal(text: str) -> str:
    """The sentence of a refusal translated, with the sentences in it; empty if it is none that is known."""
    for pattern, one, many, counted in _patterns_of_refusals():
        if found := pattern.fullmatch(text):
            parts = {name: _part(name, part) for name, part in found.groupdict().items()}
            number = int(_FIRST_NUMBER.match(found[counted])[0]) if counted else 0  # type: ignore[index]
            sentence = ngettext(one, many, number) if counted else gettext(one)
            return str(_NUMBER_PLACE.sub(r"%(\1)s", sentence) % parts)
    return ""


def _part(name: str, part: str) -> str:
    if name in _WITHIN:
        return _refusal(part) or part
    if name == "date":
        return _DATE.sub(_in_words, part)
    return _unquoted(part) if name in _QUOTED else part


def _unquoted(part: str) -> str:
    """What English puts into Python's quotation marks; each language has its own."""
    try:
        return str(ast.literal_eval(part))
    except (SyntaxError, ValueError):
        return part


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


@cache
def _patterns_of_refusals() -> list[tuple[re.Pattern[str], str, str, str]]:
    """The sentences of refusals, each with the pattern that finds its parts, its plural, and the part with a number."""
    sentences = [(text, text, "") for text in _REFUSALS] + list(_COUNTED) + [(_AMOUNT, _AMOUNT, "")]
    found = []
    for one, many, counted in sentences:
        for text in dict.fromkeys((one, many)):
            parts = re.sub(r"%\\\((\w+)\\\)([srd])", _group, re.escape(text))
            found.append((re.compile(parts, re.DOTALL), one, many, counted))
    return found


def _group(place: re.Match[str]) -> str:
    what = "[0-9]+" if place[2] == "d" else ".+"
    return f"(?P<{place[1]}>{what})"
