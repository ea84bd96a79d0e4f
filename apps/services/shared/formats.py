"""How weeks, dates and people's days are written in addresses, forms and pages.

The writer and the reader of each format stand side by side, so that no page writes what no form reads.
"""

import datetime
import re
from enum import StrEnum
from typing import NamedTuple, Self

from django.utils.translation import get_language

_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_WEEK = re.compile(r"(\d{4})-W(\d{2})", re.ASCII)
# The one way in which a date is written.
DATE_PATTERN = r"\d{4}-\d{2}-\d{2}"
_DATE = re.compile(DATE_PATTERN, re.ASCII)
_WITH_ORDER = re.compile(r"(\d{1,2})(\s*[./-]\s*)(\d{1,2})\2(\d{4}|\d{2})", re.ASCII)
_ID = re.compile(r"\d{1,19}", re.ASCII)
_VERSION = re.compile(r"(\d{1,19})-(\d{1,9})-([01])", re.ASCII)

WEEK_DAYS = 7
MONDAY, SATURDAY = 0, 5
# Where weeks don't begin on Mondays, by language.
_WEEKS_BEGIN = {"ar": SATURDAY}
# The highest id, and the highest other whole number, that a database can hold.
HIGHEST_ID = 2**63 - 1


def weekday_of_weeks() -> int:
    """The weekday on which weeks begin in the reader's language; Monday is 0."""
    return _WEEKS_BEGIN.get(get_language() or "", MONDAY)


def week_of(date: datetime.date) -> datetime.date:
    """The first day of the week that has this date."""
    return date - datetime.timedelta(days=(date.weekday() - weekday_of_weeks()) % WEEK_DAYS)


def week_number(date: datetime.date) -> int:
    """The number of the week that has this date: that of its Monday, by ISO 8601."""
    return _monday_in(week_of(date)).isocalendar().week


def write_week(date: datetime.date) -> str:
    """The week that has this date, by the ISO week of its Monday: `2026-W48`, `2027-W01`."""
    year, week, _ = _monday_in(week_of(date)).isocalendar()
    return f"{year:04}-W{week:02}"


def _monday_in(first: datetime.date) -> datetime.date:
    """The Monday of the week that begins on this day."""
    return first + datetime.timedelta(days=(MONDAY - first.weekday()) % WEEK_DAYS)


class DateOrder(StrEnum):
    """How dates are written in a file: 2026-11-24; or the day before the month; or the month before the day."""

    ISO = "iso"
    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"


def parse_date_in(text: str, order: DateOrder) -> datetime.date:
    """A date as `parse_date` reads it or, if the order says which number is the day, as 24.11.2026 or 11/24/26. Raises
    `ValueError`."""
    match = _WITH_ORDER.fullmatch(text)
    if order == DateOrder.ISO or not match:
        return parse_date(text)
    first, _, second, year = match.groups()
    day, month = (first, second) if order == DateOrder.DAY_FIRST else (second, first)
    return datetime.date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))


def parse_week(text: str) -> datetime.date:
    """The first day of a week as `write_week` writes it.

    Raises `ValueError` for any other text, and for the first and the last year of the calendar: the week before and the
    week after must exist, too.
    """
    match = _WEEK.fullmatch(text)
    if not match or not datetime.MINYEAR < int(match[1]) < datetime.MAXYEAR:
        raise ValueError(text)
    monday = datetime.date.fromisocalendar(int(match[1]), int(match[2]), 1)
    return week_of(monday)


def write_month(date: datetime.date) -> str:
    """The month of a date: `2026-11`."""
    return f"{date:%Y-%m}"


def parse_month(text: str) -> datetime.date:
    """The first day of a month as `write_month` writes it. Raises `ValueError` for any other text, and, as for weeks,
    for the first and the last year of the calendar."""
    match = _MONTH.fullmatch(text)
    if not match or not datetime.MINYEAR < int(match[1]) < datetime.MAXYEAR:
        raise ValueError(text)
    return datetime.date(int(match[1]), int(match[2]), 1)


def parse_date(text: str) -> datetime.date:
    """A date as `isoformat` writes it. Raises `ValueError` for any other text, other forms of ISO 8601 too."""
    if not _DATE.fullmatch(text):
        raise ValueError(text)
    return datetime.date.fromisoformat(text)


def parse_day(text: str) -> datetime.date:
    """A date that has days around it: as for weeks, the first and the last year of the calendar raise `ValueError`."""
    date = parse_date(text)
    if not datetime.MINYEAR < date.year < datetime.MAXYEAR:
        raise ValueError(text)
    return date


def parse_id(text: str) -> int:
    """An id in digits that a database can hold. Raises `ValueError` for any other text."""
    if not _ID.fullmatch(text) or int(text) > HIGHEST_ID:
        raise ValueError(text)
    return int(text)


class Place(NamedTuple):
    """A person's day, written as `2:2026-11-24`."""

    user_id: int
    date: datetime.date

    def __str__(self) -> str:
        return f"{self.user_id}:{self.date.isoformat()}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The day that `str` writes so. Raises `ValueError` for any other text."""
        user_id, _, date = text.partition(":")
        return cls(parse_id(user_id), parse_date(date))


class Move(NamedTuple):
    """An assignment and the day that it goes to, written as `7:2:2026-11-24`."""

    assignment_id: int
    place: Place

    def __str__(self) -> str:
        return f"{self.assignment_id}:{self.place}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The move that `str` writes so. Raises `ValueError` for any other text."""
        assignment_id, _, place = text.partition(":")
        return cls(parse_id(assignment_id), Place.parse(place))


class LimitByHand(NamedTuple):
    """The limit that was set by hand for a day, and why, written as `2:2026-11-24:3:Training`; or, as
    `2:2026-11-24`, that the rules set it."""

    place: Place
    maximum: int | None = None
    reason: str = ""

    def __str__(self) -> str:
        return str(self.place) if self.maximum is None else f"{self.place}:{self.maximum}:{self.reason}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The limit that `str` writes so. Raises `ValueError` for any other text."""
        user_id, date, *by_hand = text.split(":", 3)
        place = Place.parse(f"{user_id}:{date}")
        if not by_hand:
            return cls(place)
        maximum, reason = by_hand
        return cls(place, parse_id(maximum), reason)


class Version(NamedTuple):
    """How far the board's history had come when something was shown, written as `1204-50-0`: the newest event, how many
    of the events just before it were there already, and whether days were still being picked again after a change of
    the rules."""

    newest: int
    seen: int
    repicking: int

    def __str__(self) -> str:
        return f"{self.newest}-{self.seen}-{self.repicking}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The version that `str` writes so. Raises `ValueError` for any other text."""
        match = _VERSION.fullmatch(text)
        if not match:
            raise ValueError(text)
        return cls(*map(int, match.groups()))
