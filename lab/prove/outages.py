"""Measures for how long no write succeeds during a fault: none of ToGo, and no plain one through any entry.

The plain ones show the cluster's own time; what ToGo takes longer is its own. People lose as much time if a load
balancer sends them to the web server that works.
"""

import contextlib
import http.client
import json
import threading
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from statistics import median
from typing import Any

from lab.prove.system import System
from lab.prove.world import World

# The pause between two writes, and how long each may take, in seconds.
PAUSE, PATIENCE = 0.2, 2.0
# What ToGo may take longer than the cluster itself, in seconds.
ALLOWED = 2.0
# A gap that is shorter than this is none: a busy machine may need that long.
_SHORTEST = 1.0
# The longest times without a write during a fault: the cluster's own, and ToGo's.
Outage = tuple[float, float]


class _Prober(threading.Thread):
    """Writes again and again, and notes when a write succeeded."""

    def __init__(self, write: Callable[[], object], stop: threading.Event) -> None:
        super().__init__(name="prober", daemon=True)
        self._write, self._stop_asked = write, stop
        self.done: list[float] = []

    def run(self) -> None:
        """Write until told to stop."""
        while not self._stop_asked.wait(PAUSE):
            with contextlib.suppress(Exception):
                self._write()
                self.done.append(time.monotonic())


class Watch:
    """Two probers for each entry of a cluster. They write until the last fault is over."""

    def __init__(self, system: System, world: World) -> None:
        cluster = system.database.cluster
        assert cluster
        self._began = self._ended = time.monotonic()
        self._stop_asked = stop = threading.Event()
        self._plain, self._togo = [], []
        for entry, port in enumerate(system.ports):
            self._plain.append(_Prober(lambda entry=entry: cluster.write(entry), stop))  # type: ignore[misc]
            self._togo.append(_Prober(_RenamingTask(world, world.probes[entry], port), stop))
        self._threads = [*self._plain, *self._togo]

    def start(self) -> None:
        """Begin to write."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Write no more, after a moment in which ToGo, too, must write again after the last fault."""
        time.sleep(ALLOWED + PATIENCE)
        self._ended = time.monotonic()
        self._stop_asked.set()
        for thread in self._threads:
            thread.join()

    def outages(self, times: Sequence[tuple[str, float, float]]) -> dict[str, list[Outage]]:
        """For each kind of fault, its outages."""
        found: dict[str, list[Outage]] = {}
        for name, start, end in times:
            plain, togo = (self._longest_gap(some, start, end) for some in (self._plain, self._togo))
            found.setdefault(name, []).append((plain, togo))
        return found

    def _longest_gap(self, probers: Sequence[_Prober], start: float, end: float) -> float:
        """The longest time without a successful write that overlaps with this one."""
        done = sorted([self._began, *(moment for one in probers for moment in one.done), self._ended])
        return max(after - before for before, after in pairwise(done) if after > start and before < end)


class _RenamingTask:
    """Renames a task that nobody else uses, on a connection of its own."""

    def __init__(self, world: World, task: int, port: int) -> None:
        self._world, self._task, self._port = world, task, port
        self._times = 0

    def __call__(self) -> None:
        self._times += 1
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        headers = {"Authorization": f"Bearer {self._world.token(self._world.clients[0])}"}
        headers["Content-Type"] = "application/json"
        with contextlib.closing(connection):
            body = json.dumps({"name": f"probe {self._task} {self._times}"})
            connection.request("PATCH", f"/api/tasks/{self._task}/", body, headers)
            if connection.getresponse().status != http.HTTPStatus.OK:
                raise OSError("ToGo refused it")


def table(outages: dict[str, list[Any]]) -> list[str]:
    """The lines of the report."""
    if not outages:
        return []
    lines = ["", "| fault | no plain write for, median and longest | no write of ToGo for | ToGo later by, at most |"]
    lines.append("|---|---:|---:|---:|")
    for name, some in sorted(outages.items()):
        plain, togo = [one[0] for one in some], [one[1] for one in some]
        later = max(0.0, *(b - a for a, b in some))
        lines.append(f"| {name} | {_both(plain)} | {_both(togo)} | {later:.1f} s |")
    every = [(a, b) for some in outages.values() for a, b in some]
    late = sum(b - a > ALLOWED and b > _SHORTEST for a, b in every)
    return [
        *lines,
        "",
        f"ToGo wrote again within {ALLOWED:g} s of the cluster itself in {len(every) - late} of {len(every)} faults.",
    ]


def _both(values: list[float]) -> str:
    return f"{median(values):.1f} s, {max(values):.1f} s"
