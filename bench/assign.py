"""`POST /api/users/assignment/` on PostgreSQL with 16 connections, beside a FastAPI service and pgbench."""

import contextlib
import itertools
import re
import subprocess
import tempfile
from collections import defaultdict
from statistics import median

from django.db import connection

from apps.services import taking
from bench import servers, story
from bench.load import Rate, measure
from tests import databases

CONNECTIONS = 16
# What is drawn may be there already: that one is left out. The first tasks are for those who call.
_IS_THERE = """AND EXISTS (SELECT 1 FROM task) AND NOT EXISTS (
    SELECT 1 FROM togo_assignment AS one WHERE one.daily_limit_id = togo_dailylimit.id AND one.task_id = :task::bigint
)"""
_PGBENCH = r"""
\set person random(:first, :last)
\set day random(0, {days} - 1)
\set task random(251, 500)
"""


def run(*, quick: bool) -> list[str]:
    """The section of the report."""
    rounds, seconds, people, days = (1, 1.0, 2000, 5) if quick else (5, 6.0, 5000, 40)
    told = story.tell(people, days)
    rates: dict[str, list[Rate]] = defaultdict(list)
    bare: list[float] = []
    with contextlib.ExitStack() as stack:
        ports = {
            "ToGo": stack.enter_context(servers.togo()),
            "FastAPI + asyncpg": stack.enter_context(servers.fastapi()),
        }
        for number in itertools.count():
            for name, port in ports.items():
                rate = measure(port, told.assignments(CONNECTIONS), connections=CONNECTIONS, seconds=seconds)
                if set(rate.statuses) != {201}:
                    raise RuntimeError(f"{name} answered {dict(rate.statuses)}")
                # The first round warms everything up.
                if number or quick:
                    rates[name].append(rate)
            bare.append(_pgbench(told, days, seconds))
            if number >= rounds:
                break
    return _report(rates, median(bare))


def _report(rates: dict[str, list[Rate]], bare: float) -> list[str]:
    ours = median(rate.per_second for rate in rates["ToGo"])
    lines = ["| | per second | ToGo is | p50 ms | p99 ms |", "|---|---:|---:|---:|---:|"]
    for name, several in rates.items():
        rate = median(one.per_second for one in several)
        p50, p99 = median(one.p50 for one in several), median(one.p99 for one in several)
        lines.append(f"| {name} | {rate:,.0f} | {ours / rate:.2f} × | {p50:.1f} | {p99:.1f} |")
    lines.append(f"| pgbench, the writes alone | {bare:,.0f} | {ours / bare:.2f} × | | |")
    return [
        "## Assigning one task",
        "",
        f"{CONNECTIONS} connections, medians of {len(rates['ToGo'])} runs.",
        "",
        *lines,
    ]


def _pgbench(told: story.Story, days: int, seconds: float) -> float:
    """Transactions per second of the statement alone."""
    values = {
        "task": ":task",
        "user": ":person",
        "actor": "1",
        "now": "now()",
        "status": "'open'",
        "kind": "'assigned'",
    }
    values["date"] = "(CURRENT_DATE + :day::int)"
    statement = re.sub(r"%\((\w+)\)s", lambda found: values[found[1]], taking.ONE_STATEMENT)
    statement = statement.replace("AND EXISTS (SELECT 1 FROM task)", _IS_THERE)
    program = databases.postgresql_programs() / "pgbench"
    options = connection.settings_dict["OPTIONS"]
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(_PGBENCH.format(days=days) + " ".join(statement.split()) + ";\n")
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
        command += ["-D", f"first={min(told.people)}", "-D", f"last={max(told.people)}", "-f", script.name]
        command += ["-h", options["host"], "-U", connection.settings_dict["USER"], connection.settings_dict["NAME"]]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    [rate] = re.findall(r"tps = ([\d.]+)", done.stdout)
    return float(rate)
