"""One campaign: clients, faults, and the check of what happened."""

import datetime
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from prove import system as systems
from prove import world as worlds
from prove.checker import Verdict, check
from prove.clients import MAXIMA, SECONDS_PER_DAY, WINDOW_DAYS, Client
from prove.faults import faults_of
from prove.history import History
from prove.system import ROOT, System
from prove.world import World

PEOPLE, TASKS = 240, 40
# What is still under way when the clients stop is over by then, in seconds: longer than any of ToGo's waits.
SETTLE = 6.0


@dataclass
class Options:
    """What to do: for so many minutes, on which database, with how many clients."""

    minutes: float = 5
    database: str = "sqlite"
    clients: int = 12
    seed: int = field(default_factory=lambda: random.SystemRandom().randrange(10**9))
    faults: bool = True
    code: Path = ROOT
    keep: Path | None = None


@dataclass
class Result:
    """What happened, and what the checker says of it."""

    options: Options
    history: History
    verdict: Verdict
    faults: Counter[str]
    database: str
    rows: int
    events: int
    seconds: float


def run(options: Options, say: Callable[[str], None]) -> Result:
    """Do it, telling how it goes."""
    history, faults = History(), Counter[str]()
    with tempfile.TemporaryDirectory(prefix="togo-prove-", dir="/tmp") as name:
        folder = Path(name)
        # PostgreSQL's own user must get through.
        folder.chmod(0o711)
        with systems.start(folder, options.database, code=options.code) as system:
            world = worlds.make(options.seed, clients=options.clients, people=PEOPLE, tasks=TASKS)
            say(f"Seed {options.seed}, {system.database.name}, {options.clients} clients, {options.minutes:g} minutes.")
            started = time.monotonic()
            try:
                _storm(system, world, history, faults, options, say)
                seconds = time.monotonic() - started
                say("Waiting for what is under way, then checking …")
                system.mend()
                system.wait_for_web()
                time.sleep(SETTLE)
            finally:
                if options.keep:
                    _keep(folder, options.keep, history)
            # No more writes but those that ToGo makes itself.
            system.web.stop()
            from django.db import connections

            # What this process was connected to may have been killed since.
            connections.close_all()
            ending = worlds.read()
            database = _version()
        rules = {person: set(MAXIMA) for person in world.ruled}
        verdict = check(history.operations, ending, rules, world.default)
        for surprise in history.surprises:
            verdict.find("an answer that nothing explains", surprise)
    return Result(options, history, verdict, faults, database, len(ending.assignments), len(ending.events), seconds)


def _storm(
    system: System,
    world: World,
    history: History,
    faults: Counter[str],
    options: Options,
    say: Callable[[str], None],
) -> None:
    stop = threading.Event()
    clients = [Client(world, history, actor=actor, port=system.port, stop=stop) for actor in world.clients]
    for client in clients:
        client.start()
    end = time.monotonic() + options.minutes * 60
    try:
        _conduct(system, history, faults, options, end, say)
    finally:
        stop.set()
        for client in clients:
            client.join(60)
    if failures := [client.failure for client in clients if client.failure]:
        raise RuntimeError("a client failed, and so proves nothing") from failures[0]


def _conduct(
    system: System,
    history: History,
    faults: Counter[str],
    options: Options,
    end: float,
    say: Callable[[str], None],
) -> None:
    """Do one fault after the other, each of them once before any comes again, with some quiet between them."""
    chance = random.Random(options.seed)  # noqa: S311 - makes a storm, keeps no secret
    possible = faults_of(system) if options.faults else {}
    queue: list[str] = []
    began = told = job = time.monotonic()
    while time.monotonic() < end:
        time.sleep(min(chance.uniform(0.3, 1.5), max(0.0, end - time.monotonic())))
        if possible and time.monotonic() < end:
            queue = queue or chance.sample(sorted(possible), len(possible))
            name = queue.pop()
            possible[name](system, chance)
            faults[name] += 1
        system.mend()
        system.wait_for_web()
        if time.monotonic() - job > 15:
            job = time.monotonic()
            ahead = int((job - began) / SECONDS_PER_DAY) + chance.randrange(WINDOW_DAYS)
            system.set_limits((datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(ahead)).isoformat())
            faults["daily job run by hand"] += 1
        if time.monotonic() - told > 10:
            told = time.monotonic()
            say(f"{told - began:4.0f} s: {len(history.operations)} operations, {faults.total()} faults")


def _version() -> str:
    from django.db import connection

    version = ".".join(map(str, connection.get_database_version()))
    return f"{connection.display_name} {version}"


def _keep(folder: Path, keep: Path, history: History) -> None:
    """The logs and what clients saw, to look into afterwards."""
    keep.mkdir(parents=True, exist_ok=True)
    history.write(keep / "history.jsonl")
    for log in [*folder.glob("*.log"), *(folder / "logs").glob("*.log")]:
        (keep / log.name).write_bytes(log.read_bytes())
