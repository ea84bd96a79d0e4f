"""Calls that take turns, so that other work of the machine affects all of them alike.

What such work affects least is the processor time that the web processes and the database take for a call.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

from lab.bench import dataset, processor, report, servers
from lab.bench.load import Rate, measure

CONNECTIONS = 16


def _nothing() -> None:
    """Prepare nothing."""


@dataclass
class Caller:
    """Who calls, what is done before each run, how fast each run was, and the processor seconds of all runs."""

    data: dataset.Dataset
    prepare: Callable[[], object] = _nothing
    rates: list[Rate] = field(default_factory=list)
    web: float = 0
    database: float = 0

    def run(self, port: int, seconds: float) -> None:
        """Call for so many seconds. Raises `RuntimeError` if a call was refused."""
        self.prepare()
        web, database = processor.of_web(port), processor.of_postgresql()
        rate = measure(port, self.data.assignments(CONNECTIONS), connections=CONNECTIONS, seconds=seconds)
        if set(rate.statuses) != {201}:
            raise RuntimeError(f"ToGo answered {dict(rate.statuses)}")
        self.web += processor.of_web(port) - web
        self.database += processor.of_postgresql() - database
        self.rates.append(rate)

    @property
    def cost(self) -> float:
        """The processor time of a call, in milliseconds."""
        return self.milliseconds(self.web + self.database)

    def milliseconds(self, seconds: float) -> float:
        """So many seconds of all runs, as milliseconds of a call."""
        return 1000 * seconds / sum(rate.statuses.total() for rate in self.rates)


def take_turns(callers: dict[str, Caller], *, pairs: int, seconds: float) -> None:
    """Start ToGo, and let each caller assign for so many seconds, so many times."""
    with servers.togo() as port:
        # The first calls aren't measured, because the processes still load modules and open connections.
        requests = next(iter(callers.values())).data.assignments(CONNECTIONS)
        measure(port, requests, connections=CONNECTIONS, seconds=2 * seconds)
        for number in range(pairs):
            # Neither is always the first of its pair: growing tables slow the second.
            for name in sorted(callers, reverse=bool(number % 2)):
                callers[name].run(port, seconds)


def table(callers: dict[str, Caller]) -> list[str]:
    """What was measured, and a table with a row for each caller."""
    rows = [
        [
            name,
            *(f"{median(getattr(rate, of) for rate in caller.rates):,.1f}" for of in ("per_second", "p50", "p99")),
            *(f"{caller.milliseconds(seconds):.2f}" for seconds in (caller.web, caller.database)),
        ]
        for name, caller in callers.items()
    ]
    runs = len(next(iter(callers.values())).rates)
    return [
        f"The assign call on PostgreSQL, {CONNECTIONS} connections, medians of {runs} runs each, which took turns. The "
        "last columns are the processor time of a call.",
        "",
        *report.table(["", "per second", "p50 ms", "p99 ms", "web ms", "PostgreSQL ms"], rows),
        "",
    ]
