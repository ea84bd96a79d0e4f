"""Writes the board's cells. In Python and not as a template, because a page has hundreds of them: templates took nine
tenths of its time."""

import datetime
from collections.abc import Iterable
from functools import lru_cache

from django import template
from django.conf import settings
from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from apps.models import Assignment, User
from apps.models.assignments import Status
from apps.models.effort import DEFAULT_EFFORT
from apps.services.board import Cell
from apps.services.shared import permissions, units
from apps.templatetags.efforts import beside_name

register = template.Library()

# A longer name may be cut off: it is shown whole where somebody points at it.
_FITS = 14
# The tasks of a day that a compact row shows; it says how many more there are.
_IN_COMPACT = 2
_COLOURS_OF_FACES = 6
_DONE = '<span class="sr-only"> (done)</span>'


@register.simple_tag
def cell(person: User, of: Cell, *, choosing: bool = False, out_of_band: bool = False) -> SafeString:
    """A person's day as a cell of the board: how full it is, its tasks, and the link that assigns another one.

    With `choosing` it has a box to tick; with `out_of_band` a script puts it in the place of the cell that is there.
    """
    limit, place, root = of.limit, of.place, settings.TOGO_ROOT
    names = f"cell {of.state}" if of.is_set else f"cell {of.state} unset"
    who_and_when = f"{escape(person.username)}, {_written(limit.date, 'l j F')}"
    parts = [
        f'<td id="cell-{place.user_id}-{limit.date}" class="{names}" data-cell="{place}" data-left="{limit.remaining}"',
        f' data-more="{len(of.assignments) - _IN_COMPACT}"' if len(of.assignments) > _IN_COMPACT else "",
        ' hx-swap-oob="true">' if out_of_band else ">",
        # On narrow screens the column heads are hidden, and each day shows its date.
        f'<a class="load number t{of.tenths}" href="{root}/board/day/{place.user_id}/{limit.date}/" data-panel'
        f' data-day="{_written(limit.date, "D j M")}" aria-label="{who_and_when}: {escape(_in_words(of))}">'
        f"{_in_short(of)}</a>",
    ]
    if person.is_active:
        if choosing:
            parts.append(
                f'<input type="checkbox" name="cell" form="chosen" value="{place}" aria-label="Choose {who_and_when}">'
            )
        parts.append(
            f'<a class="add" href="{root}/board/assign/?cell={place}" data-panel'
            f' aria-label="Assign a task to {who_and_when}">+</a>'
        )
    parts += _chips(of.assignments, root, is_past=limit.date < permissions.today())
    parts.append("</td>")
    return mark_safe("".join(parts))  # noqa: S308 - each text of a person went through `escape`


@register.filter
def face(person: User) -> str:
    """The initials of a person, to stand in a circle."""
    names = [person.first_name, person.last_name]
    return "".join(name[:1] for name in names).upper() or person.username[:2].upper()


@register.filter
def face_colour(person: User) -> int:
    """The number of the circle's colour; always the same for a person."""
    return person.pk % _COLOURS_OF_FACES


def _chips(assignments: Iterable[Assignment], root: str, *, is_past: bool) -> Iterable[str]:
    for one in assignments:
        name = one.task.name
        title = f' title="{escape(name)}"' if len(name) > _FITS else ""
        is_done = one.status == Status.DONE
        effort = f' data-effort="{one.effort}"' if one.effort != DEFAULT_EFFORT else ""
        names = "chip done" if is_done else "chip late" if is_past else "chip"
        if one.task.color:
            names += f" c-{one.task.color}"
        yield (
            f'<a id="chip-{one.pk}" class="{names}" href="{root}/board/assignment/{one.pk}/" data-panel'
            f' draggable="true" data-assignment="{one.pk}" data-task="{one.task_id}"{effort} dir="auto"{title}>'
            f"{escape(name)}{beside_name(one.effort)}{_DONE if is_done else ''}</a>"
        )


def _in_short(of: Cell) -> str:
    """How full the day is, in the least space: `2/5`, `5/5 full`, `off`."""
    limit = of.limit
    if of.state == "off":
        text = f"off, {units.amount(limit.taken)} still there" if limit.taken else "off"
    else:
        text = f"{limit.taken}/{limit.maximum}"
        if of.state == "full":
            text += " full"
    return f"{text} · {limit.waiting} waiting" if limit.waiting else text


def _in_words(of: Cell) -> str:
    """The same in whole sentences, with the limit's reason."""
    limit = of.limit
    taken = f"{units.part(limit.taken, limit.maximum)} taken"
    if of.state == "off":
        taken += ", day off"
    if limit.waiting:
        taken += f", {limit.waiting} waiting"
    return f"{taken}. {'' if of.is_set else 'Not set yet. '}Limit {units.short(limit.wanted)}: {of.why}."


@lru_cache(maxsize=512)
def _written(date: datetime.date, form: str) -> str:
    """A date as Django writes it. A board has few dates, each in many cells."""
    return date_format(date, form)
