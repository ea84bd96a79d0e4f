"""Announces calls that will go, as docs/compatibility.md promises."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from django.conf import settings
from django.utils.http import http_date

# A call goes at the earliest so long after it is announced.
NOTICE = datetime.timedelta(days=180)


@dataclass(frozen=True)
class Deprecation:
    """Since when a call is deprecated, the first day on which it may be gone, and a sentence about what to use
    instead. Days begin at midnight UTC. Raises `ValueError` if the notice is shorter than six months."""

    since: datetime.date
    sunset: datetime.date
    instead: str

    def __post_init__(self) -> None:
        if self.sunset - self.since < NOTICE:
            raise ValueError(f"sunset must be at least {NOTICE.days} days after since, {self.since}.")

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """The headers of every answer of the call: RFC 9745, RFC 8594, and a link to its documentation."""
        return {
            "Deprecation": f"@{_seconds(self.since)}",
            "Sunset": http_date(_seconds(self.sunset)),
            "Link": f'<{settings.TOGO_ROOT}/api/docs/>; rel="deprecation"; type="text/html"',
        }

    @property
    def text(self) -> str:
        """For the call's documentation."""
        return f"**Deprecated** since {self.since}, and gone from {self.sunset} on at the earliest. {self.instead}"


def _seconds(day: datetime.date) -> int:
    return int(datetime.datetime.combine(day, datetime.time(), datetime.UTC).timestamp())
