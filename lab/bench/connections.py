"""The rate and the latency of the assign call on PostgreSQL with 1 to 64 connections."""

from collections import defaultdict
from statistics import median

from lab.bench import dataset, plots, report, servers
from lab.bench.load import Rate, measure

_CONNECTIONS = (1, 4, 16, 64)


def run(*, quick: bool) -> list[str]:
    """The section of the report."""
    rounds, seconds, people, days = (1, 0.3, 2000, 5) if quick else (3, 3.0, 5000, 20)
    data = dataset.create(people, days)
    found: dict[str, dict[int, list[Rate]]] = defaultdict(lambda: defaultdict(list))
    with servers.all_peers() as ports:
        for port in ports.values():
            # The first calls aren't measured, because the processes still load modules.
            measure(port, data.assignments(16), connections=16, seconds=seconds)
        for _ in range(rounds):
            for connections in _CONNECTIONS:
                for name, port in ports.items():
                    rate = measure(port, data.assignments(connections), connections=connections, seconds=seconds)
                    if set(rate.statuses) != {201}:
                        raise RuntimeError(f"{name} answered {dict(rate.statuses)}")
                    found[name][connections].append(rate)
    rates = {
        name: {c: median(rate.per_second for rate in some) for c, some in by.items()} for name, by in found.items()
    }
    p50 = {name: {c: median(rate.p50 for rate in some) for c, some in by.items()} for name, by in found.items()}
    p99 = {name: {c: median(rate.p99 for rate in some) for c, some in by.items()} for name, by in found.items()}
    rows = [
        [f"{name}, {c}", f"{rates[name][c]:,.0f}", f"{p50[name][c]:.1f}", f"{p99[name][c]:.1f}"]
        for c in _CONNECTIONS
        for name in found
    ]
    return [
        "## By connections",
        "",
        f"The assign call on PostgreSQL, medians of {rounds} runs.",
        "",
        *report.table(["", "per second", "p50 ms", "p99 ms"], rows),
        "",
        _drawn("connections-rate", "Assignments per second by connections", rates, "per second"),
        "",
        _drawn("connections-p50", "Median latency by connections", p50, "milliseconds"),
        "",
        _drawn("connections-p99", "99th percentile of the latency by connections", p99, "milliseconds"),
    ]


def _drawn(name: str, title: str, values: dict[str, dict[int, float]], y: str) -> str:
    series = {label: [(float(c), value) for c, value in by.items()] for label, by in values.items()}
    return plots.lines(name, title, series, x="connections", y=y, log_x=True)
