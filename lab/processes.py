"""Starts web servers, workers and beat on the database of the current Django connection."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.db import connection
from kombu import Connection

from togo.celery import app

ROOT = Path(__file__).resolve().parent.parent
# The seconds after which something hangs, though it takes a moment on an idle machine. No promise of ToGo's is meant.
PATIENCE = 120
# The tests put in `lab.warm`'s way to start programs, which is faster.
start_program: Callable[..., "subprocess.Popen[bytes]"] = subprocess.Popen


@dataclass
class Server:
    """A running ToGo."""

    port: int
    logs: Path
    program: "subprocess.Popen[bytes]"
    earlier_retries: int = 0

    @property
    def pid(self) -> int:
        """The id of the process that starts the others."""
        return self.program.pid

    def retries(self) -> int:
        """How many transactions were retried: each retry writes a warning to the log."""
        log = self.logs / "debug.log"
        total = len(re.findall("asks to try again", log.read_text())) if log.exists() else 0
        return total - self.earlier_retries

    def counting_anew(self) -> "Server":
        """The same server, but `retries` counts from now on."""
        return replace(self, earlier_retries=self.retries() + self.earlier_retries)


class Client:
    """Calls a server on one connection, which stays open."""

    def __init__(self, server: Server, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Send a request; returns the status and the JSON of the answer."""
        self._connection.request(method, path, json.dumps(body) if body is not None else None, self.headers)
        response = self._connection.getresponse()
        text = response.read()
        return response.status, json.loads(text) if text else None


def database_url() -> str:
    """The URL of the database that Django uses in this process."""
    options = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{options['NAME']}"
    scheme = "postgres" if connection.vendor == "postgresql" else "mysql"
    query = {"postgresql": f"?host={options['OPTIONS'].get('host', '')}", "mysql": ""}[connection.vendor]
    if connection.vendor == "mysql":
        query = f"?unix_socket={options['OPTIONS'].get('unix_socket', '')}"
    return f"{scheme}://{quote(options['USER'])}@/{options['NAME']}{query}"


def environment(**more: str) -> dict[str, str]:
    """The environment of a process of ToGo that works on the same database."""
    return {**os.environ, "DATABASE_URL": database_url(), **more}


def free_port() -> int:
    """A port on which nobody listens yet."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(condition: Callable[[], Any], *, seconds: float = PATIENCE, what: str = "") -> Any:
    """Call `condition` until it returns something true, and return that; fails after so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := condition():
            return answer
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds} s for {what or condition}")


def run_python(
    *arguments: str, env: Mapping[str, str] | None = None, seconds: float = PATIENCE
) -> "subprocess.CompletedProcess[str]":
    """Run a Python program to its end, by default on the same database; returns its exit code, output and errors."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        child = start_program(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=env or environment(),
            stdout=output,
            stderr=errors,
            start_new_session=True,
        )
        try:
            code = child.wait(seconds)
        finally:
            child.kill()
        output.seek(0)
        errors.seek(0)
        return subprocess.CompletedProcess(arguments, code, output.read(), errors.read())


@contextlib.contextmanager
def process(*command: str, log: Path, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start a process in a group of its own, yield it, and stop the whole group afterwards."""
    with log.open("ab") as output:
        child = start_program(
            command, cwd=ROOT, env=environment(**more), stdout=output, stderr=output, start_new_session=True
        )
    try:
        yield child
    finally:
        end(child)


def end(child: "subprocess.Popen[bytes]") -> None:
    """Ask a process and its group to end, and kill the group after 20 seconds."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGTERM)
    try:
        child.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


@contextlib.contextmanager
def start_server(
    *,
    workers: int = 2,
    threads: int = 8,
    application: str = "togo.wsgi:application",
    options: Sequence[str] = (),
    **more: str,
) -> Iterator[Server]:
    """Start ToGo's web server, and wait until it accepts connections. Fails if it logs a traceback."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="togo-logs-") as folder:
        log = Path(folder) / "web.txt"
        command = ["--interface", "wsgi", "--port", str(port), "--workers", str(workers)]
        command += ["--blocking-threads", str(threads), *options, application]
        with process(sys.executable, "-m", "granian", *command, log=log, TOGO_LOG_DIR=folder, **more) as child:

            def answers() -> bool:
                assert child.poll() is None, log.read_text()
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    return True
                return False

            wait_until(answers, what="the web server")
            server = Server(port, Path(folder), child)
            yield server
            assert "Traceback" not in log.read_text(), log.read_text()[-3000:]


@contextlib.contextmanager
def start_worker(
    broker_url: str, folder: Path, *options: str, application: str = "togo.celery", name: str = "worker", **more: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a Celery worker without waiting for it; it logs to `name`.txt when it is ready."""
    command = ["-m", "celery", "-A", application, "worker", "-n", name, "-l", "info", "--concurrency", "1", *options]
    own = {"CELERY_BROKER_URL": broker_url, "TOGO_LOG_DIR": str(folder)} | more
    with process(sys.executable, *command, log=folder / f"{name}.txt", **own) as child:
        yield child


@contextlib.contextmanager
def start_beat(
    broker_url: str, folder: Path, *, application: str = "togo.celery", name: str = "beat"
) -> Iterator[subprocess.Popen[bytes]]:
    """Start Celery's beat alone, with a schedule file of its own, `name`.db."""
    files = ["--schedule", str(folder / f"{name}.db"), "--pidfile", ""]
    command = ["-m", "celery", "-A", application, "beat", "-l", "info", *files]
    own = {"CELERY_BROKER_URL": broker_url, "TOGO_LOG_DIR": str(folder)}
    with process(sys.executable, *command, log=folder / f"{name}.txt", **own) as child:
        yield child


def send_job(broker_url: str, job: str, *args: object) -> None:
    """Send a job to this broker instead of the one in the settings."""
    with Connection(broker_url) as broker:
        app.send_task(job, args, connection=broker)


def children_of(pid: int) -> list[int]:
    """The ids of the processes that process `pid` has started itself."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    pairs = [line.split() for line in listed.splitlines()]
    return [int(child) for child, parent in pairs if int(parent) == pid]
