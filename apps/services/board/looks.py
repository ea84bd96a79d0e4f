"""What the board is asked to show. Its address says all of it: links, reloads and saved views show the same."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from apps.services.shared import formats
from apps.services.shared.formats import WEEK_DAYS


class Span(StrEnum):
    """How many days the board shows."""

    DAY = "day"
    WEEK = "week"
    TWO_WEEKS = "two-weeks"


class By(StrEnum):
    """What a row is: a person, or a task."""

    PEOPLE = "people"
    TASKS = "tasks"


class Show(StrEnum):
    """Only people with such a task, or such a day."""

    OPEN = "open"
    DONE = "done"
    FREE = "free"
    FULL = "full"
    OFF = "off"


# What is said of tasks, and so of rows of tasks too.
OF_TASKS = (Show.OPEN, Show.DONE)
_LENGTHS = {Span.DAY: 1, Span.WEEK: WEEK_DAYS, Span.TWO_WEEKS: 2 * WEEK_DAYS}


@dataclass(frozen=True)
class Look:
    """The days from `first` on, by person or by task, and the filters: a text in names, a task, and `show`."""

    first: datetime.date
    span: Span = Span.WEEK
    by: By = By.PEOPLE
    search: str = ""
    task_id: int | None = None
    show: Show | None = None

    @property
    def dates(self) -> list[datetime.date]:
        """The dates that are shown."""
        return [self.first + datetime.timedelta(days=offset) for offset in range(_LENGTHS[self.span])]

    @property
    def last(self) -> datetime.date:
        """The last date that is shown."""
        return self.dates[-1]

    @property
    def is_filtered(self) -> bool:
        """Whether some rows are left out."""
        return bool(self.search or self.task_id or self.show)

    @property
    def week(self) -> str:
        """The first week as an address names it: `2026-W48`."""
        return formats.write_week(self.first)

    @property
    def month(self) -> str:
        """The month of the first day as an address names it: `2026-11`."""
        return formats.write_month(self.first)

    @property
    def before(self) -> "Look":
        """The same of the days before."""
        return replace(self, first=self.first - datetime.timedelta(days=_LENGTHS[self.span]))

    @property
    def after(self) -> "Look":
        """The same of the days after."""
        return replace(self, first=self.first + datetime.timedelta(days=_LENGTHS[self.span]))

    @property
    def weeks(self) -> tuple[int, ...]:
        """The numbers of the weeks that are shown."""
        return tuple(map(formats.week_number, self.dates[::WEEK_DAYS]))

    def at(self, date: datetime.date) -> "Look":
        """The same of the day or the weeks that have this date."""
        return replace(self, first=date if self.span == Span.DAY else formats.week_of(date))

    def over(self, span: Span, today: datetime.date) -> "Look":
        """The same over a day, a week or two weeks: a day is today if it is shown now, else the first day."""
        return replace(self, span=span).at(today if today in self.dates else self.first)

    def address(self, **changes: Any) -> str:
        """The query of the page's address, with these changes: `?week=2026-W48&q=bob`."""
        return f"?{urlencode(replace(self, **changes).fields)}"

    @property
    def fields(self) -> Mapping[str, str]:
        """The fields of the address."""
        when = {"date": self.first.isoformat()} if self.span == Span.DAY else {"week": self.week}
        return {**when, **self.filters}

    @property
    def undated(self) -> str:
        """The address that shows the same of today."""
        return f"?{urlencode(self.filters)}" if self.filters else ""

    @property
    def unfiltered(self) -> str:
        """The address without filters."""
        return self.address(search="", task_id=None, show=None)

    @property
    def filters(self) -> Mapping[str, str]:
        """The same without the dates, as a saved view has them. What is as usual is left out."""
        fields = {
            "span": "" if self.span == Span.WEEK else self.span,
            "by": "" if self.by == By.PEOPLE else self.by,
            "q": self.search,
            "task": str(self.task_id or ""),
            "show": self.show or "",
        }
        return {name: value for name, value in fields.items() if value}
