"""Starts a replica of a PostgreSQL that `lab.databases` has started."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg

from lab import databases
from lab.processes import wait_until
from lab.prove.parts import Part


class Replica:
    """A PostgreSQL that streams from another, with its `url`. Its `part` can be killed and started."""

    def __init__(self, folder: Path, url: str, *, logs_statements: bool) -> None:
        self.folder, writer = folder, urlsplit(url)
        socket = Path(parse_qs(writer.query)["host"][0])
        user = None
        if os.geteuid() == 0:
            user = pwd.getpwuid(socket.stat().st_uid).pw_name
            shutil.chown(folder, user)
            # The wheel's list of those who use the server lies among the files that are copied.
            for handles in socket.glob(".handle_pids.json"):
                handles.chmod(0o644)
        # Others must be able to reach the socket.
        folder.chmod(0o755)
        data, programs = folder / "data", databases.postgresql_programs()
        copy: list[str | Path] = [programs / "pg_basebackup", "-h", socket, "-U", "postgres", "-D", data]
        subprocess.run([*copy, "-R", "-c", "fast"], check=True, user=user, cwd="/", stderr=subprocess.DEVNULL)
        command = [str(programs / "postgres"), "-D", str(data), "-h", "", "-k", str(folder)]
        command += ["-c", "log_statement=all"] if logs_statements else []
        self._log = folder / "log.txt"
        self.part = Part("replica", command, env=os.environ, cwd=Path("/"), log=self._log, user=user)
        self.url = f"postgres://postgres@{writer.path}?host={folder}"
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.part.start()
        wait_until(self._answers, what="the replica")

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of a statement, on a connection of its own."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def log(self) -> str:
        """What it has logged."""
        return self._log.read_text()

    def _answers(self) -> bool:
        assert self.part.runs(), self.log()
        with contextlib.suppress(psycopg.OperationalError):
            return bool(self.ask("SELECT count(*) FROM pg_stat_wal_receiver")[0][0])
        return False


@contextlib.contextmanager
def replica_of(url: str, *, logs_statements: bool = False) -> Iterator[Replica]:
    """Copy the PostgreSQL at `url`, follow it, and remove the copy afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="togo-replica-", dir="/tmp"))
    replica = None
    try:
        replica = Replica(folder, url, logs_statements=logs_statements)
        yield replica
    finally:
        if replica:
            replica.part.kill()
        shutil.rmtree(folder, ignore_errors=True)
