"""When a person has room: asked by whoever plans, and told by every refusal."""

import datetime
from itertools import pairwise

from apps.services import limits, permissions

# How far a search for a free day looks, in days after the one that was asked for.
SEARCH_DAYS = 366
# Most free days are near: the near ones are read first.
_WINDOWS = [0, 14, SEARCH_DAYS]


def next_free_date(*, user_id: int, after: datetime.date) -> datetime.date | None:
    """The first date after `after` on which the person has room, at most 366 days on and within what may be
    planned; None when there is none."""
    for start, end in pairwise(_WINDOWS):
        first = after + datetime.timedelta(days=start + 1)
        last = min(after + datetime.timedelta(days=end), permissions.last_date())
        if first > last:
            return None
        for day in limits.read(user_ids=[user_id], first=first, last=last):
            if day.remaining > 0:
                return day.date
    return None
