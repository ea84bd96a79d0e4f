"""`POST /api/users/assignment/` on PostgreSQL with 16 connections, compared with three other services and pgbench.

Also whether each service breaks the limit when many connections want the same day at the same time, and three reads.
"""

import itertools
import re
import subprocess
import tempfile
from collections import defaultdict
from statistics import median

from django.db import connection

from apps.services.slots import postgresql
from lab import databases
from lab.bench import dataset, plots, report, servers
from lab.bench.load import Rate, Requests, get, measure

CONNECTIONS = 16
# The services that also answer the reads.
_READERS = ("ToGo", "FastAPI + asyncpg", "FastAPI by an expert")
_STORM_CONNECTIONS, _STORM_LIMIT = (16, 64), 5
# pgbench draws people, dates and tasks at random, and skips an assignment that already exists. Each connection draws
# from its own tasks, because it can't see the rows that another one hasn't committed. Clients use the first tasks.
_GUARD = "<= maximum"
_IS_NEW = """AND NOT EXISTS (
    SELECT 1 FROM togo_assignment AS one WHERE one.daily_limit_id = togo_dailylimit.id AND one.task_id = :task::bigint
)"""
_PGBENCH = r"""
\set person random(:first, :last)
\set day random(0, {days} - 1)
\set task 251 + :client_id + {clients} * random(0, 249 / {clients} - 1)
"""


def run(*, quick: bool) -> list[str]:
    """The section of the report."""
    rounds, seconds, people, days = (1, 1.0, 2000, 5) if quick else (7, 3.0, 5000, 40)
    data = dataset.create(people, days)
    rates: dict[str, list[Rate]] = defaultdict(list)
    bare: list[float] = []
    with servers.all_peers() as ports:
        for number in itertools.count():
            for name, port in ports.items():
                rate = measure(port, data.assignments(CONNECTIONS), connections=CONNECTIONS, seconds=seconds)
                if set(rate.statuses) != {201}:
                    raise RuntimeError(f"{name} answered {dict(rate.statuses)}")
                # The first round only warms everything up.
                if number or quick:
                    rates[name].append(rate)
            bare.append(pgbench(data, days, seconds))
            if quick or number >= rounds:
                break
        over = {name: _storms(data, port, days=2 if quick else 20) for name, port in ports.items()}
        reads = _reads(data, {name: ports[name] for name in _READERS}, rounds=1 if quick else 5)
    return [*_report(rates, median(bare), over), *_report_reads(reads)]


def _reads(data: dataset.Dataset, ports: dict[str, int], *, rounds: int) -> dict[str, dict[str, float]]:
    """For each read, the answers per second of each service: the median of so many rounds, after one to warm up."""
    paths = {
        "oneself": "/api/users/me/",
        "50 assignments": "/api/users/assignment/",
        "50 free people": f"/api/users/availability/?date={data.dates[1]}",
    }
    rates: dict[str, dict[str, list[float]]] = {read: {name: [] for name in ports} for read in paths}
    for number in range(rounds + 1):
        for read, path in paths.items():
            for name, port in ports.items():
                rate = measure(port, _again(get(path, data.token)), connections=CONNECTIONS, seconds=1.5)
                if set(rate.statuses) != {200}:
                    raise RuntimeError(f"{name} answered {dict(rate.statuses)}")
                if number:
                    rates[read][name].append(rate.per_second)
    return {read: {name: median(several) for name, several in found.items()} for read, found in rates.items()}


def _again(request: bytes) -> Requests:
    return lambda _: itertools.repeat(request)


def _report_reads(reads: dict[str, dict[str, float]]) -> list[str]:
    peer = "FastAPI + asyncpg"
    rows = [
        [read, *(f"{found[name]:,.0f}" for name in _READERS), f"{found['ToGo'] / found[peer]:.2f} ×"]
        for read, found in reads.items()
    ]
    return [
        "",
        "Reads per second:",
        "",
        *report.table(["", *_READERS, f"ToGo, of {peer}"], rows),
        "",
        *(
            report.at_least(f"{read}, relative to the FastAPI service", 0.8, found["ToGo"] / found[peer])
            for read, found in reads.items()
        ),
    ]


def _storms(data: dataset.Dataset, port: int, *, days: int) -> list[tuple[int, int]]:
    """For each number of connections, on how many days more tasks than the limit were assigned, and the most on one."""
    found = []
    for connections in _STORM_CONNECTIONS:
        granted = []
        for _ in range(days):
            wanted = data.storm(connections, maximum=_STORM_LIMIT, each=2)
            granted.append(measure(port, wanted, connections=connections, seconds=60).statuses[201])
        found.append((sum(number > _STORM_LIMIT for number in granted), max(granted)))
    return found


def _report(rates: dict[str, list[Rate]], bare: float, over: dict[str, list[tuple[int, int]]]) -> list[str]:
    per_second = {name: median(rate.per_second for rate in several) for name, several in rates.items()}
    ours = per_second["ToGo"]
    rows = []
    for name, several in rates.items():
        p50, p99 = median(one.p50 for one in several), median(one.p99 for one in several)
        storms = [f"on {days}, up to {most}" if days else "never" for days, most in over[name]]
        speed = [f"{per_second[name]:,.0f}", f"{ours / per_second[name]:.2f} ×", f"{p50:.1f}", f"{p99:.1f}"]
        rows.append([name, *speed, *storms])
    rows.append(["pgbench, the writes alone", f"{bare:,.0f}", f"{ours / bare:.2f} ×", "", "", "", ""])
    head = ["", "per second", "ToGo is", "p50 ms", "p99 ms"]
    head += [f"limit broken, {connections} connections" for connections in _STORM_CONNECTIONS]
    own = rates["ToGo"]
    return [
        "## Assigning one task",
        "",
        f"{CONNECTIONS} connections, medians of {len(own)} runs. In the last columns, many connections want a day with "
        f"a limit of {_STORM_LIMIT} at the same time: on how many days more tasks were assigned, and how many.",
        "",
        *report.table(head, rows),
        "",
        report.at_least("speed relative to the FastAPI service", 1.15, ours / per_second["FastAPI + asyncpg"]),
        report.at_least("speed relative to the expert's FastAPI", 0.9, ours / per_second["FastAPI by an expert"]),
        report.at_least("speed relative to pgbench with the same writes", 0.24, ours / bare),
        report.at_most("p99 relative to p50", 3, median(one.p99 for one in own) / median(one.p50 for one in own)),
        "",
        plots.bars("assign", "Assignments per second", {**per_second, "pgbench": bare}, y="per second"),
    ]


def pgbench(data: dataset.Dataset, days: int, seconds: float) -> float:
    """Transactions per second of the statement alone, for random people on the first `days` days."""
    values = {
        "task": ":task",
        "user": ":person",
        "actor": "1",
        "effort": "NULL",
        "now": "now()",
        "status": "'open'",
        "kind": "'assigned'",
    }
    values["date"] = "(CURRENT_DATE + :day::int)"
    statement = re.sub(r"%\((\w+)\)s", lambda found: values[found[1]], postgresql.TAKE)
    before, guard, after = statement.partition(_GUARD)
    if not guard:
        raise RuntimeError("the product's statement has another guard")
    statement = f"{before}{guard} {_IS_NEW}{after}"
    program = databases.postgresql_programs() / "pgbench"
    options = connection.settings_dict["OPTIONS"]
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(_PGBENCH.format(days=days, clients=CONNECTIONS) + " ".join(statement.split()) + ";\n")
        script.flush()
        command = [
            str(program),
            "-n",
            "-M",
            "prepared",
            "-c",
            str(CONNECTIONS),
            "-j",
            "2",
            "-T",
            str(max(1, int(seconds))),
        ]
        command += ["-D", f"first={min(data.people)}", "-D", f"last={max(data.people)}", "-f", script.name]
        command += ["-h", options["host"], "-U", connection.settings_dict["USER"], connection.settings_dict["NAME"]]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    [rate] = re.findall(r"tps = ([\d.]+)", done.stdout)
    return float(rate)
