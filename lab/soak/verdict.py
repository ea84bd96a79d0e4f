"""Decides whether a measure grows."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import linear_regression, median

# The tolerance: a measure may rise by this part of itself, and at least by this amount, without being said to grow.
PART = 0.05
AT_LEAST = {"memory": 8.0, "files": 4.0, "connections": 4.0, "rows": 100.0}


@dataclass(frozen=True)
class Verdict:
    """The medians of the middle and the last third, and whether it grows."""

    middle: float
    last: float
    grows: bool


def judge(name: str, values: Sequence[float]) -> Verdict:
    """Compare the middle and the last third; the first third is for warming up.

    A measure grows if the median of the last third is higher, and a straight line through both thirds rises, each by
    more than the tolerance.
    """
    third = len(values) // 3
    kept = values[third:]
    middle, last = median(kept[:third]), median(kept[-third:])
    tolerance = max(PART * middle, AT_LEAST[name.split()[0]])
    rise = linear_regression(range(len(kept)), kept).slope * len(kept)
    # The medians are those of points half of the line apart, so half of the tolerance applies to them.
    return Verdict(middle, last, grows=last - middle > tolerance / 2 and rise > tolerance)
