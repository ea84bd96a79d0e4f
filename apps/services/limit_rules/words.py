"""Rules in words: what each says, which of two wins, and where a limit comes from."""

import datetime
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from apps.models import LimitRule
from apps.models.limits import Source
from apps.services.shared import picking, units
from apps.services.shared.dates import written
from apps.services.shared.lists import joined

_WEEKDAYS = (
    *(_("Mondays"), _("Tuesdays"), _("Wednesdays"), _("Thursdays"), _("Fridays"), _("Saturdays"), _("Sundays")),
)
# For whom and when the rules of each level are.
_LEVELS = {
    Source.PERSON_RANGE: _("one person on certain dates"),
    Source.EVERYONE_RANGE: _("everyone on certain dates"),
    Source.PERSON_WEEKDAY: _("one person on a weekday"),
    Source.EVERYONE_WEEKDAY: _("everyone on a weekday"),
    Source.PERSON: _("one person on all days"),
    Source.EVERYONE: _("everyone on all days"),
}
_SOURCES = {
    Source.HAND: _("set by hand for this day"),
    Source.PERSON_RANGE: _("a rule for this person on certain dates"),
    Source.EVERYONE_RANGE: _("a rule for everyone on certain dates"),
    Source.PERSON_WEEKDAY: _("a rule for this person on this weekday"),
    Source.EVERYONE_WEEKDAY: _("a rule for everyone on this weekday"),
    Source.PERSON: _("a rule for this person"),
    Source.EVERYONE: _("a rule for everyone"),
    Source.DEFAULT: _("the default of this installation"),
    Source.RANDOM: _("a random pick, for demonstrations"),
}


def sentence(rule: LimitRule) -> str:
    """The rule as a sentence: `Saturdays: 2, everyone`. Its person must be loaded."""
    return gettext("%(when)s: %(limit)s, %(who)s") % {
        "when": _when(rule),
        "limit": units.short(rule.maximum) if rule.maximum else pgettext("a day", "off"),
        "who": rule.user.display_name if rule.user else gettext("everyone"),
    }


def why(source: Mapping[str, Any]) -> str:
    """Where a limit comes from, to stand after “comes from”: `“Full time”, a rule for everyone`."""
    words = str(_SOURCES[Source(source["kind"])])
    return gettext("“%(reason)s”, %(words)s") % {**source, "words": words} if source["reason"] else words


def why_first(winner: LimitRule, other: LimitRule) -> str:
    """Why the first of two rules wins on a day for which both are."""
    first, second = picking.level(winner), picking.level(other)
    if first != second:
        text = gettext("a rule for %(first)s comes before one for %(second)s")
        return text % {"first": _LEVELS[first], "second": _LEVELS[second]}
    if (winner.weekday is None) != (other.weekday is None):
        return gettext("a rule for a weekday comes before one for all days")
    return gettext("the newer rule comes first")


def _when(rule: LimitRule) -> str:
    days = gettext("Every day") if rule.weekday is None else str(_WEEKDAYS[rule.weekday])
    first, last = rule.date_from, rule.date_to
    if first and last:
        dates = _date(first) if first == last else _range(first, last)
        return dates if rule.weekday is None else joined([days, dates])
    if first:
        return gettext("%(days)s from %(date)s on") % {"days": days, "date": _date(first)}
    return gettext("%(days)s until %(date)s") % {"days": days, "date": _date(last)} if last else days


def _range(first: datetime.date, last: datetime.date) -> str:
    if (first.year, first.month) == (last.year, last.month):
        return gettext("%(first)s–%(last)s") % {"first": written(first, "j"), "last": _date(last)}
    form = "j F" if first.year == last.year else "j F Y"
    return gettext("%(first)s – %(last)s") % {"first": written(first, form), "last": _date(last)}


def _date(date: datetime.date) -> str:
    return written(date, "j F Y")
