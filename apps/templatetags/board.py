"""Writes the board's rows and cells. In Python and not as templates, because a page has hundreds of cells: templates
took nine tenths of its time."""

import datetime
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote

from django import template
from django.conf import settings
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, ngettext, pgettext

from apps.models import Assignment, User
from apps.models.assignments import Status
from apps.models.effort import DEFAULT_EFFORT
from apps.services.board import Cell, Row
from apps.services.limit_rules import words
from apps.services.shared import dates, lists, permissions, units
from apps.templatetags.efforts import beside_name

register = template.Library()

# A longer name may be cut off: it is shown whole where somebody points at it.
_FITS = 14
# The tasks of a day that a compact row shows; it says how many more there are.
_IN_COMPACT = 2
_COLOURS_OF_FACES = 6


@register.simple_tag
def rows(
    people: Iterable[Row],
    *,
    choosing: bool = False,
    out_of_band: bool = False,
    actors: Mapping[int | None, int] | None = None,
) -> SafeString:
    """Rows of the board. With `choosing` each of their days has a box to tick; with `out_of_band` a script puts each in
    the place of the row that is there. What is new there glows in the colour of who did it: of `actors`."""
    writer = _Writer(choosing=choosing, actors=actors)
    written = (writer.row(one, "morph" if out_of_band else "") for one in people)
    if out_of_band:
        written = (f"<template>{one}</template>" for one in written)
    return mark_safe("\n".join(written))  # noqa: S308 - each text of a person went through `escape`


@register.simple_tag
def cell(person: User, of: Cell) -> SafeString:
    """A person's day as a cell, which a script puts in the place of the cell that is there."""
    return mark_safe(_Writer().cell(person, escape(person.display_name), of, "true"))  # noqa: S308 - as above


@register.filter
def face(person: User) -> str:
    """The initials of a person, to stand in a circle."""
    names = [person.first_name, person.last_name]
    return "".join(name[:1] for name in names).upper() or person.username[:2].upper()


@register.filter
def face_colour(person: User) -> int:
    """The number of the circle's colour; always the same for a person."""
    return _colour_of(person.pk)


def _colour_of(user_id: int) -> int:
    return user_id % _COLOURS_OF_FACES


@register.filter
def both_names(person: User) -> SafeString:
    """The first and the last name with the username below them, or the username alone."""
    if not (person.first_name or person.last_name):
        return format_html("<bdi>{}</bdi>", person.username)
    names = f"{person.first_name} {person.last_name}"
    return format_html('<bdi>{}</bdi><small class="quiet"><bdi>{}</bdi></small>', names, person.username)


class _Writer:
    """Writes rows and cells. What is the same in many of them is written once: words, dates, and most of a chip."""

    def __init__(self, *, choosing: bool = False, actors: Mapping[int | None, int] | None = None) -> None:
        self._choosing = choosing
        self._actors = actors or {}
        self._root = settings.TOGO_ROOT
        self._language = get_language() or settings.LANGUAGE_CODE
        self._today = permissions.today()
        self._choose, self._assign = gettext("Choose %(who_and_when)s"), gettext("Assign a task to %(who_and_when)s")
        self._choose_all, self._days_off_of = gettext("Choose all days of %(name)s"), gettext("Days off of %(name)s")
        self._days_off, self._done = gettext("Days off"), pgettext("a task", "done")
        self._comma = lists.comma()
        self._dates: dict[datetime.date, tuple[str, str]] = {}
        self._chips: dict[tuple[int, int, str, bool], tuple[str, str]] = {}

    def row(self, of: Row, swap: str) -> str:
        """A person, and a cell for each of their days. A script swaps it in place in the way that `swap` names."""
        person, name = of.person, escape(of.person.display_name)
        names = "" if person.is_active else ' class="deactivated"'
        swapped = f' hx-swap-oob="{swap}"' if swap else ""
        about = self._active(person, name) if person.is_active else self._deactivated(of, name)
        cells = "".join([self.cell(person, name, one) for one in of.cells])
        return (
            f'<tr id="row-{person.pk}" data-person="{person.pk}"{names}{swapped}><th scope="row">'
            f'<span class="face f{face_colour(person)}" aria-hidden="true">{escape(face(person))}</span> {about}</th>'
            f"{cells}</tr>"
        )

    def _active(self, person: User, name: str) -> str:
        choose, off = self._choose_all % {"name": name}, self._days_off_of % {"name": name}
        address = f"{self._root}/board/days-off/?username={quote(person.username, safe='')}"
        return (
            f'<button type="button" class="name" data-choose aria-label="{choose}">{both_names(person)}</button> '
            f'<a class="more" href="{address}" data-panel aria-label="{off}">{self._days_off}</a>'
        )

    def _deactivated(self, of: Row, name: str) -> str:
        told = ngettext("Deactivated, %(left)s open task left", "Deactivated, %(left)s open tasks left", of.left) % {
            "left": of.left
        }
        if of.left:
            label = gettext("Hand on the open tasks of %(name)s") % {"name": name}
            address = f"{self._root}/board/hand-on/{of.person.pk}/"
            hand_on = gettext("Hand on")
            told += f' <a href="{address}" data-panel aria-label="{label}">{hand_on}</a>'
        return f'<span class="name">{both_names(of.person)}</span> <small class="left">{told}</small>'

    def cell(self, person: User, name: str, of: Cell, swap: str = "") -> str:
        """A person's day: how full it is, its tasks, and the link that assigns another one."""
        limit, (user_id, date), state = of.limit, of.place, of.state
        long, short = self._dates.get(date) or self._dates.setdefault(date, _in_two_ways(date))
        in_short, in_words = _told(_day(of, state, self._language))
        who_and_when = f"{name}{self._comma}{long}"
        many = len(of.assignments)
        parts = [
            f'<td id="cell-{user_id}-{date}" class="cell {state}{"" if of.is_set else " unset"}"'
            f' data-cell="{user_id}:{date}" data-left="{limit.remaining}"',
            f' data-more="{many - _IN_COMPACT}"' if many > _IN_COMPACT else "",
            f' hx-swap-oob="{swap}">' if swap else ">",
            # On narrow screens the column heads are hidden, and each day shows its date.
            f'<a class="load number t{of.tenths}" href="{self._root}/board/day/{user_id}/{date}/" data-panel'
            f' data-day="{short}" aria-label="{who_and_when}: {in_words}">{in_short}</a>',
        ]
        if person.is_active:
            if self._choosing:
                label = self._choose % {"who_and_when": who_and_when}
                box = f'name="cell" form="chosen" value="{user_id}:{date}" aria-label="{label}"'
                parts.append(f'<input type="checkbox" {box}>')
            label = self._assign % {"who_and_when": who_and_when}
            address = f"{self._root}/board/assign/?cell={user_id}:{date}"
            parts.append(f'<a class="add" href="{address}" data-panel aria-label="{label}">+</a>')
        is_past = date < self._today
        parts += [self._chip(one, is_past=is_past) for one in of.assignments]
        parts.append("</td>")
        return "".join(parts)

    def _chip(self, one: Assignment, *, is_past: bool) -> str:
        key = one.task_id, one.effort, one.status, is_past
        head, tail = self._chips.get(key) or self._chips.setdefault(key, self._around_ids(one, is_past=is_past))
        actor = self._actors.get(one.id)
        by = "" if actor is None else f' data-by="{_colour_of(actor)}"'
        address = f"{self._root}/board/assignment/{one.id}/"
        return f'{head} id="chip-{one.id}" href="{address}" data-assignment="{one.id}"{by}{tail}'

    def _around_ids(self, one: Assignment, *, is_past: bool) -> tuple[str, str]:
        """What stands before and after the ids of a chip: the same wherever the task is. So that the page is a
        twentieth smaller when compressed, all that is before them stands together."""
        name = one.task.name
        title = f' title="{escape(name)}"' if len(name) > _FITS else ""
        is_done = one.status == Status.DONE
        effort = f' data-effort="{one.effort}"' if one.effort != DEFAULT_EFFORT else ""
        names = "chip done" if is_done else "chip late" if is_past else "chip"
        if one.task.color:
            names += f" c-{one.task.color}"
        done = f'<span class="sr-only"> ({self._done})</span>' if is_done else ""
        head = f'<a class="{names}" data-task="{one.task_id}"{effort}{title} dir="auto" data-panel draggable="true"'
        return head, f">{escape(name)}{beside_name(one.effort)}{done}</a>"


def _in_two_ways(date: datetime.date) -> tuple[str, str]:
    return dates.written(date, "l j F"), dates.written(date, "D j M")


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


def _day(of: Cell, state: str, language: str) -> _Day:
    limit = of.limit
    numbers = limit.taken, limit.maximum, limit.wanted, limit.waiting
    return _Day(
        *(language, settings.TOGO_EFFORT_UNIT, state, of.is_set), *numbers, limit.source_kind, limit.source_reason
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
    facts = [gettext("%(part)s taken") % {"part": units.part(day.taken, day.maximum)}]
    if day.state == "off":
        facts.append(gettext("day off"))
    elif day.state == "full":
        facts.append(pgettext("a day", "full"))
    if day.waiting:
        facts.append(_waiting(day.waiting))
    not_set = "" if day.is_set else gettext("Not set yet.") + " "
    why = words.why({"kind": day.kind, "reason": day.reason})
    limit = gettext("Limit %(limit)s: %(why)s.") % {"limit": units.short(day.wanted), "why": why}
    return f"{lists.joined(facts)}. {not_set}{limit}"


def _waiting(number: int) -> str:
    return ngettext("%(number)d waiting", "%(number)d waiting", number) % {"number": number}
