"""Importing a CSV file on PostgreSQL, compared with SQL statements that each write for all rows at once."""

import csv
import io
import json
import os
import subprocess
import sys
import time
from statistics import median

from django.db import connection

from apps.models import Import, User
from apps.services import imports
from apps.tasks.imports import ask_for_an_import
from lab.bench import dataset, plots, report
from lab.processes import ROOT

# The statements get the file as it is sent, with people and tasks by their names.
_BARE = (
    "CREATE TABLE bare (line serial PRIMARY KEY, task text, username text, date date, assignment bigint, code text)",
    None,  # The rows arrive here.
    "ANALYZE bare",
    """CREATE TABLE bare_wish AS
SELECT bare.line, task.id AS task_id, task.name, day.id AS day_id, day.user_id, day.date,
    row_number() OVER (PARTITION BY day.id ORDER BY bare.line) <= day.maximum - day.taken AS fits
FROM bare
JOIN togo_task AS task ON task.name = bare.task AND task.is_active
JOIN togo_user AS person ON person.username = bare.username AND person.is_active
JOIN togo_dailylimit AS day ON day.user_id = person.id AND day.date = bare.date
WHERE NOT EXISTS (SELECT 1 FROM togo_assignment AS one WHERE one.daily_limit_id = day.id AND one.task_id = task.id)""",
    """UPDATE togo_dailylimit AS day SET taken = taken + many.number
FROM (SELECT day_id, count(*) AS number FROM bare_wish WHERE fits GROUP BY day_id) AS many
WHERE day.id = many.day_id AND taken + many.number <= maximum""",
    """WITH made AS (
    INSERT INTO togo_assignment (daily_limit_id, user_id, task_id, taskmaster_id, status, created_at)
    SELECT day_id, user_id, task_id, 1, 'open', now() FROM bare_wish WHERE fits ORDER BY line
    RETURNING id, daily_limit_id, task_id
), told AS (
    INSERT INTO togo_event (at, actor, kind, "user", task, task_name, date, assignment, data)
    SELECT now(), 1, 'assigned', wish.user_id, wish.task_id, wish.name, wish.date, made.id, '{}'
    FROM made JOIN bare_wish AS wish ON wish.day_id = made.daily_limit_id AND wish.task_id = made.task_id
)
UPDATE bare SET assignment = made.id
FROM made JOIN bare_wish AS wish ON wish.day_id = made.daily_limit_id AND wish.task_id = made.task_id
WHERE bare.line = wish.line""",
    "UPDATE bare SET code = 'refused' WHERE assignment IS NULL",
    "DROP TABLE bare_wish",
    "DROP TABLE bare",
)


def run(*, quick: bool) -> list[str]:
    """The section of the report."""
    few, many, rounds = (500, 1000, 1) if quick else (10_000, 100_000, 5)
    rows = 1000 if quick else 30_000
    # Otherwise Celery would wait for a broker, which doesn't run, as long as it takes to import 5,000 rows.
    imports.import_taken.disconnect(ask_for_an_import)
    data = dataset.create(2000 if quick else 5000, 20)
    boss = User.objects.get(username="boss")
    names = dict(User.objects.values_list("pk", "username"))
    memory = {
        number: _import(boss, _file(data, names, number, round_number=place))[1]
        for place, number in enumerate((few, many))
    }
    ours, bare = [], []
    for number in range(1, rounds + 1):
        ours.append(rows / _import(boss, _file(data, names, rows, round_number=2 * number))[0])
        bare.append(rows / _set_based(_file(data, names, rows, round_number=2 * number + 1)))
    return [
        "## Importing",
        "",
        f"A CSV file of {rows:,} rows with names, medians of {rounds} runs: from the file's arrival until each row's "
        "outcome is stored. The SQL runs in one transaction: it copies the file into a table, and then writes the same "
        "rows with a few statements, each for all rows.",
        "",
        *report.table(
            ["", "rows per second"],
            [["ToGo", f"{median(ours):,.0f}"], ["SQL for all rows at once", f"{median(bare):,.0f}"]],
        ),
        "",
        report.at_least("speed relative to the SQL", 0.65, median(ours) / median(bare)),
        report.at_most(f"memory of the worker for {many:,} rows, relative to {few:,}", 1.1, memory[many] / memory[few]),
        f"- The worker held {memory[few]:.0f} MB for {few:,} rows and {memory[many]:.0f} MB for {many:,}.",
        "",
        plots.bars("import", "Rows per second", {"ToGo": median(ours), "SQL": median(bare)}, y="per second"),
    ]


def _file(data: dataset.Dataset, names: dict[int, str], rows: int, *, round_number: int) -> bytes:
    """A CSV file with so many rows that all fit, in the order of their dates."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["task", "user", "date"])
    for number in range(rows):
        place, again = number % (len(data.people) * len(data.dates)), number // (len(data.people) * len(data.dates))
        person, date = data.people[place % len(data.people)], data.dates[place // len(data.people)]
        writer.writerow([f"task {20 * round_number + again}", names[person], date])
    return text.getvalue().encode()


def _import(boss: User, file: bytes) -> tuple[float, float]:
    """Import a file as the web server and a worker do; returns the seconds and the worker's memory in MB."""
    began = time.perf_counter()
    whole = imports.start(actor=boss, file=io.BytesIO(file), dry_run=False)
    taken = time.perf_counter() - began
    command = [sys.executable, "-m", "lab.bench.imports_worker", str(whole.pk)]
    done = subprocess.run(command, cwd=ROOT, env=os.environ, check=True, stdout=subprocess.PIPE, text=True)
    worker = json.loads(done.stdout)
    whole = Import.objects.get(pk=whole.pk)
    if (whole.status, whole.accepted) != ("done", whole.rows):
        raise RuntimeError(f"{whole}, {whole.refused} refused")
    return taken + worker["seconds"], worker["megabytes"]


def _set_based(file: bytes) -> float:
    """Write the same rows with SQL; returns the seconds."""
    began = time.perf_counter()
    connection.ensure_connection()
    with connection.connection.transaction(), connection.connection.cursor() as cursor:
        for statement in _BARE:
            if statement:
                cursor.execute(statement)
                continue
            with cursor.copy("COPY bare (task, username, date) FROM STDIN (FORMAT csv, HEADER)") as copy:
                copy.write(file)
    return time.perf_counter() - began
