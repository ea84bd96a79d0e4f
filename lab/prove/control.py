"""A ToGo without its guard: an entry point in place of `togo.wsgi`. The checker must find the limits that it breaks."""

import datetime
from typing import Any

from togo.wsgi import application

__all__ = ["application", "take_slot"]


def take_slot(user_id: int, date: datetime.date, effort: int, *, actor: Any = None) -> Any:
    """Take a slot even if none is free. `taken` stays at `maximum`, so that the database's check can't stop it."""
    from django.db.models import F
    from django.db.models.functions import Least

    from apps.models import DailyLimit

    day = DailyLimit.objects.of(user_id, date)
    return day.get() if day.update(taken=Least(F("taken") + effort, F("maximum"))) else None


def _remove_guard() -> None:
    from apps.services.slots import portable, postgresql

    portable.take_slot = take_slot
    postgresql.take = portable.take


_remove_guard()
