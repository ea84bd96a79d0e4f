"""Says the rules of series in words of the reader's language.

English has prose, which programs get, too. Its grammar fits no other language, so all others list the same facts:
"Alle 2 Wochen, Dienstag, Donnerstag, vom 3. März 2026 an".
"""

import datetime
from collections.abc import Iterator

from django.utils.dates import WEEKDAYS
from django.utils.translation import get_language, gettext, ngettext

from apps.models import Series
from apps.services.series import english
from apps.services.series.rules import DAILY, MONTHLY, WEEKLY, Rule, parse
from apps.services.shared.dates import written
from apps.services.shared.lists import joined


def in_words(series: Series) -> str:
    """The rule of a series, its first date, and its end if it has one."""
    if get_language() == "en":
        return english.in_words(series)
    rule = parse(series.rrule)
    facts = [_how_often(rule), *_days(rule, series.anchor)]
    if rule.count:
        facts.append(ngettext("%(number)d time", "%(number)d times", rule.count) % {"number": rule.count})
    ends = [date for date in (rule.until, series.date_to) if date]
    text = gettext("%(rule)s, from %(first)s to %(last)s") if ends else gettext("%(rule)s, from %(first)s on")
    return text % {
        "rule": joined(facts),
        "first": written(series.date_from, "j F Y"),
        "last": written(min(ends), "j F Y") if ends else "",
    }


def _how_often(rule: Rule) -> str:
    number = rule.interval
    if rule.frequency == DAILY:
        text = ngettext("Every day", "Every %(number)d days", number)
    elif rule.frequency == WEEKLY:
        text = ngettext("Every week", "Every %(number)d weeks", number)
    elif rule.frequency == MONTHLY:
        text = ngettext("Every month", "Every %(number)d months", number)
    else:
        text = ngettext("Every year", "Every %(number)d years", number)
    return text % {"number": number}


def _days(rule: Rule, anchor: datetime.date) -> Iterator[str]:
    for number, day in sorted(rule.weekdays, key=lambda one: (one[0] < 0, one[0], one[1])):
        yield _weekday(number, str(WEEKDAYS[day]))
    for day in sorted(rule.month_days, key=lambda one: (one < 0, one)):
        yield _month_day(day)
    if rule.weekdays or rule.month_days or rule.frequency == DAILY:
        return
    if rule.frequency == WEEKLY:
        yield str(WEEKDAYS[anchor.weekday()])
    else:
        yield _month_day(anchor.day) if rule.frequency == MONTHLY else written(anchor, "j F")


def _weekday(number: int, name: str) -> str:
    if not number:
        return name
    if number == -1:
        return gettext("the last %(weekday)s") % {"weekday": name}
    text = gettext("%(weekday)s no. %(number)d") if number > 0 else gettext("%(weekday)s no. %(number)d from the end")
    return text % {"weekday": name, "number": abs(number)}


def _month_day(day: int) -> str:
    if day == -1:
        return gettext("the last day of the month")
    text = gettext("day %(number)d of the month") if day > 0 else gettext("day %(number)d from the end of the month")
    return text % {"number": abs(day)}
