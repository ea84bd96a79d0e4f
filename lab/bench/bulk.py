"""A thousand assignments per request on PostgreSQL, compared with single assignments that pgbench makes."""

from statistics import median

from lab.bench import dataset, plots, report, servers
from lab.bench.assign import pgbench
from lab.bench.load import Rate, measure

_SIZE = 1000
_CONNECTIONS = 4


def run(*, quick: bool) -> list[str]:
    """The section of the report."""
    rounds, seconds, people, days = (1, 1.0, 2000, 5) if quick else (5, 5.0, 5000, 40)
    data = dataset.create(people, days)
    rates: list[Rate] = []
    bare: list[float] = []
    with servers.togo() as port:
        for number in range(1 if quick else rounds + 1):
            rate = measure(port, data.bulks(_CONNECTIONS, size=_SIZE), connections=_CONNECTIONS, seconds=seconds)
            if set(rate.statuses) != {201}:
                raise RuntimeError(f"ToGo answered {dict(rate.statuses)}")
            # The first round only warms everything up.
            if number or quick:
                rates.append(rate)
            bare.append(pgbench(data, days, seconds))
    ours, single = _SIZE * median(rate.per_second for rate in rates), median(bare)
    p50, p99 = median(rate.p50 for rate in rates), median(rate.p99 for rate in rates)
    rows = [
        [f"ToGo, {_SIZE:,} per request", f"{ours:,.0f}", f"{p50:,.0f}", f"{p99:,.0f}"],
        ["pgbench, one per transaction", f"{single:,.0f}", "", ""],
    ]
    return [
        "## Many in one request",
        "",
        f"{_CONNECTIONS} connections, medians of {len(rates)} runs; the milliseconds are per request.",
        "",
        *report.table(["", "assignments per second", "p50 ms", "p99 ms"], rows),
        "",
        report.at_least("speed relative to pgbench's single assignments", 4, ours / single),
        "",
        plots.bars(
            "bulk", "Assignments per second", {"ToGo, in bulks": ours, "pgbench, single": single}, y="per second"
        ),
    ]
