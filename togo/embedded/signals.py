"""Waits that end when a signal arrives."""

import os
import select
import signal
from collections.abc import Callable
from types import TracebackType
from typing import Self

# Sleeps for at most so many seconds, and less if a signal arrives meanwhile.
Pause = Callable[[float], None]


class StopAsked(Exception):
    """A signal asked ToGo to stop."""


class Signals:
    """Counts Ctrl-C, SIGTERM and SIGHUP, so that they interrupt waits only.

    The end of a child interrupts a wait, too.
    """

    def __init__(self) -> None:
        self.asked = 0
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)

    def __enter__(self) -> Self:
        stops = [signal.SIGINT, signal.SIGTERM]
        # Under nohup SIGHUP is ignored, and stays so: the terminal may close.
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            stops.append(signal.SIGHUP)
        self._before = {number: signal.getsignal(number) for number in [*stops, signal.SIGCHLD]}
        self._stops = frozenset(stops)
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        for number in self._before:
            signal.signal(number, lambda *_: None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.set_wakeup_fd(-1)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self._read)
        os.close(self._write)

    def pause(self, seconds: float) -> None:
        """Wait for a signal, at most so many seconds."""
        ready, _, _ = select.select([self._read], [], [], max(seconds, 0))
        if ready:
            self.asked += sum(number in self._stops for number in os.read(self._read, 4096))

    def wait(self, seconds: float) -> None:
        """Pause. Raises `StopAsked` if ToGo was asked to stop."""
        if not self.asked:
            self.pause(seconds)
        if self.asked:
            raise StopAsked
