"""Starts the real processes that tests talk to, on the database of the test."""

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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.db import connection
from kombu import Connection

from togo.celery import app

ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Server:
    """A running ToGo."""

    port: int
    logs: Path
    pid: int
    earlier_retries: int = 0

    def retries(self) -> int:
        """How often a transaction was started again so far: each is a warning in the log."""
        log = self.logs / "debug.log"
        all_of_them = len(re.findall("asks to try again", log.read_text())) if log.exists() else 0
        return all_of_them - self.earlier_retries

    def counting_anew(self) -> "Server":
        """The same server, whose retries are counted from now on."""
        return replace(self, earlier_retries=self.retries() + self.earlier_retries)


class Client:
    """One caller with one connection that it keeps."""

    def __init__(self, server: Server, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """The status and the JSON of the answer."""
        self._connection.request(method, path, json.dumps(body) if body is not None else None, self.headers)
        response = self._connection.getresponse()
        text = response.read()
        return response.status, json.loads(text) if text else None


def database_url() -> str:
    """The address of the database that this test uses."""
    options = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{options['NAME']}"
    scheme = "postgres" if connection.vendor == "postgresql" else "mysql"
    query = {"postgresql": f"?host={options['OPTIONS'].get('host', '')}", "mysql": ""}[connection.vendor]
    if connection.vendor == "mysql":
        query = f"?unix_socket={options['OPTIONS'].get('unix_socket', '')}"
    return f"{scheme}://{quote(options['USER'])}@/{options['NAME']}{query}"


def environment(**more: str) -> dict[str, str]:
    """What a process of ToGo needs to work on the test's database."""
    return {**os.environ, "DATABASE_URL": database_url(), **more}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(condition: Callable[[], Any], *, seconds: float = 30, what: str = "") -> Any:
    """The first true answer of `condition`; fails after so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := condition():
            return answer
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds} s in vain for {what or condition}")


@contextlib.contextmanager
def process(*command: str, log: Path, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a group of its own, which is ended with all it started."""
    with log.open("ab") as output:
        child = subprocess.Popen(
            command, cwd=ROOT, env=environment(**more), stdout=output, stderr=output, start_new_session=True
        )
    try:
        yield child
    finally:
        end(child)


def end(child: "subprocess.Popen[bytes]") -> None:
    """Ask a process and all it started to end, and kill them after 20 seconds."""
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
    """ToGo's web server; ready when it answers."""
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
            server = Server(port, Path(folder), child.pid)
            yield server
            assert "Traceback" not in log.read_text(), log.read_text()[-3000:]


@contextlib.contextmanager
def start_worker(
    broker_url: str, folder: Path, *options: str, application: str = "togo.celery", name: str = "worker", **more: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A Celery worker; it has consumed when its log, `name`.txt, says so."""
    command = ["-m", "celery", "-A", application, "worker", "-n", name, "-l", "info", "--concurrency", "1", *options]
    own = {"CELERY_BROKER_URL": broker_url, "TOGO_LOG_DIR": str(folder)} | more
    with process(sys.executable, *command, log=folder / f"{name}.txt", **own) as child:
        yield child


@contextlib.contextmanager
def start_beat(
    broker_url: str, folder: Path, *, application: str = "togo.celery", name: str = "beat"
) -> Iterator[subprocess.Popen[bytes]]:
    """Celery's beat alone, with a schedule file of its own, `name`.db."""
    files = ["--schedule", str(folder / f"{name}.db"), "--pidfile", ""]
    command = ["-m", "celery", "-A", application, "beat", "-l", "info", *files]
    own = {"CELERY_BROKER_URL": broker_url, "TOGO_LOG_DIR": str(folder)}
    with process(sys.executable, *command, log=folder / f"{name}.txt", **own) as child:
        yield child


def send_job(broker_url: str, job: str, *args: object) -> None:
    """Ask for a job at this broker, whichever the tests' own settings name."""
    with Connection(broker_url) as broker:
        app.send_task(job, args, connection=broker)


def children_of(pid: int) -> list[int]:
    """The processes that it has started itself."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    pairs = [line.split() for line in listed.splitlines()]
    return [int(child) for child, parent in pairs if int(parent) == pid]
