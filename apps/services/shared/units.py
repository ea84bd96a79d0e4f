"""Amounts of work in words."""

from django.conf import settings


def unit() -> str:
    """The name of what efforts and limits are counted in: `tasks`, or `h` where `TOGO_EFFORT_UNIT` is `h`."""
    return settings.TOGO_EFFORT_UNIT or "tasks"


def short(number: int) -> str:
    """So much effort where there is little space: `3`, or `3 h`."""
    return f"{number} {settings.TOGO_EFFORT_UNIT}".rstrip()


def amount(number: int) -> str:
    """So much effort in words: `1 task`, `3 tasks`, or `3 h` where `TOGO_EFFORT_UNIT` is `h`."""
    unit = settings.TOGO_EFFORT_UNIT or ("task" if number == 1 else "tasks")
    return f"{number} {unit}"


def amount_is(number: int) -> str:
    """`amount` with its verb: `1 task is`, `3 tasks are`."""
    return f"{amount(number)} {'is' if number == 1 else 'are'}"


def part(taken: int, maximum: int) -> str:
    """`2 of 5 tasks`, `1 of 1 task`, `2 of 8 h`."""
    return f"{taken} of {amount(maximum)}"
