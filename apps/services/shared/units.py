"""Amounts of work in words."""

from django.conf import settings
from django.utils.translation import gettext, ngettext


def unit() -> str:
    """The name of what efforts and limits are counted in: `tasks`, or `h` where `TOGO_EFFORT_UNIT` is `h`."""
    return settings.TOGO_EFFORT_UNIT or gettext("tasks")


def short(number: int) -> str:
    """So much effort where there is little space: `3`, or `3 h`."""
    return f"{number} {settings.TOGO_EFFORT_UNIT}".rstrip()


def amount(number: int) -> str:
    """So much effort in words: `1 task`, `3 tasks`, or `3 h` where `TOGO_EFFORT_UNIT` is `h`."""
    if settings.TOGO_EFFORT_UNIT:
        return short(number)
    return ngettext("%(number)d task", "%(number)d tasks", number) % {"number": number}


def part(taken: int, maximum: int) -> str:
    """`2 of 5 tasks`, `1 of 1 task`, `2 of 8 h`."""
    if settings.TOGO_EFFORT_UNIT:
        return gettext("%(taken)d of %(amount)s") % {"taken": taken, "amount": short(maximum)}
    words = ngettext("%(taken)d of %(maximum)d task", "%(taken)d of %(maximum)d tasks", maximum)
    return words % {"taken": taken, "maximum": maximum}
