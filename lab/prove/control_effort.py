"""A ToGo that takes 1 of a day instead of the effort: an entry point in place of `togo.wsgi`.

The checker must find the limits that it breaks.
"""

import datetime
from typing import Any

from togo.wsgi import application

__all__ = ["application"]


def _count_assignments() -> None:
    """Let every assignment take 1 of its day, while its row keeps its effort."""
    from apps.services.slots import portable, postgresql

    guarded = portable.take_slot

    def take_slot(user_id: int, date: datetime.date, effort: int, *, actor: Any = None) -> Any:
        return guarded(user_id, date, 1, actor=actor)

    portable.take_slot = take_slot
    postgresql.take = portable.take


_count_assignments()
