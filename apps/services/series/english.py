"""Says the rules of series in English prose: "Every Tuesday and Thursday, from 3 March 2026"."""

import calendar
import datetime
from collections.abc import Sequence

from apps.models import Series
from apps.services.series.rules import DAILY, MONTHLY, WEEKLY, YEARLY, Rule, parse

_UNITS = {DAILY: "day", WEEKLY: "week", MONTHLY: "month", YEARLY: "year"}
_NUMBERS = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last"}
_WORKDAYS = [(0, day) for day in range(5)]


def in_words(series: Series) -> str:
    """The rule of a series, its first date, and its end if it has one."""
    rule = parse(series.rrule)
    ends = [date for date in (rule.until, series.date_to) if date]
    times = f", {rule.count} time{'' if rule.count == 1 else 's'}" if rule.count else ""
    until = f" to {date_in_words(min(ends))}" if ends else ""
    return f"{_how_often(rule, series.anchor)}{times}, from {date_in_words(series.date_from)}{until}"


def date_in_words(date: datetime.date) -> str:
    """A date: 3 March 2026."""
    return f"{date.day} {calendar.month_name[date.month]} {date.year}"


def _how_often(rule: Rule, anchor: datetime.date) -> str:
    unit = _UNITS[rule.frequency]
    every = f"Every {unit}" if rule.interval == 1 else f"Every {rule.interval} {unit}s"
    if rule.frequency == WEEKLY or (rule.frequency == DAILY and rule.weekdays and not rule.month_days):
        days = _weekdays(rule, "and") if rule.weekdays else _name(anchor.weekday())
        if rule.interval == 1:
            return f"Every {days}" if list(rule.weekdays) != _WORKDAYS else "Every day from Monday to Friday"
        return f"{every} on {days}" if rule.frequency == WEEKLY else f"{every}, if it is a {_weekdays(rule, 'or')}"
    condition = f", if it is a {_weekdays(rule, 'or')}" if rule.weekdays else ""
    if rule.month_days:
        if rule.frequency == DAILY:
            return f"{every}, if it is {_month_days(rule, 'or')} of a month" + condition.replace(", if it is", " and")
        each = " of each month" if rule.frequency == YEARLY else ""
        return f"{every} on {_month_days(rule, 'and')}{each}{condition.replace('a the', 'the')}"
    if rule.frequency == DAILY:
        return every
    if rule.weekdays:
        return f"{every} on {'' if rule.weekdays[0][0] else 'each '}{_weekdays(rule, 'and')}"
    if rule.frequency == MONTHLY:
        return f"{every} on the {_ordinal(anchor.day)}"
    return f"{every} on {anchor.day} {calendar.month_name[anchor.month]}"


def _weekdays(rule: Rule, last: str) -> str:
    ordered = sorted(rule.weekdays, key=lambda one: (one[0] < 0, one[0], one[1]))
    return _listed([f"the {_number(number)} {_name(day)}" if number else _name(day) for number, day in ordered], last)


def _month_days(rule: Rule, last: str) -> str:
    ordered = sorted(rule.month_days, key=lambda day: (day < 0, day))
    return _listed([f"the {_ordinal(day) if day > 0 else _from_end(day)}" for day in ordered], last)


def _from_end(day: int) -> str:
    return "last day" if day == -1 else f"{_ordinal(-day)} day from the end"


def _number(number: int) -> str:
    if number in _NUMBERS:
        return _NUMBERS[number]
    return _ordinal(number) if number > 0 else f"{_ordinal(-number)} to last"


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _name(weekday: int) -> str:
    return calendar.day_name[weekday]


def _listed(words: Sequence[str], last: str) -> str:
    *first, end = words or [""]
    return f"{', '.join(first)} {last} {end}" if first else end
