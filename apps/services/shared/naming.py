"""Finds tasks and people by what somebody wrote into a cell: a name or an id."""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext

from apps.exceptions.base import InvalidRequest, ToGoError
from apps.exceptions.tasks import TaskNotFound
from apps.exceptions.users import UserNotFound
from apps.models import Task, User
from apps.models.base import any_of
from apps.models.names import folded, tidy, tidy_username
from apps.services.shared.lists import joined

_TASK = ("name", "is_active", "pk")
# So many people that a cell may mean are named.
_CANDIDATES = 5
_ID = re.compile(r"\d{1,18}", re.ASCII)

# The id that a cell names, which may not exist, or the reason why the cell names nothing.
Named = int | ToGoError


def tasks(cells: set[str]) -> dict[str, Named]:
    """The task that each cell names; looked up for all cells together."""
    ids = set(Task.objects.filter(pk__in=any_of(_ids(cells))).values_list("pk", flat=True))
    names = {cell: tidy(cell) for cell in cells}
    named: dict[str, dict[bool, list[int]]] = defaultdict(lambda: {True: [], False: []})
    for name, is_active, pk in Task.objects.filter(name__in=any_of(names.values())).values_list(*_TASK):
        named[name][is_active].append(pk)
    # An exact name wins; `_alike` finds the others.
    missing = {cell for cell, name in names.items() if _id(cell) not in ids and name not in named}
    alike: dict[str, dict[bool, list[int]]] = defaultdict(lambda: {True: [], False: []})
    for name, is_active, pk in _alike(missing, Task.objects.values_list(*_TASK)):
        alike[name][is_active].append(pk)

    def find(cell: str) -> Named:
        task_id = _id(cell)
        if task_id in ids:
            return task_id
        # A retired task with the same name is ignored if there is an active one.
        found = named.get(names[cell]) or alike.get(folded(cell)) or {True: [], False: []}
        same = found[True] or found[False]
        if len(same) > 1:
            return InvalidRequest(
                gettext("%(len)s tasks are called %(cell)r; write the id of the one that you mean.")
                % {"len": len(same), "cell": cell}
            )
        return (
            same[0] if same else task_id or TaskNotFound(gettext("There is no task called %(cell)r.") % {"cell": cell})
        )

    return {cell: find(cell) for cell in cells}


def people(cells: set[str]) -> dict[str, Named]:
    """The person that each cell names; looked up for all cells together."""
    ids = set(User.objects.filter(pk__in=any_of(_ids(cells))).values_list("pk", flat=True))
    # A cell that is the id of a person means that person, even if it is also somebody's name.
    names = {cell: tidy_username(cell) for cell in cells if _id(cell) not in ids}
    named = dict(User.objects.filter(username__in=any_of(set(names.values()))).values_list("username", "pk"))
    # An exact name wins; `_alike` finds the others.
    missing = {cell for cell, name in names.items() if name not in named}
    alike: dict[str, list[int]] = defaultdict(list)
    usernames: dict[int, str] = {}
    for name, username, pk in _alike(missing, User.objects.values_list("username", "username", "pk")):
        alike[name].append(pk)
        usernames[pk] = username
    # Then real names, of somebody active if there is one.
    for name, found in _by_real_name({cell for cell in missing if folded(cell) not in alike}).items():
        alike[name] = list(found)
        usernames |= found

    def find(cell: str) -> Named:
        user_id = _id(cell)
        if user_id in ids:
            return user_id
        if names[cell] in named:
            return named[names[cell]]
        similar = alike.get(folded(cell), [])
        if len(similar) > 1:
            candidates = joined(sorted(usernames[pk] for pk in similar)[:_CANDIDATES])
            return InvalidRequest(
                gettext("%(cell)r may be one of %(number)s people: %(candidates)s. Write the username or the id.")
                % {"cell": cell, "number": len(similar), "candidates": candidates}
            )
        return (
            similar[0]
            if similar
            else user_id or UserNotFound(gettext("There is nobody called %(cell)r.") % {"cell": cell})
        )

    return {cell: find(cell) for cell in cells}


def _by_real_name(cells: set[str]) -> dict[str, dict[int, str]]:
    """The ids and usernames of the people whose first and last name a cell is, by the folded name. Where somebody
    active has the name, those who are deactivated don't count."""
    found: dict[str, dict[bool, dict[int, str]]] = defaultdict(lambda: {True: {}, False: {}})
    wanted = {folded(cell) for cell in cells}
    if wanted:
        people = User.objects.exclude(first_name="", last_name="").values_list(
            "first_name", "last_name", "username", "pk", "is_active"
        )
        for first, last, username, pk, is_active in people.iterator():
            for name in {folded(f"{first} {last}"), folded(f"{last}, {first}")} & wanted:
                found[name][is_active][pk] = username
    return {
        name: active or others for name, (active, others) in ((name, both.values()) for name, both in found.items())
    }


def _alike(cells: set[str], rows: QuerySet[Any, tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """The rows whose name differs from a cell only in capitals, blanks or the form of letters, with the folded name in
    front. No index folds names as Python does, so this reads all rows, but only if there are cells."""
    wanted = {folded(cell) for cell in cells}
    if wanted:
        for name, *others in rows.iterator():
            if (key := folded(name)) in wanted:
                yield key, *others


def _id(cell: str) -> int:
    """The id in the cell, or 0."""
    return int(cell) if _ID.fullmatch(cell) else 0


def _ids(cells: set[str]) -> list[int]:
    return [number for cell in cells if (number := _id(cell))]
