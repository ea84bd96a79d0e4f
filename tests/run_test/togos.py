"""Starts ToGo as a user does: bin/run, in the environment that the tests themselves run in."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.processes import PATIENCE, ROOT, free_port, run_python, wait_until

OURS = ("TOGO_", "DATABASE_URL", "CELERY_BROKER_URL", "DJANGO_SETTINGS_MODULE")
# Nothing is downloaded: a package that is missing in the environment is an error.
OFFLINE = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": ""}


def environment(home: Path, **more: str) -> dict[str, str]:
    """The variables of a user's shell, with a TOGO_HOME of its own."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    own = {"TOGO_VENV": sys.prefix, "TOGO_HOME": str(home), "TOGO_LOG_DIR": str(home / "logging")}
    return inherited | OFFLINE | own | more


def prepare(home: Path) -> None:
    """Write what a first start leaves in its home: a key, and the database with the demonstration."""
    done = run_python("-m", "togo.embedded.prepare", "--demo", env=environment(home))
    assert done.returncode == 0, done.stderr


def refused(home: Path, *options: str, **more: str) -> str:
    """The one line that bin/run prints when it refuses to start."""
    done = subprocess.run(
        [sys.executable, "bin/run", "--port", str(free_port()), *options],
        cwd=ROOT,
        env=environment(home, **more),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 1, done
    assert done.stderr.count("\n") == 1, done.stderr
    assert "Traceback" not in done.stdout
    return done.stderr.strip()


@dataclass
class ToGo:
    """A running bin/run."""

    process: subprocess.Popen[str]
    port: int
    home: Path
    log: Path

    @property
    def output(self) -> str:
        return self.log.read_text()

    def started(self) -> list[int]:
        """The processes that it has started, and all that these have started."""
        parents: dict[int, list[int]] = {}
        for line in _ps("-A", "-o", "pid=,ppid="):
            pid, parent = map(int, line.split())
            parents.setdefault(parent, []).append(pid)
        found = [self.process.pid]
        for pid in found:
            found += parents.get(pid, [])
        return found[1:]

    def find(self, word: str) -> tuple[int, str]:
        """Wait for a started process whose command line has this word. Return its id and the line."""

        def look() -> tuple[int, str] | None:
            lines = (line.split(maxsplit=1) for line in _ps("-o", "pid=,args=", "-p", _list(self.started())))
            return next(((int(pid), command) for pid, command in lines if word in command), None)

        found: tuple[int, str] = wait_until(look, what=word)
        return found

    def call(self, method: str, path: str, body: Any = None, token: str = "") -> tuple[int, Any]:
        """The status and the JSON of the answer; status 0 if nobody answers."""
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
                text = answer.read()
                return answer.status, json.loads(text) if text.startswith(b"{") else text.decode()
        except urllib.error.HTTPError as error:
            return error.code, None
        except OSError:
            return 0, None

    def token(self, username: str, password: str) -> str:
        """An access token; empty if the sign-in is refused."""
        _, body = self.call("POST", "/api/users/token/", {"username": username, "password": password})
        return body["access"] if body else ""

    def health(self) -> str:
        """`ok` when the broker answers and a job was done; empty when the web server doesn't answer."""
        _, body = self.call("GET", "/health/ready/")
        return body["status"] if body else ""

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop, as a terminal or a service manager does; returns the exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@contextlib.contextmanager
def start(home: Path, *options: str, **more: str) -> Iterator[ToGo]:
    """Run ToGo, and yield it after its greeting."""
    port = free_port()
    home.parent.mkdir(exist_ok=True)
    log = home.with_suffix(".txt")
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "bin/run", "--port", str(port), *options],
            cwd=ROOT,
            env=environment(home, **more),
            stdout=output,
            stderr=output,
            text=True,
            start_new_session=True,
        )
    togo = ToGo(process, port, home, log)
    try:
        wait_until(
            lambda: "Ctrl-C stops it." in togo.output or process.poll() is not None, seconds=90, what="the start"
        )
        assert process.poll() is None, togo.output
        yield togo
    finally:
        if process.poll() is None:
            togo.stop()


def left_of(pids: list[int]) -> list[str]:
    """Which of these processes still run."""
    lines = _ps("-o", "pid=,stat=,args=", "-p", _list(pids)) if pids else []
    return [line for line in lines if not line.split()[1].startswith("Z")]


def _list(pids: list[int]) -> str:
    return ",".join(map(str, pids))


def _ps(*options: str) -> list[str]:
    return subprocess.run(["ps", "-ww", *options], capture_output=True, text=True, check=False).stdout.splitlines()
