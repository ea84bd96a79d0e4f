"""Reads a person's own day and the days after it."""

import datetime

from apps.models import ReturnedTask, Task, User, WaitingEntry
from apps.services import board, returns, waiting
from apps.services.shared import permissions
from apps.services.shared.formats import Version

DAYS = 8
# The notes and links of the tasks of so many days are on the page: of today and tomorrow.
_WITH_NOTES = 2


def days(*, actor: User) -> list[board.Cell]:
    """The actor's days: today and the seven that follow."""
    dates = [permissions.today() + datetime.timedelta(days=offset) for offset in range(DAYS)]
    [row] = board.rows_of([actor], dates)
    # The board reads tasks without their notes, which may be long.
    shown = [one for cell in row.cells[:_WITH_NOTES] for one in cell.assignments]
    tasks = Task.objects.in_bulk({one.task_id for one in shown}) if shown else {}
    for one in shown:
        one.task = tasks[one.task_id]
    return row.cells


def waiting_entries(*, actor: User) -> list[WaitingEntry]:
    """What waits for one of these days, by date and position."""
    first = permissions.today()
    last = first + datetime.timedelta(days=DAYS - 1)
    return waiting.of_person(actor=actor, user_id=actor.pk, first=first, last=last)


def handed_back(*, actor: User) -> list[ReturnedTask]:
    """What the actor has handed back from today on and nobody has placed again, by date."""
    mine = returns.visible_to(actor).filter(user=actor, date__gte=permissions.today())
    return list(mine.select_related("task").order_by("date", "pk"))


def has_changed(*, actor: User, since: Version) -> bool:
    """Whether the actor's days may look different than at that version of the board."""
    return bool(board.changed_since(since, [actor]).people)
