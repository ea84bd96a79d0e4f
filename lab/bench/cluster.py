"""The assign call on clusters of three nodes, acknowledged by one node and by several, and while a node dies.

All nodes share this machine, so this shows what a cluster costs, not how fast one is. A child process measures each
cluster: Django keeps the database that it is given when it starts.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from lab import packages
from lab.bench import report
from lab.clusters import cluster as clusters
from lab.clusters import galera, patroni
from lab.clusters.cluster import Cluster
from lab.processes import ROOT

PACKAGES = {"patroni": patroni.PACKAGES, "galera": galera.PACKAGES}
_NAMES = {"patroni": "PostgreSQL", "galera": "MariaDB with Galera"}
_CONNECTIONS = (1, 8)
# When a node dies, and how long the calls go on after that, in seconds.
_CALM, _AFTER = 5, 30


def run(*, quick: bool) -> list[str]:
    """The section of the report."""
    lines = ["## On a cluster", "", "The assign call. All nodes share the machine.", ""]
    rows: list[list[str]] = []
    deaths: list[list[str]] = []
    for name in PACKAGES:
        if absent := packages.missing(PACKAGES[name]):
            lines += [f"{_NAMES[name]} was left out: {' '.join(absent)} not installed.", ""]
            continue
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            command = [sys.executable, "-m", "lab.bench.cluster", name, file.name, *(["--quick"] if quick else [])]
            child = subprocess.Popen(command, cwd=ROOT)
            try:
                if child.wait():
                    raise RuntimeError(f"{name} could not be measured")
            finally:
                if child.poll() is None:
                    child.terminate()
                    child.wait()
            found = json.loads(Path(file.name).read_text())
        rows += found["rows"]
        deaths += found["deaths"]
    lines += report.table(["acknowledged by, connections", "per second", "p50 ms", "p99 ms"], rows)
    lines += ["", f"A node dies after {_CALM} s; 8 connections call {_CALM + _AFTER} s in all.", ""]
    return [
        *lines,
        *report.table(["", "assigned", "answered 503", "p50 ms", "p99 ms", "no plain write for, s"], deaths),
    ]


def _measure(name: str, *, quick: bool) -> dict[str, Any]:
    make = {"patroni": patroni.Patroni, "galera": galera.Galera}[name]
    with tempfile.TemporaryDirectory(prefix="togo-bench-", dir="/tmp") as folder:
        Path(folder).chmod(0o711)
        with clusters.running(make, Path(folder) / "cluster") as cluster:
            os.environ["DATABASE_URL"] = cluster.entries[0]
            return _measure_on(cluster, quick=quick)


def _measure_on(cluster: Cluster, *, quick: bool) -> dict[str, Any]:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from lab.bench import dataset
    from lab.bench.load import measure

    rounds, seconds, people, days = (1, 0.3, 500, 5) if quick else (3, 4.0, 5000, 20)
    data = dataset.create(people, days)
    rows = []
    for label, alone in (("one node", True), ("the cluster", False)):
        with _server(cluster, alone=alone) as port:
            measure(port, data.assignments(8), connections=8, seconds=seconds)
            for connections in _CONNECTIONS:
                rates = [
                    measure(port, data.assignments(connections), connections=connections, seconds=seconds)
                    for _ in range(rounds)
                ]
                best = sorted(rates, key=lambda rate: rate.p50)[len(rates) // 2]
                if set(best.statuses) != {201}:
                    raise RuntimeError(f"ToGo answered {dict(best.statuses)}")
                numbers = [f"{best.per_second:,.0f}", f"{best.p50:.1f}", f"{best.p99:.1f}"]
                rows.append([f"{_NAMES[cluster.name]}, {label}, {connections}", *numbers])
    return {"rows": rows, "deaths": [_death(cluster, data, after=5 if quick else _AFTER)]}


def _death(cluster: Cluster, data: Any, *, after: float) -> list[str]:
    """Kill the leader during calls; with Galera, a node that the web server doesn't use."""
    from lab.bench.load import measure

    victim = cluster.nodes[-1] if cluster.name == "galera" else cluster.leader()
    assert victim
    threading.Timer(_CALM, victim.kill).start()
    succeeded = [time.monotonic()]

    def write_plainly() -> None:
        end = time.monotonic() + _CALM + after
        while time.monotonic() < end:
            if cluster.can_write(0):
                succeeded.append(time.monotonic())
            time.sleep(0.1)

    plain = threading.Thread(target=write_plainly)
    with _server(cluster, alone=False) as port:
        plain.start()
        rate = measure(port, data.assignments(8), connections=8, seconds=_CALM + after)
        plain.join()
    cluster.mend()
    gap = max(b - a for a, b in pairwise(succeeded))
    numbers = [str(rate.statuses[201]), str(rate.statuses[503]), f"{rate.p50:.1f}", f"{rate.p99:.1f}", f"{gap:.1f}"]
    return [f"{_NAMES[cluster.name]}, {victim.name}", *numbers]


@contextlib.contextmanager
def _server(cluster: Cluster, *, alone: bool) -> Iterator[int]:
    """A web server; `alone` its writes are acknowledged by one node."""
    from lab.bench import servers

    before = os.environ["DATABASE_URL"]
    others = cluster.nodes[1:] if alone and cluster.name == "galera" else []
    for node in others:
        node.parts[0].stop(60)
    if alone and cluster.name == "patroni":
        os.environ["DATABASE_URL"] = f"{before}?options=-c%20synchronous_commit%3Dlocal"
    try:
        with servers.togo() as port:
            yield port
    finally:
        os.environ["DATABASE_URL"] = before
        cluster.mend()


if __name__ == "__main__":
    # SIGTERM acts as Ctrl-C does, so that the nodes are stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    Path(sys.argv[2]).write_text(json.dumps(_measure(sys.argv[1], quick="--quick" in sys.argv)))
