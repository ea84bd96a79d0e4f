"""Injects one fault after another, with pauses between them: always one of the kinds that came least often."""

import datetime
import random
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence

from lab.prove.clients import SECONDS_PER_DAY, WINDOW_DAYS
from lab.prove.faults import Fault
from lab.prove.parts import Part
from lab.prove.system import System

# The shortest and the longest pause between two faults, and the time between two runs of the daily job, in seconds.
# ToGo writes nothing while servers start: with a fault every seven seconds or so, clients can write half of the time.
SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 6.0
JOB_INTERVAL = 15.0


class Conductor(threading.Thread):
    """Injects faults into some parts and restarts them, until told to stop. Several conductors need different parts."""

    def __init__(
        self,
        system: System,
        faults: dict[str, Fault],
        parts: Sequence[Part],
        *,
        seed: str,
        stop: threading.Event,
        longest: float = LONGEST_PAUSE,
        runs_jobs: bool = False,
        earlier: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__(name=f"conductor {seed}", daemon=True)
        self._system, self._faults, self._parts, self._stop_asked = system, faults, parts, stop
        self._chance = random.Random(seed)  # noqa: S311 - makes a storm, keeps no secret
        self._runs_jobs, self._longest, self._earlier = runs_jobs, longest, Counter(earlier)
        self._began = self._job = time.monotonic()
        self.done = Counter[str]()
        # Each fault with its beginning and end, by `time.monotonic`.
        self.times: list[tuple[str, float, float]] = []
        self.failure: BaseException | None = None

    def run(self) -> None:
        """Inject a fault, restart the parts that it ended, and pause."""
        try:
            while not self._stop_asked.wait(self._chance.uniform(SHORTEST_PAUSE, self._longest)):
                self._inject_fault()
                self._system.mend(self._parts)
                if self._system.web in self._parts:
                    self._system.wait_for_web()
                if self._runs_jobs and time.monotonic() - self._job > JOB_INTERVAL:
                    self._run_the_job()
        except BaseException as error:
            self.failure = error
            raise

    def _inject_fault(self) -> None:
        if not self._faults:
            return
        times = {name: self._earlier[name] + self.done[name] for name in sorted(self._faults)}
        name = self._chance.choice([name for name in times if times[name] == min(times.values())])
        began = time.monotonic()
        if self._faults[name](self._system, self._chance) is not False:
            self.done[name] += 1
            self.times.append((name, began, time.monotonic()))

    def _run_the_job(self) -> None:
        """Run the daily job for one of the days in the clients' window."""
        self._job = time.monotonic()
        ahead = int((self._job - self._began) / SECONDS_PER_DAY) % 300 + self._chance.randrange(WINDOW_DAYS)
        day = datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(ahead)
        self._system.set_limits("--date", day.isoformat())
        self.done["daily job run by hand"] += 1
