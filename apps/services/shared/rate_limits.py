"""Limits how often a caller may call, counted together by all threads and processes of one machine.

Each caller has a bucket of calls that fills again steadily, kept as the one moment at which it will be full (the
"generic cell rate algorithm"). The moments are in a file in `TOGO_HOME`, so no broker and no database is asked, and a
process that dies leaves no lock behind. When the file can't be used, calls are let through. Several machines count
separately.
"""

import contextlib
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
from django.utils.translation import gettext_lazy as _

from apps.exceptions.base import TooManyRequests

logger = logging.getLogger(__name__)

# Calls, and the seconds in which so many may be made.
Rate = tuple[int, int]

_SECOND = 1_000_000_000
# A row of the file has room for 8 callers, each as a fingerprint and the moment at which its bucket is full.
_CALLER, _ROW = struct.Struct("=Qq"), struct.Struct("=" + 8 * "Qq")
_ROWS = 2**15
# How often to try for a row that another process has locked, and how long to pause in between. It is locked for
# microseconds.
_TRIES, _PAUSE = 500, 0.0005

# By what is counted, and in how many seconds.
_TOO_MANY = {
    ("calls", 1): _("You may make %(calls)s calls in a second; wait before you make more."),
    ("calls", 60): _("You may make %(calls)s calls in a minute; wait before you make more."),
    ("calls", 3600): _("You may make %(calls)s calls in an hour; wait before you make more."),
    ("sign-ins", 60): _("You may make %(calls)s sign-ins in a minute; wait before you make more."),
}


def require_room(caller: str, *, what: str = "calls", rate: Rate | None = None, count: bool = True) -> None:
    """Count a call of this caller, which is any text. `rate` is how many calls in how many seconds, by default
    `TOGO_RATE_LIMIT`; `what` is the word for them. With `count=False` the call isn't counted, only checked.

    Raises `TooManyRequests`, and then the call isn't counted. With `TOGO_RATE_LIMIT=off` nothing is counted.
    """
    if settings.TOGO_RATE_LIMIT is None:
        return
    calls, seconds = rate or settings.TOGO_RATE_LIMIT
    try:
        wait = _counter(_file(rate), calls, seconds).wait(caller, time.monotonic_ns, count=count)
    except OSError as error:
        _warn_once(str(error))
        return
    if wait:
        text = str(_TOO_MANY[what, seconds]) % {"calls": f"{calls:,}"}
        raise TooManyRequests(text, retry_after=math.ceil(wait / _SECOND))


def count(caller: str, *, rate: Rate) -> None:
    """Count a call that was made already."""
    with contextlib.suppress(TooManyRequests):
        require_room(caller, rate=rate)


def _file(rate: Rate | None) -> Path:
    # Each rate has its own file: a full row forgets the caller whose wait ends first, which only compares at one rate.
    path: Path = settings.TOGO_HOME / ("rate_limits" if rate is None else f"rate_limits_{rate[0]}_{rate[1]}")
    return path


class Counter:
    """Lets `calls` through in every `seconds`; all of them may come at once."""

    def __init__(self, path: Path, calls: int, seconds: int) -> None:
        # Rounded up, so that never a call too many is let through.
        self._step = -(-seconds * _SECOND // calls)
        self._full = self._step * calls
        # Keyed, so that nobody can choose a name that collides with somebody else's.
        self._salt = hashlib.sha256(settings.SECRET_KEY.encode()).digest()
        self._threads = threading.Lock()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def wait(self, caller: str, clock: Callable[[], int], *, count: bool = True) -> int:
        """0 if the call is let through, else the nanoseconds until the next one will be. With `count=False` a call
        that is let through isn't counted. Raises `OSError`."""
        digest = hashlib.blake2b(caller.encode(), key=self._salt, digest_size=12).digest()
        # 0 marks an empty place.
        fingerprint, row = int.from_bytes(digest[:8]) or 1, int.from_bytes(digest[8:]) % _ROWS
        for _try in range(_TRIES):
            # The file's lock is tried for, not waited for, while this one is held: a thread that waits would block
            # the other threads.
            with self._threads:
                try:
                    fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, row)
                except BlockingIOError:
                    pass
                else:
                    try:
                        # Read the clock under the lock: an earlier time would lie before the calls of others.
                        return self._count(row, fingerprint, clock(), count)
                    finally:
                        fcntl.lockf(self._file, fcntl.LOCK_UN, 1, row)
            time.sleep(_PAUSE)
        raise TimeoutError("another process holds the file")

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def _count(self, row: int, fingerprint: int, now: int, count: bool) -> int:
        start = row * _ROW.size
        # A row that was never written, or was cut off, is empty.
        places = _ROW.unpack(os.pread(self._file, _ROW.size, start).ljust(_ROW.size, b"\0"))
        callers = places[::2]
        # A moment too far ahead was written before the machine was restarted, or the file is damaged.
        moments = [moment if now < moment <= now + self._full else now for moment in places[1::2]]
        if fingerprint in callers:
            place = callers.index(fingerprint)
            full_at = moments[place] + self._step
        else:
            # The place that is free, or will be soonest.
            place = moments.index(min(moments))
            full_at = now + self._step
        if full_at > now + self._full:
            return full_at - now - self._full
        if count:
            os.pwrite(self._file, _CALLER.pack(fingerprint, full_at), start + place * _CALLER.size)
        return 0


_opened: dict[tuple[Path, int, int], Counter] = {}
_opening = threading.Lock()


def _counter(path: Path, calls: int, seconds: int) -> Counter:
    # One for the whole process: its lock keeps the threads apart.
    with _opening:
        if (path, calls, seconds) not in _opened:
            _opened[path, calls, seconds] = Counter(path, calls, seconds)
        return _opened[path, calls, seconds]


@functools.cache
def _warn_once(reason: str) -> None:
    logger.warning("Calls can't be counted, so all of them are let through: %s", reason)
