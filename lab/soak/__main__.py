"""bin/soak [--minutes 30] [--rate N] [--report FILE]"""

import argparse
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lab.processes import ROOT
from lab.prove import world
from lab.prove.world import World
from lab.soak import report, samples, system
from lab.soak.clients import Client, Pace, Tally
from lab.soak.report import Result
from lab.soak.samples import Sample
from lab.soak.system import System

CLIENTS, PEOPLE, TASKS = 16, 200, 40
# In seconds: how long the maximum rate is measured, and the times between two samples and between two runs of the job.
MEASURE_TIME, SAMPLE_INTERVAL, JOB_INTERVAL = 15, 5, 10
# How long a run of the job may take, in seconds.
_JOB_TIMEOUT = 60


def main(arguments: list[str]) -> int:
    """Returns 0 if there was no error and nothing grows."""
    parser = argparse.ArgumentParser(
        prog="bin/soak", description="Runs a ToGo under load for long, and checks whether anything grows."
    )
    parser.add_argument("--minutes", type=float, default=30, help="how long clients call (30)")
    parser.add_argument("--rate", type=float, help="calls per second (half of the maximum, which it measures first)")
    parser.add_argument(
        "--report", type=Path, default=ROOT / "docs" / "operations" / "soak.md", help="where to write the report"
    )
    options = parser.parse_args(arguments)
    if options.minutes < 1:
        parser.error("--minutes must be at least 1: a shorter run has too few samples to compare.")
    # SIGTERM acts as Ctrl-C does, so that everything that was started is stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="togo-soak-") as folder, system.start(Path(folder)) as togo:
        result = _soak(togo, minutes=options.minutes, rate=options.rate)
    picture = options.report.with_suffix(".svg")
    from lab.soak import plot

    picture.write_text(plot.svg(result.charts()))
    page = report.text(result, picture=picture.name)
    options.report.write_text(page)
    print(page)
    return 0 if result.passed() else 1


def _soak(togo: System, *, minutes: float, rate: float | None) -> Result:
    made = world.make(1, clients=CLIENTS, people=PEOPLE, tasks=TASKS)
    sessions = [_session_of(actor) for actor in made.clients]
    maximum = None
    if rate is None:
        _say("measuring the maximum …")
        maximum = _measure(togo, made, sessions)
        rate = maximum / 2
    _say(f"{minutes:g} minutes at {rate:.0f} calls per second …")
    tally, stop = Tally(), threading.Event()
    clients = _start(togo, made, sessions, Pace(rate), tally, stop)
    jobs = _Jobs(stop)
    jobs.start()
    taken: list[Sample] = []
    began = time.monotonic()
    while (at := time.monotonic() - began) < 60 * minutes:
        time.sleep(SAMPLE_INTERVAL - at % SAMPLE_INTERVAL)
        taken.append(_sample(togo, tally, time.monotonic() - began))
        _say(f"{taken[-1].at:5.0f} s: {taken[-1].calls:.0f} calls/s, p99 {1000 * taken[-1].p99:.0f} ms")
    stop.set()
    for thread in [*clients, jobs]:
        thread.join()
    errors = [*tally.errors, *jobs.errors, *_leftovers()]
    return Result(minutes, rate, maximum, taken, tally.statuses, jobs.done, errors)


def _sample(togo: System, tally: Tally, at: float) -> Sample:
    seconds = tally.take()
    held = samples.held_by(togo.pids) | samples.held_in_database()
    if not seconds:
        return Sample(at, held)
    p50, p99 = (seconds[int(len(seconds) * part)] for part in (0.5, 0.99))
    return Sample(at, held, len(seconds) / SAMPLE_INTERVAL, p50, p99)


def _measure(togo: System, made: World, sessions: list[str]) -> float:
    tally, stop = Tally(), threading.Event()
    clients = _start(togo, made, sessions, Pace(None), tally, stop)
    # The first seconds aren't counted: the limits of the days are set, and everything warms up.
    time.sleep(MEASURE_TIME)
    tally.take()
    time.sleep(MEASURE_TIME)
    calls = len(tally.take())
    stop.set()
    for client in clients:
        client.join()
    return calls / MEASURE_TIME


def _start(
    togo: System, made: World, sessions: list[str], pace: Pace, tally: Tally, stop: threading.Event
) -> list[Client]:
    clients = [
        Client(togo.port, made, actor, session, pace=pace, tally=tally, stop=stop)
        for actor, session in zip(made.clients, sessions, strict=True)
    ]
    for client in clients:
        client.start()
    return clients


class _Jobs(threading.Thread):
    """Makes the worker set everyone's limits of one day, again and again, and checks that it does."""

    def __init__(self, stop: threading.Event) -> None:
        super().__init__(name="jobs", daemon=True)
        self._stop_asked = stop
        self.done = 0
        self.errors: list[str] = []

    def run(self) -> None:
        """Delete the day's limits, send the job, and wait for it, until told to stop."""
        from apps.models import DailyLimit, LimitDay
        from apps.tasks.limits import set_daily_limits

        day = datetime.now(UTC).date() + timedelta(days=200)
        while not self._stop_asked.is_set():
            began = time.monotonic()
            DailyLimit.objects.filter(date=day).delete()
            LimitDay.objects.filter(date=day).delete()
            set_daily_limits.delay(day.isoformat())
            if _becomes_true(LimitDay.objects.filter(date=day, done_at__isnull=False).exists, seconds=_JOB_TIMEOUT):
                self.done += 1
            else:
                self.errors.append(f"the job didn't set the limits of a day within {_JOB_TIMEOUT} s")
            self._stop_asked.wait(max(0.0, JOB_INTERVAL - (time.monotonic() - began)))


def _becomes_true(condition: Callable[[], bool], *, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True


def _leftovers() -> list[str]:
    """Errors for rows that are left although every client has removed its assignments, and for drifted counters."""
    from apps.models import Assignment
    from apps.services import limits

    rows, drifted = Assignment.objects.count(), len(list(limits.drifted()))
    found = [f"{rows} assignments are left"] if rows else []
    return [*found, f"the counters of {drifted} days have drifted"] if drifted else found


def _session_of(person: int) -> str:
    """Sign a person in to the pages; returns the session's key."""
    from django.conf import settings
    from django.test import Client as Browser

    from apps.models import User

    browser = Browser()
    browser.force_login(User.objects.get(pk=person))
    return browser.cookies[settings.SESSION_COOKIE_NAME].value


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
