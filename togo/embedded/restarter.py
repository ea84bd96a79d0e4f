"""Restarts a part of ToGo whenever it ends by itself."""

import signal
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from togo.embedded.broker import BrokerError
from togo.embedded.processes import Process, describe_exit
from togo.embedded.signals import Pause

# The delay before a restart, in seconds.
_SHORTEST_DELAY, _LONGEST_DELAY = 1.0, 30.0
# A part that ran for so many seconds had started properly.
_STABLE_AFTER = 60.0


class Part(Protocol):
    """A part of ToGo that can be started and stopped: the broker, the web server or the worker."""

    def start(self, pause: Pause) -> None:
        """Start it, or start it again."""

    def poll(self) -> int | None:
        """Its exit code; None while it runs."""

    def stop(self, seconds: float, pause: Pause = ..., hurry: Callable[[], bool] = ...) -> None:
        """Stop it and everything that it started."""


class Program:
    """A part that is one program."""

    def __init__(
        self, command: Sequence[str], *, lock_fd: int, output: int, stops: Sequence[signal.Signals] = (signal.SIGTERM,)
    ) -> None:
        """The program inherits `lock_fd`; `stops` are the signals that ask it to end, the strongest last."""
        self._command = command
        self._lock_fd = lock_fd
        self._output = output
        self._stops = stops
        self._process: Process | None = None

    def start(self, pause: Pause) -> None:
        """Start it, or start it again."""
        self._process = Process(self._command, output=self._output, keep_open=[self._lock_fd], stops=self._stops)

    def poll(self) -> int | None:
        """Its exit code; None while it runs."""
        return self._process.poll() if self._process else None

    def stop(self, seconds: float, pause: Pause = time.sleep, hurry: Callable[[], bool] = lambda: False) -> None:
        """Stop it and everything that it started."""
        if self._process:
            self._process.stop(seconds, pause, hurry)


class Restarter:
    """Starts a part again when it ends by itself, at first after a second, then after longer and longer delays."""

    def __init__(self, name: str, part: Part, *, pause: Pause, say: Callable[[str], None]) -> None:
        self._name = name
        self.part = part
        self._pause = pause
        self._say = say
        self._started = time.monotonic()
        self._delay = _SHORTEST_DELAY
        self._due: float | None = None

    def start(self) -> None:
        """Start the part; raises the part's own errors."""
        self._started = time.monotonic()
        self.part.start(self._pause)

    def check(self) -> float:
        """Restart the part if it has ended and its delay is over; returns the seconds until the next check."""
        now = time.monotonic()
        if self._due is None:
            code = self.part.poll()
            if code is None:
                return _LONGEST_DELAY
            # Processes that it started must end before the part starts again.
            self.part.stop(0)
            self._schedule_restart(describe_exit(code))
        elif now >= self._due:
            self._due = None
            try:
                self.start()
            except (BrokerError, OSError) as error:
                self._schedule_restart(str(error))
        return max(self._due - time.monotonic(), 0) if self._due is not None else _LONGEST_DELAY

    def _schedule_restart(self, why: str) -> None:
        now = time.monotonic()
        if now - self._started >= _STABLE_AFTER:
            self._delay = _SHORTEST_DELAY
        self._say(f"The {self._name} has ended ({why}); starting it again in {self._delay:.0f} s.")
        self._due = now + self._delay
        self._delay = min(self._delay * 2, _LONGEST_DELAY)
