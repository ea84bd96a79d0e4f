"""Reads a pile of tasks as people write it, and writes it as they do."""

import datetime
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from apps.exceptions.base import InvalidRequest, ToGoError
from apps.models import Distribution, Task, User
from apps.models.effort import HIGHEST_EFFORT
from apps.services.distributions.reading import MOST_TASKS, Request, Wish
from apps.services.shared import naming
from apps.services.shared.formats import parse_date

COLUMNS = ("task", "count", "effort", "who", "from", "to")
_SEPARATORS = "\t;,"

_NO_COUNT = _("%(text)r is no count, which is a whole number from 1 to %(most)s.")
_NO_EFFORT = _("%(text)r is no effort, which is a whole number from 1 to %(most)s.")


class PileRow(NamedTuple):
    """A row of the pile, as somebody wrote it."""

    task: str
    number: str = ""
    effort: str = ""
    who: str = ""
    first: str = ""
    last: str = ""


def pasted(text: str) -> list[PileRow]:
    """The rows of a text from a spreadsheet, without empty ones and without a header. Further cells are ignored."""
    rows = []
    for line in text.splitlines():
        separator = next((one for one in _SEPARATORS if one in line), "\t")
        cells = [cell.strip() for cell in line.split(separator)][: len(COLUMNS)]
        if any(cells) and cells[0].lower() != COLUMNS[0]:
            rows.append(PileRow(*cells))
    return rows


def written(rows: Iterable[PileRow]) -> str:
    """These rows as `pasted` reads them."""
    return "\n".join("\t".join(row).rstrip() for row in rows)


def request_of(
    *, rows: Sequence[PileRow], who: str, first: datetime.date, last: datetime.date, objective: str
) -> Request:
    """What these rows ask for. Raises `InvalidRequest`, which names the row and the column of the first mistake."""
    if not rows:
        raise InvalidRequest(gettext("Write at least one task."))
    tasks = naming.tasks({row.task for row in rows if row.task})
    people = naming.people({name for text in (who, *(row.who for row in rows)) for name in _names(text)})
    wishes = []
    for number, row in enumerate(rows, 1):
        try:
            wishes.append(_wish(row, tasks, people))
        except ToGoError as refusal:
            raise InvalidRequest(
                gettext("Row %(number)s: %(detail)s") % {"number": number, "detail": refusal.detail}
            ) from None
    return Request(wishes, _ids(who, people), first, last, objective)


def rows_of(plan: Distribution) -> list[PileRow]:
    """The pile that was asked for, to try it again."""
    items = plan.asked["items"]
    tasks = Task.objects.brief().in_bulk({item["task"] for item in items})
    names = _usernames({user_id for item in items for user_id in item.get("users") or ()})
    return [
        PileRow(
            tasks[item["task"]].name if item["task"] in tasks else str(item["task"]),
            str(item["count"]),
            str(item.get("effort") or ""),
            " ".join(names[user_id] for user_id in item.get("users") or ()),
            item.get("date_from") or "",
            item.get("date_to") or "",
        )
        for item in items
    ]


def who_of(plan: Distribution) -> str:
    """The people who were asked for, to try it again."""
    user_ids = plan.asked["users"] or ()
    names = _usernames(set(user_ids))
    return " ".join(names[user_id] for user_id in user_ids)


def _wish(row: PileRow, tasks: dict[str, naming.Named], people: dict[str, naming.Named]) -> Wish:
    if not row.task:
        raise InvalidRequest(gettext("it names no task."))
    task = tasks[row.task]
    if isinstance(task, ToGoError):
        raise task
    return Wish(
        task,
        _number(row.number, _NO_COUNT, MOST_TASKS) or 1,
        _number(row.effort, _NO_EFFORT, HIGHEST_EFFORT),
        _ids(row.who, people),
        _date(row.first),
        _date(row.last),
    )


def _names(text: str) -> list[str]:
    return text.replace(",", " ").replace(";", " ").split()


def _ids(text: str, people: dict[str, naming.Named]) -> list[int] | None:
    ids = []
    for name in _names(text):
        found = people[name]
        if isinstance(found, ToGoError):
            raise found
        ids.append(found)
    return ids or None


def _number(text: str, refusal: StrOrPromise, most: int) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 9 and 1 <= int(text) <= most):
        raise InvalidRequest(str(refusal) % {"text": text, "most": f"{most:,}"})
    return int(text)


def _date(text: str) -> datetime.date | None:
    try:
        return parse_date(text) if text else None
    except ValueError:
        raise InvalidRequest(gettext("%(text)r is not a date that exists, as YYYY-MM-DD.") % {"text": text}) from None


def _usernames(user_ids: set[int]) -> dict[int, str]:
    return dict(User.objects.filter(pk__in=user_ids).values_list("pk", "username"))
