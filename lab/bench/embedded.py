"""The assign call on SQLite as bin/run serves it, compared with a loop over the same transaction in one process."""

import datetime
import itertools
import sqlite3
import time
from collections import defaultdict
from statistics import median

from django.db import connection

from lab.bench import dataset, plots, report, servers
from lab.bench.load import Rate, measure

_CONNECTIONS = (1, 4, 16)
_TASK = "SELECT name, effort FROM togo_task WHERE id = ? AND is_active"
_TAKE = """UPDATE togo_dailylimit SET taken = taken + ? WHERE user_id = ? AND date = ? AND taken + ? <= maximum
AND EXISTS (SELECT 1 FROM togo_user WHERE id = ? AND is_active)"""
_DAY = "SELECT * FROM togo_dailylimit WHERE user_id = ? AND date = ?"
_ASSIGN = """INSERT INTO togo_assignment (daily_limit_id, user_id, task_id, taskmaster_id, status, effort, created_at)
VALUES (?, ?, ?, 1, 'open', ?, ?)"""
_TELL = """INSERT INTO togo_event (at, actor, kind, "user", task, task_name, date, assignment, data)
VALUES (?, 1, 'assigned', ?, ?, ?, ?, ?, '{}')"""


def run(*, quick: bool) -> list[str]:
    """The section of the report."""
    rounds, seconds, people, days = (1, 0.5, 500, 5) if quick else (5, 4.0, 2000, 20)
    data = dataset.create(people, days)
    found: dict[int, list[Rate]] = defaultdict(list)
    loop: list[float] = []
    with servers.embedded() as port:
        for number in range(1 if quick else rounds + 1):
            for connections in _CONNECTIONS:
                rate = measure(port, data.assignments(connections), connections=connections, seconds=seconds)
                if set(rate.statuses) != {201}:
                    raise RuntimeError(f"ToGo answered {dict(rate.statuses)}")
                # The first round only warms everything up.
                if number or quick:
                    found[connections].append(rate)
            loop.append(_loop(data, seconds))
    bare = median(loop)
    rates = {connections: median(rate.per_second for rate in several) for connections, several in found.items()}
    rows = [
        [
            f"ToGo, {connections} connections" if connections > 1 else "ToGo, 1 connection",
            f"{rates[connections]:,.0f}",
            f"{rates[connections] / bare:.2f} ×",
            f"{median(rate.p50 for rate in several):.1f}",
            f"{median(rate.p99 for rate in several):.1f}",
        ]
        for connections, several in found.items()
    ]
    best = max(rates.values())
    return [
        "## The embedded database",
        "",
        f"SQLite {sqlite3.sqlite_version} with WAL and `synchronous=FULL`, one web process as `bin/run` starts it, "
        f"medians of {rounds} runs. The loop runs the same statements with Python's sqlite3, without HTTP.",
        "",
        *report.table(
            ["", "per second", "of the loop", "p50 ms", "p99 ms"],
            [*rows, ["the loop", f"{bare:,.0f}", "", "", ""]],
        ),
        "",
        report.at_least("speed relative to the loop", 0.25, best / bare),
        "",
        plots.bars(
            "sqlite",
            "Assignments per second on SQLite",
            {**{f"ToGo, {connections}": rate for connections, rate in rates.items()}, "the loop": bare},
            y="per second",
        ),
    ]


def _loop(data: dataset.Dataset, seconds: float) -> float:
    """Transactions per second of a loop in one process."""
    task = data.tasks[next(data.next_round)]
    database = sqlite3.connect(connection.settings_dict["NAME"], timeout=5, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("PRAGMA foreign_keys=ON")
    done, began = 0, time.perf_counter()
    for date, person in itertools.product(map(str, data.dates), data.people):
        if time.perf_counter() - began > seconds:
            break
        now = str(datetime.datetime.now(datetime.UTC).replace(tzinfo=None))
        database.execute("BEGIN IMMEDIATE")
        name, effort = database.execute(_TASK, [task]).fetchone()
        if database.execute(_TAKE, [effort, person, date, effort, person]).rowcount != 1:
            raise RuntimeError("nothing was taken")
        day = database.execute(_DAY, [person, date]).fetchone()
        made = database.execute(_ASSIGN, [day[0], person, task, effort, now]).lastrowid
        database.execute(_TELL, [now, person, task, name, date, made])
        database.execute("COMMIT")
        done += 1
    spent = time.perf_counter() - began
    database.close()
    return done / spent
