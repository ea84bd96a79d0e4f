"""Backups are taken while real servers write, and restored."""

import sqlite3
import subprocess
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection
from django.utils.timezone import localdate

from apps.models import Task
from lab import databases
from lab.processes import PATIENCE, Client, Server, database_url, environment, run_python, start_server, wait_until
from tests.background import Background
from tests.conftest import make_person, token_of

pytestmark = [pytest.mark.real_time, pytest.mark.django_db(transaction=True)]


class Writers(Background):
    """Four clients that assign until the context ends."""

    def __init__(self, server: Server) -> None:
        self.made: list[int] = []
        people = [make_person(f"person {number}", is_taskmaster=True) for number in range(4)]
        tasks = list(Task.objects.values_list("pk", flat=True))
        tokens = [(person.pk, token_of(person)) for person in people]
        super().__init__(self._write, [(Client(server, token), user_id, tasks) for user_id, token in tokens])

    def _write(self, client: Client, user_id: int, tasks: list[int]) -> None:
        for days in range(360):
            date = (localdate() + timedelta(days=days)).isoformat()
            for task in tasks:
                if self.is_over.is_set():
                    return
                status, answer = client.call(
                    "POST", "/api/users/assignment/", {"task": task, "user": user_id, "date": date}
                )
                assert status == 201
                self.made.append(answer["id"])


def manage(*command: str, url: str) -> subprocess.CompletedProcess[str]:
    return run_python("manage.py", *command, env=environment(DATABASE_URL=url))


PRINT_IDS = "from apps.models import Assignment; print(*Assignment.objects.values_list('pk', flat=True))"


def ids_in(url: str) -> set[int]:
    said = manage("shell", "-v0", "-c", PRINT_IDS, url=url)
    assert said.returncode == 0, said.stderr
    return {int(word) for word in said.stdout.split()}


def assert_one_moment(url: str, before: set[int], after: set[int]) -> None:
    """The database is one moment between `before` and `after`, and nothing has drifted in it."""
    found = ids_in(url)
    assert before <= found <= after
    assert manage("check_limits", url=url).stdout == "No day has drifted.\n"


def test_a_backup_of_sqlite_is_one_moment_of_a_running_togo(tmp_path: Path) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("for SQLite")
    Task.objects.bulk_create(Task(name=f"task {number}") for number in range(5))
    copy, other = tmp_path / "copy.sqlite3", tmp_path / "other.sqlite3"
    with start_server() as server, Writers(server) as writers:
        wait_until(lambda: len(writers.made) > 30, what="some writes")
        before = set(writers.made)
        taken = manage("backup", str(copy), url=database_url())
        assert taken.returncode == 0, taken.stderr
        wait_until(lambda: len(writers.made) > len(before) + 10, what="writes after it")
    assert [file.name for file in tmp_path.iterdir()] == ["copy.sqlite3"]
    assert copy.stat().st_mode & 0o777 == 0o600

    put_back = manage("restore", str(copy), url=f"sqlite:///{other}")
    assert put_back.returncode == 0, put_back.stderr
    assert_one_moment(f"sqlite:///{other}", before, set(writers.made))
    assert len(ids_in(f"sqlite:///{other}")) < len(writers.made)

    # A second restore needs --force, and a backup overwrites nothing.
    url = f"sqlite:///{other}"
    newer = tmp_path / "newer.sqlite3"
    assert manage("backup", str(newer), url=database_url()).returncode == 0
    again = manage("restore", str(newer), url=url)
    assert again.returncode == 1
    assert "--force replaces it" in again.stderr
    assert len(ids_in(url)) < len(writers.made)
    assert "overwrites nothing" in manage("backup", str(copy), url=database_url()).stderr
    assert manage("restore", str(newer), "--force", url=url).returncode == 0
    assert ids_in(url) == set(writers.made)


@pytest.mark.parametrize("damage", ["cut", "scribble", "no database", "newer", "missing"])
def test_a_damaged_backup_is_refused_and_changes_nothing(damage: str, tmp_path: Path) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("for SQLite")
    Task.objects.bulk_create(Task(name=f"task {number} {'x' * 200}") for number in range(500))
    copy, url = tmp_path / "copy.sqlite3", f"sqlite:///{tmp_path / 'other.sqlite3'}"
    assert manage("backup", str(copy), url=database_url()).returncode == 0
    assert manage("restore", str(copy), url=url).returncode == 0
    was = (tmp_path / "other.sqlite3").read_bytes()
    content = bytearray(copy.read_bytes())
    if damage == "cut":
        copy.write_bytes(content[: len(content) // 2])
    elif damage == "scribble":
        middle = content.index(b"x" * 200)
        page = middle // 4096 * 4096
        content[page : page + 64] = b"\xff" * 64
        copy.write_bytes(content)
    elif damage == "no database":
        copy.write_text("date,task,user\n")
    elif damage == "newer":
        with sqlite3.connect(copy) as opened:
            opened.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('togo', '9999_later', '')")
        opened.close()
    else:
        copy.unlink()

    refused = manage("restore", str(copy), "--force", url=url)

    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
    assert "copy.sqlite3 is " in refused.stderr
    assert (tmp_path / "other.sqlite3").read_bytes() == was


def test_a_dump_of_postgresql_is_one_moment_of_a_running_togo(tmp_path: Path) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("for PostgreSQL")
    programs = databases.postgresql_programs()
    Task.objects.bulk_create(Task(name=f"task {number}") for number in range(5))
    url, dump = database_url(), tmp_path / "togo.dump"
    new = urlsplit(url)._replace(path="/togo_new").geturl()
    with start_server() as server, Writers(server) as writers:
        wait_until(lambda: len(writers.made) > 30, what="some writes")
        before = set(writers.made)
        subprocess.run([programs / "pg_dump", "--format=custom", f"--file={dump}", url], check=True, timeout=PATIENCE)
        wait_until(lambda: len(writers.made) > len(before) + 10, what="writes after it")
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS togo_new")
        admin.execute("CREATE DATABASE togo_new")
    try:
        options = ["--exit-on-error", "--single-transaction", "--no-owner", f"--dbname={new}"]
        subprocess.run([programs / "pg_restore", *options, dump], check=True, timeout=PATIENCE)
        assert_one_moment(new, before, set(writers.made))
    finally:
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute("DROP DATABASE togo_new WITH (FORCE)")


def test_other_databases_are_referred_to_the_documentation(tmp_path: Path) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("for others")
    for command in (("backup", "file"), ("restore", "file", "--force")):
        refused = manage(*command, url=database_url())
        assert refused.returncode == 1
        assert "docs/operations/backups.md" in refused.stderr
