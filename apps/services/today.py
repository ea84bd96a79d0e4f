"""Reads a person's own day and the days after it."""

import datetime

from apps.models import User, WaitingEntry
from apps.services import board, waiting
from apps.services.shared import permissions
from apps.services.shared.formats import Version

DAYS = 8


def days(*, actor: User) -> list[board.Cell]:
    """The actor's days: today and the seven that follow."""
    dates = [permissions.today() + datetime.timedelta(days=offset) for offset in range(DAYS)]
    [row] = board.rows_of([actor], dates)
    return row.cells


def waiting_entries(*, actor: User) -> list[WaitingEntry]:
    """What waits for one of these days, by date and position."""
    first = permissions.today()
    last = first + datetime.timedelta(days=DAYS - 1)
    return waiting.of_person(actor=actor, user_id=actor.pk, first=first, last=last)


def has_changed(*, actor: User, since: Version) -> bool:
    """Whether the actor's days may look different than at that version of the board."""
    return bool(board.changed_since(since, [actor]))
