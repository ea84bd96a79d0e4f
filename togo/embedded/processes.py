"""Starts programs, and stops them with all processes that they started."""

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
    """A program in a session of its own, so that Ctrl-C on the terminal reaches only the process that started it.

    `stops` are the signals that ask it to end, the strongest last. On Linux the kernel also sends it the last one when
    the thread that started it ends, even by SIGKILL.
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
        """Its exit code, or the negated number of the signal that ended it; None while it runs."""
        return self._child.poll()

    def wait(self, pause: Pause) -> int:
        """Wait until it ends, and return its exit code."""
        while (code := self.poll()) is None:
            pause(1)
        return code

    def stop(self, seconds: float, pause: Pause = time.sleep, hurry: Callable[[], bool] = lambda: False) -> None:
        """Send each of its signals and wait so many seconds after it, then kill it and everything that it started.

        When `hurry` returns true, it is killed at once.
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


def describe_exit(code: int) -> str:
    """An exit code in words."""
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name


def _end_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """The function that a child runs first. On other systems than Linux, orphaned children keep TOGO_HOME locked."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    parent = os.getpid()

    def before_exec() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:
            os._exit(1)

    return before_exec
