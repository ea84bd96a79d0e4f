"""Lets a caller make so many calls and no more, counted together by all threads and processes of one machine.

Each caller has a bucket of calls that fills again steadily, kept as the one moment at which it will be full ("GCRA").
The moments are in a file in `TOGO_HOME`: no broker and no database is asked, a lock of a process that dies is gone with
it, and what can't be counted is let through. Several machines count each for themselves.
"""

import fcntl
import functools
import hashlib
import logging
import math
import os
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from apps.exceptions.base import TooManyRequests

logger = logging.getLogger(__name__)

_SECOND = 1_000_000_000
# A row of the file has room for 8 callers, each as a fingerprint and the moment at which its bucket is full.
_CALLER, _ROW = struct.Struct("=Qq"), struct.Struct("=" + 8 * "Qq")
_ROWS = 2**15
# How often a row that another process holds is tried again, and after how long; it holds it for microseconds.
_TRIES, _PAUSE = 500, 0.0005


def require_room(caller: str) -> None:
    """Count a call of this caller, who has any name. Raises `TooManyRequests`, and then it doesn't count."""
    if settings.TOGO_RATE_LIMIT is None:
        return
    calls, seconds = settings.TOGO_RATE_LIMIT
    try:
        wait = _counter(settings.TOGO_HOME / "rate_limits", calls, seconds).wait(caller, time.monotonic_ns)
    except OSError as error:
        _warn_once(str(error))
        return
    if wait:
        raise TooManyRequests(
            f"You may make {calls:,} calls in {_spoken(seconds)}; wait before you make more.",
            retry_after=math.ceil(wait / _SECOND),
        )


class Counter:
    """Lets `calls` in `seconds` through: so many at once, and as many again in every such time."""

    def __init__(self, path: Path, calls: int, seconds: int) -> None:
        # Rounded up: rather a call too few than one too many.
        self._step = -(-seconds * _SECOND // calls)
        self._full = self._step * calls
        # Nobody can choose a name so that it has the place of somebody else's.
        self._salt = hashlib.sha256(settings.SECRET_KEY.encode()).digest()
        self._threads = threading.Lock()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def wait(self, caller: str, clock: Callable[[], int]) -> int:
        """0 where the call is let through; else in how many nanoseconds the next one will be. Raises `OSError`."""
        digest = hashlib.blake2b(caller.encode(), key=self._salt, digest_size=12).digest()
        # Never 0, which is an empty place.
        fingerprint, row = int.from_bytes(digest[:8]) or 1, int.from_bytes(digest[8:]) % _ROWS
        for _ in range(_TRIES):
            # Never waited for while this is held: no thread stands in the way of the others, and none of two
            # processes waits for the other.
            with self._threads:
                try:
                    fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, row)
                except BlockingIOError:
                    pass
                else:
                    try:
                        # Only now: a time from before others were let through would be too early.
                        return self._count(row, fingerprint, clock())
                    finally:
                        fcntl.lockf(self._file, fcntl.LOCK_UN, 1, row)
            time.sleep(_PAUSE)
        raise TimeoutError("another process holds the file")

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    def _count(self, row: int, fingerprint: int, now: int) -> int:
        start = row * _ROW.size
        # What was never written, or was cut off, is empty.
        places = _ROW.unpack(os.pread(self._file, _ROW.size, start).ljust(_ROW.size, b"\0"))
        callers = places[::2]
        # A moment that is too far off is of another clock: the machine was started again, or the file is damaged.
        moments = [moment if now < moment <= now + self._full else now for moment in places[1::2]]
        if fingerprint in callers:
            place = callers.index(fingerprint)
            full_at = moments[place] + self._step
        else:
            # The place that is free, or soonest will be.
            place = moments.index(min(moments))
            full_at = now + self._step
        if full_at > now + self._full:
            return full_at - now - self._full
        os.pwrite(self._file, _CALLER.pack(fingerprint, full_at), start + place * _CALLER.size)
        return 0


_opened: dict[tuple[Path, int, int], Counter] = {}
_opening = threading.Lock()


def _counter(path: Path, calls: int, seconds: int) -> Counter:
    # One for the whole process: its lock is what keeps the threads apart.
    with _opening:
        if (path, calls, seconds) not in _opened:
            _opened[path, calls, seconds] = Counter(path, calls, seconds)
        return _opened[path, calls, seconds]


@functools.cache
def _warn_once(reason: str) -> None:
    logger.warning("Calls can't be counted, so all are let through: %s", reason)


def _spoken(seconds: int) -> str:
    return {1: "a second", 60: "a minute", 3600: "an hour"}[seconds]
