"""Keeps a part of ToGo running."""

import signal
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from togo.embedded.broker import BrokerError
from togo.embedded.processes import Process, how
from togo.embedded.signals import Pause

_SHORTEST, _LONGEST = 1.0, 30.0
# What ran for so long has not just failed to start.
_STABLE = 60.0


class Part(Protocol):
    """What can be started and stopped: the broker, the web server, the worker."""

    def start(self, pause: Pause) -> None:
        """Start it, or start it again."""

    def poll(self) -> int | None:
        """How it ended; None while it runs."""

    def stop(self, seconds: float, pause: Pause = ..., hurry: Callable[[], bool] = ...) -> None:
        """End it with everything that it started."""


class Program:
    """A part that is one program."""

    def __init__(
        self, command: Sequence[str], *, held: int, output: int, stops: Sequence[signal.Signals] = (signal.SIGTERM,)
    ) -> None:
        """`held` is what it inherits of the lock, `stops` are the signals that ask it to end, the strongest last."""
        self._command = command
        self._held = held
        self._output = output
        self._stops = stops
        self._process: Process | None = None

    def start(self, pause: Pause) -> None:
        """Start it, or start it again."""
        self._process = Process(self._command, output=self._output, keep_open=[self._held], stops=self._stops)

    def poll(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.poll() if self._process else None

    def stop(self, seconds: float, pause: Pause = time.sleep, hurry: Callable[[], bool] = lambda: False) -> None:
        """End it with everything that it started."""
        if self._process:
            self._process.stop(seconds, pause, hurry)


class Kept:
    """Starts a part again when it ends by itself, at first after a second, then less and less often."""

    def __init__(self, name: str, part: Part, *, pause: Pause, say: Callable[[str], None]) -> None:
        self._name = name
        self.part = part
        self._pause = pause
        self._say = say
        self._started = time.monotonic()
        self._delay = _SHORTEST
        self._due: float | None = None

    def start(self) -> None:
        """Start it for the first time; what it raises is the caller's."""
        self._started = time.monotonic()
        self.part.start(self._pause)

    def look(self) -> float:
        """See after it; returns in how many seconds at the latest it wants to be looked at again."""
        now = time.monotonic()
        if self._due is None:
            code = self.part.poll()
            if code is None:
                return _LONGEST
            # What it started itself must not meet what is started next.
            self.part.stop(0)
            self._again_later(how(code))
        elif now >= self._due:
            self._due = None
            try:
                self.start()
            except (BrokerError, OSError) as error:
                self._again_later(str(error))
        return max(self._due - time.monotonic(), 0) if self._due is not None else _LONGEST

    def _again_later(self, why: str) -> None:
        now = time.monotonic()
        if now - self._started >= _STABLE:
            self._delay = _SHORTEST
        self._say(f"The {self._name} has ended ({why}); starting it again in {self._delay:.0f} s.")
        self._due = now + self._delay
        self._delay = min(self._delay * 2, _LONGEST)
