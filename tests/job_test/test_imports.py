"""Real workers import files that a real web server accepted, whatever happens to the workers."""

import csv
import io
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.management import call_command
from django.utils import timezone
from django.utils.timezone import localdate

from apps.models import Assignment, DailyLimit, Event, Import, ImportBlock, Task, User
from apps.services import imports, limits
from lab.processes import PATIENCE, Server, run_python, start_server, start_worker, wait_until
from tests.conftest import make_person, token_of

pytestmark = [pytest.mark.real_time, pytest.mark.django_db(transaction=True)]

FIRST_DAY = localdate() + timedelta(days=1)
PEOPLE, TASKS, DAYS = 100, 6, 10


@pytest.fixture
def taskmaster(transactional_db: None) -> User:
    return make_person("taskmaster", is_taskmaster=True)


@pytest.fixture
def file(transactional_db: None) -> bytes:
    """6,000 rows: six tasks for each of 100 people on each of 10 days, of which five fit."""
    User.objects.bulk_create([User(username=f"person {number}", password="!") for number in range(PEOPLE)])
    Task.objects.bulk_create([Task(name=f"task {number}") for number in range(TASKS)])
    days = [FIRST_DAY + timedelta(days=number) for number in range(DAYS)]
    rows = [f"task {task},person {person},{day}\n" for task in range(TASKS) for day in days for person in range(PEOPLE)]
    return ("task,user,date\n" + "".join(rows)).encode()


ROWS, FITTING = PEOPLE * TASKS * DAYS, PEOPLE * 5 * DAYS


def send(server: Server, person: User, file: bytes, **more: str) -> int:
    response = httpx.post(
        f"http://127.0.0.1:{server.port}/api/users/assignment/import/",
        headers=_signed_in(person),
        files={"file": ("week.csv", file)},
        data=more,
        timeout=PATIENCE,
    )
    assert response.status_code == 202, response.text
    import_id: int = response.json()["id"]
    return import_id


def _signed_in(person: User) -> dict[str, str]:
    return {"Authorization": f"Bearer {token_of(person)}"}


def assert_every_row_was_done_once(server: Server, person: User, import_id: int) -> None:
    url = f"http://127.0.0.1:{server.port}/api/users/assignment/import/{import_id}/"
    answer = httpx.get(url, headers=_signed_in(person)).json()
    counted = {name: answer[name] for name in ("status", "rows", "done", "accepted", "refused")}
    assert counted == {
        "status": "done",
        "rows": ROWS,
        "done": ROWS,
        "accepted": FITTING,
        "refused": ROWS - FITTING,
    }
    text = httpx.get(answer["report"], headers=_signed_in(person), timeout=PATIENCE).content.decode("utf-8-sig")
    told = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [int(row["line"]) for row in told] == list(range(2, ROWS + 2))
    assert [row["status"] for row in told] == ["accepted"] * FITTING + ["refused"] * (ROWS - FITTING)
    assert {row["code"] for row in told} == {"", "daily_limit_reached"}
    made = {int(row["assignment"]) for row in told if row["status"] == "accepted"}
    assert made == set(Assignment.objects.values_list("pk", flat=True))
    assert made == set(Event.objects.filter(kind="assigned").values_list("assignment", flat=True))
    assert len(made) == Event.objects.filter(kind="assigned").count() == FITTING
    assert set(
        DailyLimit.objects.filter(date__gte=FIRST_DAY, user__username__startswith="person ").values_list(
            "taken", flat=True
        )
    ) == {5}
    assert list(limits.drifted()) == []
    call_command("check_limits")


def let_a_minute_pass() -> None:
    """An import that stands still is continued after half a minute; a test doesn't wait for that."""
    Import.objects.update(progressed_at=timezone.now() - timedelta(minutes=1))


def is_done(import_id: int) -> bool:
    return Import.objects.filter(pk=import_id, status="done").exists()


def test_a_worker_that_is_killed_half_way_leaves_the_rest_to_the_next(
    broker_url: str, tmp_path: Path, taskmaster: User, file: bytes
) -> None:
    with start_server(workers=1, CELERY_BROKER_URL=broker_url) as server:
        with start_worker(broker_url, tmp_path) as worker:
            import_id = send(server, taskmaster, file)
            wait_until(lambda: Import.objects.filter(done__gte=1000).exists(), what="some blocks")
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()
        half_way = Import.objects.get()
        assert 1000 <= half_way.done < ROWS
        assert half_way.done == imports.ROWS_PER_BLOCK * ImportBlock.objects.filter(outcomes__isnull=False).count()
        assert half_way.accepted == Assignment.objects.count()
        assert list(limits.drifted()) == []

        let_a_minute_pass()
        with start_worker(broker_url, tmp_path):
            wait_until(lambda: is_done(import_id), what="the other rows")

        assert_every_row_was_done_once(server, taskmaster, import_id)


# A container's worker, which gives its jobs ten seconds, and the worker of bin/run.
@pytest.mark.no_db
@pytest.mark.parametrize("environment", [{"REMAP_SIGTERM": "SIGQUIT"}, {}], ids=["container", "bin/run"])
@pytest.mark.parametrize("broker", [None], ids=["valkey"], indirect=True)
def test_a_worker_that_is_asked_to_end_loses_and_doubles_nothing(
    broker_url: str, tmp_path: Path, taskmaster: User, file: bytes, environment: dict[str, str]
) -> None:
    with start_server(workers=1, CELERY_BROKER_URL=broker_url) as server:
        with start_worker(broker_url, tmp_path, **environment) as worker:
            import_id = send(server, taskmaster, file)
            wait_until(lambda: Import.objects.filter(done__gte=1000).exists(), what="some blocks")
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(PATIENCE) == 0
        left = Import.objects.get()
        assert left.done == imports.ROWS_PER_BLOCK * ImportBlock.objects.filter(outcomes__isnull=False).count()
        assert left.accepted == Assignment.objects.count()
        assert list(limits.drifted()) == []

        let_a_minute_pass()
        with start_worker(broker_url, tmp_path):
            wait_until(lambda: is_done(import_id), what="the other rows")

        assert_every_row_was_done_once(server, taskmaster, import_id)


def test_two_imports_in_several_processes_at_once_end_as_one_would(
    server: Server, taskmaster: User, file: bytes
) -> None:
    import_id = send(server, taskmaster, file)
    told_id = send(server, taskmaster, file, dry_run="true")
    work = (
        "from apps.models import Import; from apps.tasks.imports import do_import\n"
        f"while Import.objects.unfinished().exists(): do_import({import_id}); do_import({told_id})"
    )
    with ThreadPoolExecutor(3) as at_once:
        command = ["manage.py", "shell", "-v", "0", "-c", work]
        workers = [at_once.submit(run_python, *command, seconds=120) for _ in range(3)]
    assert [worker.result().returncode for worker in workers] == [0, 0, 0]

    assert_every_row_was_done_once(server, taskmaster, import_id)
    told = Import.objects.get(pk=told_id)
    assert (told.status, told.done, told.accepted + told.refused) == ("done", ROWS, ROWS)


@pytest.mark.no_db
def test_a_file_that_came_while_the_broker_was_gone_is_imported_later(
    broker_url: str, tmp_path: Path, taskmaster: User, file: bytes
) -> None:
    with start_server(workers=1) as server:  # No broker listens at its address.
        import_id = send(server, taskmaster, file)
        assert "The broker can't be reached" in (server.logs / "debug.log").read_text()
        assert Import.objects.get().status == "waiting"

        let_a_minute_pass()
        with start_worker(broker_url, tmp_path):
            wait_until(lambda: is_done(import_id), what="the import")

        assert_every_row_was_done_once(server, taskmaster, import_id)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux reports the peak memory of a process")
@pytest.mark.parametrize("broker", [None], indirect=True)
def test_100_000_rows_take_no_more_memory_than_1_000(broker_url: str, tmp_path: Path, taskmaster: User) -> None:
    """Neither the web server, which accepts the file and sends the report and the export, nor the worker needs more."""
    User.objects.bulk_create([User(username=f"person {number}", password="!") for number in range(1000)])
    Task.objects.bulk_create([Task(name=f"task {number}") for number in range(4)])

    def peaks(first_day: int, days: int) -> tuple[int, int]:
        rows = "".join(
            f"task {task},person {person},{FIRST_DAY + timedelta(days=first_day + day)}\n"
            for day in range(days)
            for person in range(1000 if days > 1 else 250)
            for task in range(4)
        )
        with (
            start_server(workers=1, threads=2, CELERY_BROKER_URL=broker_url) as server,
            start_worker(broker_url, tmp_path, "--pool", "solo") as worker,
        ):
            import_id = send(server, taskmaster, f"task,user,date\n{rows}".encode())
            wait_until(lambda: is_done(import_id), seconds=600, what="the import")
            assert Import.objects.get(pk=import_id).accepted == rows.count("\n")
            for path in (f"import/{import_id}/report.csv", "export.csv"):
                url = f"http://127.0.0.1:{server.port}/api/users/assignment/{path}"
                with httpx.stream("GET", url, headers=_signed_in(taskmaster), timeout=600) as answer:
                    assert sum(1 for _ in answer.iter_lines()) > rows.count("\n")
            return peak_memory(server.pid), peak_memory(worker.pid)

    web_before, worker_before = peaks(0, 1)
    web, worker = peaks(10, 25)

    assert Assignment.objects.count() == 101_000
    assert web - web_before < 30_000_000
    assert worker - worker_before < 30_000_000


def peak_memory(pid: int) -> int:
    """The highest peak memory of a process and its children, in bytes."""
    peak = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            fields: dict[str, Any] = dict(line.split(":\t", 1) for line in status.read_text().splitlines())
        except OSError:
            continue  # It has just ended.
        if pid in (int(fields["Pid"]), int(fields["PPid"])) and "VmHWM" in fields:
            peak = max(peak, int(fields["VmHWM"].split()[0]) * 1024)
    return peak
