"""How much was archived, or would be."""

from dataclasses import astuple, dataclass


@dataclass(frozen=True)
class Counts:
    """Days, their assignments, events, and the files that hold them."""

    days: int = 0
    assignments: int = 0
    events: int = 0
    files: int = 0

    def __add__(self, more: "Counts") -> "Counts":
        return Counts(*map(sum, zip(astuple(self), astuple(more), strict=True)))
