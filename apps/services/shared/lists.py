"""Lists within sentences."""

from collections.abc import Iterable

from django.utils.translation import pgettext


def comma() -> str:
    """What stands between the parts of a list; Arabic has a comma of its own."""
    return pgettext("between the parts of a list", ", ")


def joined(parts: Iterable[str]) -> str:
    """The parts with commas between them: `Mon–Fri 4, Sat–Sun off`."""
    return comma().join(parts)
