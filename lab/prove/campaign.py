"""Runs one campaign: clients call, faults happen, and afterwards the checker decides."""

import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from lab.prove import system as systems
from lab.prove import world as worlds
from lab.prove.checker import Verdict, check
from lab.prove.clients import MAXIMA, Client
from lab.prove.clock import library
from lab.prove.cluster_faults import faults_of
from lab.prove.conductor import LONGEST_PAUSE, Conductor
from lab.prove.history import History
from lab.prove.outages import Outage, Watch
from lab.prove.system import System
from lab.prove.world import World

PEOPLE, TASKS = 240, 40
# How long to wait, in seconds, until calls that are still running have ended: longer than any of ToGo's waits.
SETTLE = 6.0
# The longest pauses between two faults of a cluster, which take long themselves, and of the parts that run its jobs.
CLUSTER_PAUSE, CLUSTER_JOBS_PAUSE = 2.0, 30.0
# The seconds between two lines about the progress.
PROGRESS_INTERVAL = 10.0


@dataclass
class Options:
    """How long a campaign runs, on which database, with how many clients, and so on."""

    minutes: float = 5
    database: str = "sqlite"
    clients: int = 12
    seed: int = field(default_factory=lambda: random.SystemRandom().randrange(10**9))
    faults: bool = True
    application: str = "togo.wsgi:application"
    keep: Path | None = None
    # How often each kind of fault came in earlier rounds.
    earlier: Counter[str] = field(default_factory=Counter)


@dataclass
class Result:
    """What the clients saw, what the checker found, and how many faults and rows there were."""

    options: Options
    history: History
    verdict: Verdict
    faults: Counter[str]
    database: str
    rows: int
    events: int
    seconds: float
    outages: dict[str, list[Outage]] = field(default_factory=dict)


def run(options: Options, say: Callable[[str], None]) -> Result:
    """Run a campaign and check it; `say` gets a line now and then."""
    history, faults = History(), Counter[str]()
    outages: dict[str, list[Outage]] = {}
    differences: list[str] = []
    with tempfile.TemporaryDirectory(prefix="togo-prove-", dir="/tmp") as name:
        folder = Path(name)
        # PostgreSQL's own user must be able to reach its files below.
        folder.chmod(0o711)
        with systems.start(folder, options.database, application=options.application) as system:
            world = worlds.make(options.seed, clients=options.clients, people=PEOPLE, tasks=TASKS)
            say(f"Seed {options.seed}, {system.database.name}, {options.clients} clients, {options.minutes:g} minutes.")
            if options.faults and not library():
                say("Clocks don't jump, because libfaketime is not installed.")
            started = time.monotonic()
            try:
                outages = _storm(system, world, history, faults, options, say)
                seconds = time.monotonic() - started
                say("Waiting for calls that are still running, then checking …")
                if system.database.cluster:
                    system.database.cluster.mend()
                system.mend(system.parts)
                system.wait_for_web()
                time.sleep(SETTLE)
            finally:
                if options.keep:
                    _keep(folder, options.keep, history)
            # From here on only ToGo's own jobs may write, and on a cluster nobody, so that its nodes can be compared.
            if system.database.cluster:
                system.stop_togo()
                differences = system.database.cluster.differences()
            else:
                system.web.stop()
            from django.db import connections

            # A fault may have killed the server of this process's connections.
            connections.close_all()
            ending = worlds.read()
            database = _version()
        rules = {person: set(MAXIMA) for person in world.ruled}
        verdict = check(history.operations, ending, rules, world.default)
        for surprise in history.surprises:
            verdict.find("an answer that nothing explains", surprise)
        for difference in differences:
            verdict.find("nodes differ", difference)
    rows, events = len(ending.assignments), len(ending.events)
    return Result(options, history, verdict, faults, database, rows, events, seconds, outages)


def _storm(
    system: System,
    world: World,
    history: History,
    faults: Counter[str],
    options: Options,
    say: Callable[[str], None],
) -> dict[str, list[Outage]]:
    stop = threading.Event()
    clients = []
    for number, actor in enumerate(world.clients):
        first = number % len(system.ports)
        ports = [*system.ports[first:], *system.ports[:first]]
        clients.append(Client(world, history, actor=actor, ports=ports, stop=stop))
    system.callers = [client.caller for client in clients]
    web, jobs = faults_of(system.database.name) if options.faults else ({}, {})
    watch = Watch(system, world) if system.database.cluster else None
    # With shorter pauses, a short campaign still has most kinds of faults.
    longest = min(CLUSTER_PAUSE if watch else LONGEST_PAUSE, 0.6 * options.minutes)
    conductors = [
        Conductor(
            system,
            web,
            system.webs,
            seed=f"{options.seed} web",
            stop=stop,
            longest=longest,
            earlier=options.earlier,
        ),
        Conductor(
            system,
            jobs,
            system.jobs,
            seed=f"{options.seed} jobs",
            stop=stop,
            # A cluster's nodes need the processors themselves.
            longest=longest if watch is None else CLUSTER_JOBS_PAUSE,
            runs_jobs=True,
            earlier=options.earlier,
        ),
    ]
    threads: list[Client | Conductor] = [*clients, *conductors]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    if watch:
        watch.start()
    try:
        while (gone := time.monotonic() - began) < options.minutes * 60:
            stop.wait(min(PROGRESS_INTERVAL, options.minutes * 60 - gone))
            if any(thread.failure for thread in threads):
                break
            done = Counter({name: sum(one.done[name] for one in conductors) for name in [*web, *jobs]})
            say(_progress(history, done, time.monotonic() - began))
    finally:
        stop.set()
        for thread in threads:
            # A fault of a cluster ends when the cluster is whole.
            thread.join(180 if watch else 60)
        if watch:
            watch.stop()
        for conductor in conductors:
            faults.update(conductor.done)
    if failures := [thread.failure for thread in threads if thread.failure]:
        raise RuntimeError("a client or a fault failed, so the campaign proves nothing") from failures[0]
    return watch.outages([one for conductor in conductors[:1] for one in conductor.times]) if watch else {}


def _progress(history: History, faults: Counter[str], seconds: float) -> str:
    line = f"{seconds:4.0f} s: {history.attempts} attempts, {history.attempts / seconds:.0f} a second"
    if not faults:
        return line
    rarest = min(sorted(faults), key=lambda name: faults[name])
    return f"{line}; {faults.total()} faults, rarest: {rarest} ({faults[rarest]})"


def _version() -> str:
    from django.db import connection

    version = ".".join(map(str, connection.get_database_version()))
    return f"{connection.display_name} {version}"


def _keep(folder: Path, keep: Path, history: History) -> None:
    """Copy the logs and the operations into a folder that is kept."""
    keep.mkdir(parents=True, exist_ok=True)
    history.write(keep / "history.jsonl")
    for log in [*folder.glob("*.log"), *(folder / "logs").glob("*.log")]:
        (keep / log.name).write_bytes(log.read_bytes())
    # Of a cluster, each node's.
    for log in (folder / "cluster").glob("**/*.log"):
        (keep / f"{log.parent.name}-{log.name}").write_bytes(log.read_bytes())
