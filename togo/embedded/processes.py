"""Starts and ends programs with all that they start themselves."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import IO

from togo.embedded.signals import Pause

_PR_SET_PDEATHSIG = 1


class Process:
    """A program in a session of its own, so that Ctrl-C on the terminal reaches only who started it.

    `stops` are the signals that ask it to end, the last one the strongest. On Linux it gets that one also when the
    thread that started it ends in whatever way, SIGKILL included.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        output: IO[bytes] | int | None = None,
        errors: IO[bytes] | int | None = None,
        keep_open: Sequence[int] = (),
        stops: Sequence[signal.Signals] = (signal.SIGTERM,),
    ) -> None:
        """Start it. `keep_open` are file descriptors that it inherits."""
        self._stops = stops
        self._child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            pass_fds=keep_open,
            start_new_session=True,
            preexec_fn=_end_with_parent(stops[-1]),
        )
        self.pid = self._child.pid
        self.output = self._child.stdout

    def poll(self) -> int | None:
        """How it ended: its exit code, or the negated number of the signal; None while it runs."""
        return self._child.poll()

    def wait(self, pause: Pause) -> int:
        """How it ended."""
        while (code := self.poll()) is None:
            pause(1)
        return code

    def stop(self, seconds: float, pause: Pause = time.sleep, hurry: Callable[[], bool] = lambda: False) -> None:
        """Ask it to end, give each of its signals so many seconds, then end it with everything that it started.

        In a hurry it is ended at once.
        """
        for number in self._stops:
            end = time.monotonic() + seconds
            if self.poll() is None and not hurry():
                self._child.send_signal(number)
            while self.poll() is None and time.monotonic() < end and not hurry():
                pause(0.05)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._child.wait()


def how(code: int) -> str:
    """An exit code in words."""
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name


def _end_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """What a child does first. Elsewhere than on Linux, what is left over keeps the lock of its TOGO_HOME."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    parent = os.getpid()

    def before_exec() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:
            os._exit(1)

    return before_exec
