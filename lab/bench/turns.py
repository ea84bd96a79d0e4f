"""Calls that take turns, so that other work of the machine affects all of them alike.

What such work affects least is the processor time that the web processes and the database take for a call.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from django.db import connection

from lab.bench import dataset, report, servers
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
        web, database = _seconds(_web_processes(port)), _seconds(_backends())
        rate = measure(port, self.data.assignments(CONNECTIONS), connections=CONNECTIONS, seconds=seconds)
        if set(rate.statuses) != {201}:
            raise RuntimeError(f"ToGo answered {dict(rate.statuses)}")
        self.web += _seconds(_web_processes(port)) - web
        self.database += _seconds(_backends()) - database
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


def _web_processes(port: int) -> list[int]:
    """The ids of the web server that listens on the port, and of its processes."""
    listed = {int(folder.name): folder for folder in Path("/proc").iterdir() if folder.name.isdecimal()}
    asked = f"--port\0{port}\0".encode()
    [first, *_] = sorted(pid for pid, folder in listed.items() if asked in _read(folder / "cmdline"))
    return [pid for pid in listed if _group(pid) == first]


def _group(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return 0


def _backends() -> list[int]:
    """The ids of PostgreSQL's processes for this database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        return [pid for (pid,) in cursor.fetchall()]


def _seconds(pids: Iterable[int]) -> float:
    """The processor time that these processes have taken so far."""
    fields = [_read(Path(f"/proc/{pid}/stat")).rpartition(b")")[2].split() for pid in pids]
    return sum(int(one[11]) + int(one[12]) for one in fields if one) / os.sysconf("SC_CLK_TCK")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""  # The process has ended.
