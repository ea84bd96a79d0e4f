"""Whether a measure grows."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import linear_regression, median

# What a measure may do without it being growth: a part of itself, and at least so much.
PART = 0.05
AT_LEAST = {"memory": 8.0, "files": 4.0, "connections": 4.0, "rows": 100.0}


@dataclass(frozen=True)
class Verdict:
    """The medians of the middle and the last third, and whether it grows."""

    middle: float
    last: float
    grows: bool


def judge(name: str, values: Sequence[float]) -> Verdict:
    """It grows when both say so: the median of the last third is above that of the middle one, and a straight line
    through both rises, each by more than what it may. The first third is for warming up."""
    third = len(values) // 3
    kept = values[third:]
    middle, last = median(kept[:third]), median(kept[-third:])
    may = max(PART * middle, AT_LEAST[name.split()[0]])
    rises = linear_regression(range(len(kept)), kept).slope * len(kept)
    # From the middle of one third to that of the next it is half of the way.
    return Verdict(middle, last, grows=last - middle > may / 2 and rises > may)
