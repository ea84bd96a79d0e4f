"""The daily job for 1,000,000 people, compared with a bare `INSERT … SELECT`, and its effect on assign calls."""

import datetime
import re
import subprocess
import sys
import time
from statistics import median

from django.db import connection, connections

from apps.models import DailyLimit
from apps.services.shared import picking
from lab.bench import dataset, plots, report, servers
from lab.bench.load import Rate, measure
from lab.processes import ROOT

# The two processes of a worker; each sets every other chunk of the date.
WORKERS = 2
_WORKER = r"""
import datetime, re, sys, time
import django
django.setup()
from apps.services import limits
date = datetime.date.fromisoformat(sys.argv[1])
began = time.perf_counter()
number, workers = int(sys.argv[2]), int(sys.argv[3])
# Shared out by the ids, because the list of missing chunks shrinks while the other process works.
size = limits.PEOPLE_PER_CHUNK
mine = (chunk for chunk in limits.missing_chunks(date) if chunk[0] // size % workers == number)
rows = sum(limits.set_chunk(date, *chunk) for chunk in mine)
limits.finish_date(date)
taken = time.perf_counter() - began
# Not `resource`'s number, which begins with the memory of the process that started this one.
memory = re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read())[1]
print(rows, taken, memory)
"""
_BARE = """
INSERT INTO togo_dailylimit (user_id, date, wanted, maximum, taken, source_kind, source_reason, rules_version)
SELECT id, %s, 5, 5, 0, 'default', '', %s FROM togo_user
"""


def run(*, quick: bool) -> list[str]:
    """The section of the report."""
    rounds, people, seconds = (1, 3000, 1.0) if quick else (5, 1_000_000, 6.0)
    data = dataset.create(1000, 20)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO togo_user (username, password, first_name, last_name, is_active, is_taskmaster, is_admin,"
            " created_at) SELECT 'other ' || n, '!', '', '', true, false, false, now()"
            " FROM generate_series(1, %s) n",
            [people - 1001],
        )
        cursor.execute("VACUUM ANALYZE")
    date = data.dates[-1]
    bare, ours, rates, memory = [], [], [], 0
    with servers.togo() as port:
        quiet = [_assign(data, port, seconds) for _ in range(rounds + 1)][1:]
        for _ in range(rounds):
            date += datetime.timedelta(days=1)
            bare.append(_bare(date))
            date += datetime.timedelta(days=1)
            seconds_taken, kilobytes, _ = _job(date, people)
            ours.append(seconds_taken)
            memory = max(memory, kilobytes)
        for _ in range(rounds):
            date += datetime.timedelta(days=1)
            _, _, rate = _job(date, people, meanwhile=lambda: _assign(data, port, min(seconds, 6.0)))
            rates += rate
    p99, busy = median(rate.p99 for rate in quiet), median(rate.p99 for rate in rates)
    connections.close_all()
    return [
        "## The daily job",
        "",
        f"{people:,} people, a worker with {WORKERS} processes, medians of {rounds}. Assignments come from 4 "
        "connections.",
        "",
        *report.table(
            ["", "", ""],
            [
                ["a bare `INSERT … SELECT`", f"{median(bare):.1f} s", ""],
                ["the job", f"{median(ours):.1f} s", f"{median(ours) / median(bare):.2f} ×"],
                ["p99 of assignments, quiet", f"{p99:.1f} ms", ""],
                ["p99 of assignments, while the job runs", f"{busy:.1f} ms", f"{busy / p99:.2f} ×"],
            ],
        ),
        "",
        report.at_most("time of the job relative to a bare INSERT", 1.5, median(ours) / median(bare)),
        report.at_most("most memory of a worker's process", 150, memory / 1024, "MB"),
        report.at_most("p99 of assignments while the job runs, relative to quiet", 3, busy / p99),
        "",
        plots.bars(
            "limits",
            f"Seconds for the limits of {people:,} people",
            {"a bare INSERT": median(bare), "the job": median(ours)},
            y="seconds",
        ),
    ]


def _assign(data: dataset.Dataset, port: int, seconds: float) -> Rate:
    rate = measure(port, data.assignments(4), connections=4, seconds=seconds)
    if set(rate.statuses) != {201}:
        raise RuntimeError(f"assignments were answered {dict(rate.statuses)}")
    return rate


def _bare(date: datetime.date) -> float:
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(_BARE, [date, picking.current_version()])
    return time.perf_counter() - began


def _job(date: datetime.date, people: int, meanwhile: object = None) -> tuple[float, int, list[Rate]]:
    """Run the job, and call `meanwhile` until it ends; returns seconds, kilobytes of memory, and the calls' rates."""
    rates: list[Rate] = []
    command = [sys.executable, "-c", _WORKER, str(date)]
    children = [
        subprocess.Popen(
            [*command, str(number), str(WORKERS)], cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        for number in range(WORKERS)
    ]
    while callable(meanwhile) and (not rates or any(child.poll() is None for child in children)):
        rates.append(meanwhile())
    said = [child.communicate(timeout=900)[0] for child in children]
    found = [re.search(r"(\d+) ([\d.]+) (\d+)", output) for output in said]
    numbers = [match.groups() for match in found if match]
    if any(child.returncode for child in children) or DailyLimit.objects.filter(date=date).count() != people:
        raise RuntimeError(f"the job said {said!r}")
    return max(float(taken) for _, taken, _ in numbers), max(int(memory) for *_, memory in numbers), rates
