"""Reports on a soak: as a page and a picture."""

import os
import platform
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median

from lab.soak import plot
from lab.soak.samples import Sample
from lab.soak.verdict import PART, Verdict, judge


@dataclass
class Result:
    """The samples, the answers and the errors of a soak."""

    minutes: float
    rate: float
    maximum: float | None
    samples: list[Sample]
    statuses: Counter[int]
    jobs: int
    # Answers that are errors, jobs that weren't done, and rows that were left.
    errors: list[str] = field(default_factory=list)

    def verdicts(self) -> dict[str, Verdict]:
        """The verdict on each measure."""
        return {name: judge(name, self._series(name)) for name in self.samples[0].held}

    def passed(self) -> bool:
        """Whether there was no error and nothing grows."""
        return not self.errors and not any(verdict.grows for verdict in self.verdicts().values())

    def charts(self) -> dict[str, dict[str, plot.Line]]:
        """The lines of the picture."""
        times = [sample.at for sample in self.samples]

        def lines(start: str, *, cut: bool = True) -> dict[str, plot.Line]:
            names = [name for name in self.samples[0].held if name.startswith(start)]
            return {
                name[len(start) :].removesuffix(", MB"): list(zip(times, self._series(name), strict=True))
                for name in names
            }

        return {
            "Memory, MB": lines("memory of "),
            "Open files": lines("files of "),
            "Connections (sockets)": lines("connections of "),
            "Rows": lines("rows of "),
            "Milliseconds for a call": {
                "p50": [(sample.at, 1000 * sample.p50) for sample in self.samples],
                "p99": [(sample.at, 1000 * sample.p99) for sample in self.samples],
            },
            "Calls per second": {"calls": [(sample.at, sample.calls) for sample in self.samples]},
        }

    def _series(self, name: str) -> Sequence[float]:
        return [sample.held[name] for sample in self.samples]


def text(result: Result, *, picture: str) -> str:
    """The page."""
    rate = f"half of the measured maximum, {result.maximum:,.0f}" if result.maximum else "set by --rate"
    calls = sum(result.statuses.values())
    p50, p99 = (1000 * median(getattr(sample, name) for sample in result.samples) for name in ("p50", "p99"))
    lines = [
        "# Soak",
        "",
        f"`bin/soak --minutes {result.minutes:g}`, {datetime.now(UTC):%d %B %Y}, {os.cpu_count()} processors "
        f"({platform.machine()}), Python {platform.python_version()}; PostgreSQL, two web processes, a worker with "
        "two processes, beat, a broker and the clients on the same machine.",
        "",
        f"**{'Passed' if result.passed() else 'FAILED'}**: {calls:,} calls at {result.rate:,.0f} per second ({rate}), "
        f"{len(result.errors)} errors; p50 {p50:.1f} ms, p99 {p99:.1f} ms (medians of the samples). Meanwhile the job "
        f"set everyone's limits of a day {result.jobs} times.",
        "",
        f"![Memory, files, connections, rows, times and calls]({picture})",
        "",
        "The table compares the medians of the middle and the last third of the time; the first third is for warming "
        "up. A measure grows if its median rises by more than half of its tolerance, and a straight line through both "
        f"thirds rises by more than all of it. The tolerance is {PART:.0%}, and at least a few MB, files, connections "
        "or rows.",
        "",
        "| | middle third | last third | |",
        "|---|---:|---:|---|",
    ]
    for name, verdict in result.verdicts().items():
        numbers = f"{verdict.middle:,.0f} | {verdict.last:,.0f}"
        lines.append(f"| {name} | {numbers} | {'**grows**' if verdict.grows else ''} |")
    answers = ", ".join(f"{status}: {count:,}" for status, count in sorted(result.statuses.items()))
    lines += ["", f"Answers by status: {answers} (409 is a refusal by the limit)."]
    lines += ["", "## Errors", "", *[f"- `{error}`" for error in result.errors[:20]]] if result.errors else []
    return "\n".join(lines) + "\n"
