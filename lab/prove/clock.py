"""The clock and the time zone of ToGo's worker and beat: what is today for them is what a fault says.

The web processes keep the right clock, because the times in the event history are theirs and the checker relies on
them; their time zone changes with the next start.
"""

import datetime
import random
from pathlib import Path
from zoneinfo import ZoneInfo

# From 14 hours before UTC to 11 after it, with and without daylight saving, and not on the hour.
ZONES = ["Pacific/Kiritimati", "Asia/Kathmandu", "UTC", "Europe/Berlin", "America/New_York", "Pacific/Niue"]
# Just before clocks there went back, and forward, in UTC. Both are past: see `random_jump`.
_NEW_YORK = ["2026-11-01T05:59:57+00:00", "2026-03-08T06:59:57+00:00"]
_HOUR, _DAY = 3600, 86400


def library() -> Path | None:
    """libfaketime, of Debian's package of that name, where it is installed."""
    return next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)


class Clock:
    """What programs with its `env` take for now; `offset` may change while they run."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.library = library()
        self.set(0)

    @property
    def env(self) -> dict[str, str]:
        """What lets a program have this clock; time-outs go on as they are."""
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
        """So many seconds after the true time from now on. Readers never see half of it."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{offset:+d}\n")
        new.replace(self._file)


def random_jump(chance: random.Random, zone: str, now: datetime.datetime) -> int:
    """By an hour, a day, to before midnight in that zone, or to before New York's clocks change.

    Never a whole day forward: ToGo keeps the answers to idempotency keys for a day, and is right to forget them then.
    """
    midnight = now.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    changes = [datetime.datetime.fromisoformat(change) for change in _NEW_YORK]
    moments = [midnight - datetime.timedelta(seconds=3), *changes]
    jumps = [_HOUR, -_HOUR, 22 * _HOUR, -_DAY, *(int((moment - now).total_seconds()) for moment in moments)]
    return chance.choice([jump for jump in jumps if jump < _DAY])
