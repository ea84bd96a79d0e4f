"""The rules of repetition: a strict part of RFC 5545, with dates only.

python-dateutil isn't used: it looks for dates until the year 9999, which takes more than a second for a rule that has
none. `Rule.dates` ends at the date that the caller names, and tests compare the two.
"""

import calendar
import datetime
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from django.utils.translation import gettext

DAILY, WEEKLY, MONTHLY, YEARLY = FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MOST_INTERVAL, MOST_COUNT = 366, 1000
# The highest number of a weekday in a month and in a year.
_MOST_WEEKS = {MONTHLY: 5, YEARLY: 53}
# A rule that has no date among so many days of its weeks, months or years has none.
_DAYS_SEARCHED = 50_000

_NUMBER = re.compile(r"[1-9]\d{0,3}", re.ASCII)
_MONTH_DAY = re.compile(r"[+-]?[1-9]\d?", re.ASCII)
_WEEKDAY = re.compile(rf"([+-]?[1-9]\d?)?({'|'.join(WEEKDAYS)})", re.ASCII)
_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)

Period = tuple[datetime.date, datetime.date]


class WrongRule(ValueError):
    """A text that is no rule. `part` is the part that is wrong, empty if it is the rule as a whole."""

    def __init__(self, part: str, message: str) -> None:
        super().__init__(message)
        self.part = part


@dataclass(frozen=True)
class Rule:
    """A rule of repetition. `weekdays` are pairs of a number, 0 for every one, and a weekday from 0 (Monday) on:
    `(2, 1)` is the second Tuesday, `(-1, 4)` the last Friday. `month_days` below 0 count from the month's end."""

    frequency: str
    interval: int = 1
    weekdays: tuple[tuple[int, int], ...] = ()
    month_days: tuple[int, ...] = ()
    count: int | None = None
    until: datetime.date | None = None

    def __str__(self) -> str:
        parts = [f"FREQ={self.frequency}"]
        if self.interval != 1:
            parts.append(f"INTERVAL={self.interval}")
        if self.weekdays:
            parts.append(f"BYDAY={','.join(f'{number or str()}{WEEKDAYS[day]}' for number, day in self.weekdays)}")
        if self.month_days:
            parts.append(f"BYMONTHDAY={','.join(map(str, self.month_days))}")
        if self.count:
            parts.append(f"COUNT={self.count}")
        if self.until:
            parts.append(f"UNTIL={self.until.isoformat().replace('-', '')}")
        return ";".join(parts)

    def dates(self, start: datetime.date, last: datetime.date) -> Iterator[datetime.date]:
        """The dates from `start`, from which the rule counts, to `last`."""
        last = min(last, self.until or last)
        matches = self._matcher(start)
        left = self.count
        for period in self._periods(start, last):
            for date in _days(period):
                if start <= date <= last and matches(date, period):
                    yield date
                    left = left and left - 1
                    if left == 0:
                        return

    def has_dates(self, start: datetime.date, last: datetime.date) -> bool:
        """Whether there is a date from `start` to `last`."""
        matches = self._matcher(start)
        last = min(last, self.until or last)
        dates = ((date, period) for period in self._periods(start, last) for date in _days(period))
        return any(start <= date <= last and matches(date, period) for date, period in islice(dates, _DAYS_SEARCHED))

    def _periods(self, start: datetime.date, last: datetime.date) -> Iterator[Period]:
        """The first and the last date of each day, week, month or year that the rule looks at."""
        if self.frequency in (DAILY, WEEKLY):
            length = 1 if self.frequency == DAILY else 7
            # The calendar begins on a Monday, and ends on a Friday.
            first = start.toordinal() if length == 1 else start.toordinal() - start.weekday()
            for ordinal in range(first, last.toordinal() + 1, length * self.interval):
                end = min(ordinal + length - 1, datetime.date.max.toordinal())
                yield datetime.date.fromordinal(ordinal), datetime.date.fromordinal(end)
            return
        months = 1 if self.frequency == MONTHLY else 12
        month = start.year * 12 + (start.month - 1 if self.frequency == MONTHLY else 0)
        while month <= last.year * 12 + last.month - 1:
            end_year, end_month = divmod(month + months - 1, 12)
            end_day = calendar.monthrange(end_year, end_month + 1)[1]
            yield datetime.date(month // 12, month % 12 + 1, 1), datetime.date(end_year, end_month + 1, end_day)
            month += months * self.interval

    def _matcher(self, start: datetime.date) -> Callable[[datetime.date, Period], bool]:
        """Whether a date is one of the rule's. A rule that names no days means the day of `start`."""
        weekdays, month_days, month = set(self.weekdays), set(self.month_days), 0
        if not weekdays and not month_days:
            if self.frequency == WEEKLY:
                weekdays = {(0, start.weekday())}
            elif self.frequency in (MONTHLY, YEARLY):
                month_days, month = {start.day}, start.month if self.frequency == YEARLY else 0

        def matches(date: datetime.date, period: Period) -> bool:
            if month and date.month != month:
                return False
            if month_days:
                from_end = date.day - calendar.monthrange(date.year, date.month)[1] - 1
                if date.day not in month_days and from_end not in month_days:
                    return False
            if not weekdays:
                return True
            first, last = period
            numbers = (0, (date - first).days // 7 + 1, -((last - date).days // 7) - 1)
            return any((number, date.weekday()) in weekdays for number in numbers)

        return matches


def parse(text: str) -> Rule:
    """The rule that a text says. Raises `WrongRule`, which names the part that is wrong or not supported."""
    parts: dict[str, str] = {}
    for part in text.split(";"):
        name, equals, value = part.partition("=")
        if not equals or name not in _READERS:
            text = gettext("%(part)s is not supported; a rule has the parts %(parts)s.")
            raise WrongRule(name[:40], text % {"part": name[:40], "parts": ", ".join(_READERS)})
        if name in parts:
            raise WrongRule(name, gettext("%(part)s is given twice.") % {"part": name})
        parts[name] = value
    if "FREQ" not in parts:
        raise WrongRule("FREQ", gettext("FREQ is missing: %(choices)s.") % {"choices": ", ".join(FREQUENCIES)})
    if "COUNT" in parts and "UNTIL" in parts:
        raise WrongRule("UNTIL", gettext("UNTIL and COUNT can't both be given."))
    rule = Rule(**{_FIELDS[name]: _READERS[name](value) for name, value in parts.items()})  # type: ignore[arg-type]  # each reader fits its field
    _require_days_fit(rule)
    return rule


def _require_days_fit(rule: Rule) -> None:
    if rule.month_days and rule.frequency == WEEKLY:
        raise WrongRule("BYMONTHDAY", gettext("BYMONTHDAY can't be given with FREQ=WEEKLY."))
    numbers = {abs(number) for number, _ in rule.weekdays}
    if max(numbers, default=0) > _MOST_WEEKS.get(rule.frequency, 0):
        most = _MOST_WEEKS.get(rule.frequency)
        text = (
            gettext("BYDAY may number weekdays up to %(most)s with FREQ=%(frequency)s.")
            if most
            else gettext("BYDAY may not number weekdays with FREQ=%(frequency)s.")
        )
        raise WrongRule("BYDAY", text % {"most": most, "frequency": rule.frequency})
    if 0 in numbers and len(numbers) > 1:
        raise WrongRule("BYDAY", gettext("BYDAY may not mix numbered weekdays with others."))


def _frequency(value: str) -> str:
    if value not in FREQUENCIES:
        raise WrongRule("FREQ", gettext("FREQ must be one of %(choices)s.") % {"choices": ", ".join(FREQUENCIES)})
    return value


def _whole_number(part: str, most: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not _NUMBER.fullmatch(value) or int(value) > most:
            text = gettext("%(part)s must be a whole number from 1 to %(most)s.")
            raise WrongRule(part, text % {"part": part, "most": most})
        return int(value)

    return read


def _weekdays(value: str) -> tuple[tuple[int, int], ...]:
    found = set()
    for one in value.split(","):
        match = _WEEKDAY.fullmatch(one)
        if not match:
            text = gettext("BYDAY must list weekdays (%(weekdays)s), such as TU,TH or 2TU or -1FR.")
            raise WrongRule("BYDAY", text % {"weekdays": ", ".join(WEEKDAYS)})
        found.add((int(match[1] or 0), WEEKDAYS.index(match[2])))
    return tuple(sorted(found))


def _month_days(value: str) -> tuple[int, ...]:
    found = set()
    for one in value.split(","):
        if not _MONTH_DAY.fullmatch(one) or abs(int(one)) > 31:
            text = gettext("BYMONTHDAY must list days from 1 to 31, or from -31 to -1, counted from the end.")
            raise WrongRule("BYMONTHDAY", text)
        found.add(int(one))
    return tuple(sorted(found))


def _until(value: str) -> datetime.date:
    match = _DATE.fullmatch(value)
    try:
        if match:
            return datetime.date(*map(int, match.groups()))
    except ValueError:
        pass
    raise WrongRule("UNTIL", gettext("UNTIL must be a date that exists, as YYYYMMDD, without a time."))


_READERS: dict[str, Callable[[str], object]] = {
    "FREQ": _frequency,
    "INTERVAL": _whole_number("INTERVAL", MOST_INTERVAL),
    "BYDAY": _weekdays,
    "BYMONTHDAY": _month_days,
    "COUNT": _whole_number("COUNT", MOST_COUNT),
    "UNTIL": _until,
}
_FIELDS = {
    "FREQ": "frequency",
    "INTERVAL": "interval",
    "BYDAY": "weekdays",
    "BYMONTHDAY": "month_days",
    "COUNT": "count",
    "UNTIL": "until",
}


def _days(period: Period) -> Iterator[datetime.date]:
    first, last = (date.toordinal() for date in period)
    return map(datetime.date.fromordinal, range(first, last + 1))
