"""How the beginning of a file is understood, before anything of it is stored: for the page of imports."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from apps.exceptions.base import InvalidRequest, ToGoError
from apps.models import Task, User
from apps.models.names import folded
from apps.services import imports
from apps.services.bulk import Item
from apps.services.imports import blocks
from apps.services.shared import permissions, spreadsheets
from apps.services.shared.formats import DateOrder
from apps.services.shared.spreadsheets import Row, Source

ROWS = 5
# What a column may be called, so that a page can guess it. People see the guess, and change it.
_HEADS = {
    "task": "task tasks activity job work what aufgabe tätigkeit tâche activité tarea actividad việc nhiệm مهمة",
    "user": "user username person people name who employee assignee mitarbeiter wer personne nom qui persona nombre "
    "quién người tên شخص",
    "date": "date day when datum tag wann jour quand fecha día cuándo ngày khi تاريخ",
    "effort": "effort hours points amount aufwand stunden charge heures esfuerzo horas giờ جهد",
}


@dataclass(frozen=True)
class Understood:
    """A row as it is understood: the cells as they are written, what they name, and why the row can't be imported."""

    line: int
    cells: list[str]
    task: Task | None = None
    user: User | None = None
    date: datetime.date | None = None
    effort: int | None = None
    problem: str = ""


@dataclass(frozen=True)
class Look:
    """The heads of a file, which of them was chosen or guessed for each column, and its first rows. `problem` says why
    it can't be read."""

    heads: list[str]
    chosen: dict[str, str]
    order: DateOrder
    rows: list[Understood]
    problem: str = ""

    @property
    def missing(self) -> list[str]:
        """The columns that still need a head."""
        return [name for name in imports.COLUMNS if not self.chosen.get(name)]


def look(*, actor: User, file: Source, heads: Mapping[str, str], order: DateOrder) -> Look:
    """Understand the first rows of a file. `heads` are those that were chosen; others are guessed. Raises
    `NotAllowed`."""
    permissions.require_taskmaster(actor)
    try:
        found = spreadsheets.heads_of(file)
        chosen = _chosen(found, heads)
        seen = Look(found, chosen, order, [])
        if not found or seen.missing:
            return seen
        used = {name: head for name, head in chosen.items() if head}
        rows = spreadsheets.read(file, imports.COLUMNS, imports.IGNORED, optional=imports.OPTIONAL, heads=used)
        return Look(found, chosen, order, _understood(list(islice(rows, ROWS)), order))
    except InvalidRequest as refusal:
        return Look([], {}, order, [], problem=refusal.detail)


def _chosen(found: Sequence[str], heads: Mapping[str, str]) -> dict[str, str]:
    """The head of each column; empty where there is none."""
    chosen = {name: head for name, head in heads.items() if head in found}
    for name in imports.ALL_COLUMNS if not heads else ():
        words = _HEADS[name].split()
        free = [head for head in found if head not in chosen.values()]
        exact = [head for head in free if folded(head) == name]
        alike = [head for head in free if set(folded(head).split()) & set(words)]
        chosen[name] = next(iter([*exact, *alike]), "")
    return {name: chosen.get(name, "") for name in imports.ALL_COLUMNS}


def _understood(rows: list[Row], order: DateOrder) -> list[Understood]:
    cells = [[*row.cells[:2], imports.as_iso(row.cells[2], order), *filter(None, row.cells[3:])] for row in rows]
    asked = blocks.items_of(cells)
    items = [one for one in asked if isinstance(one, Item)]
    tasks = Task.objects.in_bulk({one.task_id for one in items})
    people = User.objects.in_bulk({one.user_id for one in items})
    return [
        Understood(row.line, row.cells, problem=one.detail)
        if isinstance(one, ToGoError)
        else Understood(row.line, row.cells, tasks.get(one.task_id), people.get(one.user_id), one.date, one.effort)
        for row, one in zip(rows, asked, strict=True)
    ]
