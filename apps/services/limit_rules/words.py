"""Rules in words: what each says, which of two wins, and where a limit comes from."""

import datetime
from collections.abc import Mapping
from typing import Any

from apps.models import LimitRule
from apps.models.limits import Source
from apps.services.shared import picking, units

_WEEKDAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
# For whom and when the rules of each level are.
_LEVELS = {
    Source.PERSON_RANGE: "one person on certain dates",
    Source.EVERYONE_RANGE: "everyone on certain dates",
    Source.PERSON_WEEKDAY: "one person on a weekday",
    Source.EVERYONE_WEEKDAY: "everyone on a weekday",
    Source.PERSON: "one person on all days",
    Source.EVERYONE: "everyone on all days",
}
_SOURCES = {
    Source.HAND: "set by hand for this day",
    Source.PERSON_RANGE: "a rule for this person on certain dates",
    Source.EVERYONE_RANGE: "a rule for everyone on certain dates",
    Source.PERSON_WEEKDAY: "a rule for this person on this weekday",
    Source.EVERYONE_WEEKDAY: "a rule for everyone on this weekday",
    Source.PERSON: "a rule for this person",
    Source.EVERYONE: "a rule for everyone",
    Source.DEFAULT: "the default of this installation",
    Source.RANDOM: "a random pick, for demonstrations",
}


def sentence(rule: LimitRule) -> str:
    """The rule as a sentence: `Saturdays: 2, everyone`. Its person must be loaded."""
    limit = units.short(rule.maximum) if rule.maximum else "off"
    who = rule.user.display_name if rule.user else "everyone"
    return f"{_when(rule)}: {limit}, {who}"


def why(source: Mapping[str, Any]) -> str:
    """Where a limit comes from, to stand after “comes from”: `“Full time”, a rule for everyone`."""
    words = _SOURCES[Source(source["kind"])]
    return f"“{source['reason']}”, {words}" if source["reason"] else words


def why_first(winner: LimitRule, other: LimitRule) -> str:
    """Why the first of two rules wins on a day for which both are."""
    first, second = picking.level(winner), picking.level(other)
    if first != second:
        return f"a rule for {_LEVELS[first]} comes before one for {_LEVELS[second]}"
    if (winner.weekday is None) != (other.weekday is None):
        return "a rule for a weekday comes before one for all days"
    return "the newer rule comes first"


def _when(rule: LimitRule) -> str:
    days = "Every day" if rule.weekday is None else _WEEKDAYS[rule.weekday]
    first, last = rule.date_from, rule.date_to
    if first and first == last:
        return _date(first) if rule.weekday is None else f"{days}, {_date(first)}"
    if first and last:
        return _range(first, last) if rule.weekday is None else f"{days}, {_range(first, last)}"
    if first:
        return f"{days} from {_date(first)} on"
    return f"{days} until {_date(last)}" if last else days


def _range(first: datetime.date, last: datetime.date) -> str:
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{_date(last)}"
    begin = f"{first.day} {first:%B}" if first.year == last.year else _date(first)
    return f"{begin} – {_date(last)}"


def _date(date: datetime.date) -> str:
    return f"{date.day} {date:%B} {date.year}"
