"""Fakes the clock of ToGo's worker and beat, and chooses time zones, so that faults can change what today is.

The web processes keep the true clock: they write the times in the event history, and the checker relies on them. Their
time zone changes when they are started again.
"""

import datetime
import random
from pathlib import Path
from zoneinfo import ZoneInfo

# From UTC+14 to UTC-11, with and without daylight saving, and one that isn't whole hours from UTC.
ZONES = ["Pacific/Kiritimati", "Asia/Kathmandu", "UTC", "Europe/Berlin", "America/New_York", "Pacific/Niue"]
# Three seconds before New York's clocks went back, and forward. Both are in the past, so `random_jump` may choose them.
_NEW_YORK = ["2026-11-01T05:59:57+00:00", "2026-03-08T06:59:57+00:00"]
_HOUR, _DAY = 3600, 86400


def library() -> Path | None:
    """The path of libfaketime, if Debian's package of that name is installed."""
    return next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)


class Clock:
    """A clock for the programs that are started with its `env`; `set` changes it while they run."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.library = library()
        self.set(0)

    @property
    def env(self) -> dict[str, str]:
        """The environment that gives a program this clock; it doesn't affect time-outs."""
        if not self.library:
            return {}
        return {
            "LD_PRELOAD": str(self.library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, offset: int) -> None:
        """Set the clock so many seconds ahead of the true time. The file is replaced, so nobody reads half of it."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{offset:+d}\n")
        new.replace(self._file)


def random_jump(chance: random.Random, zone: str, now: datetime.datetime) -> int:
    """A jump in seconds: by hours, a day back, to just before midnight in that zone or a change of New York's clocks.

    Never a whole day forward: ToGo keeps the answers to idempotency keys for a day, and may forget them then.
    """
    midnight = now.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    changes = [datetime.datetime.fromisoformat(change) for change in _NEW_YORK]
    moments = [midnight - datetime.timedelta(seconds=3), *changes]
    jumps = [_HOUR, -_HOUR, 22 * _HOUR, -_DAY, *(int((moment - now).total_seconds()) for moment in moments)]
    return chance.choice([jump for jump in jumps if jump < _DAY])
