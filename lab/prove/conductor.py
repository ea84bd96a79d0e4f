"""Does one fault after the other, each kind once before any comes again, with some quiet between them."""

import datetime
import random
import threading
import time
from collections import Counter
from collections.abc import Sequence

from lab.prove.clients import SECONDS_PER_DAY, WINDOW_DAYS
from lab.prove.faults import Fault
from lab.prove.parts import Part
from lab.prove.system import System

# The pauses between faults, and how often the daily job is run by hand, in seconds. Nothing is written while servers
# start, so a fault every seven seconds or so leaves about half of the time to the storm.
SHORTEST, LONGEST = 0.1, 6.0
JOB = 15.0


class Conductor(threading.Thread):
    """Hurts some parts and mends them, until told to stop. Several may work at once, on parts of their own."""

    def __init__(
        self,
        system: System,
        faults: dict[str, Fault],
        parts: Sequence[Part],
        *,
        seed: str,
        stop: threading.Event,
        longest: float = LONGEST,
        runs_jobs: bool = False,
    ) -> None:
        super().__init__(name=f"conductor {seed}", daemon=True)
        self._system, self._faults, self._parts, self._stop_asked = system, faults, parts, stop
        self._chance = random.Random(seed)  # noqa: S311 - makes a storm, keeps no secret
        self._runs_jobs, self._longest = runs_jobs, longest
        self._began = self._job = time.monotonic()
        self.done = Counter[str]()
        self.failure: BaseException | None = None

    def run(self) -> None:
        """Hurt and mend."""
        try:
            while not self._stop_asked.wait(self._chance.uniform(SHORTEST, self._longest)):
                self._hurt()
                self._system.mend(self._parts)
                if self._system.web in self._parts:
                    self._system.wait_for_web()
                if self._runs_jobs and time.monotonic() - self._job > JOB:
                    self._run_the_job()
        except BaseException as error:
            self.failure = error
            raise

    def _hurt(self) -> None:
        if not self._faults:
            return
        fewest = min(self.done[name] for name in self._faults)
        name = self._chance.choice([name for name in sorted(self._faults) if self.done[name] == fewest])
        if self._faults[name](self._system, self._chance) is not False:
            self.done[name] += 1

    def _run_the_job(self) -> None:
        """For one of the days that are planned."""
        self._job = time.monotonic()
        ahead = int((self._job - self._began) / SECONDS_PER_DAY) % 300 + self._chance.randrange(WINDOW_DAYS)
        day = datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(ahead)
        self._system.set_limits("--date", day.isoformat())
        self.done["daily job run by hand"] += 1
