"""Starts, kills and restarts the programs of a campaign."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


class Part:
    """A program in a process group of its own; signals go only to this group and to the program's own children."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        log: Path,
        user: str | None = None,
    ) -> None:
        self.name = name
        self._command, self._env, self._cwd, self._log, self._user = command, env, cwd, log, user
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The id of the process that was started last."""
        assert self._child
        return self._child.pid

    def start(self) -> None:
        """Start it, or start it again."""
        with self._log.open("ab") as log:
            self._child = subprocess.Popen(
                self._command,
                env=self._env,
                cwd=self._cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                user=self._user,
            )

    def runs(self) -> bool:
        """Whether the program runs."""
        return self._child is not None and self._child.poll() is None

    def children(self) -> list[int]:
        """The ids of the processes that it started itself."""
        try:
            text = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        except OSError:
            return []
        return [pid for pid in map(int, text.split()) if "resource_tracker" not in _command_of(pid)]

    def kill(self) -> None:
        """Kill it and all its processes with SIGKILL."""
        children = self.children()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        # PostgreSQL's children have groups of their own.
        for pid in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        assert self._child
        self._child.wait()

    def stop(self, seconds: float = 15, number: signal.Signals = signal.SIGTERM) -> None:
        """Ask it to end, and kill it after so many seconds."""
        if not self._child:
            return
        if self.runs():
            self._child.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(seconds)
        self.kill()


def _command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""
