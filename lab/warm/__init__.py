"""Starts programs written in Python within a tenth of their usual time.

Most of a start goes into importing other people's packages. Here one process imports them once (`lab/warm/__main__.py`)
and forks for each start. The fork then begins as Python does: with its own environment, arguments, folder and session,
it reads ToGo's settings and imports ToGo's modules anew.
"""

import json
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent


class WarmStart:
    """Starts programs by forks of one process, which ends with this one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._control: socket.socket | None = None

    def start(
        self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str], stdout: Any, stderr: Any, **more: Any
    ) -> "subprocess.Popen[bytes]":
        """As `subprocess.Popen` starts a program in a new session.

        Only files and modules of this Python become forks; anything else is started by `subprocess.Popen` itself.
        """
        if command[0] != sys.executable or (command[1].startswith("-") and command[1] != "-m"):
            return subprocess.Popen(command, cwd=cwd, env=env, stdout=stdout, stderr=stderr, **more)
        return _Fork(self, command, {"command": command[1:], "cwd": str(cwd), "env": dict(env)}, stdout, stderr)

    def send(self, request: dict[str, Any], descriptors: Sequence[int]) -> None:
        """Ask for a fork that has these as its output, its errors and its way to tell how it ends."""
        with self._lock:
            self._control = self._control or _start_origin()
            socket.send_fds(self._control, [json.dumps(request).encode()], descriptors)

    def close(self) -> None:
        """End the process that forks; what it started goes on."""
        if self._control:
            self._control.close()


def _start_origin() -> socket.socket:
    own, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, "-m", "lab.warm", str(other.fileno())]
    with other:
        subprocess.Popen(command, cwd=ROOT, pass_fds=[other.fileno()], start_new_session=True)
    return own


class _Fork(subprocess.Popen[bytes]):
    """A process that was started by a fork; its origin tells its id and, at its end, its exit code."""

    def __init__(
        self, origin: WarmStart, command: Sequence[str], request: dict[str, Any], stdout: Any, stderr: Any
    ) -> None:
        self.args, self.returncode, self._child_created = command, None, False
        self.stdin = self.stdout = self.stderr = None
        self._told, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with other:
            origin.send(request, [_descriptor(stdout), _descriptor(stderr), other.fileno()])
        self.pid = self._read()

    def poll(self) -> int | None:
        """Its exit code, or None while it runs."""
        if self.returncode is None and select.select([self._told], [], [], 0)[0]:
            self._end()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it ends, and return its exit code."""
        if self.returncode is None:
            if not select.select([self._told], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            self._end()
        return self.returncode

    def _end(self) -> None:
        self.returncode = self._read()
        self._told.close()

    def _read(self) -> int:
        told = self._told.recv(100)
        if not told:
            raise RuntimeError("The process that forks has ended.")
        return int(told)


def _descriptor(file: Any) -> int:
    number: int = file if isinstance(file, int) else file.fileno()
    return number
