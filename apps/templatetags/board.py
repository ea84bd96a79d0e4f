"""Writes the board's cells. In Python and not as a template, because a page has hundreds of them: templates took nine
tenths of its time."""

import datetime
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from django import template
from django.conf import settings
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, ngettext, pgettext

from apps.models import Assignment, User
from apps.models.assignments import Status
from apps.models.effort import DEFAULT_EFFORT
from apps.services.board import Cell
from apps.services.limit_rules import words
from apps.services.shared import dates, permissions, units
from apps.templatetags.efforts import beside_name

register = template.Library()

# A longer name may be cut off: it is shown whole where somebody points at it.
_FITS = 14
# The tasks of a day that a compact row shows; it says how many more there are.
_IN_COMPACT = 2
_COLOURS_OF_FACES = 6


@register.simple_tag
def cell(person: User, of: Cell, *, choosing: bool = False, out_of_band: bool = False) -> SafeString:
    """A person's day as a cell of the board: how full it is, its tasks, and the link that assigns another one.

    With `choosing` it has a box to tick; with `out_of_band` a script puts it in the place of the cell that is there.
    """
    limit, place, root = of.limit, of.place, settings.TOGO_ROOT
    names = f"cell {of.state}" if of.is_set else f"cell {of.state} unset"
    language = get_language() or settings.LANGUAGE_CODE
    long, short = _written(limit.date, "l j F", language), _written(limit.date, "D j M", language)
    in_short, in_words = _told(_day(of, language))
    choose, assign, done = _labels(language)
    who_and_when = f"{escape(person.username)}, {long}"
    parts = [
        f'<td id="cell-{place.user_id}-{limit.date}" class="{names}" data-cell="{place}" data-left="{limit.remaining}"',
        f' data-more="{len(of.assignments) - _IN_COMPACT}"' if len(of.assignments) > _IN_COMPACT else "",
        ' hx-swap-oob="true">' if out_of_band else ">",
        # On narrow screens the column heads are hidden, and each day shows its date.
        f'<a class="load number t{of.tenths}" href="{root}/board/day/{place.user_id}/{limit.date}/" data-panel'
        f' data-day="{short}" aria-label="{who_and_when}: {in_words}">'
        f"{in_short}</a>",
    ]
    if person.is_active:
        if choosing:
            label = choose % {"who_and_when": who_and_when}
            parts.append(f'<input type="checkbox" name="cell" form="chosen" value="{place}" aria-label="{label}">')
        label = assign % {"who_and_when": who_and_when}
        parts.append(f'<a class="add" href="{root}/board/assign/?cell={place}" data-panel aria-label="{label}">+</a>')
    parts += _chips(of.assignments, root, done, is_past=limit.date < permissions.today())
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


def _chips(assignments: Iterable[Assignment], root: str, done: str, *, is_past: bool) -> Iterable[str]:
    mark = f'<span class="sr-only"> ({done})</span>'
    for one in assignments:
        name = one.task.name
        title = f' title="{escape(name)}"' if len(name) > _FITS else ""
        is_done = one.status == Status.DONE
        effort = f' data-effort="{one.effort}"' if one.effort != DEFAULT_EFFORT else ""
        names = "chip done" if is_done else "chip late" if is_past else "chip"
        if one.task.color:
            names += f" c-{one.task.color}"
        # What is the same wherever the task is stands together: so the page is a twentieth smaller when compressed.
        yield (
            f'<a class="{names}" data-task="{one.task_id}"{effort}{title} dir="auto" data-panel draggable="true"'
            f' id="chip-{one.pk}" href="{root}/board/assignment/{one.pk}/" data-assignment="{one.pk}">'
            f"{escape(name)}{beside_name(one.effort)}{mark if is_done else ''}</a>"
        )


class _Day(NamedTuple):
    """What the words about a day depend on."""

    language: str
    unit: str
    state: str
    is_set: bool
    taken: int
    maximum: int
    wanted: int
    waiting: int
    kind: str
    reason: str


def _day(of: Cell, language: str) -> _Day:
    limit = of.limit
    numbers = limit.taken, limit.maximum, limit.wanted, limit.waiting
    return _Day(
        *(language, settings.TOGO_EFFORT_UNIT, of.state, of.is_set), *numbers, limit.source_kind, limit.source_reason
    )


# Many days are alike.
@lru_cache(maxsize=2048)
def _told(day: _Day) -> tuple[str, str]:
    """How full the day is, in the least space and in whole sentences, escaped."""
    return escape(_in_short(day)), escape(_in_words(day))


def _in_short(day: _Day) -> str:
    """How full the day is, in the least space: `2/5`, `5/5 full`, `off`."""
    if day.state == "off":
        text = pgettext("a day", "off")
        if day.taken:
            text = gettext("off, %(amount)s still there") % {"amount": units.amount(day.taken)}
    else:
        text = f"{day.taken}/{day.maximum}"
        if day.state == "full":
            text += " " + pgettext("a day", "full")
    return f"{text} · {_waiting(day.waiting)}" if day.waiting else text


def _in_words(day: _Day) -> str:
    """The same in whole sentences, with the limit's reason."""
    taken = gettext("%(part)s taken") % {"part": units.part(day.taken, day.maximum)}
    if day.state == "off":
        taken += ", " + gettext("day off")
    if day.waiting:
        taken += f", {_waiting(day.waiting)}"
    not_set = "" if day.is_set else gettext("Not set yet.") + " "
    why = words.why({"kind": day.kind, "reason": day.reason})
    limit = gettext("Limit %(limit)s: %(why)s.") % {"limit": units.short(day.wanted), "why": why}
    return f"{taken}. {not_set}{limit}"


def _waiting(number: int) -> str:
    return ngettext("%(number)d waiting", "%(number)d waiting", number) % {"number": number}


@lru_cache(maxsize=512)
def _written(date: datetime.date, form: str, language: str) -> str:
    """A date in words of the active language. A board has few dates, each in many cells."""
    return dates.written(date, form)


@lru_cache(maxsize=64)
def _labels(language: str) -> tuple[str, str, str]:
    """The labels of a cell's box and of its link, and the word for a task that is done."""
    choose, assign = gettext("Choose %(who_and_when)s"), gettext("Assign a task to %(who_and_when)s")
    return choose, assign, pgettext("a task", "done")
