"""64 connections that all want one person's day, on PostgreSQL, compared with the same load spread over many days."""

from collections import defaultdict
from statistics import median

from lab.bench import dataset, plots, report, servers
from lab.bench.load import Rate, measure

_CONNECTIONS = 64
_SPREAD, _HOT, _FULL = "accepted, many days", "accepted, one day", "refused, one full day"


def run(*, quick: bool) -> list[str]:
    """The section of the report."""
    rounds, seconds, people, days, tasks = (1, 1.0, 2000, 5, 2000) if quick else (5, 4.0, 5000, 20, 30_000)
    data = dataset.create(people, days, tasks=tasks)
    found: dict[str, list[Rate]] = defaultdict(list)
    with servers.togo() as port:
        for number in range(1 if quick else rounds + 1):
            for name, wanted, status in (
                (_SPREAD, data.assignments(_CONNECTIONS), 201),
                (_HOT, data.storm(_CONNECTIONS, maximum=tasks), 201),
                (_FULL, data.storm(_CONNECTIONS, maximum=0), 409),
            ):
                rate = measure(port, wanted, connections=_CONNECTIONS, seconds=seconds)
                if set(rate.statuses) != {status}:
                    raise RuntimeError(f"{name}: ToGo answered {dict(rate.statuses)}")
                # The first round only warms everything up.
                if number or quick:
                    found[name].append(rate)
    rates = {name: median(rate.per_second for rate in several) for name, several in found.items()}
    rows = [
        [
            name,
            f"{rates[name]:,.0f}",
            f"{median(rate.p50 for rate in several):.1f}",
            f"{median(rate.p99 for rate in several):.1f}",
        ]
        for name, several in found.items()
    ]
    return [
        "## A hot day",
        "",
        f"{_CONNECTIONS} connections, medians of {len(found[_HOT])} runs. The one day has room for all tasks, the full "
        "day for none.",
        "",
        *report.table(["", "per second", "p50 ms", "p99 ms"], rows),
        "",
        report.at_least("accepted on one day, relative to many days", 0.5, rates[_HOT] / rates[_SPREAD]),
        report.at_least("refused, relative to accepted on one day", 1.0, rates[_FULL] / rates[_HOT]),
        "",
        plots.bars(
            "hot", "Answers per second", {f"ToGo: {name}": rate for name, rate in rates.items()}, y="per second"
        ),
    ]
